"""Sheet `agreements`: who lends to whom, when, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chassis.tx import Tx
from contracts.scheduling import events
from sqlalchemy import select

from scheduling.importing.rows import Key, Row, plan_rows, write
from scheduling.importing.tenants import ELSEWHERE, districts_of, may_write
from scheduling.tables import Agreement


def key_of(data: dict[str, Any]) -> Key:
    return data["lender_id"], data["borrower_id"], data["code"]


def take_agreements(tx: Tx, rows: Sequence[Row], *, dry_run: bool) -> None:
    """A quota never falls below what is booked under it already."""
    _refuse_foreign(tx, [row for row in rows if not row.outcome])
    good = [row for row in rows if not row.outcome]
    existing = _existing(tx, good)
    for row in good:
        _check(row, there=existing.get(key_of(row.data)))
    plan = plan_rows(tx, good, existing=existing, key=key_of, values=_values, defaults={"used": 0})
    if dry_run:
        return
    write(tx, model=Agreement, plan=plan)
    told = set(events.AGREEMENT_LISTED.schema().fields)
    for entry in plan.listed:
        facts = {name: value for name, value in entry.items() if name in told}
        tx.record(
            events.AGREEMENT_LISTED,
            aggregate=entry["id"],
            organisation=entry["lender_id"],
            data={**facts, "agreement_id": entry["id"]},
        )


def _refuse_foreign(tx: Tx, rows: Sequence[Row]) -> None:
    """An operator writes agreements in which one side at least is of the own district."""
    sides = {row.data[side] for row in rows for side in ("lender_id", "borrower_id")}
    districts = districts_of(tx, sides)
    for row in rows:
        known = [districts.get(row.data[side]) for side in ("lender_id", "borrower_id")]
        if None not in known and not any(may_write(tx, district_id) for district_id in known):
            row.refuse(*ELSEWHERE)


def _check(row: Row, *, there: dict[str, Any] | None) -> None:
    data = row.data
    if data["lender_id"] == data["borrower_id"]:
        row.refuse("派出单位和借用单位不能相同。", "Lender and borrower must be two organisations.")
    elif data["ends_on"] < data["starts_on"]:
        row.refuse("结束日期早于开始日期，请核对。", "It ends before it starts. Check both dates.")
    elif there is not None and data["quota_sessions"] < there["used"]:
        row.refuse(
            f"已经排了 {there['used']} 场，总场次不能少于这个数。",
            f"Booked already: {there['used']}. The quota cannot be less than that.",
        )


def _existing(tx: Tx, rows: Sequence[Row]) -> dict[Key, dict[str, Any]]:
    query = (
        select(Agreement.__table__)
        .where(
            Agreement.lender_id.in_({row.data["lender_id"] for row in rows}),
            Agreement.borrower_id.in_({row.data["borrower_id"] for row in rows}),
            Agreement.code.in_({row.data["code"] for row in rows}),
        )
        .order_by(Agreement.id)
        .with_for_update()
    )
    found = [dict(row._mapping) for row in tx.session.execute(query)]
    return {key_of(entry): entry for entry in found}


def _values(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != "row"}
