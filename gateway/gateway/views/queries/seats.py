"""What a person has: seats, study hours, unread messages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from chassis.tx import Tx
from sqlalchemy import ColumnElement, and_, case, func, null, select

from gateway.views.queries.calendar import SESSION_COLUMNS, with_session_parts
from gateway.views.queries.paging import Page, first, page, rows
from gateway.views.tables import hours, seats, sessions, unread_messages

_ahead = seats.alias("ahead")
# The place on the waiting list is counted, because it moves when somebody else leaves.
_position = case(
    (
        seats.c.state == "waiting",
        select(func.count())
        .select_from(_ahead)
        .where(
            _ahead.c.session_id == seats.c.session_id,
            _ahead.c.state == "waiting",
            _ahead.c.sequence <= seats.c.sequence,
        )
        .correlate(seats)
        .scalar_subquery(),
    ),
    else_=null(),
).label("position")
_OWN = {"session_id", "state", "title", "starts_at", "ends_at"}


def my_seats(
    tx: Tx, *, person_id: str, now: datetime, when: str | None = None, limit: int = 50, offset: int = 0
) -> Page:
    """Seats of a person: what is to come first by time, then what is past, newest first.

    `when` is "upcoming" (not ended, seat not given back), "past" or None for all. Until the session itself
    has been told, its columns are empty and title and times are those that the seat's event stated.
    """
    ends_at = func.coalesce(sessions.c.ends_at, seats.c.ends_at)
    starts_at = func.coalesce(sessions.c.starts_at, seats.c.starts_at)
    upcoming = and_(ends_at > now, seats.c.state.in_(("seated", "waiting", "attended")))
    statement = (
        select(
            seats.c.id.label("seat_id"),
            seats.c.session_id,
            seats.c.state,
            _position,
            hours.c.minutes,
            func.coalesce(sessions.c.title, seats.c.title).label("title"),
            starts_at.label("starts_at"),
            ends_at.label("ends_at"),
            sessions.c.state.label("session_state"),
            *(column for column in SESSION_COLUMNS if column.key not in _OWN),
        )
        .select_from(
            with_session_parts(seats.outerjoin(sessions, sessions.c.id == seats.c.session_id)).outerjoin(
                hours, and_(hours.c.session_id == seats.c.session_id, hours.c.person_id == seats.c.person_id)
            )
        )
        .where(seats.c.person_id == person_id, *_when(when, upcoming))
    )
    if when == "upcoming":
        statement = statement.order_by(starts_at, seats.c.id)
    else:
        statement = statement.order_by(case((upcoming, 0), else_=1), starts_at.desc(), seats.c.id)
    return page(tx, statement, limit=limit, offset=offset)


def my_seat(tx: Tx, *, person_id: str, session_id: str) -> dict[str, Any] | None:
    """The seat that the person holds (or waits for) in a session, else one given back."""
    return first(
        tx,
        select(seats.c.id.label("seat_id"), seats.c.state, _position)
        .where(seats.c.person_id == person_id, seats.c.session_id == session_id)
        .order_by(case((seats.c.state == "cancelled", 1), else_=0), seats.c.sequence.desc()),
    )


def seats_of_organisation(
    tx: Tx, *, session_id: str, organisation_id: str | None
) -> dict[str, dict[str, Any]]:
    """Seats in a session that learners of one organisation hold or wait for, by person."""
    found = rows(
        tx,
        select(seats.c.person_id, seats.c.id.label("seat_id"), seats.c.state, _position).where(
            seats.c.session_id == session_id,
            seats.c.organisation_id == organisation_id,
            seats.c.state != "cancelled",
        ),
    )
    return {row["person_id"]: row for row in found}


def my_hours(tx: Tx, *, person_id: str, on_from: date, on_before: date) -> dict[str, int]:
    """Person-times and study minutes of a person within a stretch of local dates."""
    row = tx.session.execute(
        select(func.count(), func.coalesce(func.sum(hours.c.minutes), 0)).where(
            hours.c.person_id == person_id, hours.c.on >= on_from, hours.c.on < on_before
        )
    ).one()
    return {"person_times": row[0], "minutes": int(row[1])}


def unread_count(tx: Tx, *, person_id: str) -> int:
    """How many messages wait in the person's inbox."""
    counted = select(func.count()).where(unread_messages.c.person_id == person_id)
    return tx.session.scalar(counted) or 0


def _when(when: str | None, upcoming: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    if when == "upcoming":
        return (upcoming,)
    if when == "past":
        return (~upcoming,)
    return ()
