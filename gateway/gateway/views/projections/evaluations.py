"""Evaluation forms and published results."""

from __future__ import annotations

from chassis.envelope import Event
from chassis.tx import Tx

from gateway.views.tables import forms, results
from gateway.views.writing import change, columns_of, put


def open_form(tx: Tx, event: Event) -> None:
    data = event.data
    put(
        tx,
        forms,
        {
            "session_id": data["session_id"],
            "organisation_id": data["organisation_id"],
            "state": "open",
            "closes_at": data["closes_at"],
        },
    )


def close_form(tx: Tx, event: Event) -> None:
    change(tx, forms, forms.c.session_id == event.data["session_id"], state="closed")


def publish_result(tx: Tx, event: Event) -> None:
    put(tx, results, {**columns_of(results, event.data), "published_at": event.time})
