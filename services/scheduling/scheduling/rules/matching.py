"""Who may, can and probably will give a session, and the first time that fits.

`Profile` is what is known of a lecturer, `Demand` what is asked for. `consider` answers with a `Candidate` or
with every reason why the lecturer is left out. Nothing here says what fills a lecturer's time: a conflict of
time and a journey that is too long between two bookings read the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from scheduling.rules.availability import Rule, available_on
from scheduling.rules.periods import Period, local_day, month_of, period_from
from scheduling.rules.ranking import Circle, Fit, Standing, Weights, grade
from scheduling.rules.reasons import Reason, month_en, say
from scheduling.rules.travel import Place, Stay, in_the_way, travel_minutes

STEP = timedelta(minutes=15)


@dataclass(frozen=True)
class Terms:
    """An agreement under which the lecturer's unit lends to the asking one."""

    agreement_id: str
    code: str
    starts_on: date
    ends_on: date
    quota: int
    used: int
    needs_approval: bool

    def valid_on(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on

    @property
    def left(self) -> int:
        return max(0, self.quota - self.used)


@dataclass(frozen=True)
class Profile:
    """A lecturer of the circle, as far as the decision needs it."""

    lecturer_id: str
    organisation_id: str
    own: bool
    teaches: bool
    active: bool
    asked: bool
    monthly_cap: int
    loads: Mapping[tuple[int, int], int]
    recent: int
    stays: tuple[Stay, ...]
    rules: tuple[Rule, ...]
    terms: tuple[Terms, ...]
    home: Place
    rating_mean: float | None
    rating_answers: int


@dataclass(frozen=True)
class Demand:
    """What the order asks for, and the time its venue and audience are taken already."""

    windows: tuple[Period, ...]
    duration_minutes: int
    online: bool
    place: Place
    has_topic: bool
    venue_busy: tuple[Period, ...]
    group_busy: tuple[Period, ...]
    now: datetime
    zone: ZoneInfo

    @cached_property
    def open_starts(self) -> list[tuple[int, date, Period]]:
        """Every start that venue and audience allow, with the number of its window and its local day."""
        return [
            (number, local_day(period.starts_at, zone=self.zone), period)
            for number, period in self._to_come
            if not self._taken(period)
        ]

    @cached_property
    def general_blocks(self) -> list[str]:
        """Why no lecturer at all could come, if that is so."""
        if self.open_starts:
            return []
        if not self._to_come:
            return ["window_passed"]
        venue = any(self._hits(self.venue_busy, period) for _, period in self._to_come)
        group = any(self._hits(self.group_busy, period) for _, period in self._to_come)
        return [code for code, hit in (("venue_taken", venue), ("group_taken", group)) if hit]

    @cached_property
    def _to_come(self) -> list[tuple[int, Period]]:
        return [(n, period) for n, period in self._starts() if period.starts_at > self.now]

    def _starts(self) -> Iterator[tuple[int, Period]]:
        for number, window in enumerate(self.windows):
            period = period_from(window.starts_at, minutes=self.duration_minutes)
            while period.ends_at <= window.ends_at:
                yield number, period
                period = Period(period.starts_at + STEP, period.ends_at + STEP)

    def _taken(self, period: Period) -> bool:
        return self._hits(self.venue_busy, period) or self._hits(self.group_busy, period)

    @staticmethod
    def _hits(busy: tuple[Period, ...], period: Period) -> bool:
        return any(each.overlaps(period) for each in busy)


@dataclass(frozen=True)
class Candidate:
    """A lecturer to ask: for this time, under this agreement, for these reasons."""

    lecturer_id: str
    organisation_id: str
    terms: Terms | None
    period: Period
    score: float
    reasons: tuple[Reason, ...]
    recent: int

    @property
    def needs_approval(self) -> bool:
        return self.terms is not None and self.terms.needs_approval


@dataclass(frozen=True)
class LeftOut:
    """A lecturer who cannot be asked, and every reason why."""

    lecturer_id: str
    organisation_id: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Ranked:
    """The whole circle: whom to ask, the best first, and whom not to."""

    candidates: list[Candidate] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def rank(
    profiles: list[Profile], *, demand: Demand, circle: Circle, weights: Weights, insist: bool = False
) -> Ranked:
    """Consider everybody. The sequence is stable: score, then fewest recent sessions, then id."""
    ranked = Ranked()
    for profile in profiles:
        found = consider(profile, demand=demand, circle=circle, weights=weights, insist=insist)
        if isinstance(found, Candidate):
            ranked.candidates.append(found)
        else:
            ranked.left_out.append(found)
    ranked.candidates.sort(key=lambda each: (-each.score, each.recent, each.lecturer_id))
    ranked.left_out.sort(key=lambda each: (each.organisation_id, each.lecturer_id))
    return ranked


def consider(
    profile: Profile, *, demand: Demand, circle: Circle, weights: Weights, insist: bool = False
) -> Candidate | LeftOut:
    """One lecturer. `insist` is the staff's own choice: it overrides distance, and nothing else."""
    minutes = 0 if demand.online else travel_minutes(profile.home, demand.place)
    reasons = _standing_blocks(profile, minutes=minutes, weights=weights, insist=insist)
    found, blocks = _first_fit(profile, demand=demand)
    if found is None or reasons:
        return LeftOut(profile.lecturer_id, profile.organisation_id, (*reasons, *blocks))
    number, period, terms = found
    standing = Standing(
        teaches=profile.teaches if demand.has_topic else None,
        load=profile.loads.get(month_of(period.starts_at, zone=demand.zone), 0),
        cap=profile.monthly_cap,
        recent=profile.recent,
        rating_mean=profile.rating_mean,
        rating_answers=profile.rating_answers,
        quota=(terms.code, terms.left, terms.quota) if terms else None,
        travel=minutes,
        online=demand.online,
        fit=Fit(period, number, len(demand.windows)),
    )
    reasons_for = grade(standing, circle=circle, weights=weights, zone=demand.zone)
    return Candidate(
        lecturer_id=profile.lecturer_id,
        organisation_id=profile.organisation_id,
        terms=terms,
        period=period,
        score=round(sum(reason.points for reason in reasons_for), 1),
        reasons=tuple(reasons_for),
        recent=profile.recent,
    )


def terms_for(terms: tuple[Terms, ...], *, day: date) -> Terms | None:
    """The agreement to use on a day: valid, with sessions left; the one that ends first is used first."""
    usable = [each for each in terms if each.valid_on(day) and each.left > 0]
    return min(usable, key=lambda each: (each.ends_on, each.code, each.agreement_id), default=None)


def _standing_blocks(
    profile: Profile, *, minutes: int | None, weights: Weights, insist: bool
) -> list[Reason]:
    """What speaks against the lecturer at any time."""
    reasons = []
    if not profile.active:
        reasons.append(say("inactive"))
    if profile.asked:
        reasons.append(say("already_asked"))
    if not insist and minutes is not None and minutes > weights.too_far_minutes:
        reasons.append(say("too_far", minutes=minutes, limit=weights.too_far_minutes))
    return reasons


@dataclass(frozen=True)
class _Day:
    """What holds for a lecturer on a whole day: when they lecture, and what forbids any session at all."""

    free: list[Period]
    terms: Terms | None
    blocks: list[Reason]


def _first_fit(
    profile: Profile, *, demand: Demand
) -> tuple[tuple[int, Period, Terms | None] | None, list[Reason]]:
    """The first start at which everything fits, or everything that stood in the way."""
    against: dict[str, Reason] = {code: say(code) for code in demand.general_blocks}
    days: dict[date, _Day] = {}
    for number, on, period in demand.open_starts:
        if on not in days:
            days[on] = _day(profile, on, demand=demand)
        day = days[on]
        busy = in_the_way(profile.stays, wanted=Stay(period, demand.place))
        away = not any(stretch.covers(period) for stretch in day.free)
        if not (busy or away or day.blocks):
            return (number, period, day.terms), []
        for code, hit in (("not_free", busy), ("away", away)):
            if hit and code not in against:
                against[code] = say(code)
        for reason in day.blocks:
            against.setdefault(reason.code, reason)
    return None, list(against.values())


def _day(profile: Profile, on: date, *, demand: Demand) -> _Day:
    load = profile.loads.get((on.year, on.month), 0)
    terms = None if profile.own else terms_for(profile.terms, day=on)
    blocks = []
    if load >= profile.monthly_cap:
        name = month_en(on.month)
        blocks.append(say("cap_reached", month=on.month, en_month=name, load=load, cap=profile.monthly_cap))
    if not profile.own and terms is None:
        blocks.append(_why_no_terms(profile.terms, day=on))
    return _Day(available_on(profile.rules, on, zone=demand.zone), terms, blocks)


def _why_no_terms(terms: tuple[Terms, ...], *, day: date) -> Reason:
    valid = [each for each in terms if each.valid_on(day)]
    if not valid:
        return say("agreement_not_valid", day=day.isoformat())
    return say("quota_used_up", agreement=valid[0].code, quota=valid[0].quota)
