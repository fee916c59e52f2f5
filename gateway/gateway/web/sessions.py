"""One session: what it is, a seat in it, and what its host may change."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from contracts.enrollment import rpc as enrollment
from contracts.errors import NotFound, Refused
from contracts.scheduling import rpc as scheduling
from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _

from gateway import clients
from gateway.auth import current_actor, login_required, roles_required
from gateway.directory import people
from gateway.parts import directory_tx, views_tx
from gateway.views import queries
from gateway.web import asking, times
from gateway.web.chrome import HOSTS, PLACES_ORDERS
from gateway.web.names import people_of
from gateway.web.paging import offset_of
from gateway.web.shown import input_day, input_time, now, says, today, zone
from gateway.web.typed import Typed

pages = Blueprint("sessions", __name__)
MEMBERS = 50
_FIELDS = {
    "lecturer_is_busy": "time",
    "lecturer_is_away": "time",
    "audience_is_taken": "time",
    "venue_is_taken": "venue_id",
}


@pages.get("/sessions/<uuid:session_id>")
@login_required
def session(session_id: UUID) -> str:
    """The session, and the reader's own seat as enrollment has it now."""
    actor = current_actor()
    with views_tx() as tx:
        shown = queries.session(tx, actor=actor, session_id=str(session_id))
        told = queries.my_seat(tx, person_id=actor.person_id or "", session_id=str(session_id))
    row = _fresh(asking.found(shown))
    seat = free = None
    learner = "learner" in actor.roles
    if learner or told:
        mine = asking.exact_or_hidden(enrollment.MY_SEAT, {"session_id": str(session_id)})
        seat = mine["seat"] if mine else told
        free = mine["free_for_me"] if mine else None
        if _is_seated(seat) and not _is_seated(told):
            row = {**row, "taken": row["taken"] + 1}  # the view has not been told yet
        if mine and mine["taken"] is not None:
            row |= {"taken": mine["taken"], "waiting": mine["waiting"]}
    return render_template(
        "sessions/session.html",
        session=row,
        seat=seat,
        free=free,
        learner=learner,
        hosts=_hosts(row),
        brings=bool(actor.roles & PLACES_ORDERS),
        names=people_of([row]),
        now=now(),
    )


@pages.post("/sessions/<uuid:session_id>/enrol")
@login_required
def enrol(session_id: UUID) -> Any:
    """A seat, or a place on the waiting list: which one it became is said."""
    go = f"/sessions/{session_id}"
    content: dict[str, Any] = {"session_id": str(session_id)}
    member = request.form.get("person_id")
    if member:
        content["person_id"] = member
        go = f"/sessions/{session_id}/members"
    try:
        seat = clients.call(enrollment.ENROL, content, idempotency=request.form.get(asking.KEY))
    except Refused as refused:
        if refused.status in (401, 404):
            raise
        flash(says(refused.problem), "refused")
        return redirect(go, 303)
    if seat["state"] == "waiting":
        flash(_("座位已满，已排在候补第 %(place)s 位。有人退出会自动递补。", place=seat["position"]), "done")
    else:
        flash(_("报名成功，座位已留好。"), "done")
    return redirect(go, 303)


@pages.post("/seats/<uuid:seat_id>/cancel")
@login_required
def cancel_seat(seat_id: UUID) -> Any:
    go = request.form.get("next", "")
    return asking.command(
        enrollment.CANCEL_SEAT,
        {"seat_id": str(seat_id)},
        go=go if go.startswith(("/sessions/", "/my", "/door/")) else "/my",
        done=_("已退出，座位已让给别人。"),
    )


@pages.get("/sessions/<uuid:session_id>/members")
@roles_required(*PLACES_ORDERS)
def members(session_id: UUID) -> str:
    """The learners of one's organisation, to be enrolled by its staff."""
    actor, offset = current_actor(), offset_of(request.args)
    search = request.args.get("q", "").strip()[:60]
    with views_tx() as tx:
        row = asking.found(queries.session(tx, actor=actor, session_id=str(session_id)))
        seats = queries.seats_of_organisation(
            tx, session_id=str(session_id), organisation_id=actor.organisation_id
        )
    with directory_tx() as tx:
        found, total = people.members(
            tx,
            organisation_id=actor.organisation_id or "",
            role="learner",
            search=search,
            limit=MEMBERS,
            offset=offset,
        )
    return render_template(
        "sessions/members.html",
        session=row,
        members=found,
        total=total,
        limit=MEMBERS,
        offset=offset,
        search=search,
        seats=seats,
        now=now(),
    )


@pages.get("/sessions/<uuid:session_id>/change")
@roles_required(*HOSTS)
def change(session_id: UUID) -> str:
    row = _hosted(session_id)
    form = Typed(
        {
            "day": input_day(row["starts_at"]),
            "from": input_time(row["starts_at"]),
            "until": input_time(row["ends_at"]),
            "venue_id": row["venue_id"] or "",
        }
    )
    return _change_page(row, form)


@pages.post("/sessions/<uuid:session_id>/change")
@roles_required(*HOSTS)
def reschedule(session_id: UUID) -> Any:
    """A new time or place; everybody concerned is told old and new."""
    row = _hosted(session_id)
    form = Typed(request.form)
    starts_at = times.moment_of(form["day"], form["from"], zone())
    ends_at = times.moment_of(form["day"], form["until"], zone())
    if starts_at is None or ends_at is None:
        form.wrong("time", _("请填全日期、开始和结束的时间。"))
    elif ends_at <= starts_at:
        form.wrong("time", _("结束时间要晚于开始时间；不能跨过午夜。"))
    if not form.is_wrong:
        content = {"session_id": str(session_id), "starts_at": starts_at, "ends_at": ends_at}
        if form["venue_id"] and form["venue_id"] != row["venue_id"]:
            content["venue_id"] = form["venue_id"]
        try:
            clients.call(scheduling.RESCHEDULE_SESSION, content, idempotency=form[asking.KEY])
        except Refused as refused:
            form.refuse(refused.problem, _FIELDS)
            for name in ("starts_at", "ends_at"):
                if name in form.errors:
                    form.wrong("time", form.errors.pop(name))
    if form.is_wrong:
        return _change_page(row, form), 422
    flash(_("已改期，会告诉讲师、学员和有关单位。"), "done")
    return redirect(f"/sessions/{session_id}", 303)


@pages.post("/sessions/<uuid:session_id>/cancel")
@roles_required(*HOSTS)
def cancel(session_id: UUID) -> Any:
    """Cancel; everybody concerned reads the reason."""
    reason = request.form.get("reason", "").strip()
    if not reason:
        flash(_("请写明取消的原因，会告诉每位有关的人。"), "refused")
        return redirect(f"/sessions/{session_id}/change", 303)
    return asking.command(
        scheduling.CANCEL_SESSION,
        {"session_id": str(session_id), "reason": reason[:2000]},
        go=f"/sessions/{session_id}",
        done=_("课已取消，会告诉讲师、学员和有关单位。"),
    )


@pages.post("/sessions/<uuid:session_id>/hold")
@roles_required(*HOSTS)
def hold(session_id: UUID) -> Any:
    return asking.command(
        scheduling.HOLD_SESSION,
        {"session_id": str(session_id)},
        go=f"/sessions/{session_id}",
        done=_("已记为举行。签到的学员可以评价了。"),
    )


@pages.get("/sessions/<uuid:session_id>/shares")
@roles_required(*HOSTS)
def shares(session_id: UUID) -> str:
    row = _hosted(session_id)
    door = clients.call(enrollment.DOOR, {"session_id": str(session_id)})
    form = Typed()
    for number, share in enumerate(door["shares"]):
        form.values[f"share_{number}"] = share["organisation_id"]
        form.values[f"seats_{number}"] = str(share["seats"])
    return _shares_page(row, door, form)


@pages.post("/sessions/<uuid:session_id>/shares")
@roles_required(*HOSTS)
def set_shares(session_id: UUID) -> Any:
    """Share the seats out anew; what is not shared out is open to all."""
    row = _hosted(session_id)
    form = Typed(request.form)
    content: list[dict[str, Any]] = []
    for number in range(100):
        organisation_id, seats = form[f"share_{number}"], form[f"seats_{number}"].strip()
        if organisation_id and seats.isdecimal() and len(seats) < 6:
            content.append({"organisation_id": organisation_id, "seats": int(seats)})
        elif organisation_id or seats:
            form.wrong("shares", _("预留名额要选单位，并填写人数。"))
    if not form.is_wrong:
        try:
            clients.call(
                enrollment.SET_SHARES,
                {"session_id": str(session_id), "shares": content},
                idempotency=form[asking.KEY],
            )
        except Refused as refused:
            form.refuse(refused.problem)
    if form.is_wrong:
        door = clients.call(enrollment.DOOR, {"session_id": str(session_id)})
        return _shares_page(row, door, form), 422
    flash(_("名额已重新分配。"), "done")
    return redirect(f"/sessions/{session_id}", 303)


def _is_seated(seat: dict[str, Any] | None) -> bool:
    return seat is not None and seat["state"] == "seated"


def _shares_page(row: dict[str, Any], door: dict[str, Any], form: Typed) -> str:
    with views_tx() as tx:
        organisations = queries.organisations(tx, district_id=row["district_id"])
    lines = sum(name.startswith("share_") for name in form.values)
    return render_template(
        "sessions/shares.html",
        session=row,
        door=door,
        form=form,
        organisations=organisations,
        lines=max(lines, 0) + 3 if lines < 90 else lines,
    )


def _change_page(row: dict[str, Any], form: Typed) -> str:
    with views_tx() as tx:
        venues = queries.venues_to_order(tx, organisation_id=row["organisation_id"], today=today())
    return render_template("sessions/change.html", session=row, form=form, venues=venues, now=now())


def _hosted(session_id: UUID) -> dict[str, Any]:
    """The session, when the reader's organisation is the host (or the reader operates the district)."""
    with views_tx() as tx:
        row = asking.found(queries.session(tx, actor=current_actor(), session_id=str(session_id)))
    if not _hosts(row):
        raise NotFound()
    return _fresh(row)


def _hosts(row: dict[str, Any]) -> bool:
    actor = current_actor()
    if actor.roles.isdisjoint(HOSTS):
        return False
    own = row["organisation_id"] == actor.organisation_id
    return own or ("operator" in actor.roles and row["district_id"] == actor.district_id)


def _fresh(row: dict[str, Any]) -> dict[str, Any]:
    """For those who may change it, time, place and state as scheduling has them now."""
    if not _hosts(row):
        return row
    fresh = asking.exact_or_hidden(scheduling.GET_SESSION, {"session_id": row["session_id"]})
    if fresh is None:
        return row
    kept = {name: fresh[name] for name in ("starts_at", "ends_at", "venue_id", "state", "capacity", "online")}
    return {**row, **kept}
