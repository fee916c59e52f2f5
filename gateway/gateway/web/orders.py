"""Orders (点单): placing one, its suggestions with reasons, asking lecturers, taking it back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from chassis.rpc import OutcomeUnknown, ServiceUnavailable
from contracts.errors import Refused
from contracts.scheduling import rpc
from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _

from gateway import clients
from gateway.auth import current_actor, roles_required
from gateway.directory import names
from gateway.errors import AnswerIsAway, ServiceIsAway
from gateway.parts import directory_tx, views_tx
from gateway.views import queries
from gateway.web import asking, order_form
from gateway.web.chrome import ORDERS, PLACES_ORDERS
from gateway.web.names import people_of
from gateway.web.paging import offset_of
from gateway.web.shown import now, today, zone
from gateway.web.typed import Typed

pages = Blueprint("orders", __name__)
PAGE = 20
TABS = {
    "open": ("placed", "offering"),
    "unmet": ("unmet",),
    "scheduled": ("scheduled",),
    "done": ("delivered", "cancelled"),
    "all": (),
}
CAN_DISPATCH = ("placed", "unmet")


@pages.get("/orders")
@roles_required(*ORDERS)
def orders() -> str:
    """The orders of the organisation, by state."""
    tab = request.args.get("tab", "open")
    tab = tab if tab in TABS else "open"
    actor, offset = current_actor(), offset_of(request.args)
    with views_tx() as tx:
        if tab == "open":
            page = queries.open_orders(tx, actor=actor, limit=PAGE, offset=offset)
        else:
            page = queries.orders(tx, actor=actor, states=TABS[tab], limit=PAGE, offset=offset)
        waiting = queries.waiting(tx, actor=actor, now=tx.now)
    return render_template(
        "orders/orders.html", page=page, tab=tab, names=people_of(page.items), waiting=waiting
    )


@pages.get("/orders/new")
@roles_required(*PLACES_ORDERS)
def new_order() -> str:
    return _form_page(order_form.defaults(request.args))


@pages.post("/orders/new")
@roles_required(*PLACES_ORDERS)
def place_order() -> Any:
    """Place the order; whatever is wrong, everything typed stays."""
    form = Typed(request.form)
    if form["action"] == "more":
        form.values["windows"] = str(order_form.window_count(form) + 1)
        return _form_page(form)
    content = order_form.read(
        form, organisation_id=current_actor().organisation_id or "", zone=zone(), now=now()
    )
    if form.is_wrong:
        return _form_page(form), 422
    try:
        order = clients.call(rpc.PLACE_ORDER, content, idempotency=form[asking.KEY])
    except Refused as refused:
        order_form.refuse(form, refused.problem)
        return _form_page(form), refused.status
    except ServiceUnavailable:
        form.refuse(ServiceIsAway().problem())
        return _form_page(form), 503
    except OutcomeUnknown:
        form.refuse(AnswerIsAway().problem())
        return _form_page(form), 503
    flash(_told(order["state"]), "done" if order["state"] != "unmet" else "refused")
    return redirect(f"/orders/{order['order_id']}", 303)


@pages.get("/orders/<uuid:order_id>")
@roles_required(*ORDERS)
def order(order_id: UUID) -> str:
    """The order as scheduling has it now, its offers, and whom one could ask."""
    actor = current_actor()
    with views_tx() as tx:
        shown = queries.order(tx, actor=actor, order_id=str(order_id))
        parties = {one["organisation_id"]: one for one in _organisations(tx)}
        venues = queries.venues_to_order(tx, organisation_id=actor.organisation_id, today=today())
    fresh = asking.exact(rpc.GET_ORDER, {"order_id": str(order_id)})
    merged = asking.found(_merged(shown, fresh, parties, venues))
    suggestions = None
    if merged["state"] in CAN_DISPATCH and actor.roles & PLACES_ORDERS:
        suggestions = asking.exact_or_hidden(rpc.SUGGEST, {"order_id": str(order_id)})
    people = [merged, *merged["offers"]]
    if suggestions:
        people += [*suggestions["candidates"], *suggestions["left_out"]]
        _name_lenders(suggestions, parties)
    return render_template(
        "orders/order.html", order=merged, suggestions=suggestions, names=people_of(people)
    )


@pages.post("/orders/<uuid:order_id>/dispatch")
@roles_required(*PLACES_ORDERS)
def dispatch(order_id: UUID) -> Any:
    """Ask the lecturers ticked, in the sequence shown, or by the ranking where none is."""
    chosen = request.form.getlist("lecturer")
    return asking.command(
        rpc.DISPATCH_ORDER,
        {"order_id": str(order_id), "lecturer_ids": chosen},
        go=f"/orders/{order_id}",
        done=_("已发出邀请，有答复会在消息里告诉您。"),
    )


@pages.post("/orders/<uuid:order_id>/cancel")
@roles_required(*PLACES_ORDERS)
def cancel(order_id: UUID) -> Any:
    """Take the order back; a reason is needed, because others will read it."""
    reason = request.form.get("reason", "").strip()
    if not reason:
        flash(_("请写明撤销的原因，会告诉已经邀请的讲师。"), "refused")
        return redirect(f"/orders/{order_id}", 303)
    return asking.command(
        rpc.CANCEL_ORDER,
        {"order_id": str(order_id), "reason": reason[:2000]},
        go=f"/orders/{order_id}",
        done=_("点单已撤销。"),
    )


def _form_page(form: Typed) -> str:
    actor = current_actor()
    with views_tx() as tx:
        topics = queries.topics(tx, actor=actor, limit=100).items
        if form["topic_id"] not in ("", "missing", *(topic["topic_id"] for topic in topics)):
            chosen = queries.topic(tx, actor=actor, topic_id=_uuid(form["topic_id"]))
            topics = [chosen, *topics] if chosen else topics
        venues = queries.venues_to_order(tx, organisation_id=actor.organisation_id, today=today())
        groups = queries.groups(tx, organisation_id=actor.organisation_id)
        organisations = _organisations(tx)
    return render_template(
        "orders/new.html",
        form=form,
        topics=topics,
        venues=venues,
        groups=groups,
        organisations=organisations,
        windows=order_form.window_count(form),
        most_windows=order_form.WINDOWS,
        shares=range(3),
        today=today(),
    )


def _organisations(tx: Any) -> list[dict[str, Any]]:
    return queries.organisations(tx, district_id=current_actor().district_id)


def _uuid(text: str) -> str:
    """The id typed into an address, or one that nobody has."""
    try:
        return str(UUID(text))
    except ValueError:
        return str(UUID(int=0))


def _told(state: str) -> str:
    if state == "unmet":
        return _("点单已记下。现在还没有人能讲这门课，已列入未满足需求。")
    if state == "offering":
        return _("点单已下，并已邀请排在最前的讲师。")
    return _("点单已下。请看推荐的讲师，决定邀请谁。")


def _merged(
    shown: dict[str, Any] | None,
    fresh: dict[str, Any] | None,
    parties: dict[str, dict[str, Any]],
    venues: list[dict[str, Any]],
) -> dict[str, Any] | None:
    """The view's row under the service's own word, which is newer."""
    if fresh is None:
        return shown
    base: dict[str, Any] = shown or {
        "lecturer_id": None,
        "placed_at": None,
        "placed_by": None,
        "cancel_reason": None,
        "group_name": None,
        "venue_name": next((v["name"] for v in venues if v["venue_id"] == fresh["venue_id"]), None),
        **_party(parties, fresh["organisation_id"], "organisation"),
    }
    told = {offer["offer_id"]: offer for offer in (shown or {}).get("offers", [])}
    offers = [
        {
            "answered_at": None,
            **_party(parties, offer["lender_id"], "lender"),
            **told.get(offer["offer_id"], {}),
            **offer,
        }
        for offer in fresh["offers"]
    ]
    return {**base, **fresh, "offers": offers}


def _party(parties: dict[str, dict[str, Any]], organisation_id: str, prefix: str) -> dict[str, str]:
    party = parties.get(organisation_id, {})
    return {f"{prefix}_name": party.get("name", ""), f"{prefix}_name_en": party.get("name_en", "")}


def _name_lenders(suggestions: dict[str, Any], parties: dict[str, dict[str, Any]]) -> None:
    """Write the home organisation's name beside each lecturer; the directory knows those further away."""
    rows = [*suggestions["candidates"], *suggestions["left_out"]]
    far = {row["organisation_id"] for row in rows} - set(parties)
    known = {}
    if far:
        with directory_tx() as tx:
            known = names.organisations(tx, far)
    for row in rows:
        name = known.get(row["organisation_id"])
        row.update(
            {"organisation_name": name.zh, "organisation_name_en": name.en}
            if name
            else _party(parties, row["organisation_id"], "organisation")
        )
