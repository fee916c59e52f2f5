"""Names for what events and views know by id: one query for a whole page."""

from __future__ import annotations

from collections.abc import Iterable

from chassis.tx import Tx
from sqlalchemy import select

from gateway.directory.refs import OrganisationName
from gateway.directory.tables import Organisation, Person


def people(tx: Tx, ids: Iterable[str | None]) -> dict[str, str]:
    """The names of people by id; unknown ids are absent."""
    wanted = sorted({id_ for id_ in ids if id_})
    if not wanted:
        return {}
    rows = tx.session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def organisations(tx: Tx, ids: Iterable[str | None]) -> dict[str, OrganisationName]:
    """How organisations are shown, by id; unknown ids are absent."""
    wanted = sorted({id_ for id_ in ids if id_})
    if not wanted:
        return {}
    rows = tx.session.execute(
        select(
            Organisation.id,
            Organisation.name,
            Organisation.name_en,
            Organisation.code,
            Organisation.kind,
            Organisation.district_id,
        ).where(Organisation.id.in_(wanted))
    )
    return {
        row.id: OrganisationName(row.name, row.name_en or row.name, row.code, row.kind, row.district_id)
        for row in rows
    }
