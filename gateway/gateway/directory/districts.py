"""Districts: who they are, and how they are listed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from chassis.tx import Tx
from sqlalchemy import Row, insert, select, update

from gateway.directory import audit
from gateway.directory.refs import DistrictRef, RowResult
from gateway.directory.rows import DistrictRow, Refusals, in_order, load, may_write, refused, without_doubles
from gateway.directory.tables import District

_COLUMNS = (District.id, District.code, District.name, District.name_en, District.timezone)
_SCHEMA = DistrictRow()


def all(tx: Tx) -> list[DistrictRef]:
    """Every district, by code."""
    return [_ref(row) for row in tx.session.execute(select(*_COLUMNS).order_by(District.code))]


def by_codes(tx: Tx, codes: Iterable[str]) -> dict[str, DistrictRef]:
    """The districts with these codes; unknown codes are absent."""
    rows = tx.session.execute(select(*_COLUMNS).where(District.code.in_(sorted(set(codes)))))
    return {row.code: _ref(row) for row in rows}


def import_rows(tx: Tx, *, rows: list[dict[str, Any]], dry_run: bool = False) -> list[RowResult]:
    """Write a batch of the sheet `districts`. A new district is the system's to make, not an operator's."""
    good, results = load(_SCHEMA, rows)
    good, doubles = without_doubles(good, lambda row: row["code"])
    results += doubles
    known = by_codes(tx, [row["code"] for row in good])
    made: list[DistrictRef] = []
    changed: list[DistrictRef] = []
    for row in good:
        old = known.get(row["code"])
        if not may_write(tx.actor, old.id if old else None):
            results.append(refused(row, Refusals.not_yours))
            continue
        values = {key: row[key] for key in ("code", "name", "name_en", "timezone")}
        new = DistrictRef(id=old.id if old else tx.new_id(), **values)
        outcome = "unchanged" if new == old else "updated" if old else "created"
        results.append(RowResult(row["row"], outcome, id=new.id, code=new.code, ref=new))
        if outcome != "unchanged":
            (changed if old else made).append(new)
    if not dry_run:
        _write(tx, made, changed)
    return in_order(rows, results)


def _write(tx: Tx, made: list[DistrictRef], changed: list[DistrictRef]) -> None:
    if made:
        tx.session.execute(insert(District), [asdict(ref) for ref in made])
    if changed:
        tx.session.execute(update(District), [asdict(ref) for ref in changed])
    if made or changed:
        audit.note(
            tx,
            action="districts.imported",
            subject="districts",
            detail={"created": len(made), "updated": len(changed)},
        )


def _ref(row: Row[*tuple[Any, ...]]) -> DistrictRef:
    return DistrictRef(row.id, row.code, row.name, row.name_en, row.timezone)
