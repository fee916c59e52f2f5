"""The door (签到台): a sheet for the projector with QR code and six digits, and the roster to tick."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

import segno
from contracts.enrollment import rpc
from contracts.errors import Refused
from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from markupsafe import Markup

from gateway import clients
from gateway.auth import current_actor, roles_required
from gateway.parts import parts, views_tx
from gateway.views import queries
from gateway.web import asking
from gateway.web.chrome import HOSTS
from gateway.web.names import people_of
from gateway.web.shown import now, says

pages = Blueprint("door", __name__)
_ORDER = {"seated": 0, "attended": 1, "missed": 2, "waiting": 3}


@pages.get("/door/<uuid:session_id>")
@roles_required(*HOSTS)
def door(session_id: UUID) -> str:
    """Everything the host's staff need on the evening itself."""
    return _page("door/door.html", session_id)


@pages.get("/door/<uuid:session_id>/roster")
@roles_required(*HOSTS)
def roster(session_id: UUID) -> str:
    """The roster alone, which the page fetches again and again."""
    return _page("door/roster.html", session_id)


@pages.post("/door/<uuid:session_id>/tick")
@roles_required(*HOSTS)
def tick(session_id: UUID) -> Any:
    """Tick a learner who is there; with htmx only the roster is sent back."""
    asked_by_htmx = request.headers.get("HX-Request") == "true"
    refused_as = ""
    try:
        clients.call(
            rpc.CHECK_IN_MEMBER,
            {"session_id": str(session_id), "person_id": request.form.get("person_id", "")},
            idempotency=request.form.get(asking.KEY),
        )
    except Refused as refused:
        if refused.status in (401, 404):
            raise
        refused_as = says(refused.problem)
    if asked_by_htmx:
        return _page("door/roster.html", session_id, refused=refused_as)
    flash(refused_as or _("已登记签到。"), "refused" if refused_as else "done")
    return redirect(f"/door/{session_id}#roster", 303)


def _page(template: str, session_id: UUID, **shown: Any) -> str:
    with views_tx() as tx:
        row = asking.found(queries.session(tx, actor=current_actor(), session_id=str(session_id)))
    sheet = clients.call(rpc.DOOR, {"session_id": str(session_id)})
    lines = [line for line in sheet["roster"] if line["state"] in _ORDER]
    names = people_of(lines, [row])
    lines.sort(key=lambda line: (_ORDER[line["state"]], line["position"] or 0, names[line["person_id"]]))
    with views_tx() as tx:
        units = queries.organisation_names(tx, ids={line["organisation_id"] for line in lines})
    address = f"{parts().settings.public_url}/c/{session_id}?code={sheet['code']}"
    return render_template(
        template,
        session=row,
        door=sheet,
        lines=lines,
        names=names,
        units=units,
        address=address,
        qr=_qr(address),
        now=now(),
        **shown,
    )


def _qr(address: str) -> Markup:
    """The address as an inline SVG, sharp at any size; high error correction for bad projectors."""
    drawn = io.BytesIO()
    segno.make(address, error="q", micro=False).save(
        drawn, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2, svgclass="qr", lineclass=None
    )
    return Markup(drawn.getvalue().decode())
