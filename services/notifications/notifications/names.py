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
    found = tx.session.get(Organisation, organisation_id) if organisation_id else None
    if found is None:
        return AN_ORGANISATION
    return Both(zh=found.name, en=found.name_en or found.name)


def person(tx: Tx, *, person_id: str | None, otherwise: Both) -> Both:
    """The person's name, or what they are when the name is not known."""
    found = tx.session.get(Contact, person_id) if person_id else None
    return otherwise if found is None else Both(zh=found.name, en=found.name)
