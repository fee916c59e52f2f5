"""The days and hours of the example, in the district's own time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(1, 8)


@dataclass(frozen=True)
class Calendar:
    """Days counted from the moment around which the example is dated."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def past(self, weekday: int, at: str, *, weeks: int = 0) -> datetime:
        """The last such weekday before today, or `weeks` before that."""
        back = (self.today.isoweekday() - weekday - 1) % 7 + 1
        return self.on(self.today - timedelta(days=back + 7 * weeks), at)

    def coming(self, weekday: int, at: str, *, weeks: int = 0) -> datetime:
        """The next such weekday after tomorrow, or `weeks` after that; offers have a day to be answered."""
        ahead = (weekday - self.today.isoweekday() - 2) % 7 + 2
        return self.on(self.today + timedelta(days=ahead + 7 * weeks), at)

    def soon(self, minutes: int) -> datetime:
        """Within the hour, where that is by day and `minutes` are left of the evening; else tomorrow."""
        start = self.now.astimezone(self.zone) + timedelta(minutes=45)
        start = start.replace(minute=start.minute - start.minute % 5, second=0, microsecond=0)
        ends = start + timedelta(minutes=minutes)
        if start.time() >= time(8) and ends.time() <= time(21, 30) and ends.date() == self.today:
            return start
        return self.on(self.today + timedelta(days=1), "09:00")

    def on(self, day: date, at: str) -> datetime:
        return datetime.combine(day, time.fromisoformat(at), self.zone)
