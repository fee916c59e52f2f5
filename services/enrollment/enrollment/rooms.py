"""The counters of a session: read under the lock on its row, written back as differences."""

from __future__ import annotations

from typing import Any, Protocol

from chassis.tx import Tx
from sqlalchemy import bindparam, delete, insert, select, update

from enrollment.rules.seating import Room, Share
from enrollment.tables import CourseSession, SeatShare, course_sessions, seat_shares


class Counted(Protocol):
    """A locked row of course_sessions, mapped or not."""

    @property
    def session_id(self) -> Any: ...
    @property
    def capacity(self) -> Any: ...
    @property
    def shared(self) -> Any: ...
    @property
    def open_taken(self) -> Any: ...


# Built once: the statement that 50 clients wait for should not be put together under the lock.
_COUNT = (
    update(course_sessions)
    .where(course_sessions.c.session_id == bindparam("session"))
    .values(
        taken=course_sessions.c.taken + bindparam("taken_by"),
        open_taken=course_sessions.c.open_taken + bindparam("open_by"),
        waiting=course_sessions.c.waiting + bindparam("waiting_by"),
        last_place=course_sessions.c.last_place + bindparam("places"),
    )
)
_COUNT_SHARE = (
    update(seat_shares)
    .where(
        seat_shares.c.session_id == bindparam("session"),
        seat_shares.c.organisation_id == bindparam("kept_for"),
    )
    .values(seated=bindparam("seated_now"))
)
_SHARES = select(seat_shares.c.organisation_id, seat_shares.c.seats, seat_shares.c.seated).where(
    seat_shares.c.session_id == bindparam("session")
)


def read_room(tx: Tx, *, session: Counted) -> Room:
    """How full the session is. Exact under the lock on its row, a snapshot without."""
    shares = {}
    if session.shared:
        rows = tx.session.execute(_SHARES, {"session": session.session_id})
        shares = {row.organisation_id: Share(row.seats, row.seated) for row in rows}
    return Room(capacity=session.capacity, open_taken=session.open_taken, shares=shares)


def write_room(
    tx: Tx, *, session_id: str, before: Room, after: Room, waiting_by: int = 0, places: int = 0
) -> None:
    """Write what changed; the checks of the table are the last word."""
    tx.session.execute(
        _COUNT,
        {
            "session": session_id,
            "taken_by": after.taken - before.taken,
            "open_by": after.open_taken - before.open_taken,
            "waiting_by": waiting_by,
            "places": places,
        },
    )
    for organisation_id, share in after.shares.items():
        if before.shares[organisation_id].seated != share.seated:
            tx.session.execute(
                _COUNT_SHARE,
                {"session": session_id, "kept_for": organisation_id, "seated_now": share.seated},
            )


def replace_shares(tx: Tx, *, session: CourseSession, room: Room) -> None:
    """Write a room whose shares were cut anew."""
    tx.session.execute(delete(SeatShare).where(SeatShare.session_id == session.session_id))
    rows = [
        {
            "session_id": session.session_id,
            "organisation_id": organisation_id,
            "seats": share.seats,
            "seated": share.seated,
        }
        for organisation_id, share in room.shares.items()
    ]
    if rows:
        tx.session.execute(insert(SeatShare), rows)
    session.shared = room.shared
    session.open_taken = room.open_taken
    session.taken = room.taken
    tx.session.flush()
