"""Roles that a person holds in an organisation, given and taken one at a time."""

from __future__ import annotations

from chassis.tx import Tx
from contracts.errors import NotFound
from sqlalchemy import delete, insert, select

from gateway.directory import audit
from gateway.directory.register import Held, all_memberships, record_listed
from gateway.directory.tables import Membership, Organisation, Person


def grant(tx: Tx, *, person_id: str, organisation_id: str, role: str) -> None:
    """Give a role; a repeat changes nothing."""
    person = _person(tx, person_id)
    home = tx.session.get(Organisation, organisation_id)
    if home is None:
        raise NotFound()
    before = all_memberships(tx, [person_id]).get(person_id, set())
    held = Held(organisation_id, role, home.district_id)
    if held not in before:
        tx.session.execute(
            insert(Membership).values(person_id=person_id, organisation_id=organisation_id, role=role)
        )
        _announce(tx, person, before | {held})
        audit.note(
            tx,
            action="membership.granted",
            subject=person_id,
            detail={"organisation": organisation_id, "role": role},
        )


def revoke(tx: Tx, *, person_id: str, organisation_id: str, role: str | None = None) -> None:
    """Take a role, or all roles in the organisation; it ends on the person's next request."""
    person = _person(tx, person_id)
    before = all_memberships(tx, [person_id]).get(person_id, set())
    gone = {held for held in before if held.organisation_id == organisation_id and role in (None, held.role)}
    if gone:
        tx.session.execute(
            delete(Membership).where(
                Membership.person_id == person_id,
                Membership.organisation_id == organisation_id,
                Membership.role.in_(sorted(held.role for held in gone)),
            )
        )
        _announce(tx, person, before - gone)
        audit.note(
            tx,
            action="membership.revoked",
            subject=person_id,
            detail={"organisation": organisation_id, "roles": sorted(held.role for held in gone)},
        )


def set_active(tx: Tx, *, person_id: str, active: bool) -> None:
    """Let a person in, or keep them out from the next request on."""
    person = _person(tx, person_id)
    if person.active != active:
        person.active = active
        _announce(tx, person, all_memberships(tx, [person_id]).get(person_id, set()))
        audit.note(tx, action="person.activated" if active else "person.deactivated", subject=person_id)


def _person(tx: Tx, person_id: str) -> Person:
    person = tx.session.scalar(select(Person).where(Person.id == person_id).with_for_update())
    if person is None:
        raise NotFound()
    return person


def _announce(tx: Tx, person: Person, memberships: set[Held]) -> None:
    record_listed(
        tx,
        person_id=person.id,
        organisation_id=person.organisation_id,
        district_id=person.district_id,
        audience=person.audience,
        active=person.active,
        memberships=memberships,
    )
