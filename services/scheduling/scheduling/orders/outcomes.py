"""What becomes of an order. Each function is called with the order's row locked."""

from __future__ import annotations

from typing import Any

from chassis.tx import Tx
from contracts.registry import EventType
from contracts.scheduling import events

from scheduling.tables import Order


def announce(tx: Tx, event: EventType, *, order: Order, facts: dict[str, Any]) -> None:
    """Record a fact about an order, for the school that placed it."""
    tx.record(
        event,
        aggregate=order.id,
        organisation=order.organisation_id,
        district=order.district_id,
        data={"order_id": order.id, "organisation_id": order.organisation_id, **facts},
    )


def mark_unmet(tx: Tx, *, order: Order, reason: str, asked: int) -> None:
    """Nobody is left to ask."""
    order.state, order.unmet_reason = "unmet", reason
    announce(
        tx,
        events.ORDER_UNMET,
        order=order,
        facts={"topic_id": order.topic_id, "title": order.title, "reason": reason, "asked": asked},
    )


def mark_scheduled(tx: Tx, *, order: Order, session_id: str, lecturer_id: str) -> None:
    order.state, order.unmet_reason, order.session_id = "scheduled", None, session_id
    announce(
        tx, events.ORDER_SCHEDULED, order=order, facts={"session_id": session_id, "lecturer_id": lecturer_id}
    )


def mark_cancelled(tx: Tx, *, order: Order, reason: str) -> None:
    order.state, order.unmet_reason = "cancelled", None
    announce(tx, events.ORDER_CANCELLED, order=order, facts={"title": order.title, "reason": reason})


def mark_delivered(tx: Tx, *, order: Order, session_id: str) -> None:
    order.state = "delivered"
    announce(tx, events.ORDER_DELIVERED, order=order, facts={"session_id": session_id})
