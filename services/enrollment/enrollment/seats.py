"""Seats: taking one, giving it back.

The hot path: fifty learners want seats of one session at the same second. `enrol` therefore asks once for
the two rows it must lock (the learner's first, then the session's), once for the learner's other seats, and
writes the session's counters and the seat; everything that can be refused without the lock is refused early,
and no statement is put together while others wait.
"""

from __future__ import annotations

from typing import Any

from chassis.tx import Tx
from contracts.enrollment import events
from contracts.errors import NotFound
from sqlalchemy import bindparam, insert, or_, select
from sqlalchemy.engine import Row

from enrollment import waiting
from enrollment.permissions import FOR_MEMBERS, actor_of, needs_member, person_of
from enrollment.refusals import (
    AlreadyCheckedIn,
    AlreadyEnrolled,
    LearnerIsBusy,
    MemberIsInactive,
    NotInRegister,
    SessionHasBegun,
    SessionIsCancelled,
)
from enrollment.rooms import read_room, write_room
from enrollment.rules.seating import Room
from enrollment.tables import CourseSession, Member, Seat, SeatShare, course_sessions, members
from enrollment.tables import seats as all_seats
from enrollment.telling import seat_facts, tell

_LOCKED = (
    select(
        members.c.person_id,
        members.c.organisation_id,
        members.c.district_id.label("member_district_id"),
        members.c.active,
        *(column for column in course_sessions.c if column.name != "check_in_code"),
    )
    .join(course_sessions, course_sessions.c.session_id == bindparam("session"))
    .where(members.c.person_id == bindparam("person"))
    .with_for_update(of=[members, course_sessions], key_share=True)
)
_IN_THE_WAY = (
    select(all_seats.c.session_id, course_sessions.c.title)
    .join(course_sessions, course_sessions.c.session_id == all_seats.c.session_id)
    .where(
        all_seats.c.person_id == bindparam("person"),
        all_seats.c.state != "cancelled",
        or_(
            all_seats.c.session_id == bindparam("session"),
            (course_sessions.c.starts_at < bindparam("ends", type_=course_sessions.c.ends_at.type))
            & (course_sessions.c.ends_at > bindparam("starts", type_=course_sessions.c.starts_at.type))
            # A place on a waiting list that can no longer come up keeps nobody from going elsewhere.
            & or_(
                all_seats.c.state != "waiting",
                course_sessions.c.starts_at > bindparam("now", type_=course_sessions.c.starts_at.type),
            ),
        ),
    )
)
_SIT_DOWN = insert(all_seats)


def enrol(tx: Tx, *, session_id: str, person_id: str | None) -> dict[str, Any]:
    """Take a seat, or stand on the waiting list when there is none for this learner."""
    actor = actor_of(tx)
    person_id = person_id or person_of(actor)
    actor.needs("learner", *FOR_MEMBERS)

    row = tx.session.execute(_LOCKED, {"person": person_id, "session": session_id}).one_or_none()
    if row is None:
        raise _what_is_missing(tx, session_id=session_id, person_id=person_id)
    needs_member(
        actor,
        person_id=person_id,
        organisation_id=row.organisation_id,
        district_id=row.member_district_id,
    )
    _refuse_to_enrol(tx, row)
    _refuse_two_at_once(tx, row)

    before = read_room(tx, session=row)
    if row.waiting and before.free_for(row.organisation_id):
        # Somebody was passed over while busy elsewhere; whoever can move up now comes before a newcomer.
        waiting.promote(tx, session=tx.lock(CourseSession, [session_id])[session_id])
        row = tx.session.execute(_LOCKED, {"person": person_id, "session": session_id}).one()
        before = read_room(tx, session=row)
    if before.free_for(row.organisation_id):
        return _give_seat(tx, row, before=before)
    return _put_on_list(tx, row, room=before)


def cancel_seat(tx: Tx, *, seat_id: str) -> dict[str, Any]:
    """Give a seat or a place on the waiting list back; whoever can move up does so at once."""
    actor = actor_of(tx)
    seat = tx.session.get(Seat, seat_id)
    member = tx.session.get(Member, seat.person_id) if seat else None
    if seat is None or member is None:
        raise NotFound()
    needs_member(
        actor,
        person_id=seat.person_id,
        organisation_id=seat.organisation_id,
        district_id=member.district_id,
    )

    session = tx.lock(CourseSession, [seat.session_id])[seat.session_id]
    tx.session.refresh(seat)
    if seat.state == "cancelled":
        return answer(tx, seat)
    if seat.state == "attended":
        raise AlreadyCheckedIn()
    if session.state != "open" or tx.now >= session.starts_at:
        raise SessionHasBegun()

    _free(tx, session=session, seat=seat)
    end_seat(tx, session=session, seat=seat, by="learner" if seat.person_id == actor.person_id else "staff")
    waiting.promote(tx, session=session)
    return answer(tx, seat)


def end_seat(tx: Tx, *, session: CourseSession, seat: Seat, by: str) -> None:
    """End a seat that still counts, and say so; the session's figures are those after it."""
    was = "waiting" if seat.state == "waiting" else "seated"
    seat.state, seat.ended_at = "cancelled", tx.now
    facts = seat_facts(
        session,
        seat_id=seat.seat_id,
        person_id=seat.person_id,
        organisation_id=seat.organisation_id,
        taken=session.taken,
        waiting=session.waiting,
    )
    tell(tx, events.SEAT_CANCELLED, session=session, data={**facts, "was": was, "by": by})


def answer(tx: Tx, seat: Seat) -> dict[str, Any]:
    """A seat as callers see it."""
    place = None
    if seat.state == "waiting":
        place = waiting.position(tx, session_id=seat.session_id, place=seat.place)
    return {
        "seat_id": seat.seat_id,
        "session_id": seat.session_id,
        "person_id": seat.person_id,
        "organisation_id": seat.organisation_id,
        "state": seat.state,
        "position": place,
    }


def _free(tx: Tx, *, session: CourseSession, seat: Seat) -> None:
    before = read_room(tx, session=session)
    if seat.state == "waiting":
        write_room(tx, session_id=session.session_id, before=before, after=before, waiting_by=-1)
    else:
        after = before.unseat(seat.organisation_id)
        write_room(tx, session_id=session.session_id, before=before, after=after)
    tx.session.refresh(session)


def _what_is_missing(tx: Tx, *, session_id: str, person_id: str) -> Exception:
    """Why there was nothing to lock: a stranger's id and an unknown session look the same."""
    themselves = person_id == actor_of(tx).person_id
    if themselves and tx.session.get(Member, person_id) is None:
        return NotInRegister()
    return NotFound()


def _refuse_to_enrol(tx: Tx, row: Row[Any]) -> None:
    if row.district_id != row.member_district_id and not _has_share(tx, row):
        raise NotFound()
    if not row.active:
        raise MemberIsInactive()
    if row.state == "cancelled":
        raise SessionIsCancelled()
    if row.state != "open" or tx.now >= row.starts_at:
        raise SessionHasBegun()


def _has_share(tx: Tx, row: Row[Any]) -> bool:
    return tx.session.get(SeatShare, (row.session_id, row.organisation_id)) is not None


def _refuse_two_at_once(tx: Tx, row: Row[Any]) -> None:
    in_the_way = tx.session.execute(
        _IN_THE_WAY,
        {
            "person": row.person_id,
            "session": row.session_id,
            "starts": row.starts_at,
            "ends": row.ends_at,
            "now": tx.now,
        },
    ).all()
    if any(other.session_id == row.session_id for other in in_the_way):
        raise AlreadyEnrolled()
    if in_the_way:
        raise LearnerIsBusy(title=in_the_way[0].title)


def _give_seat(tx: Tx, row: Row[Any], *, before: Room) -> dict[str, Any]:
    after = before.seat(row.organisation_id)
    write_room(tx, session_id=row.session_id, before=before, after=after, places=1)
    seat_id = _insert(tx, row, state="seated")
    facts = _facts(row, seat_id=seat_id, taken=row.taken + 1, waiting_now=row.waiting)
    tell(tx, events.SEAT_CONFIRMED, session=row, data=facts)
    return _new_answer(row, seat_id=seat_id, state="seated", place=None)


def _put_on_list(tx: Tx, row: Row[Any], *, room: Room) -> dict[str, Any]:
    write_room(tx, session_id=row.session_id, before=room, after=room, waiting_by=1, places=1)
    seat_id = _insert(tx, row, state="waiting")
    place = row.waiting + 1
    facts = _facts(row, seat_id=seat_id, taken=row.taken, waiting_now=place)
    tell(tx, events.SEAT_WAITLISTED, session=row, data={**facts, "position": place})
    return _new_answer(row, seat_id=seat_id, state="waiting", place=place)


def _insert(tx: Tx, row: Row[Any], *, state: str) -> str:
    seat_id = tx.new_id()
    tx.session.execute(
        _SIT_DOWN,
        {
            "seat_id": seat_id,
            "session_id": row.session_id,
            "person_id": row.person_id,
            "organisation_id": row.organisation_id,
            "state": state,
            "place": row.last_place + 1,
            "taken_at": tx.now,
            "ended_at": None,
        },
    )
    return seat_id


def _facts(row: Row[Any], *, seat_id: str, taken: int, waiting_now: int) -> dict[str, Any]:
    return seat_facts(
        row,
        seat_id=seat_id,
        person_id=row.person_id,
        organisation_id=row.organisation_id,
        taken=taken,
        waiting=waiting_now,
    )


def _new_answer(row: Row[Any], *, seat_id: str, state: str, place: int | None) -> dict[str, Any]:
    return {
        "seat_id": seat_id,
        "session_id": row.session_id,
        "person_id": row.person_id,
        "organisation_id": row.organisation_id,
        "state": state,
        "position": place,
    }
