"""Organisations: schools, branches and partner units, and how they are listed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

from chassis.tx import Tx
from contracts.directory.events import ORGANISATION_LISTED
from sqlalchemy import Row, insert, select, update

from gateway.directory import audit, districts
from gateway.directory.refs import DistrictRef, OrganisationRef, RowResult
from gateway.directory.rows import (
    OrganisationRow,
    Refusals,
    in_order,
    load,
    may_write,
    refused,
    without_doubles,
)
from gateway.directory.tables import District, Organisation

_COLUMNS = (
    Organisation.id,
    Organisation.code,
    Organisation.name,
    Organisation.name_en,
    Organisation.kind,
    Organisation.district_id,
    Organisation.parent_id,
    Organisation.latitude,
    Organisation.longitude,
)
_SCHEMA = OrganisationRow()


def all(tx: Tx) -> list[OrganisationRef]:
    """Every organisation, by code."""
    return [_ref(row) for row in tx.session.execute(select(*_COLUMNS).order_by(Organisation.code))]


def of_district(tx: Tx, district_id: str) -> list[OrganisationRef]:
    """The organisations of a district, by code."""
    query = select(*_COLUMNS).where(Organisation.district_id == district_id).order_by(Organisation.code)
    return [_ref(row) for row in tx.session.execute(query)]


def by_codes(tx: Tx, codes: Iterable[str]) -> dict[str, OrganisationRef]:
    """The organisations with these codes; unknown codes are absent."""
    rows = tx.session.execute(select(*_COLUMNS).where(Organisation.code.in_(sorted(set(codes)))))
    return {row.code: _ref(row) for row in rows}


def by_ids(tx: Tx, ids: Iterable[str]) -> dict[str, OrganisationRef]:
    """The organisations with these ids; unknown ids are absent."""
    rows = tx.session.execute(select(*_COLUMNS).where(Organisation.id.in_(sorted(set(ids)))))
    return {row.id: _ref(row) for row in rows}


def import_rows(
    tx: Tx,
    *,
    rows: list[dict[str, Any]],
    dry_run: bool = False,
    planned: Mapping[str, DistrictRef] | None = None,
) -> list[RowResult]:
    """Write a batch of the sheet `organisations`; a parent may stand anywhere in the same batch.

    `planned` are the districts, by code, that an earlier sheet of the same preview would make.
    """
    good, results = load(_SCHEMA, rows)
    good, doubles = without_doubles(good, lambda row: row["code"])
    homes = {**(planned or {}), **districts.by_codes(tx, [row["district"] for row in good])}
    if not dry_run:
        tx.lock(District, [home.id for home in homes.values()])
    known = by_codes(tx, [code for row in good for code in (row["code"], row["parent"]) if code])
    drafts, refusals = _drafts(tx, good, homes, known)
    drafts, circles = _with_parents(tx, drafts, known)
    results += doubles + refusals + circles
    made = [new for _, new, old in drafts if old is None]
    changed = [new for _, new, old in drafts if old is not None and old != new]
    for row, new, old in drafts:
        outcome = "created" if old is None else "unchanged" if old == new else "updated"
        results.append(RowResult(row["row"], outcome, id=new.id, code=new.code, ref=new))
    if not dry_run:
        _write(tx, made, changed)
    return in_order(rows, results)


Draft = tuple[dict[str, Any], OrganisationRef, OrganisationRef | None]


def _drafts(
    tx: Tx,
    rows: list[dict[str, Any]],
    homes: Mapping[str, DistrictRef],
    known: Mapping[str, OrganisationRef],
) -> tuple[list[Draft], list[RowResult]]:
    drafts: list[Draft] = []
    refusals: list[RowResult] = []
    for row in rows:
        home, old = homes.get(row["district"]), known.get(row["code"])
        if home is None:
            refusals.append(refused(row, Refusals.no_district, code=row["district"]))
        elif not may_write(tx.actor, home.id):
            refusals.append(refused(row, Refusals.not_yours))
        elif old is not None and old.district_id != home.id:
            refusals.append(refused(row, Refusals.moved, code=row["code"]))
        else:
            values = {key: row[key] for key in ("code", "name", "name_en", "kind", "latitude", "longitude")}
            new = OrganisationRef(id=old.id if old else tx.new_id(), district_id=home.id, **values)
            drafts.append((row, new, old))
    return drafts, refusals


def _with_parents(
    tx: Tx, drafts: list[Draft], known: Mapping[str, OrganisationRef]
) -> tuple[list[Draft], list[RowResult]]:
    """The drafts with their parents' ids, parents first; refused where there is no parent, or a circle."""
    refusals: list[RowResult] = []
    while True:  # a refused parent takes its children along
        ids = {ref.code: ref.id for ref in [*known.values(), *(new for _, new, _ in drafts)]}
        lost = [row for row, _, _ in drafts if row["parent"] and row["parent"] not in ids]
        if not lost:
            break
        refusals += [refused(row, Refusals.no_parent, code=row["parent"]) for row in lost]
        gone = {row["code"] for row in lost}
        drafts = [draft for draft in drafts if draft[0]["code"] not in gone]
    drafts = [(row, replace(new, parent_id=ids.get(row["parent"])), old) for row, new, old in drafts]
    above = _parents(tx, {new.district_id for _, new, _ in drafts})
    above.update({new.id: new.parent_id for _, new, _ in drafts})
    depths = {new.id: _depth(new.id, above) for _, new, _ in drafts}
    refusals += [refused(row, Refusals.own_parent) for row, new, _ in drafts if depths[new.id] is None]
    kept = [draft for draft in drafts if depths[draft[1].id] is not None]
    return sorted(kept, key=lambda draft: depths[draft[1].id] or 0), refusals


def _parents(tx: Tx, district_ids: Iterable[str]) -> dict[str, str | None]:
    rows = tx.session.execute(
        select(Organisation.id, Organisation.parent_id).where(
            Organisation.district_id.in_(sorted(district_ids))
        )
    )
    return {row.id: row.parent_id for row in rows}


def _depth(id_: str, above: Mapping[str, str | None]) -> int | None:
    """How many parents stand above, or None when the way up never ends."""
    seen: set[str] = set()
    at: str | None = id_
    while at is not None:
        if at in seen:
            return None
        seen.add(at)
        at = above.get(at)
    return len(seen)


def _write(tx: Tx, made: list[OrganisationRef], changed: list[OrganisationRef]) -> None:
    if made:
        tx.session.execute(insert(Organisation), [asdict(ref) for ref in made])
    if changed:
        tx.session.execute(update(Organisation), [asdict(ref) for ref in changed])
    for ref in [*made, *changed]:
        _record(tx, ref)
    if made or changed:
        audit.note(
            tx,
            action="organisations.imported",
            subject="organisations",
            detail={"created": len(made), "updated": len(changed)},
        )


def _record(tx: Tx, ref: OrganisationRef) -> None:
    tx.record(
        ORGANISATION_LISTED,
        aggregate=ref.id,
        organisation=ref.id,
        district=ref.district_id,
        data={
            "organisation_id": ref.id,
            "district_id": ref.district_id,
            "name": ref.name,
            "name_en": ref.name_en,
            "kind": ref.kind,
            "parent_id": ref.parent_id,
            "latitude": ref.latitude,
            "longitude": ref.longitude,
        },
    )


def _ref(row: Row[*tuple[Any, ...]]) -> OrganisationRef:
    return OrganisationRef(*row)
