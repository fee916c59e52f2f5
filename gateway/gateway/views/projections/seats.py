"""Seats, attendance and study hours. Enrollment tells them in one sequence by session.

The figures of a session are written as the events state them, and attendance is counted anew, so that a
repeated event would change nothing.
"""

from __future__ import annotations

from chassis.envelope import Event
from chassis.tx import Tx
from sqlalchemy import func, select

from gateway.views.tables import hours, seats, session_figures
from gateway.views.writing import change, columns_of, put


def confirm(tx: Tx, event: Event) -> None:
    _queue(tx, event, "seated")


def waitlist(tx: Tx, event: Event) -> None:
    _queue(tx, event, "waiting")


def promote(tx: Tx, event: Event) -> None:
    change(tx, seats, seats.c.id == event.data["seat_id"], state="seated")
    _count(tx, event)


def cancel(tx: Tx, event: Event) -> None:
    change(tx, seats, seats.c.id == event.data["seat_id"], state="cancelled")
    _count(tx, event)


def attend(tx: Tx, event: Event) -> None:
    _mark(tx, event, "attended")
    session_id = event.data["session_id"]
    attended = tx.session.scalar(
        select(func.count()).where(seats.c.session_id == session_id, seats.c.state == "attended")
    )
    put(
        tx,
        session_figures,
        {"session_id": session_id, "taken": 0, "waiting": 0, "attended": attended},
        keep=("taken", "waiting"),
    )


def miss(tx: Tx, event: Event) -> None:
    _mark(tx, event, "missed")


def credit(tx: Tx, event: Event) -> None:
    put(tx, hours, columns_of(hours, event.data))


def _queue(tx: Tx, event: Event, state: str) -> None:
    data = event.data
    put(
        tx,
        seats,
        {
            "id": data["seat_id"],
            **columns_of(seats, data),
            "state": state,
            "sequence": event.version,
        },
    )
    _count(tx, event)


def _count(tx: Tx, event: Event) -> None:
    data = event.data
    put(
        tx,
        session_figures,
        {
            "session_id": data["session_id"],
            "taken": data["taken"],
            "waiting": data["waiting"],
            "attended": 0,
        },
        keep=("attended",),
    )


def _mark(tx: Tx, event: Event, state: str) -> None:
    change(
        tx,
        seats,
        seats.c.session_id == event.data["session_id"],
        seats.c.person_id == event.data["person_id"],
        seats.c.state.in_(("seated", "attended", "missed")),
        state=state,
    )
