"""The course menu and what belongs to it: lecturers, places, audience groups, agreements."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from chassis.access import Actor
from chassis.tx import Tx
from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_, select

from gateway.views.queries.paging import Page, contains, first, page, rows
from gateway.views.tables import agreements as pacts
from gateway.views.tables import groups as audience_groups
from gateway.views.tables import lecturer_topics, results, sessions
from gateway.views.tables import lecturers as register
from gateway.views.tables import organisations as kept_organisations
from gateway.views.tables import topics as menu
from gateway.views.tables import venues as places

_home = kept_organisations.alias("home")
_lender = kept_organisations.alias("lender")
_borrower = kept_organisations.alias("borrower")


def _name(of: Any, label: str) -> tuple[ColumnElement[str], ColumnElement[str]]:
    return (
        func.coalesce(of.c.name, "").label(f"{label}_name"),
        func.coalesce(of.c.name_en, "").label(f"{label}_name_en"),
    )


def _rating(column: Any, key: Any) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Mean over all published answers, and how many answers stand behind it."""
    answers = select(func.sum(results.c.answers)).where(column == key).scalar_subquery()
    marks = select(func.sum(results.c.overall * results.c.answers)).where(column == key).scalar_subquery()
    return (marks / answers).label("rating"), func.coalesce(answers, 0).label("answers")


def topics(
    tx: Tx,
    *,
    actor: Actor,
    search: str | None = None,
    category: str | None = None,
    published_only: bool = True,
    limit: int = 50,
    offset: int = 0,
) -> Page:
    """The menu of the actor's district and of those who lend to the actor, sorted by code."""
    found = _topics().where(_may_see_topic(actor))
    if published_only:
        found = found.where(menu.c.published)
    if category:
        found = found.where(menu.c.category == category)
    if search:
        found = found.where(
            or_(
                contains(menu.c.title, search),
                contains(menu.c.summary, search),
                contains(menu.c.code, search),
            )
        )
    return page(tx, found.order_by(menu.c.code, menu.c.id), limit=limit, offset=offset)


def topic(tx: Tx, *, actor: Actor, topic_id: str) -> dict[str, Any] | None:
    """One topic of the menu, or None when the actor can neither order nor attend it."""
    return first(tx, _topics().where(menu.c.id == topic_id, _may_see_topic(actor)))


def organisations(tx: Tx, *, district_id: str | None) -> list[dict[str, Any]]:
    """The organisations of a district, schools before branches and partner units."""
    rank = case(
        (kept_organisations.c.kind == "town_school", 0),
        (kept_organisations.c.kind == "street_school", 1),
        (kept_organisations.c.kind == "branch", 2),
        else_=3,
    )
    return rows(
        tx,
        select(
            kept_organisations.c.id.label("organisation_id"),
            kept_organisations.c.name,
            kept_organisations.c.name_en,
            kept_organisations.c.kind,
            kept_organisations.c.parent_id,
        )
        .where(kept_organisations.c.district_id == district_id)
        .order_by(rank, kept_organisations.c.name, kept_organisations.c.id),
    )


def organisation_names(tx: Tx, *, ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """How organisations are called, by id, as `organisation_name` and `organisation_name_en`."""
    found = rows(
        tx,
        select(_home.c.id, *_name(_home, "organisation")).where(_home.c.id.in_(sorted(set(ids)))),
    )
    return {row.pop("id"): row for row in found}


def venues(tx: Tx, *, district_id: str | None, organisation_id: str | None = None) -> list[dict[str, Any]]:
    """Places of a district; those of `organisation_id` come first."""
    own = case((places.c.organisation_id == organisation_id, 0), else_=1) if organisation_id else literal(0)
    return rows(
        tx,
        select(
            places.c.id.label("venue_id"),
            places.c.organisation_id,
            *_name(_home, "organisation"),
            places.c.name,
            places.c.address,
            places.c.latitude,
            places.c.longitude,
            places.c.capacity,
        )
        .select_from(places.outerjoin(_home, _home.c.id == places.c.organisation_id))
        .where(places.c.district_id == district_id)
        .order_by(own, places.c.name, places.c.id),
    )


def venues_to_order(tx: Tx, *, organisation_id: str | None, today: date) -> list[dict[str, Any]]:
    """Places for which the organisation may order: its own, its parent's, its branches', its lenders'."""
    own = case((places.c.organisation_id == organisation_id, 0), else_=1)
    near = _family(organisation_id, parent=True)
    lenders = select(pacts.c.lender_id).where(
        pacts.c.borrower_id == organisation_id, pacts.c.starts_on <= today, pacts.c.ends_on >= today
    )
    return rows(
        tx,
        select(places.c.id.label("venue_id"), *_name(_home, "organisation"), places.c.name, places.c.capacity)
        .select_from(places.outerjoin(_home, _home.c.id == places.c.organisation_id))
        .where(or_(places.c.organisation_id.in_(near), places.c.organisation_id.in_(lenders)))
        .order_by(own, _home.c.name, places.c.name, places.c.id),
    )


def groups(tx: Tx, *, organisation_id: str | None) -> list[dict[str, Any]]:
    """Audience groups of an organisation and of its branches."""
    own = case((audience_groups.c.organisation_id == organisation_id, 0), else_=1)
    return rows(
        tx,
        select(
            audience_groups.c.id.label("group_id"),
            audience_groups.c.organisation_id,
            audience_groups.c.name,
            audience_groups.c.audience,
            audience_groups.c.size,
        )
        .where(audience_groups.c.organisation_id.in_(_family(organisation_id, parent=False)))
        .order_by(own, audience_groups.c.name, audience_groups.c.id),
    )


def agreements(tx: Tx, *, organisation_id: str | None) -> list[dict[str, Any]]:
    """Agreements by which the organisation lends or borrows, with what was used of each."""
    used = (
        select(func.count())
        .where(sessions.c.agreement_id == pacts.c.id, sessions.c.state != "cancelled")
        .scalar_subquery()
    )
    return rows(
        tx,
        select(
            pacts.c.id.label("agreement_id"),
            pacts.c.code,
            pacts.c.lender_id,
            *_name(_lender, "lender"),
            pacts.c.borrower_id,
            *_name(_borrower, "borrower"),
            pacts.c.starts_on,
            pacts.c.ends_on,
            pacts.c.quota_sessions,
            used.label("used"),
            pacts.c.approval,
        )
        .select_from(
            pacts.outerjoin(_lender, _lender.c.id == pacts.c.lender_id).outerjoin(
                _borrower, _borrower.c.id == pacts.c.borrower_id
            )
        )
        .where(or_(pacts.c.lender_id == organisation_id, pacts.c.borrower_id == organisation_id))
        .order_by(pacts.c.ends_on.desc(), pacts.c.code, pacts.c.id),
    )


def lecturers(
    tx: Tx, *, actor: Actor, today: date, organisation_id: str | None = None
) -> list[dict[str, Any]]:
    """Own lecturers and those that others lend to the actor's organisation today; own ones first."""
    found = _lecturers(actor, today)
    if organisation_id:
        found = found.where(register.c.organisation_id == organisation_id)
    return rows(tx, found)


def lecturer(tx: Tx, *, actor: Actor, today: date, lecturer_id: str) -> dict[str, Any] | None:
    """One lecturer whom the actor may ask for, or who is the actor."""
    return first(tx, _lecturers(actor, today).where(register.c.id == lecturer_id))


def _lecturers(actor: Actor, today: date) -> Select[Any]:
    lends = exists().where(
        pacts.c.lender_id == register.c.organisation_id,
        pacts.c.borrower_id == actor.organisation_id,
        pacts.c.starts_on <= today,
        pacts.c.ends_on >= today,
    )
    own = register.c.organisation_id == actor.organisation_id
    visible = or_(own, lends, register.c.id == actor.person_id)
    if actor.is_system:
        visible = literal(True)
    elif "operator" in actor.roles:
        visible = or_(visible, register.c.district_id == actor.district_id)
    rating, answers = _rating(results.c.lecturer_id, register.c.id)
    return (
        select(
            register.c.id.label("lecturer_id"),
            register.c.organisation_id,
            *_name(_home, "organisation"),
            register.c.kind,
            register.c.monthly_cap,
            register.c.active,
            register.c.topic_ids,
            case((own, False), else_=True).label("lent"),
            rating,
            answers,
        )
        .select_from(register.outerjoin(_home, _home.c.id == register.c.organisation_id))
        .where(visible)
        .order_by(case((own, 0), else_=1), _home.c.name, register.c.id)
    )


def _family(organisation_id: str | None, *, parent: bool) -> Select[Any]:
    """The organisation, its branches and, if wanted, its parent."""
    of = kept_organisations
    its_parent = select(of.c.parent_id).where(of.c.id == organisation_id).scalar_subquery()
    near = or_(of.c.id == organisation_id, of.c.parent_id == organisation_id)
    return select(of.c.id).where(or_(near, of.c.id == its_parent) if parent else near)


def _topics() -> Select[Any]:
    gives = (
        select(func.count())
        .select_from(lecturer_topics.join(register, register.c.id == lecturer_topics.c.lecturer_id))
        .where(and_(lecturer_topics.c.topic_id == menu.c.id, register.c.active))
        .scalar_subquery()
    )
    held = (
        select(func.count())
        .where(sessions.c.topic_id == menu.c.id, sessions.c.state == "held")
        .scalar_subquery()
    )
    rating, answers = _rating(results.c.topic_id, menu.c.id)
    return select(
        menu.c.id.label("topic_id"),
        menu.c.organisation_id,
        *_name(_home, "organisation"),
        menu.c.district_id,
        menu.c.code,
        menu.c.title,
        menu.c.summary,
        menu.c.category,
        menu.c.form,
        menu.c.duration_minutes,
        menu.c.audiences,
        menu.c.published,
        gives.label("lecturers"),
        held.label("held"),
        rating,
        answers,
    ).select_from(menu.outerjoin(_home, _home.c.id == menu.c.organisation_id))


def _may_see_topic(actor: Actor) -> ColumnElement[bool]:
    if actor.is_system:
        return literal(True)
    lends = exists().where(
        pacts.c.lender_id == menu.c.organisation_id, pacts.c.borrower_id == actor.organisation_id
    )
    return or_(menu.c.district_id == actor.district_id, lends)
