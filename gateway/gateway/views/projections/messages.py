"""Which messages a person has not read yet."""

from __future__ import annotations

from chassis.envelope import Event
from chassis.tx import Tx

from gateway.views.tables import unread_messages
from gateway.views.writing import drop, put


def queue(tx: Tx, event: Event) -> None:
    data = event.data
    put(
        tx,
        unread_messages,
        {"id": data["message_id"], "person_id": data["person_id"], "kind": data["kind"]},
    )


def read(tx: Tx, event: Event) -> None:
    drop(tx, unread_messages, unread_messages.c.id == event.data["message_id"])
