"""Organisations and people as the directory announces them, and who holds which role where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chassis.tx import Tx
from sqlalchemy import delete, select

from notifications.rules.concerned import STAFF_ROLES
from notifications.tables import Organisation, Person, RoleHolder


def list_organisation(tx: Tx, *, organisation_id: str, name: str, name_en: str) -> None:
    """Keep the organisation's names."""
    tx.session.info.pop("organisations", None)
    tx.session.merge(Organisation(organisation_id=organisation_id, name=name, name_en=name_en))


def list_person(
    tx: Tx, *, person_id: str, district_id: str, active: bool, memberships: Iterable[dict[str, Any]]
) -> None:
    """Keep the person's roles; what was known before is replaced."""
    tx.session.merge(Person(person_id=person_id, district_id=district_id, active=active))
    tx.session.execute(delete(RoleHolder).where(RoleHolder.person_id == person_id))
    held = {(membership["organisation_id"], membership["role"]) for membership in memberships}
    tx.session.add_all(
        RoleHolder(organisation_id=organisation_id, role=role, person_id=person_id)
        for organisation_id, role in sorted(held)
    )


def staff_of(tx: Tx, *, organisation_id: str) -> frozenset[str]:
    """Those who order, host and open the door there."""
    return _holders(tx, organisation_id=organisation_id, roles=STAFF_ROLES)


def liaisons_of(tx: Tx, *, organisation_id: str) -> frozenset[str]:
    """Those who answer for the lecturers whom the organisation lends."""
    return _holders(tx, organisation_id=organisation_id, roles={"liaison"})


def _holders(tx: Tx, *, organisation_id: str, roles: Iterable[str]) -> frozenset[str]:
    return frozenset(
        tx.session.scalars(
            select(RoleHolder.person_id).where(
                RoleHolder.organisation_id == organisation_id, RoleHolder.role.in_(sorted(roles))
            )
        )
    )
