"""The link in a lecturer's message: the offer and its answer without a login.

Opening it changes nothing (mail scanners open links); an answer is a POST. The token is the authority, so
these forms need no cookie and no protection against forged forms: whoever could forge one holds the token.
That an answer is given once is the offer's own rule.
"""

from __future__ import annotations

from typing import Any

from chassis.access import verify_link
from contracts.errors import Refused
from contracts.scheduling import rpc
from flask import Blueprint, render_template, request
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _

from gateway import clients
from gateway.auth import actor_via_link
from gateway.parts import parts, views_tx
from gateway.views import queries
from gateway.web.names import people_by_id
from gateway.web.shown import now

pages = Blueprint("link", __name__)


@pages.record_once
def _exempt(state: BlueprintSetupState) -> None:
    state.app.extensions["csrf"].exempt(pages)


@pages.get("/o/<token>")
def offer(token: str) -> str:
    return _page(token)


@pages.post("/o/<token>")
def answer(token: str) -> Any:
    """Yes or no; whatever becomes of it, the page shows the offer as it stands then."""
    offer_id, actor = _read(token)
    content: dict[str, Any] = {"offer_id": offer_id}
    says_yes = request.form.get("answer") == "accept"
    if not says_yes:
        content["reason"] = request.form.get("reason", "").strip()[:2000]
    try:
        clients.call(
            rpc.ACCEPT_OFFER if says_yes else rpc.DECLINE_OFFER,
            content,
            idempotency=request.form.get("idempotency") or None,
            actor=actor,
        )
    except Refused as refused:
        if refused.status in (401, 404):
            raise
        return _page(token, problem=refused.problem), refused.status
    return _page(token, done=_("已接受，课已排好。谢谢您！") if says_yes else _("已谢绝，会另请其他讲师。"))


def _page(token: str, **shown: Any) -> str:
    offer_id, actor = _read(token)
    row = clients.call(rpc.GET_OFFER, {"offer_id": offer_id}, actor=actor)
    with views_tx() as tx:
        told = queries.offer(tx, actor=actor, offer_id=offer_id) or {}
    return render_template(
        "offers/link.html",
        offer={**told, **row},
        names=people_by_id([row["lecturer_id"]]),
        now=now(),
        token=token,
        **shown,
    )


def _read(token: str) -> tuple[str, Any]:
    offer_id, lecturer_id = verify_link("offer", token, secret=parts().secret)
    return offer_id, actor_via_link(lecturer_id)
