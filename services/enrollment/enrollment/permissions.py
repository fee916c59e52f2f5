"""Who may do what: the actor was verified by the chassis, what it may do is decided here.

What belongs to somebody else answers like what does not exist.
"""

from __future__ import annotations

from chassis.access import Actor
from chassis.tx import Tx
from contracts.errors import InvalidRequest, NotFound, NotSignedIn

STAFF = ("operator", "principal", "vice_principal", "school_staff")
FOR_MEMBERS = (*STAFF, "liaison")


def actor_of(tx: Tx) -> Actor:
    """The actor of this transaction; without one nothing goes."""
    if tx.actor is None:
        raise NotSignedIn()
    return tx.actor


def person_of(actor: Actor) -> str:
    """The person who acts; a partner's key is nobody who could sit down."""
    if actor.person_id is None:
        raise InvalidRequest(errors={"person_id": ["say which person"]})
    return actor.person_id


def needs_member(
    actor: Actor, *, person_id: str, organisation_id: str | None, district_id: str | None
) -> None:
    """Refuse whoever is neither this person nor staff of the person's organisation."""
    if person_id == actor.person_id:
        return
    if not actor.is_system and actor.roles.isdisjoint(FOR_MEMBERS):
        raise NotFound()
    actor.inside(organisation_id, operators=True, district_id=district_id)


def needs_host(actor: Actor, *, host_id: str, district_id: str) -> None:
    """Refuse whoever is not staff of the organisation that hosts the session."""
    actor.inside(host_id, operators=True, district_id=district_id)
    actor.needs(*STAFF)
