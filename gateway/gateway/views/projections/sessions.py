"""Sessions of the calendar."""

from __future__ import annotations

from typing import Any

from chassis.envelope import Event
from chassis.tx import Tx

from gateway.views.projections.orders import iso
from gateway.views.tables import session_shares, sessions
from gateway.views.writing import add_all, change, columns_of, drop, put


def schedule(tx: Tx, event: Event) -> None:
    session_id, shares = event.data["session_id"], event.data["shares"]
    put(tx, sessions, {"id": session_id, **columns_of(sessions, event.data), "state": "scheduled"})
    drop(tx, session_shares, session_shares.c.session_id == session_id)
    seats = {share["organisation_id"]: share["seats"] for share in shares}
    add_all(
        tx,
        session_shares,
        [
            {"session_id": session_id, "organisation_id": organisation_id, "seats": count}
            for organisation_id, count in seats.items()
        ],
    )


def reschedule(tx: Tx, event: Event) -> None:
    before, after = event.data["before"], event.data["after"]
    _change(
        tx,
        event,
        **columns_of(sessions, after),
        before={**before, "starts_at": iso(before["starts_at"]), "ends_at": iso(before["ends_at"])},
    )


def cancel(tx: Tx, event: Event) -> None:
    _change(tx, event, state="cancelled", cancel_reason=event.data["reason"])


def hold(tx: Tx, event: Event) -> None:
    _change(tx, event, state="held", held_at=event.data["held_at"])


def _change(tx: Tx, event: Event, **values: Any) -> None:
    change(tx, sessions, sessions.c.id == event.data["session_id"], **values)
