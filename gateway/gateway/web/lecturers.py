"""Lecturers whom one may ask, and a lecturer's week."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from contracts.scheduling import rpc
from flask import Blueprint, redirect, render_template, request

from gateway.auth import current_actor, login_required, roles_required
from gateway.parts import views_tx
from gateway.views import queries
from gateway.web import asking, times
from gateway.web.chrome import ORDERS
from gateway.web.names import people_of
from gateway.web.shown import today, zone

pages = Blueprint("lecturers", __name__)


@pages.get("/lecturers")
@roles_required(*ORDERS)
def lecturers() -> str:
    """Own lecturers, and those whom others lend; with the agreements behind it."""
    actor = current_actor()
    with views_tx() as tx:
        circle = queries.lecturers(tx, actor=actor, today=today())
        agreements = queries.agreements(tx, organisation_id=actor.organisation_id)
        topics = {topic["topic_id"]: topic for topic in queries.topics(tx, actor=actor, limit=100).items}
    return render_template(
        "lecturers/lecturers.html",
        lecturers=circle,
        agreements=agreements,
        topics=topics,
        names=people_of(circle),
        today=today(),
    )


@pages.get("/week")
@login_required
def my_week() -> Any:
    """The reader's own week as a lecturer."""
    return redirect(f"/lecturers/{current_actor().person_id}/week", 303)


@pages.get("/lecturers/<uuid:lecturer_id>/week")
@login_required
def week(lecturer_id: UUID) -> str:
    """Sessions and open offers; to other organisations only which time is taken."""
    actor = current_actor()
    monday = times.monday_of(times.day_of(request.args.get("week"), today()))
    starts_from = times.midnight(monday, zone())
    starts_before = times.midnight(monday + timedelta(days=7), zone())
    with views_tx() as tx:
        row = asking.found(queries.lecturer(tx, actor=actor, today=today(), lecturer_id=str(lecturer_id)))
        taken = queries.lecturer_week(
            tx,
            actor=actor,
            lecturer_id=str(lecturer_id),
            starts_from=starts_from,
            starts_before=starts_before,
        )
    times_free = asking.exact_or_hidden(
        rpc.FREE_BUSY,
        {"lecturer_id": str(lecturer_id), "starts_at": starts_from, "ends_at": starts_before},
    )
    return render_template(
        "lecturers/week.html",
        lecturer=row,
        days=_days(monday, taken, times_free["available"] if times_free else []),
        own=actor.person_id == str(lecturer_id),
        knows_free=times_free is not None,
        monday=monday,
        earlier=monday - timedelta(days=7),
        later=monday + timedelta(days=7),
        today=today(),
        names=people_of([row]),
    )


def _days(
    monday: date, taken: list[dict[str, Any]], free: list[dict[str, Any]]
) -> list[tuple[date, list[dict[str, Any]], list[dict[str, Any]]]]:
    """Seven days, each with what is taken and what is free."""
    days: dict[date, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
        monday + timedelta(days=number): ([], []) for number in range(7)
    }
    for into, rows in ((0, taken), (1, free)):
        for row in rows:
            local = row["starts_at"].astimezone(zone()).date()
            if local in days:
                days[local][into].append(row)
    return [(day, *parts) for day, parts in days.items()]
