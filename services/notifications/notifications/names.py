"""What organisations and people are called in a message."""

from __future__ import annotations

from chassis.tx import Tx

from notifications.rules.wording import Both
from notifications.tables import Contact, Organisation

AN_ORGANISATION = Both(zh="（未登记的单位）", en="(an organisation not listed)")
A_LECTURER = Both(zh="讲师", en="the lecturer")
A_COLLEAGUE = Both(zh="同事", en="a colleague")


def organisation(tx: Tx, *, organisation_id: str | None) -> Both:
    """The organisation's name; the Chinese one in English too where there is no other."""
    # A transaction may hold twenty events about the same host.
    known: dict[str | None, Both] = tx.session.info.setdefault("organisations", {None: AN_ORGANISATION})
    if organisation_id not in known:
        found = tx.session.get(Organisation, organisation_id)
        if found is None:
            return AN_ORGANISATION
        known[organisation_id] = Both(zh=found.name, en=found.name_en or found.name)
    return known[organisation_id]


def person(tx: Tx, *, person_id: str | None, otherwise: Both) -> Both:
    """The person's name, or what they are when the name is not known."""
    found = tx.session.get(Contact, person_id) if person_id else None
    return otherwise if found is None else Both(zh=found.name, en=found.name)
