"""Counts: per organisation, unmet demand, published results, what waits for a person."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from chassis.access import Actor
from chassis.tx import Tx
from sqlalchemy import ColumnElement, case, exists, func, literal, or_, select

from gateway.views.queries.paging import Page, page, rows
from gateway.views.tables import (
    forms,
    hours,
    offers,
    orders,
    organisations,
    people,
    seats,
    sessions,
    unread_messages,
)
from gateway.views.tables import results as published

_SEES_RESULTS = {"operator", "principal", "vice_principal", "school_staff", "council_member", "liaison"}


def counts(
    tx: Tx,
    *,
    district_id: str | None,
    starts_from: datetime,
    starts_before: datetime,
    on_from: date,
    on_before: date,
    organisation_id: str | None = None,
) -> list[dict[str, Any]]:
    """What each organisation ordered, hosted, lent and learned within a stretch of time."""
    of = organisations.c.id
    within = (sessions.c.starts_at >= starts_from, sessions.c.starts_at < starts_before)
    placed = (orders.c.placed_at >= starts_from, orders.c.placed_at < starts_before)
    credited = (hours.c.organisation_id == of, hours.c.on >= on_from, hours.c.on < on_before)
    hosted = (sessions.c.organisation_id == of, *within, sessions.c.state != "cancelled")
    lent = (sessions.c.lender_id == of, sessions.c.organisation_id != of, sessions.c.state == "held")
    figures = {
        "orders": _count(orders.c.organisation_id == of, *placed),
        "unmet": _count(orders.c.organisation_id == of, orders.c.state == "unmet", *placed),
        "hosted": _count(*hosted),
        "held": _count(sessions.c.organisation_id == of, *within, sessions.c.state == "held"),
        "lent": _count(*lent, *within),
        "person_times": _count(*credited),
        "minutes": select(func.coalesce(func.sum(hours.c.minutes), 0)).where(*credited).scalar_subquery(),
        "learners": _count(people.c.organisation_id == of, people.c.learner, people.c.active),
    }
    statement = (
        select(
            organisations.c.id.label("organisation_id"),
            organisations.c.name,
            organisations.c.name_en,
            organisations.c.kind,
            *(figure.label(name) for name, figure in figures.items()),
        )
        .where(organisations.c.district_id == district_id)
        .order_by(organisations.c.name, organisations.c.id)
    )
    if organisation_id:
        statement = statement.where(organisations.c.id == organisation_id)
    return rows(tx, statement)


def unmet_topics(
    tx: Tx,
    *,
    district_id: str | None,
    organisation_id: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Page:
    """What was asked for in vain, the most wanted first; a topic outside the menu counts by its title."""
    missing = func.sum(case((orders.c.unmet_reason == "topic_missing", 1), else_=0))
    statement = (
        select(
            orders.c.topic_id,
            orders.c.title,
            func.count().label("orders"),
            func.count(orders.c.organisation_id.distinct()).label("organisations"),
            func.sum(orders.c.head_count).label("head_count"),
            func.max(orders.c.placed_at).label("last_placed_at"),
            missing.label("missing"),
            func.sum(orders.c.asked).label("asked"),
        )
        .where(orders.c.state == "unmet", orders.c.district_id == district_id)
        .group_by(orders.c.topic_id, orders.c.title)
        .order_by(func.count().desc(), func.max(orders.c.placed_at).desc(), orders.c.title)
    )
    if organisation_id:
        statement = statement.where(orders.c.organisation_id == organisation_id)
    return page(tx, statement, limit=limit, offset=offset)


def results(tx: Tx, *, actor: Actor, limit: int = 50, offset: int = 0) -> Page:
    """Published results of sessions that the actor's organisation hosted or lent for, or the actor gave."""
    statement = (
        select(
            published.c.session_id,
            published.c.title,
            published.c.organisation_id,
            func.coalesce(organisations.c.name, "").label("organisation_name"),
            func.coalesce(organisations.c.name_en, "").label("organisation_name_en"),
            published.c.lecturer_id,
            published.c.lender_id,
            published.c.topic_id,
            published.c.answers,
            published.c.overall,
            published.c.questions,
            sessions.c.starts_at,
            published.c.published_at,
        )
        .select_from(
            published.outerjoin(organisations, organisations.c.id == published.c.organisation_id).outerjoin(
                sessions, sessions.c.id == published.c.session_id
            )
        )
        .where(_may_see_result(actor))
        .order_by(published.c.published_at.desc(), published.c.session_id)
    )
    return page(tx, statement, limit=limit, offset=offset)


def waiting(tx: Tx, *, actor: Actor, now: datetime) -> dict[str, int]:
    """How much waits for the actor, by kind, in one statement."""
    person, own = actor.person_id, actor.organisation_id
    mine_to_evaluate = exists().where(
        seats.c.session_id == forms.c.session_id, seats.c.person_id == person, seats.c.state == "attended"
    )
    today = (sessions.c.starts_at < now + timedelta(hours=12), sessions.c.ends_at > now - timedelta(hours=1))
    figures = {
        "to_accept": _count(
            offers.c.lecturer_id == person, offers.c.state == "offered", offers.c.deadline > now
        ),
        "to_approve": _count(
            offers.c.lender_id == own, offers.c.state == "awaiting_approval", offers.c.deadline > now
        ),
        "open_orders": _count(orders.c.organisation_id == own, orders.c.state.in_(("placed", "offering"))),
        "unmet_orders": _count(
            orders.c.organisation_id == own, orders.c.state == "unmet", orders.c.last_window_at > now
        ),
        "door_today": _count(sessions.c.organisation_id == own, sessions.c.state == "scheduled", *today),
        "to_evaluate": _count(forms.c.state == "open", forms.c.closes_at > now, mine_to_evaluate),
        "unread": _count(unread_messages.c.person_id == person),
    }
    row = tx.session.execute(select(*(figure.label(name) for name, figure in figures.items()))).one()
    return {name: getattr(row, name) for name in figures}


def _may_see_result(actor: Actor) -> ColumnElement[bool]:
    if actor.is_system:
        return literal(True)
    mine = published.c.lecturer_id == actor.person_id
    if actor.roles.isdisjoint(_SEES_RESULTS):
        return mine
    inside = or_(
        mine,
        published.c.organisation_id == actor.organisation_id,
        published.c.lender_id == actor.organisation_id,
    )
    if "operator" in actor.roles:
        return or_(inside, organisations.c.district_id == actor.district_id)
    return inside


def _count(*where: ColumnElement[bool]) -> Any:
    return select(func.count()).where(*where).scalar_subquery()
