"""Orders and their offers. All their events are of one aggregate, the order, so they come in order."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chassis.envelope import Event
from chassis.tx import Tx

from gateway.views.tables import offers, orders
from gateway.views.writing import change, put

_PLACED = (
    "organisation_id",
    "district_id",
    "topic_id",
    "title",
    "form",
    "duration_minutes",
    "online",
    "venue_id",
    "group_id",
    "audience",
    "head_count",
    "placed_by",
)
_MADE = (
    "order_id",
    "organisation_id",
    "lender_id",
    "lecturer_id",
    "agreement_id",
    "rank",
    "title",
    "starts_at",
    "ends_at",
    "venue_id",
    "online",
    "needs_approval",
    "deadline",
)


def iso(moment: datetime) -> str:
    """A moment inside JSON, in UTC."""
    return moment.astimezone(UTC).isoformat()


def place(tx: Tx, event: Event) -> None:
    data = event.data
    windows = sorted(data["windows"], key=lambda window: window["starts_at"])
    put(
        tx,
        orders,
        {
            "id": data["order_id"],
            **{name: data[name] for name in _PLACED},
            "windows": [{name: iso(window[name]) for name in ("starts_at", "ends_at")} for window in windows],
            "first_window_at": windows[0]["starts_at"],
            "last_window_at": max(window["ends_at"] for window in windows),
            "placed_at": event.time,
            "state": "placed",
            "asked": 0,
        },
    )


def dispatch(tx: Tx, event: Event) -> None:
    _order(tx, event, state="offering", unmet_reason=None)


def leave_unmet(tx: Tx, event: Event) -> None:
    _order(tx, event, state="unmet", unmet_reason=event.data["reason"], asked=event.data["asked"])


def schedule(tx: Tx, event: Event) -> None:
    _order(
        tx,
        event,
        state="scheduled",
        unmet_reason=None,
        session_id=event.data["session_id"],
        lecturer_id=event.data["lecturer_id"],
    )


def cancel(tx: Tx, event: Event) -> None:
    _order(tx, event, state="cancelled", cancel_reason=event.data["reason"])


def deliver(tx: Tx, event: Event) -> None:
    _order(tx, event, state="delivered", session_id=event.data["session_id"])


def make_offer(tx: Tx, event: Event) -> None:
    data = event.data
    put(
        tx,
        offers,
        {
            "id": data["offer_id"],
            **{name: data[name] for name in _MADE},
            "state": "awaiting_approval" if data["needs_approval"] else "offered",
            "reason": "",
            "made_at": event.time,
        },
    )
    change(tx, orders, orders.c.id == data["order_id"], state="offering", asked=data["rank"])


def approve_offer(tx: Tx, event: Event) -> None:
    _offer(tx, event, state="offered", deadline=event.data["deadline"])


def refuse_offer(tx: Tx, event: Event) -> None:
    _offer(tx, event, state="refused", reason=event.data["reason"], answered_at=event.time)


def accept_offer(tx: Tx, event: Event) -> None:
    _offer(tx, event, state="accepted", session_id=event.data["session_id"], answered_at=event.time)


def decline_offer(tx: Tx, event: Event) -> None:
    _offer(tx, event, state="declined", reason=event.data["reason"], answered_at=event.time)


def lapse_offer(tx: Tx, event: Event) -> None:
    _offer(tx, event, state="lapsed", reason=event.data["waiting_for"], answered_at=event.time)


def withdraw_offer(tx: Tx, event: Event) -> None:
    _offer(tx, event, state="withdrawn", reason=event.data["reason"], answered_at=event.time)


def _order(tx: Tx, event: Event, **values: Any) -> None:
    change(tx, orders, orders.c.id == event.data["order_id"], **values)


def _offer(tx: Tx, event: Event, **values: Any) -> None:
    change(tx, offers, offers.c.id == event.data["offer_id"], **values)
