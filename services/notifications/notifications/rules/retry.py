"""When an e-mail is tried again, and when not.

A refusal of the recipient or of the content (SMTP 5xx) is final. Everything else, from a closed port to a
wrong password, may pass: it is tried eight times, after waits drawn at random below a bound that doubles
from half a minute to an hour, about two hours in all on average.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

TRIES = 8
BASE = timedelta(seconds=30)
CAP = timedelta(hours=1)


def wait_after(*, attempt: int, draw: Callable[[], float]) -> timedelta | None:
    """The wait after the given failed attempt (the first is 1), or None when it was the last.

    `draw` gives a number from 0 to 1: full jitter, so that letters that failed together do not come back
    together.
    """
    if attempt >= TRIES:
        return None
    bound = min(CAP, BASE * 2 ** (attempt - 1))
    return bound * draw()
