"""The waiting list: first come, first served among those for whom the free seat is open.

Whoever sits elsewhere at that time, or has left, is passed over and keeps the place.
"""

from __future__ import annotations

from collections.abc import Iterable

from chassis.tx import Tx
from contracts.enrollment import events
from sqlalchemy import Row, Select, func, select, update
from sqlalchemy.orm import aliased

from enrollment.rooms import read_room, write_room
from enrollment.tables import CourseSession, Member, Seat
from enrollment.telling import seat_facts, tell

AT_ONCE = 50


def promote(tx: Tx, *, session: CourseSession) -> int:
    """Seat everybody who can move up; the session's row is locked. Returns how many moved."""
    moved = 0
    before = room = read_room(tx, session=session)
    while session.waiting > 0:
        welcome = room.open_to()
        candidate = None if welcome == frozenset() else _first(tx, session, among=welcome)
        if candidate is None:
            break
        room = room.seat(candidate.organisation_id)
        write_room(tx, session_id=session.session_id, before=before, after=room, waiting_by=-1)
        tx.session.execute(update(Seat).where(Seat.seat_id == candidate.seat_id).values(state="seated"))
        tx.session.refresh(session)
        _tell_promoted(tx, session, candidate)
        before, moved = room, moved + 1
    return moved


def position(tx: Tx, *, session_id: str, place: int) -> int:
    """The place on the waiting list as a learner counts it: 1 is next."""
    ahead = tx.session.scalar(
        select(func.count())
        .select_from(Seat)
        .where(Seat.session_id == session_id, Seat.state == "waiting", Seat.place < place)
    )
    return (ahead or 0) + 1


def move_up_late(tx: Tx) -> int:
    """Promote in sessions with both free seats and a waiting list: somebody was busy and no longer is.

    Sessions that somebody else is working on are left for the next time.
    """
    sessions = tx.session.scalars(
        select(CourseSession)
        .where(
            CourseSession.state == "open",
            CourseSession.waiting > 0,
            CourseSession.taken < CourseSession.capacity,
            CourseSession.starts_at > tx.now,
        )
        .order_by(CourseSession.session_id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    return sum(promote(tx, session=session) for session in sessions.all())


def _first(tx: Tx, session: CourseSession, *, among: Iterable[str] | None) -> Row[str, str, str] | None:
    return tx.session.execute(_in_line(session, among=among).limit(1)).one_or_none()


def _in_line(session: CourseSession, *, among: Iterable[str] | None) -> Select[str, str, str]:
    elsewhere, other = aliased(Seat), aliased(CourseSession)
    busy = (
        select(elsewhere.seat_id)
        .join(other, other.session_id == elsewhere.session_id)
        .where(
            elsewhere.person_id == Seat.person_id,
            elsewhere.session_id != session.session_id,
            elsewhere.state.in_(("seated", "attended")),
            other.starts_at < session.ends_at,
            other.ends_at > session.starts_at,
        )
    )
    line = (
        select(Seat.seat_id, Seat.person_id, Seat.organisation_id)
        .join(Member, Member.person_id == Seat.person_id)
        .where(Seat.session_id == session.session_id, Seat.state == "waiting", Member.active, ~busy.exists())
        .order_by(Seat.place)
    )
    return line if among is None else line.where(Seat.organisation_id.in_(sorted(among)))


def _tell_promoted(tx: Tx, session: CourseSession, seat: Row[str, str, str]) -> None:
    facts = seat_facts(
        session,
        seat_id=seat.seat_id,
        person_id=seat.person_id,
        organisation_id=seat.organisation_id,
        taken=session.taken,
        waiting=session.waiting,
    )
    tell(tx, events.SEAT_PROMOTED, session=session, data=facts)
