"""Five-minute slots: the wall against double booking where the database knows no ranges.

Two periods on five-minute marks overlap exactly when they share a slot, so that a unique key over resource
and slot refuses what an exclusion constraint refuses elsewhere.
"""

from __future__ import annotations

from datetime import datetime

from scheduling.rules.periods import MARK_MINUTES, Period, on_mark

SLOT_SECONDS = MARK_MINUTES * 60


def slot_of(moment: datetime) -> int:
    """The number of the slot that begins at this moment, counted from 1970."""
    return int(moment.timestamp()) // SLOT_SECONDS


def slots_of(period: Period) -> range:
    """Every slot of a period; its ends must lie on marks, or two bookings could share time unseen."""
    if not (on_mark(period.starts_at) and on_mark(period.ends_at)):
        raise ValueError(f"not on marks of {MARK_MINUTES} minutes: {period}")
    return range(slot_of(period.starts_at), slot_of(period.ends_at))
