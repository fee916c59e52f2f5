"""When one can check in, and what a session counts for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from enrollment.rules.door import Door, door_times, tries_left
from enrollment.rules.hours import study_date, study_minutes

STARTS = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)
ENDS = STARTS + timedelta(hours=2)


@pytest.mark.parametrize(
    ("now", "learners", "staff"),
    [
        (STARTS - timedelta(minutes=61), Door.NOT_YET, Door.NOT_YET),
        (STARTS - timedelta(minutes=60), Door.OPEN, Door.OPEN),
        (ENDS + timedelta(minutes=29, seconds=59), Door.OPEN, Door.OPEN),
        (ENDS + timedelta(minutes=30), Door.CLOSED, Door.OPEN),
        (ENDS + timedelta(days=7, seconds=-1), Door.CLOSED, Door.OPEN),
        (ENDS + timedelta(days=7), Door.CLOSED, Door.CLOSED),
    ],
)
def test_the_door(now: datetime, learners: Door, staff: Door) -> None:
    times = door_times(starts_at=STARTS, ends_at=ENDS)
    assert (times.for_learners(now), times.for_staff(now)) == (learners, staff)


def test_ten_wrong_codes_are_forgiven() -> None:
    assert [tries_left(wrong) for wrong in (0, 1, 9, 10, 11)] == [10, 9, 1, 0, 0]


def test_hours_count_on_the_local_date() -> None:
    late = datetime(2026, 11, 25, 16, 30, tzinfo=UTC)
    assert study_date(starts_at=late, zone=ZoneInfo("Asia/Shanghai")) == date(2026, 11, 26)
    assert study_minutes(starts_at=STARTS, ends_at=ENDS) == 120
