"""By when an offer must be answered."""

from __future__ import annotations

from datetime import datetime, timedelta

TO_ANSWER = timedelta(hours=24)
BEFORE_THE_SESSION = timedelta(hours=2)
AT_LEAST = timedelta(minutes=30)


def offer_deadline(*, now: datetime, starts_at: datetime) -> datetime:
    """A day from now, but two hours before the session; half an hour at least, never after its start."""
    wished = min(now + TO_ANSWER, starts_at - BEFORE_THE_SESSION)
    return min(max(wished, now + AT_LEAST), starts_at)


def is_late(*, now: datetime, deadline: datetime) -> bool:
    """An answer at the deadline itself is late: that is when the next one is asked."""
    return now >= deadline
