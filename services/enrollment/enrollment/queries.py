"""What callers ask: the door of a session, and the actor's own seat."""

from __future__ import annotations

from typing import Any

from chassis.tx import Tx
from contracts.errors import NotFound
from sqlalchemy import select

from enrollment import seats
from enrollment.permissions import actor_of, needs_host, person_of
from enrollment.rooms import read_room
from enrollment.rules.door import door_times
from enrollment.tables import CourseSession, Member, Seat, SeatShare


def door(tx: Tx, *, session_id: str) -> dict[str, Any]:
    """Code, times, figures and roster, for the host's staff."""
    session = tx.session.get(CourseSession, session_id)
    if session is None:
        raise NotFound()
    needs_host(actor_of(tx), host_id=session.host_id, district_id=session.district_id)
    times = door_times(starts_at=session.starts_at, ends_at=session.ends_at)
    roster = _roster(tx, session_id)
    return {
        "session_id": session_id,
        "state": session.state,
        "code": session.check_in_code,
        "opens_at": times.opens_at,
        "closes_at": times.closes_at,
        "capacity": session.capacity,
        "taken": session.taken,
        "waiting": session.waiting,
        "attended": sum(seat["state"] == "attended" for seat in roster),
        "shares": _shares(tx, session),
        "roster": roster,
    }


def my_seat(tx: Tx, *, session_id: str) -> dict[str, Any]:
    """The actor's seat that still counts, and how many seats the actor could take."""
    person_id = person_of(actor_of(tx))
    session = tx.session.get(CourseSession, session_id)
    member = tx.session.get(Member, person_id)
    if session is None or member is None:
        raise NotFound()
    seat = tx.session.scalars(
        select(Seat).where(
            Seat.session_id == session_id, Seat.person_id == person_id, Seat.state != "cancelled"
        )
    ).one_or_none()
    room = read_room(tx, session=session)
    elsewhere = member.district_id != session.district_id and member.organisation_id not in room.shares
    if elsewhere and seat is None:
        raise NotFound()
    return {
        "seat": seats.answer(tx, seat) if seat else None,
        "free_for_me": room.free_for(member.organisation_id) if session.state == "open" else 0,
        "waiting": session.waiting,
        "taken": session.taken,
    }


def _shares(tx: Tx, session: CourseSession) -> list[dict[str, Any]]:
    rows = tx.session.scalars(
        select(SeatShare)
        .where(SeatShare.session_id == session.session_id)
        .order_by(SeatShare.organisation_id)
    )
    return [
        {"organisation_id": row.organisation_id, "seats": row.seats, "taken": min(row.seats, row.seated)}
        for row in rows
    ]


def _roster(tx: Tx, session_id: str) -> list[dict[str, Any]]:
    """Every seat that counts, then the waiting list; those who gave theirs back are not shown."""
    rows = tx.session.execute(
        select(Seat.seat_id, Seat.person_id, Seat.organisation_id, Seat.state)
        .where(Seat.session_id == session_id, Seat.state != "cancelled")
        .order_by(Seat.state == "waiting", Seat.place)
    ).all()
    seated = sum(row.state != "waiting" for row in rows)
    return [
        {
            "seat_id": row.seat_id,
            "person_id": row.person_id,
            "organisation_id": row.organisation_id,
            "state": row.state,
            "position": index - seated + 1 if row.state == "waiting" else None,
        }
        for index, row in enumerate(rows)
    ]
