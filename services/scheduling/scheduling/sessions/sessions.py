"""What a school does with its sessions: see, move, cancel, confirm that they were held.

The rows are locked in the one sequence of this service: order, session, then what `booking.limits` locks.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from chassis.tx import Tx
from contracts.errors import NotFound
from contracts.scheduling import events
from sqlalchemy import select

from scheduling import access, calendar
from scheduling.booking import bookings, limits
from scheduling.booking.limits import Claim
from scheduling.orders import outcomes
from scheduling.rules.periods import Period, utc_period
from scheduling.rules.windows import check_session_time
from scheduling.sessions.answers import place_facts, session_answer, session_facts
from scheduling.sessions.refusals import (
    SessionHasBegun,
    SessionHasNotBegun,
    SessionWasCancelled,
    SessionWasHeld,
)
from scheduling.sharing.circle import venue_for
from scheduling.tables import Order, Session, Venue

HELD_AFTER = timedelta(minutes=15)


def get_session(tx: Tx, *, session_id: str) -> dict[str, Any]:
    """For everybody of the host, the lecturer, and the lecturer's unit."""
    session = tx.session.get(Session, session_id)
    if session is None:
        raise NotFound()
    actor = tx.actor
    theirs = actor.person_id is not None and actor.person_id == session.lecturer_id
    lent_by = actor.organisation_id == session.lender_id and "liaison" in actor.roles
    if not (theirs or lent_by):
        actor.inside(session.organisation_id, operators=True, district_id=session.district_id)
    return session_answer(session)


def reschedule_session(
    tx: Tx,
    *,
    session_id: str,
    starts_at: datetime | None,
    ends_at: datetime | None,
    venue_id: str | None,
) -> dict[str, Any]:
    """Move a session in time, to another venue, or both; what is left out stays."""
    session, _ = _locked_for_staff(tx, session_id=session_id)
    _refuse_unless_to_come(tx, session=session)
    before = Period(session.starts_at, session.ends_at)
    begins = starts_at or before.starts_at
    period = utc_period(begins, ends_at or begins + (before.ends_at - before.starts_at))
    if period == before and venue_id in (None, session.venue_id):
        return session_answer(session)
    check_session_time(period, now=tx.now, zone=calendar.zone())
    if venue_id is not None and venue_id != session.venue_id:
        venue_for(tx, venue_id=venue_id, organisation_id=session.organisation_id)
    _move(tx, session=session, period=period, venue_id=venue_id or session.venue_id)
    return session_answer(session)


def cancel_session(tx: Tx, *, session_id: str, reason: str) -> dict[str, Any]:
    """Cancel a session and the order behind it. A second time changes nothing."""
    session, order = _locked_for_staff(tx, session_id=session_id)
    if session.state != "cancelled":
        cancel(tx, session=session, order=order, reason=reason)
    return session_answer(session)


def cancel(tx: Tx, *, session: Session, order: Order | None, reason: str) -> None:
    """Give back everything that a session holds, with order and session locked."""
    if session.state == "held":
        raise SessionWasHeld()
    session.state, session.reason = "cancelled", reason
    bookings.release(tx, session_id=session.id)
    bookings.give_back_quota(tx, agreement_id=session.agreement_id)
    _record(tx, events.SESSION_CANCELLED, session=session, facts={"reason": reason})
    if order is not None:
        outcomes.mark_cancelled(tx, order=order, reason=reason)


def hold_session(tx: Tx, *, session_id: str) -> dict[str, Any]:
    """Confirm that a session took place, from its start on. A second time changes nothing."""
    session, order = _locked_for_staff(tx, session_id=session_id)
    if session.state == "cancelled":
        raise SessionWasCancelled()
    if session.state == "scheduled":
        if tx.now < session.starts_at:
            raise SessionHasNotBegun()
        _hold(tx, session=session, order=order)
    return session_answer(session)


def due_sessions(tx: Tx, *, limit: int = 100) -> list[str]:
    """Sessions that ended a while ago and that nobody confirmed."""
    query = (
        select(Session.id)
        .where(Session.state == "scheduled", Session.ends_at <= tx.now - HELD_AFTER)
        .order_by(Session.ends_at, Session.id)
        .limit(limit)
    )
    return list(tx.session.scalars(query))


def hold_if_due(tx: Tx, *, session_id: str) -> bool:
    """Confirm one of them, unless somebody else is at it or was faster."""
    found = _lock(tx, session_id=session_id, skip_locked=True)
    if found is None:
        return False
    session, order = found
    if session.state != "scheduled" or session.ends_at > tx.now - HELD_AFTER:
        return False
    _hold(tx, session=session, order=order)
    return True


def lock_session(tx: Tx, *, session_id: str) -> Session:
    """The session's row, for who holds the order's lock already."""
    return tx.lock(Session, [session_id])[session_id]


def _locked_for_staff(tx: Tx, *, session_id: str) -> tuple[Session, Order | None]:
    known = tx.session.get(Session, session_id)
    if known is None:
        raise NotFound()
    access.needs(
        tx,
        roles=access.ORDERING,
        organisation_id=known.organisation_id,
        district_id=known.district_id,
    )
    found = _lock(tx, session_id=session_id)
    if found is None:
        raise NotFound()
    return found


def _lock(tx: Tx, *, session_id: str, skip_locked: bool = False) -> tuple[Session, Order | None] | None:
    """Order first, then session: the sequence in which everybody locks."""
    order_id = tx.session.scalar(select(Session.order_id).where(Session.id == session_id))
    locked: list[Any] = []
    for model, id_ in ((Order, order_id), (Session, session_id)):
        row = None
        if id_ is not None:
            query = select(model).where(model.id == id_).with_for_update(skip_locked=skip_locked)
            row = tx.session.scalar(query.execution_options(populate_existing=True))
            if row is None:
                return None
        locked.append(row)
    order, session = locked
    return session, order


def _refuse_unless_to_come(tx: Tx, *, session: Session) -> None:
    if session.state == "held":
        raise SessionWasHeld()
    if session.state == "cancelled":
        raise SessionWasCancelled()
    if session.starts_at <= tx.now:
        raise SessionHasBegun()


def _move(tx: Tx, *, session: Session, period: Period, venue_id: str | None) -> None:
    claim = Claim(
        session_id=session.id,
        host_id=session.organisation_id,
        lecturer_id=session.lecturer_id,
        venue_id=venue_id,
        group_id=session.group_id,
        agreement_id=session.agreement_id,
        period=period,
        seats=session.capacity if venue_id != session.venue_id else 0,
        lecturer_agreed=False,
        holds_quota=True,
    )
    held = limits.lock(tx, claim=claim)
    limits.check(tx, claim=claim, held=held)
    old = tx.session.get(Venue, session.venue_id) if session.venue_id else None
    before = place_facts(session, old)
    with bookings.walled(tx, claim=claim, held=held):
        bookings.release(tx, session_id=session.id)
        bookings.occupy(tx, claim=claim)
    session.starts_at, session.ends_at = period.starts_at, period.ends_at
    session.venue_id, session.online = venue_id, venue_id is None
    after = place_facts(session, held.venue)
    _record(tx, events.SESSION_RESCHEDULED, session=session, facts={"before": before, "after": after})


def _hold(tx: Tx, *, session: Session, order: Order | None) -> None:
    session.state, session.held_at = "held", tx.now
    facts = {"order_id": session.order_id, "topic_id": session.topic_id, "held_at": tx.now}
    _record(tx, events.SESSION_HELD, session=session, facts=facts)
    if order is not None:
        outcomes.mark_delivered(tx, order=order, session_id=session.id)


def _record(tx: Tx, event: Any, *, session: Session, facts: dict[str, Any]) -> None:
    tx.record(
        event,
        aggregate=session.id,
        organisation=session.organisation_id,
        district=session.district_id,
        data={**session_facts(session), **facts},
    )
