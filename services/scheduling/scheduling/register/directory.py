"""What the directory announces about organisations and people."""

from __future__ import annotations

from chassis.tx import Tx
from sqlalchemy import delete, select

from scheduling.lecturers import lecturers
from scheduling.tables import AbsentPerson, Lecturer, Organisation


def take_organisation(
    tx: Tx,
    *,
    organisation_id: str,
    district_id: str,
    parent_id: str | None,
    latitude: float | None,
    longitude: float | None,
) -> None:
    """Keep where an organisation is and whom it belongs to."""
    tx.session.merge(
        Organisation(
            id=organisation_id,
            district_id=district_id,
            parent_id=parent_id,
            latitude=latitude,
            longitude=longitude,
        )
    )


def take_person(tx: Tx, *, person_id: str, active: bool) -> None:
    """Remember who is gone, and let nobody ask a lecturer who is."""
    lecturer = tx.lock(Lecturer, [person_id]).get(person_id)
    if active:
        tx.session.execute(delete(AbsentPerson).where(AbsentPerson.person_id == person_id))
    else:
        tx.session.merge(AbsentPerson(person_id=person_id))
    if lecturer is None or lecturer.person_active == active:
        return
    was_active, lecturer.person_active = lecturer.active, active
    if lecturer.active != was_active:
        lecturers.announce(tx, lecturer=lecturer)


def family(tx: Tx, *, organisation_id: str) -> tuple[str | None, set[str]]:
    """The organisation's parent and its children."""
    known = tx.session.get(Organisation, organisation_id)
    children = tx.session.scalars(select(Organisation.id).where(Organisation.parent_id == organisation_id))
    return (known.parent_id if known else None), set(children)
