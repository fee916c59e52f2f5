"""What attending one session counts for."""

from __future__ import annotations

from datetime import date, datetime, tzinfo


def study_minutes(*, starts_at: datetime, ends_at: datetime) -> int:
    """Whole minutes of the session as it was planned; who came late gets them too."""
    return int((ends_at - starts_at).total_seconds() // 60)


def study_date(*, starts_at: datetime, zone: tzinfo) -> date:
    """The local date on which the session began."""
    return starts_at.astimezone(zone).date()
