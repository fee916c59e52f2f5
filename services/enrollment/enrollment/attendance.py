"""Who was there: by the code at the door, or ticked by staff.

Guessing is made useless by counting wrong codes per person and session; the count is kept although the
check-in is refused, which is why `check_in` returns that refusal instead of raising it.
"""

from __future__ import annotations

import hmac
from datetime import tzinfo
from typing import Any

from chassis.tx import Tx
from contracts.enrollment import events
from contracts.errors import NotFound, Refusal
from sqlalchemy import select

from enrollment import credits
from enrollment.permissions import actor_of, needs_host, person_of
from enrollment.refusals import (
    CheckInHasClosed,
    CheckInNotOpen,
    NotEnrolled,
    OnlyWaiting,
    RosterIsClosed,
    SessionIsCancelled,
    TooManyTries,
    WrongCode,
)
from enrollment.rules.door import Door, door_times, tries_left
from enrollment.tables import Attendance, CheckInTries, CourseSession, Member, Seat
from enrollment.telling import tell


def check_in(tx: Tx, *, session_id: str, code: str, zone: tzinfo) -> dict[str, Any] | Refusal:
    """The learner types the code shown at the door. Checking in again answers the first time."""
    person_id = person_of(actor_of(tx))
    session = _lock(tx, session_id)
    seat = _seat(tx, session_id=session_id, person_id=person_id)
    if seat is None and not _may_know(tx, session, person_id=person_id):
        raise NotFound()
    if first := _attendance(tx, session_id=session_id, person_id=person_id):
        return _answer(first)
    _refuse_at_door(session, seat)
    when = door_times(starts_at=session.starts_at, ends_at=session.ends_at).for_learners(tx.now)
    if when is Door.NOT_YET:
        raise CheckInNotOpen()
    if when is Door.CLOSED:
        raise CheckInHasClosed()

    tries = tx.session.get(CheckInTries, (session_id, person_id))
    if tries is not None and tries_left(tries.wrong) == 0:
        raise TooManyTries()
    if not hmac.compare_digest(code, session.check_in_code):
        return _count_wrong(tx, tries, session_id=session_id, person_id=person_id)
    return _record(tx, session=session, seat=seat, method="code", zone=zone)


def check_in_member(tx: Tx, *, session_id: str, person_id: str, zone: tzinfo) -> dict[str, Any]:
    """The host's staff tick a learner who is, or was, there."""
    actor = actor_of(tx)
    session = _lock(tx, session_id)
    needs_host(actor, host_id=session.host_id, district_id=session.district_id)
    if first := _attendance(tx, session_id=session_id, person_id=person_id):
        return _answer(first)
    seat = _seat(tx, session_id=session_id, person_id=person_id)
    _refuse_at_door(session, seat)
    when = door_times(starts_at=session.starts_at, ends_at=session.ends_at).for_staff(tx.now)
    if when is Door.NOT_YET:
        raise CheckInNotOpen()
    if when is Door.CLOSED:
        raise RosterIsClosed()
    return _record(tx, session=session, seat=seat, method="staff", zone=zone)


def settle(tx: Tx, *, session: CourseSession, seat: Seat, zone: tzinfo) -> None:
    """A session was held: what becomes of one of its seats. A place on the waiting list stays as it is."""
    if seat.state == "attended":
        credits.credit(tx, session=session, seat=seat, zone=zone)
    elif seat.state == "seated":
        seat.state = "missed"
        tell(
            tx,
            events.ATTENDANCE_MISSED,
            session=session,
            data={"person_id": seat.person_id, "organisation_id": seat.organisation_id},
        )


def _lock(tx: Tx, session_id: str) -> CourseSession:
    session = tx.lock(CourseSession, [session_id]).get(session_id)
    if session is None:
        raise NotFound()
    return session


def _seat(tx: Tx, *, session_id: str, person_id: str) -> Seat | None:
    return tx.session.scalars(
        select(Seat).where(
            Seat.session_id == session_id, Seat.person_id == person_id, Seat.state != "cancelled"
        )
    ).one_or_none()


def _may_know(tx: Tx, session: CourseSession, *, person_id: str) -> bool:
    member = tx.session.get(Member, person_id)
    return member is not None and member.district_id == session.district_id


def _attendance(tx: Tx, *, session_id: str, person_id: str) -> Attendance | None:
    return tx.session.get(Attendance, (session_id, person_id))


def _refuse_at_door(session: CourseSession, seat: Seat | None) -> None:
    if session.state == "cancelled":
        raise SessionIsCancelled()
    if seat is None:
        raise NotEnrolled()
    if seat.state == "waiting":
        raise OnlyWaiting()


def _count_wrong(tx: Tx, tries: CheckInTries | None, *, session_id: str, person_id: str) -> WrongCode:
    if tries is None:
        tries = CheckInTries(session_id=session_id, person_id=person_id, wrong=0)
        tx.session.add(tries)
    tries.wrong += 1
    return WrongCode(left=tries_left(tries.wrong))


def _record(
    tx: Tx, *, session: CourseSession, seat: Seat | None, method: str, zone: tzinfo
) -> dict[str, Any]:
    assert seat is not None, "refused before"
    found = Attendance(
        session_id=session.session_id,
        person_id=seat.person_id,
        organisation_id=seat.organisation_id,
        at=tx.now,
        method=method,
    )
    tx.session.add(found)
    seat.state = "attended"
    tell(
        tx,
        events.ATTENDANCE_RECORDED,
        session=session,
        data={
            "person_id": seat.person_id,
            "organisation_id": seat.organisation_id,
            "title": session.title,
            "at": tx.now,
            "method": method,
        },
    )
    if session.state == "held":
        credits.credit(tx, session=session, seat=seat, zone=zone)
    return _answer(found)


def _answer(found: Attendance) -> dict[str, Any]:
    return {
        "session_id": found.session_id,
        "person_id": found.person_id,
        "at": found.at,
        "method": found.method,
    }
