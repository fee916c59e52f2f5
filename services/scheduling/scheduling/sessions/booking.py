"""From an accepted offer to a booked session."""

from __future__ import annotations

from typing import Any

from chassis.tx import Tx
from contracts.scheduling import events
from sqlalchemy import insert

from scheduling.booking import bookings, limits
from scheduling.booking.limits import Claim
from scheduling.rules.periods import Period
from scheduling.sessions.answers import session_facts
from scheduling.tables import Offer, Order, Session, SessionShare, Venue


def book_session(tx: Tx, *, order: Order, offer: Offer) -> Session:
    """Book what the lecturer has just agreed to, with order and offer locked.

    Raises `CannotBeBooked` before anything was written: the caller may go on with the transaction.
    """
    claim = Claim(
        session_id=tx.new_id(),
        host_id=order.organisation_id,
        lecturer_id=offer.lecturer_id,
        venue_id=order.venue_id,
        group_id=order.group_id,
        agreement_id=offer.agreement_id,
        period=Period(offer.starts_at, offer.ends_at),
        seats=0,
        lecturer_agreed=True,
        holds_quota=False,
    )
    held = limits.lock(tx, claim=claim)
    limits.check(tx, claim=claim, held=held)
    session = _session(claim=claim, order=order, offer=offer, venue=held.venue)
    with bookings.walled(tx, claim=claim, held=held):
        tx.session.add(session)
        tx.session.flush()
        _keep_shares(tx, session=session, order=order)
        bookings.occupy(tx, claim=claim)
        bookings.take_quota(tx, held=held)
    _announce(tx, session=session, venue=held.venue, shares=order.shares)
    return session


def _session(*, claim: Claim, order: Order, offer: Offer, venue: Venue | None) -> Session:
    seats = min(venue.capacity, order.head_count) if venue else order.head_count
    return Session(
        id=claim.session_id,
        order_id=order.id,
        organisation_id=order.organisation_id,
        district_id=order.district_id,
        topic_id=order.topic_id,
        title=order.title,
        form=order.form,
        lecturer_id=offer.lecturer_id,
        lender_id=offer.lender_id,
        agreement_id=offer.agreement_id,
        venue_id=order.venue_id,
        online=order.online,
        group_id=order.group_id,
        audience=order.audience,
        capacity=seats,
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        state="scheduled",
        reason="",
        held_at=None,
    )


def _keep_shares(tx: Tx, *, session: Session, order: Order) -> None:
    if order.shares:
        tx.session.execute(
            insert(SessionShare),
            [
                {"session_id": session.id, "position": position, **share}
                for position, share in enumerate(order.shares)
            ],
        )


def _announce(tx: Tx, *, session: Session, venue: Venue | None, shares: list[dict[str, Any]]) -> None:
    tx.record(
        events.SESSION_SCHEDULED,
        aggregate=session.id,
        organisation=session.organisation_id,
        district=session.district_id,
        data={
            **session_facts(session),
            "district_id": session.district_id,
            "order_id": session.order_id,
            "topic_id": session.topic_id,
            "form": session.form,
            "agreement_id": session.agreement_id,
            "venue_id": session.venue_id,
            "venue_name": venue.name if venue else "",
            "address": venue.address if venue else "",
            "online": session.online,
            "group_id": session.group_id,
            "audience": session.audience,
            "capacity": session.capacity,
            "shares": shares,
        },
    )
