"""Sessions as scheduling announces them, and how their seats are shared out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import Any

from chassis.tx import Tx
from contracts.errors import InvalidRequest, NotFound
from sqlalchemy import func, select, update

from enrollment import attendance, seats, waiting
from enrollment.permissions import actor_of, needs_host
from enrollment.refusals import (
    SeatsAreTaken,
    SessionHasBegun,
    SessionIsCancelled,
    SharesExceedCapacity,
    UnknownSession,
)
from enrollment.rooms import replace_shares
from enrollment.rules.seating import fit_shares, share_out
from enrollment.tables import CourseSession, Seat, SeatShare

ACTIVE = ("seated", "waiting", "attended", "missed")


def open_session(
    tx: Tx,
    *,
    session_id: str,
    host_id: str,
    district_id: str,
    lecturer_id: str,
    title: str,
    starts_at: datetime,
    ends_at: datetime,
    capacity: int,
    shares: Iterable[tuple[str, int]],
    check_in_code: str,
) -> None:
    """Open a booked session for enrolment. Shares beyond the capacity are cut down in their sequence."""
    if tx.session.get(CourseSession, session_id) is not None:
        return
    kept = fit_shares(capacity=capacity, wanted=shares)
    tx.session.add(
        CourseSession(
            session_id=session_id,
            host_id=host_id,
            district_id=district_id,
            lecturer_id=lecturer_id,
            title=title,
            starts_at=starts_at,
            ends_at=ends_at,
            state="open",
            check_in_code=check_in_code,
            capacity=capacity,
            shared=sum(kept.values()),
            taken=0,
            open_taken=0,
            waiting=0,
            last_place=0,
        )
    )
    tx.session.flush()
    tx.session.add_all(
        SeatShare(session_id=session_id, organisation_id=organisation_id, seats=count, seated=0)
        for organisation_id, count in kept.items()
    )


def move_session(tx: Tx, *, session_id: str, title: str, starts_at: datetime, ends_at: datetime) -> None:
    """Follow a session to its new time. Everybody keeps the seat, also where it now overlaps another."""
    session = _lock(tx, session_id)
    session.title, session.starts_at, session.ends_at = title, starts_at, ends_at


def cancel_session(tx: Tx, *, session_id: str) -> None:
    """Give back every seat of a session that will not take place."""
    session = _lock(tx, session_id)
    session.state = "cancelled"
    session.taken = session.open_taken = session.waiting = 0
    tx.session.execute(update(SeatShare).where(SeatShare.session_id == session_id).values(seated=0))
    for seat in _seats_of(tx, session_id):
        seats.end_seat(tx, session=session, seat=seat, by="session_cancelled")


def hold_session(tx: Tx, *, session_id: str, zone: tzinfo) -> None:
    """Credit those who were there, and note who had a seat and did not come."""
    session = _lock(tx, session_id)
    session.state = "held"
    for seat in _seats_of(tx, session_id):
        attendance.settle(tx, session=session, seat=seat, zone=zone)


def set_shares(tx: Tx, *, session_id: str, shares: list[dict[str, Any]]) -> None:
    """Share out the seats anew; who is seated stays, who can now move up does."""
    actor = actor_of(tx)
    wanted = {share["organisation_id"]: share["seats"] for share in shares}
    if len(wanted) != len(shares):
        raise InvalidRequest(errors={"shares": ["each organisation only once"]})

    session = tx.lock(CourseSession, [session_id]).get(session_id)
    if session is None:
        raise NotFound()
    needs_host(actor, host_id=session.host_id, district_id=session.district_id)
    if session.state == "cancelled":
        raise SessionIsCancelled()
    if session.state != "open" or tx.now >= session.starts_at:
        raise SessionHasBegun()

    shared = sum(wanted.values())
    if shared > session.capacity:
        raise SharesExceedCapacity(shared=shared, capacity=session.capacity)
    room = share_out(capacity=session.capacity, seats=wanted, seated=_seated(tx, session_id))
    if room.open_free < 0:
        raise SeatsAreTaken(missing=-room.open_free)
    replace_shares(tx, session=session, room=room)
    waiting.promote(tx, session=session)


def miscounted(tx: Tx) -> list[str]:
    """Sessions whose counters differ from their seats; there must never be any."""
    sitting, queueing = (
        func.count().filter(Seat.state.in_(("seated", "attended", "missed"))),
        func.count().filter(Seat.state == "waiting"),
    )
    counted = (
        select(Seat.session_id, sitting.label("taken"), queueing.label("waiting"))
        .group_by(Seat.session_id)
        .subquery()
    )
    return list(
        tx.session.scalars(
            select(CourseSession.session_id)
            .outerjoin(counted, counted.c.session_id == CourseSession.session_id)
            .where(
                (CourseSession.taken != func.coalesce(counted.c.taken, 0))
                | (CourseSession.waiting != func.coalesce(counted.c.waiting, 0))
            )
            .order_by(CourseSession.session_id)
        )
    )


def _lock(tx: Tx, session_id: str) -> CourseSession:
    session = tx.lock(CourseSession, [session_id]).get(session_id)
    if session is None:
        raise UnknownSession(session_id=session_id)
    return session


def _seats_of(tx: Tx, session_id: str) -> list[Seat]:
    return list(
        tx.session.scalars(
            select(Seat).where(Seat.session_id == session_id, Seat.state.in_(ACTIVE)).order_by(Seat.place)
        )
    )


def _seated(tx: Tx, session_id: str) -> dict[str, int]:
    rows = tx.session.execute(
        select(Seat.organisation_id, func.count().label("learners"))
        .where(Seat.session_id == session_id, Seat.state.in_(("seated", "attended")))
        .group_by(Seat.organisation_id)
    )
    return {row.organisation_id: row.learners for row in rows}
