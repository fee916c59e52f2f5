"""The circle of lecturers for an order, read for the decision in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.tx import Tx
from sqlalchemy import and_, literal, select

from scheduling import calendar
from scheduling.booking import busy, limits
from scheduling.booking.tables import GROUP, VENUE
from scheduling.lecturers import ratings
from scheduling.lecturers.availability import rules_of
from scheduling.rules.availability import Rule
from scheduling.rules.matching import Candidate, Demand, Profile, Ranked, Terms, rank
from scheduling.rules.periods import Period, month_of, month_period
from scheduling.rules.ranking import RECENT_DAYS, Circle, Weights
from scheduling.rules.travel import REACH, Place, Stay
from scheduling.sharing.circle import agreements_of
from scheduling.tables import Agreement, Lecturer, LecturerTopic, Offer, Order, OrderWindow, Organisation

WEIGHTS = Weights()


@dataclass(frozen=True)
class _Known:
    """What was read about the lecturers, by lecturer."""

    asked: set[str]
    terms: dict[str, tuple[Terms, ...]]
    starts: dict[str, list[datetime]]
    homes: dict[str, Place]


def ranked_for(tx: Tx, *, order: Order) -> Ranked:
    """Everybody who may be asked for the order and teaches its topic, the best first."""
    demand = _demand(tx, order=order)
    return _ranked(tx, order=order, demand=demand, named=None)


def next_candidate(tx: Tx, *, order: Order) -> Candidate | None:
    """Whom to ask now: the next of the staff's sequence where there is one, else the best."""
    demand = _demand(tx, order=order)
    ranked = _ranked(tx, order=order, demand=demand, named=order.sequence)
    if order.sequence is None:
        return ranked.candidates[0] if ranked.candidates else None
    by_id = {candidate.lecturer_id: candidate for candidate in ranked.candidates}
    return next((by_id[id_] for id_ in order.sequence if id_ in by_id), None)


def windows_of(tx: Tx, *, order: Order) -> tuple[Period, ...]:
    rows = tx.session.scalars(
        select(OrderWindow).where(OrderWindow.order_id == order.id).order_by(OrderWindow.position)
    )
    return tuple(Period(row.starts_at, row.ends_at) for row in rows)


def circle_ids(tx: Tx, *, organisation_id: str, lecturer_ids: Iterable[str]) -> set[str]:
    """Those of the named lecturers whom the organisation may ask."""
    homes = {organisation_id} | {
        agreement.lender_id for agreement in agreements_of(tx, borrower_id=organisation_id)
    }
    query = select(Lecturer.id).where(
        Lecturer.id.in_(sorted(set(lecturer_ids))), Lecturer.organisation_id.in_(sorted(homes))
    )
    return set(tx.session.scalars(query))


def _demand(tx: Tx, *, order: Order) -> Demand:
    windows = windows_of(tx, order=order)
    named = ((VENUE, order.venue_id), (GROUP, order.group_id))
    resources = [(kind, id_) for kind, id_ in named if id_ is not None]
    taken = busy.busy_periods(tx, resources=resources, within=_span(windows))
    return Demand(
        windows=windows,
        duration_minutes=order.duration_minutes,
        online=order.online,
        place=limits.place_of(tx, venue_id=order.venue_id),
        has_topic=order.topic_id is not None,
        venue_busy=tuple(taken.get((VENUE, order.venue_id or ""), ())),
        group_busy=tuple(taken.get((GROUP, order.group_id or ""), ())),
        now=tx.now,
        zone=calendar.zone(),
    )


def _ranked(tx: Tx, *, order: Order, demand: Demand, named: list[str] | None) -> Ranked:
    agreements = agreements_of(tx, borrower_id=order.organisation_id)
    lecturers = _lecturers(tx, order=order, agreements=agreements, named=named)
    ids = [lecturer.id for lecturer, _ in lecturers]
    span = _span(demand.windows)
    known = _Known(
        asked=set(tx.session.scalars(select(Offer.lecturer_id).where(Offer.order_id == order.id))),
        terms=_terms(agreements),
        starts=busy.session_starts(tx, lecturer_ids=ids, within=_counted(span, now=tx.now)),
        homes=_homes(tx, organisation_ids={lecturer.organisation_id for lecturer, _ in lecturers}),
    )
    stays = busy.stays(tx, lecturer_ids=ids, within=span.widened(REACH))
    rules = rules_of(tx, lecturer_ids=ids)
    profiles = [
        _profile(lecturer, teaches, order=order, known=known, stays=stays, rules=rules, now=tx.now)
        for lecturer, teaches in lecturers
    ]
    present = [profile.recent for profile in profiles if profile.active]
    circle = Circle(
        mean_rating=ratings.district_mean(tx, district_id=order.district_id),
        mean_recent=sum(present) / len(present) if present else 0.0,
    )
    return rank(profiles, demand=demand, circle=circle, weights=WEIGHTS, insist=named is not None)


def _lecturers(
    tx: Tx, *, order: Order, agreements: list[Agreement], named: list[str] | None
) -> list[tuple[Lecturer, bool]]:
    """The circle: own lecturers and lent ones who teach the topic, or those whom the staff names."""
    homes = sorted({order.organisation_id} | {agreement.lender_id for agreement in agreements})
    teaches = and_(LecturerTopic.lecturer_id == Lecturer.id, LecturerTopic.topic_id == order.topic_id)
    query = select(Lecturer, LecturerTopic.topic_id.is_not(None)).where(Lecturer.organisation_id.in_(homes))
    if named is not None:
        query = query.outerjoin(LecturerTopic, teaches).where(Lecturer.id.in_(sorted(set(named))))
    elif order.topic_id is not None:
        query = query.join(LecturerTopic, teaches)
    else:
        query = select(Lecturer, literal(False)).where(Lecturer.organisation_id.in_(homes))
    return [(lecturer, bool(teaches)) for lecturer, teaches in tx.session.execute(query)]


def _profile(
    lecturer: Lecturer,
    teaches: bool,
    *,
    order: Order,
    known: _Known,
    stays: dict[str, list[Stay]],
    rules: dict[str, tuple[Rule, ...]],
    now: datetime,
) -> Profile:
    starts = known.starts.get(lecturer.id, [])
    loads: dict[tuple[int, int], int] = defaultdict(int)
    for moment in starts:
        loads[month_of(moment, zone=calendar.zone())] += 1
    own_home = Place(None, lecturer.latitude, lecturer.longitude)
    located = lecturer.latitude is not None and lecturer.longitude is not None
    return Profile(
        lecturer_id=lecturer.id,
        organisation_id=lecturer.organisation_id,
        own=lecturer.organisation_id == order.organisation_id,
        teaches=teaches,
        active=lecturer.active,
        asked=lecturer.id in known.asked,
        monthly_cap=lecturer.monthly_cap,
        loads=dict(loads),
        recent=sum(1 for moment in starts if now - timedelta(days=RECENT_DAYS) <= moment <= now),
        stays=tuple(stays.get(lecturer.id, ())),
        rules=rules.get(lecturer.id, ()),
        terms=known.terms.get(lecturer.organisation_id, ()),
        home=own_home if located else known.homes.get(lecturer.organisation_id, Place()),
        rating_mean=lecturer.rating_mean,
        rating_answers=lecturer.rating_answers,
    )


def _terms(agreements: list[Agreement]) -> dict[str, tuple[Terms, ...]]:
    by_lender: dict[str, list[Terms]] = defaultdict(list)
    for each in agreements:
        by_lender[each.lender_id].append(
            Terms(
                agreement_id=each.id,
                code=each.code,
                starts_on=each.starts_on,
                ends_on=each.ends_on,
                quota=each.quota_sessions,
                used=each.used,
                needs_approval=each.approval == "liaison",
            )
        )
    return {lender_id: tuple(terms) for lender_id, terms in by_lender.items()}


def _homes(tx: Tx, *, organisation_ids: set[str]) -> dict[str, Place]:
    """Where organisations are: a lecturer without an address of their own sets out from there."""
    rows = tx.session.scalars(select(Organisation).where(Organisation.id.in_(sorted(organisation_ids))))
    return {row.id: Place(None, row.latitude, row.longitude) for row in rows}


def _span(windows: tuple[Period, ...]) -> Period:
    return Period(min(window.starts_at for window in windows), max(window.ends_at for window in windows))


def _counted(span: Period, *, now: datetime) -> Period:
    """The months that the windows touch, and the last while until now."""
    first = month_period(span.starts_at, zone=calendar.zone()).starts_at
    last = month_period(span.ends_at, zone=calendar.zone()).ends_at
    return Period(min(first, now - timedelta(days=RECENT_DAYS)), max(last, now))
