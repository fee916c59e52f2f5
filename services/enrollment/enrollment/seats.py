"""Seats: taking one, giving it back.

The hot path: fifty learners want seats of one session at the same second, and whoever holds the session's row
keeps the others waiting until the commit. So `enrol` first locks the learner's row (nobody sits in two places
at once) and refuses what can be refused, and then usually needs one statement that takes an open seat if
there still is one. Shares, waiting lists and the last seats go the long way: lock the session, look, decide.
"""

from __future__ import annotations

from typing import Any

from chassis.tx import Tx
from contracts.enrollment import events
from contracts.errors import NotFound
from sqlalchemy import bindparam, insert, or_, select, update
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

_LEARNER_AND_SESSION = (
    select(
        members.c.person_id,
        members.c.organisation_id,
        members.c.district_id.label("member_district_id"),
        members.c.active,
        *(column for column in course_sessions.c if column.name != "check_in_code"),
    )
    .join(course_sessions, course_sessions.c.session_id == bindparam("session"))
    .where(members.c.person_id == bindparam("person"))
    .with_for_update(of=[members], key_share=True)
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


def _take_open_seat_statement() -> Any:
    """Counts an open seat and fills it, unless the session is not what the learner was shown any more.

    It says for a session without shares and without a line what `rules.seating` says for all; a change there
    is a change here.
    """
    counted = (
        update(course_sessions)
        .where(
            course_sessions.c.session_id == bindparam("of_session"),
            course_sessions.c.state == "open",
            course_sessions.c.starts_at == bindparam("known_start"),
            course_sessions.c.ends_at == bindparam("known_end"),
            course_sessions.c.shared == 0,
            course_sessions.c.waiting == 0,
            course_sessions.c.open_taken < course_sessions.c.capacity,
        )
        .values(
            taken=course_sessions.c.taken + 1,
            open_taken=course_sessions.c.open_taken + 1,
            last_place=course_sessions.c.last_place + 1,
        )
        .returning(course_sessions.c.taken, course_sessions.c.last_place)
        .cte("counted")
    )
    columns = [column for column in all_seats.c if column.name != "place"]
    sat = (
        insert(all_seats)
        .from_select(
            [*(column.name for column in columns), "place"],
            select(
                *(bindparam(f"new_{column.name}", type_=column.type) for column in columns),
                counted.c.last_place,
            ).select_from(counted),
        )
        .cte("sat")
    )
    return select(counted.c.taken).add_cte(sat)


_TAKE_OPEN_SEAT = _take_open_seat_statement()


def enrol(tx: Tx, *, session_id: str, person_id: str | None) -> dict[str, Any]:
    """Take a seat, or stand on the waiting list when there is none for this learner."""
    actor = actor_of(tx)
    person_id = person_id or person_of(actor)
    actor.needs("learner", *FOR_MEMBERS)

    row = tx.session.execute(_LEARNER_AND_SESSION, {"person": person_id, "session": session_id}).one_or_none()
    if row is None:
        raise _what_is_missing(tx, session_id=session_id, person_id=person_id)
    needs_member(
        actor,
        person_id=person_id,
        organisation_id=row.organisation_id,
        district_id=row.member_district_id,
    )
    _refuse_stranger(tx, row)
    _refuse_closed(tx, row)
    _refuse_two_at_once(tx, learner=row, session=row)
    return _take_open_seat(tx, row) or _seat_or_list(tx, row)


def _seat_or_list(tx: Tx, learner: Row[Any]) -> dict[str, Any]:
    """The long way: under the lock on the session."""
    session = tx.lock(CourseSession, [learner.session_id])[learner.session_id]
    _refuse_closed(tx, session)
    if (session.starts_at, session.ends_at) != (learner.starts_at, learner.ends_at):
        _refuse_two_at_once(tx, learner=learner, session=session)

    room = read_room(tx, session=session)
    if session.waiting and room.free_for(learner.organisation_id):
        # Somebody was passed over while busy elsewhere; whoever can move up now comes before a newcomer.
        waiting.promote(tx, session=session)
        room = read_room(tx, session=session)
    if room.free_for(learner.organisation_id):
        return _give_seat(tx, learner, session=session, before=room)
    return _put_on_list(tx, learner, session=session, room=room)


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


def _refuse_stranger(tx: Tx, row: Row[Any]) -> None:
    if row.district_id != row.member_district_id and not _has_share(tx, row):
        raise NotFound()
    if not row.active:
        raise MemberIsInactive()


def _has_share(tx: Tx, row: Row[Any]) -> bool:
    return tx.session.get(SeatShare, (row.session_id, row.organisation_id)) is not None


def _refuse_closed(tx: Tx, session: Any) -> None:
    if session.state == "cancelled":
        raise SessionIsCancelled()
    if session.state != "open" or tx.now >= session.starts_at:
        raise SessionHasBegun()


def _refuse_two_at_once(tx: Tx, *, learner: Row[Any], session: Any) -> None:
    in_the_way = tx.session.execute(
        _IN_THE_WAY,
        {
            "person": learner.person_id,
            "session": session.session_id,
            "starts": session.starts_at,
            "ends": session.ends_at,
            "now": tx.now,
        },
    ).all()
    if any(other.session_id == session.session_id for other in in_the_way):
        raise AlreadyEnrolled()
    if in_the_way:
        raise LearnerIsBusy(title=in_the_way[0].title)


def _take_open_seat(tx: Tx, row: Row[Any]) -> dict[str, Any] | None:
    """The short way: count and sit down in one statement; None when that did not go, nothing being done."""
    if tx.dialect != "postgresql" or row.shared or row.waiting or row.open_taken >= row.capacity:
        return None
    new = _new_seat(tx, row, state="seated", place=row.last_place + 1)
    given = {f"new_{name}": value for name, value in new.items()}
    shown = {"of_session": row.session_id, "known_start": row.starts_at, "known_end": row.ends_at}
    taken = tx.session.execute(_TAKE_OPEN_SEAT, given | shown).scalar_one_or_none()
    if taken is None:
        return None
    facts = _facts(row, row, seat_id=new["seat_id"], taken=taken, waiting_now=0)
    tell(tx, events.SEAT_CONFIRMED, session=row, data=facts)
    return _new_answer(new, position=None)


def _give_seat(tx: Tx, learner: Row[Any], *, session: CourseSession, before: Room) -> dict[str, Any]:
    after = before.seat(learner.organisation_id)
    write_room(tx, session_id=session.session_id, before=before, after=after, places=1)
    new = _new_seat(tx, learner, state="seated", place=session.last_place + 1)
    tx.session.execute(_SIT_DOWN, new)
    facts = _facts(
        learner,
        session,
        seat_id=new["seat_id"],
        taken=session.taken + 1,
        waiting_now=session.waiting,
    )
    tell(tx, events.SEAT_CONFIRMED, session=session, data=facts)
    return _new_answer(new, position=None)


def _put_on_list(tx: Tx, learner: Row[Any], *, session: CourseSession, room: Room) -> dict[str, Any]:
    write_room(tx, session_id=session.session_id, before=room, after=room, waiting_by=1, places=1)
    new = _new_seat(tx, learner, state="waiting", place=session.last_place + 1)
    tx.session.execute(_SIT_DOWN, new)
    position = session.waiting + 1
    facts = _facts(learner, session, seat_id=new["seat_id"], taken=session.taken, waiting_now=position)
    tell(tx, events.SEAT_WAITLISTED, session=session, data={**facts, "position": position})
    return _new_answer(new, position=position)


def _new_seat(tx: Tx, learner: Row[Any], *, state: str, place: int) -> dict[str, Any]:
    return {
        "seat_id": tx.new_id(),
        "session_id": learner.session_id,
        "person_id": learner.person_id,
        "organisation_id": learner.organisation_id,
        "state": state,
        "place": place,
        "taken_at": tx.now,
        "ended_at": None,
    }


def _facts(learner: Row[Any], session: Any, *, seat_id: str, taken: int, waiting_now: int) -> dict[str, Any]:
    return seat_facts(
        session,
        seat_id=seat_id,
        person_id=learner.person_id,
        organisation_id=learner.organisation_id,
        taken=taken,
        waiting=waiting_now,
    )


def _new_answer(new: dict[str, Any], *, position: int | None) -> dict[str, Any]:
    told = ("seat_id", "session_id", "person_id", "organisation_id", "state")
    return {**{name: new[name] for name in told}, "position": position}
