"""The course menu (课程菜单)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, render_template, request

from gateway.auth import current_actor, login_required
from gateway.parts import views_tx
from gateway.views import queries
from gateway.web import words
from gateway.web.asking import found
from gateway.web.chrome import ORDERS
from gateway.web.names import people_by_id, people_of
from gateway.web.paging import offset_of
from gateway.web.shown import today

pages = Blueprint("menu", __name__)
PAGE = 24


@pages.get("/menu")
@login_required
def menu() -> str:
    """What can be ordered: search and categories."""
    category = request.args.get("category", "")
    search = request.args.get("q", "").strip()[:60]
    with views_tx() as tx:
        topics = queries.topics(
            tx,
            actor=current_actor(),
            search=search or None,
            category=category if category in words.CATEGORIES else None,
            limit=PAGE,
            offset=offset_of(request.args),
        )
    return render_template("menu/menu.html", page=topics, category=category, search=search)


@pages.get("/menu/<uuid:topic_id>")
@login_required
def topic(topic_id: UUID) -> str:
    """One topic: what it is, how it was rated, who gives it, when it is given next."""
    actor = current_actor()
    with views_tx() as tx:
        row = found(queries.topic(tx, actor=actor, topic_id=str(topic_id)))
        coming = queries.calendar_sessions(
            tx,
            actor=actor,
            starts_from=tx.now,
            starts_before=tx.now + timedelta(days=120),
            topic_id=str(topic_id),
            states=("scheduled",),
            limit=10,
        ).items
        givers = []
        if actor.roles & ORDERS:
            circle = queries.lecturers(tx, actor=actor, today=today())
            givers = [one for one in circle if one["active"] and str(topic_id) in one["topic_ids"]]
    return render_template(
        "menu/topic.html",
        topic=row,
        coming=coming,
        givers=givers,
        names={**people_of(coming), **people_by_id(one["lecturer_id"] for one in givers)},
    )
