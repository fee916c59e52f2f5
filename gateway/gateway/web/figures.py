"""Figures: counts per organisation, and the demand that nobody could meet."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, render_template, request

from gateway.auth import current_actor, roles_required
from gateway.parts import views_tx
from gateway.views import queries
from gateway.web import times
from gateway.web.chrome import ORDERS
from gateway.web.paging import offset_of
from gateway.web.shown import today, zone

pages = Blueprint("figures", __name__)
PAGE = 30
COLUMNS = ("orders", "unmet", "hosted", "held", "lent", "person_times", "minutes", "learners")


@pages.get("/counts")
@roles_required(*ORDERS)
def counts() -> str:
    """What each organisation of the district ordered, hosted, lent and learned."""
    begin, end = _stretch()
    with views_tx() as tx:
        rows = queries.counts(
            tx,
            district_id=current_actor().district_id,
            starts_from=times.midnight(begin, zone()),
            starts_before=times.midnight(end + timedelta(days=1), zone()),
            on_from=begin,
            on_before=end + timedelta(days=1),
        )
    total = {name: sum(row[name] for row in rows) for name in COLUMNS}
    rows.sort(key=lambda row: (-row["person_times"], -row["hosted"], -row["orders"], row["name"]))
    return render_template("figures/counts.html", rows=rows, total=total, begin=begin, end=end)


@pages.get("/unmet")
@roles_required(*ORDERS)
def unmet() -> str:
    """Topics asked for in vain: by whom the roster should grow."""
    with views_tx() as tx:
        page = queries.unmet_topics(
            tx, district_id=current_actor().district_id, limit=PAGE, offset=offset_of(request.args)
        )
    return render_template("figures/unmet.html", page=page)


def _stretch() -> tuple[date, date]:
    """The stretch of time of the address; by default this year so far and what is planned in it."""
    year = today().year
    begin = times.day_of(request.args.get("from"), date(year, 1, 1))
    end = times.day_of(request.args.get("until"), date(year, 12, 31))
    return (begin, end) if begin <= end else (end, begin)
