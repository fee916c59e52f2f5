"""Evaluating a session, and reading its result."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from contracts.errors import Refused
from contracts.feedback import rpc
from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from contracts import vocabulary
from gateway import clients
from gateway.auth import current_actor, login_required, roles_required
from gateway.parts import views_tx
from gateway.views import queries
from gateway.web import asking
from gateway.web.chrome import ORDERS
from gateway.web.names import people_of
from gateway.web.paging import offset_of
from gateway.web.typed import Typed

pages = Blueprint("evaluations", __name__)
PAGE = 20
MARKS = ("5", "4", "3", "2", "1")


@pages.get("/evaluate/<uuid:session_id>")
@login_required
def form(session_id: UUID) -> str:
    return _page(session_id, Typed())


@pages.post("/evaluate/<uuid:session_id>")
@login_required
def evaluate(session_id: UUID) -> Any:
    """Once, and anonymous: the answer says only that it was taken."""
    typed = Typed(request.form)
    for question in vocabulary.QUESTIONS:
        if typed[question] not in MARKS:
            typed.wrong(question, _("请选一个分数。"))
    comment = typed.text("comment", most=2000, required=False)
    if typed.is_wrong:
        return _page(session_id, typed), 422
    content = {
        "session_id": str(session_id),
        "ratings": {question: int(typed[question]) for question in vocabulary.QUESTIONS},
        "comment": comment,
    }
    try:
        clients.call(rpc.EVALUATE, content, idempotency=typed[asking.KEY])
    except Refused as refused:
        if refused.status == 401:
            raise
        typed.refuse(refused.problem)
        return _page(session_id, typed), refused.status
    return render_template("evaluations/thanks.html", session_id=session_id)


@pages.get("/results")
@roles_required(*ORDERS, "lecturer")
def results() -> str:
    """Published results that the reader may see."""
    with views_tx() as tx:
        page = queries.results(tx, actor=current_actor(), limit=PAGE, offset=offset_of(request.args))
    return render_template("evaluations/results.html", page=page, names=people_of(page.items))


@pages.get("/results/<uuid:session_id>")
@login_required
def result(session_id: UUID) -> str:
    """The result of one session, or how many answers are still missing."""
    found = clients.call(rpc.RESULT, {"session_id": str(session_id)})
    with views_tx() as tx:
        row = queries.session(tx, actor=current_actor(), session_id=str(session_id))
    return render_template(
        "evaluations/result.html", result=found, session=row, names=people_of([row] if row else [])
    )


def _page(session_id: UUID, typed: Typed) -> str:
    asked = clients.call(rpc.FORM, {"session_id": str(session_id)})
    with views_tx() as tx:
        row = queries.session(tx, actor=current_actor(), session_id=str(session_id))
    return render_template(
        "evaluations/evaluate.html",
        asked=asked,
        session=row,
        form=typed,
        marks=MARKS,
        names=people_of([row] if row else []),
    )
