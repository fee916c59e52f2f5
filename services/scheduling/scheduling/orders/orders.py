"""A school's order: place it, send it out to lecturers, take it back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chassis.tx import Tx
from contracts.errors import NotFound
from contracts.scheduling import events
from sqlalchemy import insert, select

from scheduling import access, calendar
from scheduling.orders import candidates, offers, outcomes
from scheduling.orders.answers import order_answer, suggestions
from scheduling.orders.refusals import (
    LecturerIsNamedTwice,
    LecturerWasAsked,
    OrderIsOffering,
    OrderIsScheduled,
    OrderWasCancelled,
    OrderWasDelivered,
    PlaceIsMissing,
    ShareIsGivenTwice,
    SharesExceedTheSeats,
    TopicIsMissing,
    TopicIsNotOnTheMenu,
)
from scheduling.rules.periods import Period, utc_period
from scheduling.rules.windows import check_window
from scheduling.sessions import sessions
from scheduling.sharing.circle import group_for, topic_for, venue_for
from scheduling.tables import Offer, Order, OrderWindow, Topic, Venue

UNLISTED_MINUTES = 90


def place_order(
    tx: Tx,
    *,
    organisation_id: str,
    topic_id: str | None,
    missing_topic: str | None,
    form: str,
    windows: list[dict[str, datetime]],
    online: bool,
    venue_id: str | None,
    group_id: str | None,
    audience: str,
    head_count: int,
    shares: list[dict[str, Any]],
    note: str,
    dispatch: bool,
) -> dict[str, Any]:
    """Order a topic of the menu, or name the one that the menu lacks: that order is unmet at once."""
    district_id = _district_for(tx, organisation_id=organisation_id)
    if (topic_id is None) == (missing_topic is None):
        raise TopicIsMissing(errors={"topic_id": ["one of topic_id and missing_topic"]})
    if online == (venue_id is not None):
        raise PlaceIsMissing(errors={"venue_id": ["one of online and venue_id"]})
    topic = _topic(tx, topic_id=topic_id, organisation_id=organisation_id, district_id=district_id)
    periods = [utc_period(window["starts_at"], window["ends_at"]) for window in windows]
    minutes = topic.duration_minutes if topic else _unlisted_minutes(periods)
    _check_windows(periods, minutes=minutes, now=tx.now)
    venue = venue_for(tx, venue_id=venue_id, organisation_id=organisation_id) if venue_id else None
    if group_id:
        group_for(tx, group_id=group_id, organisation_id=organisation_id)
    _check_shares(shares, venue=venue, head_count=head_count)
    order = Order(
        id=tx.new_id(),
        organisation_id=organisation_id,
        district_id=district_id,
        topic_id=topic_id,
        title=topic.title if topic else missing_topic,
        form=topic.form if topic else form,
        duration_minutes=minutes,
        online=online,
        venue_id=venue_id,
        group_id=group_id,
        audience=audience,
        head_count=head_count,
        shares=shares,
        note=note,
        state="placed",
        placed_by=tx.actor.person_id,
        placed_at=tx.now,
    )
    _keep(tx, order=order, windows=periods)
    if topic is None:
        outcomes.mark_unmet(tx, order=order, reason="topic_missing", asked=0)
    elif dispatch:
        _send_out(tx, order=order, sequence=None)
    return order_answer(tx, order=order)


def dispatch_order(tx: Tx, *, order_id: str, lecturer_ids: list[str]) -> dict[str, Any]:
    """Ask the first candidate: of the staff's own sequence where it gives one, else of the ranking."""
    order = _locked(tx, order_id=order_id)
    _refuse_unless_open(order)
    if order.state == "offering":
        raise OrderIsOffering()
    if not lecturer_ids and order.topic_id is None:
        raise TopicIsMissing(errors={"lecturer_ids": ["name whom to ask: the menu lacks the topic"]})
    _check_sequence(tx, order=order, lecturer_ids=lecturer_ids)
    _send_out(tx, order=order, sequence=lecturer_ids or None)
    return order_answer(tx, order=order)


def cancel_order(tx: Tx, *, order_id: str, reason: str) -> dict[str, Any]:
    """Take an order back, with its open offer or its session. A second time changes nothing."""
    order = _locked(tx, order_id=order_id)
    if order.state == "cancelled":
        return order_answer(tx, order=order)
    if order.state == "delivered":
        raise OrderWasDelivered()
    if order.session_id is not None:
        session = sessions.lock_session(tx, session_id=order.session_id)
        sessions.cancel(tx, session=session, order=order, reason=reason)
        return order_answer(tx, order=order)
    offer = offers.open_offer(tx, order=order)
    if offer is not None:
        offers.withdraw(tx, offer=offer, order=order, reason="order_cancelled")
    outcomes.mark_cancelled(tx, order=order, reason=reason)
    return order_answer(tx, order=order)


def get_order(tx: Tx, *, order_id: str) -> dict[str, Any]:
    return order_answer(tx, order=_readable(tx, order_id=order_id))


def suggest(tx: Tx, *, order_id: str) -> dict[str, Any]:
    """Whom to ask, the best first, and whom not, with the reasons for both."""
    return suggestions(candidates.ranked_for(tx, order=_readable(tx, order_id=order_id)))


def _district_for(tx: Tx, *, organisation_id: str) -> str:
    district_id = access.district_of(tx, organisation_id=organisation_id)
    access.needs(tx, roles=access.ORDERING, organisation_id=organisation_id, district_id=district_id)
    if district_id is None:
        raise NotFound()
    return district_id


def _topic(tx: Tx, *, topic_id: str | None, organisation_id: str, district_id: str) -> Topic | None:
    if topic_id is None:
        return None
    topic = topic_for(tx, topic_id=topic_id, organisation_id=organisation_id, district_id=district_id)
    if not topic.published:
        raise TopicIsNotOnTheMenu()
    return topic


def _check_windows(windows: list[Period], *, minutes: int, now: datetime) -> None:
    for position, window in enumerate(windows):
        check_window(window, duration_minutes=minutes, now=now, zone=calendar.zone(), position=position)


def _unlisted_minutes(windows: list[Period]) -> int:
    """A topic outside the menu has no length yet: an hour and a half, or what the shortest window has."""
    return min(UNLISTED_MINUTES, *(max(5, window.minutes) for window in windows))


def _check_shares(shares: list[dict[str, Any]], *, venue: Venue | None, head_count: int) -> None:
    if len({share["organisation_id"] for share in shares}) < len(shares):
        raise ShareIsGivenTwice(errors={"shares": ["an organisation is named twice"]})
    seats = min(venue.capacity, head_count) if venue else head_count
    kept = sum(share["seats"] for share in shares)
    if kept > seats:
        raise SharesExceedTheSeats(shares=kept, seats=seats, errors={"shares": ["too many"]})


def _keep(tx: Tx, *, order: Order, windows: list[Period]) -> None:
    tx.session.add(order)
    tx.session.flush()
    rows = [
        {"order_id": order.id, "position": number, "starts_at": each.starts_at, "ends_at": each.ends_at}
        for number, each in enumerate(windows)
    ]
    tx.session.execute(insert(OrderWindow), rows)
    facts = {
        "district_id": order.district_id,
        "topic_id": order.topic_id,
        "title": order.title,
        "form": order.form,
        "duration_minutes": order.duration_minutes,
        "windows": [{"starts_at": each.starts_at, "ends_at": each.ends_at} for each in windows],
        "online": order.online,
        "venue_id": order.venue_id,
        "group_id": order.group_id,
        "audience": order.audience,
        "head_count": order.head_count,
        "placed_by": order.placed_by,
    }
    outcomes.announce(tx, events.ORDER_PLACED, order=order, facts=facts)


def _send_out(tx: Tx, *, order: Order, sequence: list[str] | None) -> None:
    order.state, order.unmet_reason, order.sequence = "offering", None, sequence
    outcomes.announce(tx, events.ORDER_DISPATCHED, order=order, facts={"automatic": sequence is None})
    offers.ask_next(tx, order=order)


def _check_sequence(tx: Tx, *, order: Order, lecturer_ids: list[str]) -> None:
    """Everybody named may be asked, once, and was not asked before."""
    if len(set(lecturer_ids)) < len(lecturer_ids):
        raise LecturerIsNamedTwice(errors={"lecturer_ids": ["named twice"]})
    known = candidates.circle_ids(tx, organisation_id=order.organisation_id, lecturer_ids=lecturer_ids)
    if known != set(lecturer_ids):
        raise NotFound()
    asked = select(Offer.lecturer_id).where(Offer.order_id == order.id)
    if not set(tx.session.scalars(asked)).isdisjoint(lecturer_ids):
        raise LecturerWasAsked()


def _refuse_unless_open(order: Order) -> None:
    if order.state == "scheduled":
        raise OrderIsScheduled()
    if order.state == "cancelled":
        raise OrderWasCancelled()
    if order.state == "delivered":
        raise OrderWasDelivered()


def _readable(tx: Tx, *, order_id: str) -> Order:
    return _mine(tx, order=tx.session.get(Order, order_id), roles=access.READING)


def _locked(tx: Tx, *, order_id: str) -> Order:
    _mine(tx, order=tx.session.get(Order, order_id), roles=access.ORDERING)
    return tx.lock(Order, [order_id])[order_id]


def _mine(tx: Tx, *, order: Order | None, roles: tuple[str, ...]) -> Order:
    if order is None:
        raise NotFound()
    access.needs(tx, roles=roles, organisation_id=order.organisation_id, district_id=order.district_id)
    return order
