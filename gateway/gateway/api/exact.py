"""One order or offer, exact from the service that owns it; from the views while that is away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from chassis.rpc import OutcomeUnknown, ServiceUnavailable
from contracts.registry import Rpc
from contracts.scheduling import rpc
from flask import g

from gateway import auth, clients
from gateway.api import reading
from gateway.parts import views_tx
from gateway.views import queries

TIMEOUT = 2.0


def order(order_id: str) -> dict[str, Any]:
    """An order with its offers."""

    def seen() -> dict[str, Any]:
        with views_tx() as tx:
            row = reading.found(queries.order(tx, actor=auth.current_actor(), order_id=order_id))
        offers = [{**each, "reason": each["reason"] or ""} for each in row["offers"]]
        windows = [
            {end: datetime.fromisoformat(window[end]) for end in ("starts_at", "ends_at")}
            for window in row["windows"]
        ]
        return {**row, "note": "", "windows": windows, "offers": offers}

    return _ask(rpc.GET_ORDER, {"order_id": order_id}, seen)


def offer(offer_id: str) -> dict[str, Any]:
    """An offer."""

    def seen() -> dict[str, Any]:
        with views_tx() as tx:
            row = reading.found(queries.offer(tx, actor=auth.current_actor(), offer_id=offer_id))
        return {**row, "reason": row["reason"] or ""}

    return _ask(rpc.GET_OFFER, {"offer_id": offer_id}, seen)


def _ask(question: Rpc, request: dict[str, Any], seen: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return clients.call(question, request, timeout=TIMEOUT)
    except (ServiceUnavailable, OutcomeUnknown):
        g.read_views = True
        return seen()
