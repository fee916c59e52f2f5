"""When the door is open, and how many wrong codes are forgiven."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

OPENS_BEFORE_START = timedelta(minutes=60)
CLOSES_AFTER_END = timedelta(minutes=30)
ROSTER_CLOSES_AFTER_END = timedelta(days=7)
MOST_WRONG_CODES = 10


class Door(Enum):
    """Where a moment lies."""

    NOT_YET = "not_yet"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class DoorTimes:
    """When learners can check in with the code, and until when staff can still tick somebody."""

    opens_at: datetime
    closes_at: datetime
    roster_closes_at: datetime

    def for_learners(self, now: datetime) -> Door:
        return self._at(now, self.closes_at)

    def for_staff(self, now: datetime) -> Door:
        return self._at(now, self.roster_closes_at)

    def _at(self, now: datetime, closes_at: datetime) -> Door:
        if now < self.opens_at:
            return Door.NOT_YET
        return Door.OPEN if now < closes_at else Door.CLOSED


def door_times(*, starts_at: datetime, ends_at: datetime) -> DoorTimes:
    """The door of a session at this time."""
    return DoorTimes(
        opens_at=starts_at - OPENS_BEFORE_START,
        closes_at=ends_at + CLOSES_AFTER_END,
        roster_closes_at=ends_at + ROSTER_CLOSES_AFTER_END,
    )


def tries_left(wrong: int) -> int:
    """How often a learner may still mistype the code."""
    return max(0, MOST_WRONG_CODES - wrong)
