"""The calendar of the region: a list by day on a phone, the week side by side on a desk."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template, request

from gateway.auth import current_actor, login_required
from gateway.parts import views_tx
from gateway.views import queries
from gateway.web import times, words
from gateway.web.names import people_of
from gateway.web.shown import today, zone

pages = Blueprint("calendar", __name__)
FILTERS = ("organisation", "audience", "category", "q")


@pages.get("/calendar")
@login_required
def calendar() -> str:
    """One week, Monday to Sunday."""
    monday = times.monday_of(times.day_of(request.args.get("week"), today()))
    chosen = {name: request.args.get(name, "").strip()[:60] for name in FILTERS}
    actor = current_actor()
    with views_tx() as tx:
        organisations = queries.organisations(tx, district_id=actor.district_id)
        known = {one["organisation_id"] for one in organisations}
        page = queries.calendar_sessions(
            tx,
            actor=actor,
            starts_from=times.midnight(monday, zone()),
            starts_before=times.midnight(monday + timedelta(days=7), zone()),
            organisation_id=chosen["organisation"] if chosen["organisation"] in known else None,
            audience=chosen["audience"] if chosen["audience"] in words.AUDIENCES else None,
            category=chosen["category"] if chosen["category"] in words.CATEGORIES else None,
            search=chosen["q"] or None,
            states=("scheduled", "held", "cancelled"),
        )
    return render_template(
        "calendar/calendar.html",
        days=_by_day(page.items, monday),
        page=page,
        monday=monday,
        earlier=monday - timedelta(days=7),
        later=monday + timedelta(days=7),
        today=today(),
        chosen=chosen,
        organisations=organisations,
        names=people_of(page.items),
    )


def _by_day(sessions: list[dict[str, Any]], monday: date) -> list[tuple[date, list[dict[str, Any]]]]:
    """Seven days with their sessions."""
    days: dict[date, list[dict[str, Any]]] = {monday + timedelta(days=number): [] for number in range(7)}
    for session in sessions:
        days[session["starts_at"].astimezone(zone()).date()].append(session)
    return list(days.items())
