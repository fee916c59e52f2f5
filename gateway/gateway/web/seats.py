"""What a learner has: my courses with study hours, and the check-in at the door."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from contracts.enrollment import rpc
from contracts.errors import Refused
from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from gateway import clients, limits
from gateway.auth import current_actor, login_required
from gateway.parts import views_tx
from gateway.views import queries
from gateway.web import asking
from gateway.web.names import people_of
from gateway.web.paging import offset_of
from gateway.web.shown import now, today
from gateway.web.typed import Typed

pages = Blueprint("seats", __name__)
PAGE = 30


@pages.get("/my")
@login_required
def my_seats() -> str:
    """Seats to come, seats past, study hours of the year."""
    actor, offset = current_actor(), offset_of(request.args)
    person, year = actor.person_id or "", today().year
    with views_tx() as tx:
        coming = queries.my_seats(tx, person_id=person, now=tx.now, when="upcoming", limit=PAGE)
        past = queries.my_seats(tx, person_id=person, now=tx.now, when="past", limit=PAGE, offset=offset)
        hours = queries.my_hours(
            tx, person_id=person, on_from=date(year, 1, 1), on_before=date(year + 1, 1, 1)
        )
    return render_template(
        "seats/my.html",
        coming=coming,
        past=past,
        hours=hours,
        year=year,
        names=people_of(coming.items, past.items),
        now=now(),
    )


@pages.get("/c/<uuid:session_id>")
@login_required
def check_in_page(session_id: UUID) -> str:
    """The page that the QR code at the door opens; the code is filled in already then."""
    form = Typed({"code": request.args.get("code", "")[:6]})
    return _page(session_id, form)


@pages.post("/c/<uuid:session_id>")
@login_required
def check_in(session_id: UUID) -> Any:
    """Check in with the six digits shown at the door."""
    limits.count_check_in()
    form = Typed(request.form)
    code = "".join(form["code"].split())
    if len(code) != 6 or not (code.isascii() and code.isdecimal()):
        form.wrong("code", _("签到码是六位数字，请看现场的屏幕或纸张。"))
        return _page(session_id, form), 422
    try:
        attendance = clients.call(
            rpc.CHECK_IN, {"session_id": str(session_id), "code": code}, idempotency=form[asking.KEY]
        )
    except Refused as refused:
        if refused.status in (401, 404):
            raise
        form.refuse(refused.problem, {"wrong_code": "code"})
        return _page(session_id, form), refused.status
    return _page(session_id, form, attendance=attendance)


def _page(session_id: UUID, form: Typed, **shown: Any) -> str:
    with views_tx() as tx:
        row = asking.found(queries.session(tx, actor=current_actor(), session_id=str(session_id)))
    return render_template("seats/check_in.html", session=row, form=form, names=people_of([row]), **shown)
