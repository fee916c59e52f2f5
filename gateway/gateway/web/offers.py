"""Offers (邀请): what waits for the lecturer, and what waits for the lending unit's liaison."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from contracts.scheduling import rpc
from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from gateway.auth import current_actor, login_required
from gateway.parts import views_tx
from gateway.views import queries
from gateway.web import asking
from gateway.web.names import people_of
from gateway.web.paging import offset_of
from gateway.web.shown import now

pages = Blueprint("offers", __name__)
PAGE = 20


@pages.get("/offers")
@login_required
def offers() -> str:
    """First what waits for an answer, then what was answered."""
    actor, offset = current_actor(), offset_of(request.args)
    mine = theirs = None
    with views_tx() as tx:
        if "liaison" in actor.roles:
            theirs = queries.offers_for_lender(
                tx, organisation_id=actor.organisation_id or "", limit=PAGE, offset=offset
            )
        if "lecturer" in actor.roles or theirs is None:
            mine = queries.offers_for_lecturer(tx, person_id=actor.person_id or "", limit=PAGE, offset=offset)
    rows = [*(mine.items if mine else []), *(theirs.items if theirs else [])]
    return render_template("offers/offers.html", mine=mine, theirs=theirs, names=people_of(rows), now=now())


@pages.get("/offers/<uuid:offer_id>")
@login_required
def offer(offer_id: UUID) -> str:
    """One offer with its deadline, and the answer the reader may give."""
    actor = current_actor()
    with views_tx() as tx:
        shown = queries.offer(tx, actor=actor, offer_id=str(offer_id))
    fresh = asking.exact(rpc.GET_OFFER, {"offer_id": str(offer_id)})
    merged = asking.found({**(shown or {}), **fresh} if fresh else shown)
    return render_template(
        "offers/offer.html",
        offer=merged,
        names=people_of([merged]),
        now=now(),
        may_answer=actor.person_id == merged["lecturer_id"],
        may_approve="liaison" in actor.roles and actor.organisation_id == merged["lender_id"],
    )


@pages.post("/offers/<uuid:offer_id>/accept")
@login_required
def accept(offer_id: UUID) -> Any:
    return _answer(rpc.ACCEPT_OFFER, offer_id, done=_("已接受，课已排好。谢谢您！"))


@pages.post("/offers/<uuid:offer_id>/decline")
@login_required
def decline(offer_id: UUID) -> Any:
    return _answer(rpc.DECLINE_OFFER, offer_id, done=_("已谢绝，会另请其他讲师。"), reason=True)


@pages.post("/offers/<uuid:offer_id>/approve")
@login_required
def approve(offer_id: UUID) -> Any:
    return _answer(rpc.APPROVE_OFFER, offer_id, done=_("已同意，接下来由讲师本人答复。"))


@pages.post("/offers/<uuid:offer_id>/refuse")
@login_required
def refuse(offer_id: UUID) -> Any:
    return _answer(rpc.REFUSE_OFFER, offer_id, done=_("已记下不同意，会另请其他讲师。"), reason=True)


def _answer(asked: Any, offer_id: UUID, *, done: str, reason: bool = False) -> Any:
    content: dict[str, Any] = {"offer_id": str(offer_id)}
    if reason:
        content["reason"] = request.form.get("reason", "").strip()[:2000]
    return asking.command(asked, content, go=f"/offers/{offer_id}", done=done)
