"""Sessions: the calendar of the region, one session, a lecturer's week."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chassis.access import Actor
from chassis.tx import Tx
from chassis.types import Instant
from sqlalchemy import Select, case, cast, exists, func, literal, null, or_, select
from sqlalchemy.sql import ColumnElement

from gateway.views.queries.paging import Page, contains, first, page, rows
from gateway.views.tables import (
    forms,
    lecturers,
    offers,
    organisations,
    results,
    seats,
    session_figures,
    session_shares,
    sessions,
    topics,
)

host = organisations.alias("host")
lender = organisations.alias("lender")
_FREE = sessions.c.capacity - func.coalesce(session_figures.c.taken, 0)

SESSION_COLUMNS = (
    sessions.c.id.label("session_id"),
    sessions.c.order_id,
    sessions.c.organisation_id,
    func.coalesce(host.c.name, "").label("organisation_name"),
    func.coalesce(host.c.name_en, "").label("organisation_name_en"),
    sessions.c.district_id,
    sessions.c.topic_id,
    sessions.c.title,
    sessions.c.form,
    sessions.c.lecturer_id,
    sessions.c.lender_id,
    func.coalesce(lender.c.name, "").label("lender_name"),
    func.coalesce(lender.c.name_en, "").label("lender_name_en"),
    sessions.c.agreement_id,
    sessions.c.venue_id,
    sessions.c.venue_name,
    sessions.c.address,
    sessions.c.online,
    sessions.c.group_id,
    sessions.c.audience,
    sessions.c.starts_at,
    sessions.c.ends_at,
    sessions.c.capacity,
    sessions.c.state,
    sessions.c.before,
    sessions.c.cancel_reason,
    sessions.c.held_at,
    func.coalesce(session_figures.c.taken, 0).label("taken"),
    func.coalesce(session_figures.c.waiting, 0).label("waiting"),
    func.coalesce(session_figures.c.attended, 0).label("attended"),
    case((_FREE < 0, 0), else_=_FREE).label("free"),
    forms.c.state.label("evaluation"),
    forms.c.closes_at.label("evaluation_closes_at"),
    results.c.session_id.is_not(None).label("result_published"),
)


def with_session_parts(source: Any) -> Any:
    """Join to `source`, which has `sessions`, what the session columns need."""
    return (
        source.outerjoin(host, host.c.id == sessions.c.organisation_id)
        .outerjoin(lender, lender.c.id == sessions.c.lender_id)
        .outerjoin(session_figures, session_figures.c.session_id == sessions.c.id)
        .outerjoin(forms, forms.c.session_id == sessions.c.id)
        .outerjoin(results, results.c.session_id == sessions.c.id)
    )


def may_see_session(actor: Actor) -> ColumnElement[bool]:
    """Everybody of the host's district; beyond it those who take part."""
    if actor.is_system:
        return literal(True)
    shared = exists().where(
        session_shares.c.session_id == sessions.c.id,
        session_shares.c.organisation_id == actor.organisation_id,
    )
    seated = exists().where(seats.c.session_id == sessions.c.id, seats.c.person_id == actor.person_id)
    return or_(
        sessions.c.district_id == actor.district_id,
        sessions.c.organisation_id == actor.organisation_id,
        sessions.c.lender_id == actor.organisation_id,
        sessions.c.lecturer_id == actor.person_id,
        shared,
        seated,
    )


def session(tx: Tx, *, actor: Actor, session_id: str) -> dict[str, Any] | None:
    """One session with its figures, or None when there is none that the actor may see."""
    return first(tx, _sessions().where(sessions.c.id == session_id, may_see_session(actor)))


def calendar_sessions(
    tx: Tx,
    *,
    actor: Actor,
    starts_from: datetime,
    starts_before: datetime,
    organisation_id: str | None = None,
    audience: str | None = None,
    topic_id: str | None = None,
    category: str | None = None,
    search: str | None = None,
    states: tuple[str, ...] = ("scheduled", "held"),
    limit: int = 100,
    offset: int = 0,
) -> Page:
    """The sessions that begin within the stretch of time, by time."""
    found = _sessions().where(
        may_see_session(actor),
        sessions.c.starts_at >= starts_from,
        sessions.c.starts_at < starts_before,
        sessions.c.state.in_(states),
    )
    if organisation_id:
        found = found.where(sessions.c.organisation_id == organisation_id)
    if audience:
        found = found.where(sessions.c.audience.in_((audience, "all")))
    if topic_id:
        found = found.where(sessions.c.topic_id == topic_id)
    if category:
        of_category = select(topics.c.id).where(topics.c.category == category)
        found = found.where(sessions.c.topic_id.in_(of_category))
    if search:
        found = found.where(or_(contains(sessions.c.title, search), contains(host.c.name, search)))
    return page(tx, found.order_by(sessions.c.starts_at, sessions.c.id), limit=limit, offset=offset)


def lecturer_week(
    tx: Tx, *, actor: Actor, lecturer_id: str, starts_from: datetime, starts_before: datetime
) -> list[dict[str, Any]]:
    """Sessions and open offers of a lecturer, by time.

    What fills the time is told to the lecturer, to the staff of the home organisation and, of its own
    sessions, to the host; others learn only that the time is taken.
    """
    booked = _week_part(sessions, "session", ("scheduled", "held"), lecturer_id)
    asked = _week_part(offers, "offer", ("awaiting_approval", "offered"), lecturer_id)
    union = booked.union_all(asked).subquery()
    home = select(lecturers.c.organisation_id).where(lecturers.c.id == lecturer_id).scalar_subquery()
    statement = (
        select(union, organisations.c.name.label("organisation_name"), home.label("home_id"))
        .outerjoin(organisations, organisations.c.id == union.c.organisation_id)
        .where(union.c.starts_at >= starts_from, union.c.starts_at < starts_before)
        .order_by(union.c.starts_at, union.c.id)
    )
    return [told for row in rows(tx, statement) if (told := _told(row, actor, lecturer_id))]


def _sessions() -> Select[Any]:
    return select(*SESSION_COLUMNS).select_from(with_session_parts(sessions))


def _week_part(table: Any, kind: str, states: tuple[str, ...], lecturer_id: str) -> Select[Any]:
    is_offer = table is offers
    return select(
        literal(kind).label("kind"),
        table.c.id,
        table.c.organisation_id,
        table.c.title,
        table.c.starts_at,
        table.c.ends_at,
        table.c.state,
        (literal("") if is_offer else table.c.venue_name).label("venue_name"),
        (table.c.deadline if is_offer else cast(null(), Instant)).label("deadline"),
    ).where(table.c.lecturer_id == lecturer_id, table.c.state.in_(states))


def _told(row: dict[str, Any], actor: Actor, lecturer_id: str) -> dict[str, Any] | None:
    home = row.pop("home_id")
    inside = actor.person_id == lecturer_id or (
        home is not None
        and actor.organisation_id == home
        and not actor.roles.isdisjoint({"principal", "vice_principal", "school_staff", "liaison", "operator"})
    )
    if inside or actor.is_system or actor.organisation_id == row["organisation_id"]:
        return {**row, "mine": True}
    if row["kind"] == "offer":
        return None
    return {"kind": "busy", "starts_at": row["starts_at"], "ends_at": row["ends_at"], "mine": False}
