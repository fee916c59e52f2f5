"""Whose entries an operator may write: those of the own district."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chassis.tx import Tx
from sqlalchemy import select

from scheduling.importing.rows import Row
from scheduling.tables import Organisation

ELSEWHERE = (
    "属于别的区，请由那个区的运维人员导入。",
    "Belongs to another district. Its own operators may import it.",
)


def refuse_foreign(tx: Tx, rows: Sequence[Row]) -> None:
    """Refuse rows of another district, and organisations that the directory knows to be elsewhere.

    An organisation that scheduling has not heard of yet passes: its event may still be on the way, and the
    directory, which resolved its code, has checked it.
    """
    good = [row for row in rows if not row.outcome]
    districts = districts_of(tx, {row.data["organisation_id"] for row in good})
    for row in good:
        district_id = row.data["district_id"]
        if not may_write(tx, district_id):
            row.refuse(*ELSEWHERE)
        elif districts.get(row.data["organisation_id"], district_id) != district_id:
            row.refuse("单位不在这个区，请核对。", "The organisation is not in this district. Check both.")


def may_write(tx: Tx, district_id: str | None) -> bool:
    return tx.actor.is_system or (district_id is not None and tx.actor.district_id == district_id)


def districts_of(tx: Tx, organisation_ids: Iterable[str]) -> dict[str, str]:
    """The districts of those organisations that scheduling has heard of."""
    query = select(Organisation.id, Organisation.district_id).where(
        Organisation.id.in_(sorted(set(organisation_ids)))
    )
    return dict(tx.session.execute(query).all())
