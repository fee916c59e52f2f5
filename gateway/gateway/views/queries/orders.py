"""Orders and offers."""

from __future__ import annotations

from typing import Any

from chassis.access import Actor
from chassis.tx import Tx
from sqlalchemy import Select, func, literal, or_, select
from sqlalchemy.sql import ColumnElement

from gateway.views.queries.paging import Page, first, page, rows
from gateway.views.tables import groups, offers, organisations, sessions, venues
from gateway.views.tables import orders as kept

_asker = organisations.alias("asker")
_lender = organisations.alias("lender")
_open_offer = offers.alias("open_offer")
_OPEN = ("awaiting_approval", "offered")

_ORDER_COLUMNS = (
    kept.c.id.label("order_id"),
    kept.c.organisation_id,
    func.coalesce(_asker.c.name, "").label("organisation_name"),
    func.coalesce(_asker.c.name_en, "").label("organisation_name_en"),
    kept.c.district_id,
    kept.c.topic_id,
    kept.c.title,
    kept.c.form,
    kept.c.duration_minutes,
    kept.c.windows,
    kept.c.first_window_at,
    kept.c.last_window_at,
    kept.c.online,
    kept.c.venue_id,
    venues.c.name.label("venue_name"),
    kept.c.group_id,
    groups.c.name.label("group_name"),
    kept.c.audience,
    kept.c.head_count,
    kept.c.placed_by,
    kept.c.placed_at,
    kept.c.state,
    kept.c.unmet_reason,
    kept.c.asked,
    kept.c.session_id,
    kept.c.lecturer_id,
    kept.c.cancel_reason,
    sessions.c.starts_at.label("session_starts_at"),
    _open_offer.c.state.label("offer_state"),
    _open_offer.c.lecturer_id.label("offer_lecturer_id"),
    _open_offer.c.deadline.label("offer_deadline"),
)
_OFFER_COLUMNS = (
    offers.c.id.label("offer_id"),
    offers.c.order_id,
    offers.c.organisation_id,
    func.coalesce(_asker.c.name, "").label("organisation_name"),
    func.coalesce(_asker.c.name_en, "").label("organisation_name_en"),
    offers.c.lender_id,
    func.coalesce(_lender.c.name, "").label("lender_name"),
    func.coalesce(_lender.c.name_en, "").label("lender_name_en"),
    offers.c.lecturer_id,
    offers.c.agreement_id,
    offers.c.rank,
    offers.c.title,
    offers.c.starts_at,
    offers.c.ends_at,
    offers.c.venue_id,
    func.coalesce(venues.c.name, "").label("venue_name"),
    func.coalesce(venues.c.address, "").label("address"),
    offers.c.online,
    offers.c.state,
    offers.c.needs_approval,
    offers.c.deadline,
    offers.c.reason,
    offers.c.session_id,
    offers.c.made_at,
    offers.c.answered_at,
    kept.c.head_count,
    kept.c.audience,
)


def orders(
    tx: Tx,
    *,
    actor: Actor,
    states: tuple[str, ...] = (),
    organisation_id: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Page:
    """Orders that the actor may see, the newest first."""
    found = _orders().where(_may_see_order(actor))
    if states:
        found = found.where(kept.c.state.in_(states))
    if organisation_id:
        found = found.where(kept.c.organisation_id == organisation_id)
    return page(tx, found.order_by(kept.c.placed_at.desc(), kept.c.id), limit=limit, offset=offset)


def open_orders(tx: Tx, *, actor: Actor, limit: int = 50, offset: int = 0) -> Page:
    """Orders for which nobody has said yes so far, the most pressing first."""
    found = _orders().where(_may_see_order(actor), kept.c.state.in_(("placed", "offering")))
    return page(tx, found.order_by(kept.c.first_window_at, kept.c.id), limit=limit, offset=offset)


def order(tx: Tx, *, actor: Actor, order_id: str) -> dict[str, Any] | None:
    """One order with its offers in the sequence of asking, or None when the actor may see none."""
    found = first(tx, _orders().where(kept.c.id == order_id, _may_see_order(actor)))
    if found is None:
        return None
    asked = _offers().where(offers.c.order_id == order_id).order_by(offers.c.made_at, offers.c.rank)
    return {**found, "offers": rows(tx, asked)}


def offers_for_lecturer(
    tx: Tx, *, person_id: str, waiting_only: bool = False, limit: int = 50, offset: int = 0
) -> Page:
    """Offers to a lecturer; those still at the liaison are shown as such. Waiting ones come first."""
    found = _offers().where(offers.c.lecturer_id == person_id)
    return page(tx, _sorted(found, "offered", waiting_only), limit=limit, offset=offset)


def offers_for_lender(
    tx: Tx, *, organisation_id: str, waiting_only: bool = False, limit: int = 50, offset: int = 0
) -> Page:
    """Offers to lecturers of this organisation; waiting are those that its liaison must approve."""
    found = _offers().where(
        offers.c.lender_id == organisation_id, or_(offers.c.needs_approval, offers.c.state != "offered")
    )
    return page(tx, _sorted(found, "awaiting_approval", waiting_only), limit=limit, offset=offset)


def offer(tx: Tx, *, actor: Actor, offer_id: str) -> dict[str, Any] | None:
    """One offer for the school that asks, the lending unit or the lecturer."""
    return first(tx, _offers().where(offers.c.id == offer_id, _may_see_offer(actor)))


def _orders() -> Select[Any]:
    joined = (
        kept.outerjoin(_asker, _asker.c.id == kept.c.organisation_id)
        .outerjoin(venues, venues.c.id == kept.c.venue_id)
        .outerjoin(groups, groups.c.id == kept.c.group_id)
        .outerjoin(sessions, sessions.c.id == kept.c.session_id)
        .outerjoin(_open_offer, (_open_offer.c.order_id == kept.c.id) & _open_offer.c.state.in_(_OPEN))
    )
    return select(*_ORDER_COLUMNS).select_from(joined)


def _offers() -> Select[Any]:
    joined = (
        offers.outerjoin(_asker, _asker.c.id == offers.c.organisation_id)
        .outerjoin(_lender, _lender.c.id == offers.c.lender_id)
        .outerjoin(kept, kept.c.id == offers.c.order_id)
        .outerjoin(venues, venues.c.id == offers.c.venue_id)
    )
    return select(*_OFFER_COLUMNS).select_from(joined)


def _sorted(found: Select[Any], waiting: str, waiting_only: bool) -> Select[Any]:
    if waiting_only:
        return found.where(offers.c.state == waiting).order_by(offers.c.deadline, offers.c.id)
    return found.order_by((offers.c.state == waiting).desc(), offers.c.made_at.desc(), offers.c.id)


def _may_see_order(actor: Actor) -> ColumnElement[bool]:
    if actor.is_system:
        return literal(True)
    if "operator" in actor.roles:
        return or_(kept.c.organisation_id == actor.organisation_id, kept.c.district_id == actor.district_id)
    return kept.c.organisation_id == actor.organisation_id


def _may_see_offer(actor: Actor) -> ColumnElement[bool]:
    if actor.is_system:
        return literal(True)
    mine = or_(
        offers.c.organisation_id == actor.organisation_id,
        offers.c.lender_id == actor.organisation_id,
        offers.c.lecturer_id == actor.person_id,
    )
    if "operator" not in actor.roles:
        return mine
    return or_(mine, kept.c.district_id == actor.district_id, _lender.c.district_id == actor.district_id)
