"""The first page: what waits for the reader, by role."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, render_template

from gateway.auth import current_actor, current_person
from gateway.parts import views_tx
from gateway.views import queries
from gateway.web.chrome import HOSTS, ORDERS
from gateway.web.names import people_of

pages = Blueprint("home", __name__)
FEW = 4


@pages.get("/")
def home() -> Any:
    """Everything that waits, then what comes next."""
    if current_person() is None:
        return redirect("/login", 303)
    actor = current_actor()
    roles = actor.roles
    shown: dict[str, Any] = {}
    with views_tx() as tx:
        now = tx.now
        soon = now + timedelta(days=14)
        shown["waiting"] = queries.waiting(tx, actor=actor, now=now)
        if "lecturer" in roles:
            person = actor.person_id or ""
            shown["asked"] = queries.offers_for_lecturer(
                tx, person_id=person, waiting_only=True, limit=FEW
            ).items
        if "liaison" in roles:
            shown["approvals"] = queries.offers_for_lender(
                tx, organisation_id=actor.organisation_id or "", waiting_only=True, limit=FEW
            ).items
        if roles & ORDERS:
            shown["orders"] = queries.open_orders(tx, actor=actor, limit=FEW).items
        if roles & HOSTS:
            shown["hosted"] = queries.calendar_sessions(
                tx,
                actor=actor,
                starts_from=now - timedelta(hours=2),
                starts_before=soon,
                organisation_id=actor.organisation_id,
                states=("scheduled",),
                limit=FEW,
            ).items
        shown["seats"] = queries.my_seats(
            tx, person_id=actor.person_id or "", now=now, when="upcoming", limit=FEW
        ).items
        shown["coming"] = queries.calendar_sessions(
            tx, actor=actor, starts_from=now, starts_before=soon, states=("scheduled",), limit=FEW
        ).items
    names = people_of(*(rows for rows in shown.values() if isinstance(rows, list)))
    return render_template("home.html", names=names, now=now, **shown)
