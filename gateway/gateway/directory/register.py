"""Reads of the register of people: who they are, and where they hold which role."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from chassis.tx import Tx
from contracts.directory.events import PERSON_LISTED
from sqlalchemy import ColumnElement, Row, func, or_, select

from gateway.directory import names as _names
from gateway.directory.refs import Member, PersonRef
from gateway.directory.tables import Membership, Organisation, Person

_COLUMNS = (Person.id, Person.code, Person.name, Person.email, Person.organisation_id, Person.district_id)


class Held(NamedTuple):
    """A role held in an organisation of a district."""

    organisation_id: str
    role: str
    district_id: str


def names(tx: Tx, *, ids: Iterable[str | None]) -> dict[str, str]:
    """The names of people by id, in one query."""
    return _names.people(tx, ids)


def by_ids(tx: Tx, ids: Iterable[str]) -> dict[str, PersonRef]:
    """The people with these ids; unknown ids are absent."""
    rows = tx.session.execute(select(*_COLUMNS).where(Person.id.in_(sorted(set(ids)))))
    return {row.id: _ref(row) for row in rows}


def by_codes(tx: Tx, codes: Iterable[str], district_id: str | None = None) -> list[PersonRef]:
    """The people with these codes. A code is unique within a district: without one there may be several."""
    query = select(*_COLUMNS).where(Person.code.in_(sorted(set(codes)))).order_by(Person.code, Person.id)
    if district_id is not None:
        query = query.where(Person.district_id == district_id)
    return [_ref(row) for row in tx.session.execute(query)]


def members(
    tx: Tx,
    *,
    organisation_id: str,
    role: str | None = None,
    search: str = "",
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[Member], int]:
    """A page of those who hold a role in the organisation, by code, and how many there are in all."""
    holds = select(Membership.person_id).where(Membership.organisation_id == organisation_id)
    if role is not None:
        holds = holds.where(Membership.role == role)
    wanted: list[ColumnElement[bool]] = [Person.id.in_(holds)]
    if text := search.strip():
        likes = [column.icontains(text, autoescape=True) for column in (Person.name, Person.code)]
        wanted.append(or_(*likes))
    total = tx.session.scalar(select(func.count()).select_from(Person).where(*wanted)) or 0
    page = select(Person.id, Person.code, Person.name, Person.audience, Person.active).where(*wanted)
    rows = tx.session.execute(page.order_by(Person.code, Person.id).limit(limit).offset(offset)).all()
    roles = roles_in(tx, organisation_id=organisation_id, person_ids=[row.id for row in rows])
    found = [
        Member(row.id, row.code, row.name, row.audience, roles.get(row.id, ()), row.active) for row in rows
    ]
    return found, total


def roles_in(tx: Tx, *, organisation_id: str, person_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The roles that these people hold in the organisation."""
    rows = tx.session.execute(
        select(Membership.person_id, Membership.role)
        .where(
            Membership.organisation_id == organisation_id, Membership.person_id.in_(sorted(set(person_ids)))
        )
        .order_by(Membership.role)
    )
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        found[row.person_id] = (*found.get(row.person_id, ()), row.role)
    return found


def all_memberships(tx: Tx, person_ids: Iterable[str]) -> dict[str, set[Held]]:
    """Every role of these people wherever it is held, in one query."""
    rows = tx.session.execute(
        select(Membership.person_id, Membership.organisation_id, Membership.role, Organisation.district_id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.person_id.in_(sorted(set(person_ids))))
    )
    found: dict[str, set[Held]] = {}
    for row in rows:
        found.setdefault(row.person_id, set()).add(Held(row.organisation_id, row.role, row.district_id))
    return found


def record_listed(
    tx: Tx,
    *,
    person_id: str,
    organisation_id: str,
    district_id: str,
    audience: str,
    active: bool,
    memberships: Iterable[Held],
) -> None:
    """Announce the full state of a person's entry, without the name."""
    tx.record(
        PERSON_LISTED,
        aggregate=person_id,
        organisation=organisation_id,
        district=district_id,
        data={
            "person_id": person_id,
            "organisation_id": organisation_id,
            "district_id": district_id,
            "audience": audience,
            "memberships": [
                {"organisation_id": held.organisation_id, "role": held.role} for held in sorted(memberships)
            ],
            "active": active,
        },
    )


def _ref(row: Row[*tuple[Any, ...]]) -> PersonRef:
    return PersonRef(*row)
