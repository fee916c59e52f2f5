"""When a lecturer lectures: weekly rules and dated exceptions, in local time.

`free` rules say when; a lecturer without any is taken to lecture between 08:00 and 21:30 every day. `away`
cuts out of that, weekly or on one date, for part of the day or all of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from zoneinfo import ZoneInfo

from scheduling.rules.periods import Period, day_period, days_of, local_moment, merge, subtract

MIDNIGHT = time(0)
DAY_STARTS = time(8, 0)
DAY_ENDS = time(21, 30)


@dataclass(frozen=True)
class Rule:
    """One line of a lecturer's availability: on a weekday (1 Monday to 7 Sunday) or on one date.

    Without `starts` it begins with the day, without `ends` (or at 00:00) it ends with it.
    """

    kind: str
    weekday: int | None = None
    on: date | None = None
    starts: time | None = None
    ends: time | None = None

    def applies(self, day: date) -> bool:
        return self.on == day if self.on is not None else self.weekday == day.isoweekday()

    def period(self, day: date, *, zone: ZoneInfo) -> Period:
        whole = day_period(day, zone=zone)
        return Period(
            whole.starts_at if self.starts is None else local_moment(day, self.starts, zone=zone),
            whole.ends_at if self.ends in (None, MIDNIGHT) else local_moment(day, self.ends, zone=zone),
        )


USUAL = tuple(Rule("free", weekday=weekday, starts=DAY_STARTS, ends=DAY_ENDS) for weekday in range(1, 8))


def available_on(rules: Iterable[Rule], day: date, *, zone: ZoneInfo) -> list[Period]:
    """The stretches of a local day in which the lecturer lectures, sorted."""
    rules = tuple(rules)
    free = [rule for rule in rules if rule.kind == "free"] or USUAL
    away = [rule for rule in rules if rule.kind == "away"]
    return subtract(
        (rule.period(day, zone=zone) for rule in free if rule.applies(day)),
        (rule.period(day, zone=zone) for rule in away if rule.applies(day)),
    )


def is_available(rules: Iterable[Rule], period: Period, *, zone: ZoneInfo) -> bool:
    """Whether the lecturer lectures during the whole of the period."""
    rules = tuple(rules)
    stretches = merge(
        stretch for day in days_of(period, zone=zone) for stretch in available_on(rules, day, zone=zone)
    )
    return any(stretch.covers(period) for stretch in stretches)
