"""Stretches of time and the local calendar.

A period is half-open: `starts_at` belongs to it, `ends_at` does not, so that a session may begin the moment
another ends. Everything bookable lies on marks of five minutes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MARK_MINUTES = 5


@dataclass(frozen=True, order=True)
class Period:
    """From `starts_at` until just before `ends_at`, both aware."""

    starts_at: datetime
    ends_at: datetime

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds() // 60)

    def overlaps(self, other: Period) -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    def covers(self, other: Period) -> bool:
        return self.starts_at <= other.starts_at and other.ends_at <= self.ends_at

    def widened(self, by: timedelta) -> Period:
        return Period(self.starts_at - by, self.ends_at + by)


def utc_period(starts_at: datetime, ends_at: datetime) -> Period:
    """The same stretch told in UTC, as everything is kept and told."""
    return Period(starts_at.astimezone(UTC), ends_at.astimezone(UTC))


def period_from(starts_at: datetime, *, minutes: int) -> Period:
    return Period(starts_at, starts_at + timedelta(minutes=minutes))


def merge(periods: Iterable[Period]) -> list[Period]:
    """The same time in as few periods as possible, sorted; what touches becomes one."""
    merged: list[Period] = []
    for period in sorted(periods):
        if merged and period.starts_at <= merged[-1].ends_at:
            merged[-1] = Period(merged[-1].starts_at, max(merged[-1].ends_at, period.ends_at))
        else:
            merged.append(period)
    return merged


def subtract(periods: Iterable[Period], taken: Iterable[Period]) -> list[Period]:
    """What is left of the periods when the taken time is cut out, sorted."""
    left = merge(periods)
    for cut in taken:
        rest: list[Period] = []
        for period in left:
            if not period.overlaps(cut):
                rest.append(period)
                continue
            if period.starts_at < cut.starts_at:
                rest.append(Period(period.starts_at, cut.starts_at))
            if cut.ends_at < period.ends_at:
                rest.append(Period(cut.ends_at, period.ends_at))
        left = rest
    return left


def clip(periods: Iterable[Period], *, within: Period) -> list[Period]:
    """The parts of the periods that lie within another."""
    return [
        Period(max(period.starts_at, within.starts_at), min(period.ends_at, within.ends_at))
        for period in periods
        if period.overlaps(within)
    ]


def on_mark(moment: datetime) -> bool:
    """Whether a moment lies on a mark of five minutes (seen in UTC, which every zone shares)."""
    utc = moment.astimezone(UTC)
    return utc.minute % MARK_MINUTES == 0 and utc.second == 0 and utc.microsecond == 0


def local_day(moment: datetime, *, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def last_local_day(period: Period, *, zone: ZoneInfo) -> date:
    """The day of the period's last minute: a session until midnight belongs to the day before."""
    return local_day(period.ends_at - timedelta(minutes=1), zone=zone)


def local_moment(day: date, at: time, *, zone: ZoneInfo) -> datetime:
    """A wall-clock time of a local day, in UTC."""
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def day_period(day: date, *, zone: ZoneInfo) -> Period:
    midnight = time(0)
    return Period(
        local_moment(day, midnight, zone=zone), local_moment(day + timedelta(days=1), midnight, zone=zone)
    )


def days_of(period: Period, *, zone: ZoneInfo) -> list[date]:
    """Every local day that the period touches."""
    first, last = local_day(period.starts_at, zone=zone), last_local_day(period, zone=zone)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def month_of(moment: datetime, *, zone: ZoneInfo) -> tuple[int, int]:
    """Year and month of the local calendar."""
    local = moment.astimezone(zone)
    return local.year, local.month


def month_period(moment: datetime, *, zone: ZoneInfo) -> Period:
    """The local calendar month around a moment."""
    year, month = month_of(moment, zone=zone)
    following = date(year + month // 12, month % 12 + 1, 1)
    return Period(
        local_moment(date(year, month, 1), time(0), zone=zone), local_moment(following, time(0), zone=zone)
    )
