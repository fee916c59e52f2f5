"""Who may do what in scheduling. Whatever belongs to others answers like something that does not exist."""

from __future__ import annotations

from chassis.tx import Tx
from contracts.errors import NotAllowed, NotFound

from scheduling.tables import Organisation

STAFF = ("principal", "vice_principal", "school_staff")
ORDERING = (*STAFF, "liaison", "operator")
READING = (*ORDERING, "council_member")
APPROVING = ("liaison", "operator")


def needs(tx: Tx, *, roles: tuple[str, ...], organisation_id: str, district_id: str | None) -> None:
    """Refuse who is outside the organisation as if it did not exist, and who has the wrong role there."""
    tx.actor.inside(organisation_id, operators=True, district_id=district_id)
    tx.actor.needs(*roles)


def holds(tx: Tx, *, roles: tuple[str, ...], organisation_id: str, district_id: str | None) -> bool:
    """The same question, for things that more than one organisation may see."""
    try:
        needs(tx, roles=roles, organisation_id=organisation_id, district_id=district_id)
    except (NotFound, NotAllowed):
        return False
    return True


def district_of(tx: Tx, *, organisation_id: str) -> str | None:
    """The organisation's district: the actor's for its own one, else what the directory announced."""
    if tx.actor.organisation_id == organisation_id:
        return tx.actor.district_id
    known = tx.session.get(Organisation, organisation_id)
    return known.district_id if known else None
