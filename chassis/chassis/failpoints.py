"""Named points where a test lets the process die, as a power cut would.

`LECTERN_FAILPOINT=relay.confirmed` ends the process the first time that point is reached,
`relay.confirmed:3` the third time. In production the variable is absent and a point costs one comparison.
Tests in one process may instead set `failpoints.hook`, which is called with each point's name and may raise.

The points, in the order of a message's life: command.before_commit, command.committed; relay.read,
relay.confirmed, relay.marked; inbox.received, inbox.stored, inbox.acknowledged; worker.claimed,
worker.before_commit, worker.committed.
"""

from __future__ import annotations

import os
from collections.abc import Callable

hook: Callable[[str], None] | None = None
_name, _, _count = os.environ.get("LECTERN_FAILPOINT", "").partition(":")
_left = int(_count or 1)


def reach(name: str) -> None:
    """Die here when told so."""
    global _left  # noqa: PLW0603 - counts down over the life of the process
    if hook is not None:
        hook(name)
    if _name and name == _name:
        _left -= 1
        if _left == 0:
            os._exit(137)
