"""API keys (接口密钥) with which an organisation's own systems use the REST API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from contracts.errors import Refused
from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _

from gateway.auth import current_actor, roles_required
from gateway.partners import issuing, keys
from gateway.parts import directory_tx
from gateway.web import asking
from gateway.web.paging import offset_of
from gateway.web.shown import now, says
from gateway.web.typed import Typed

pages = Blueprint("keys", __name__)
PAGE = 20
DAYS = ("30", "90", "365")


@pages.get("/keys")
@roles_required(*keys.MAKERS)
def list_keys() -> str:
    return _page(Typed({"days": "90"}))


@pages.post("/keys")
@roles_required(*keys.MAKERS)
def make_key() -> Any:
    """Make a key and show it, this once."""
    form = Typed(request.form)
    name = form.text("name", most=120)
    days = form.chosen("days", DAYS)
    roles = [role for role in request.form.getlist("roles") if role in _roles()]
    if not roles:
        form.wrong("roles", _("请至少选一个角色。"))
    if form.is_wrong:
        return _page(form, chosen=roles), 422
    try:
        made = issuing.issue(
            name=name,
            roles=roles,
            expires_at=now() + timedelta(days=int(days)),
            idempotency=form[asking.KEY],
        )
    except Refused as refused:
        form.refuse(refused.problem)
        return _page(form, chosen=roles), refused.status
    return _page(Typed({"days": "90"}), made=made)


@pages.post("/keys/<uuid:key_id>/revoke")
@roles_required(*keys.MAKERS)
def revoke(key_id: UUID) -> Any:
    """End a key at once."""
    try:
        issuing.revoke(key_id=str(key_id), idempotency=request.form.get(asking.KEY, ""))
    except Refused as refused:
        if refused.status in (401, 404):
            raise
        flash(says(refused.problem), "refused")
    else:
        flash(_("密钥已停用，从现在起不再有效。"), "done")
    return redirect("/keys", 303)


def _page(form: Typed, *, chosen: list[str] | None = None, **shown: Any) -> str:
    offset = offset_of(request.args)
    with directory_tx() as tx:
        found, total = keys.of_organisation(
            tx, organisation_id=current_actor().organisation_id or "", limit=PAGE, offset=offset
        )
    return render_template(
        "keys.html",
        form=form,
        keys=found,
        total=total,
        limit=PAGE,
        offset=offset,
        roles=_roles(),
        chosen=chosen or [],
        days=DAYS,
        now=now(),
        **shown,
    )


def _roles() -> list[str]:
    """Nobody hands out more than they hold."""
    return [role for role in keys.ROLES if role in current_actor().roles]
