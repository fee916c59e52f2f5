"""Sheet `availability`: weekly rules and dated exceptions of lecturers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Any

from chassis.tx import Tx
from sqlalchemy import select

from scheduling.importing.rows import Key, Row, plan_rows, write
from scheduling.importing.tenants import ELSEWHERE, may_write
from scheduling.rules.availability import MIDNIGHT
from scheduling.tables import Availability, Lecturer


def key_of(data: dict[str, Any]) -> Key:
    """A rule stands for its lecturer, kind, day and beginning: its end may be changed by importing again."""
    return data["lecturer_id"], data.get("code") or _code(data)


def take_availability(tx: Tx, rows: Sequence[Row], *, dry_run: bool) -> None:
    """Nobody else hears of availability: it is asked for when somebody is to be found."""
    for row in rows:
        if not row.outcome:
            _check(row)
    _refuse_unknown(tx, [row for row in rows if not row.outcome], dry_run=dry_run)
    good = [row for row in rows if not row.outcome]
    existing = _existing(tx, good)
    plan = plan_rows(tx, good, existing=existing, key=key_of, values=_values, defaults={})
    if not dry_run:
        write(tx, model=Availability, plan=plan)


def _check(row: Row) -> None:
    data = row.data
    starts, ends = data["starts"], data["ends"]
    if (data["weekday"] is None) == (data["on"] is None):
        row.refuse("星期和日期请填一项。", "Give a weekday or a date: one of the two.")
    elif data["kind"] == "free" and (starts is None or ends is None):
        row.refuse("可授课时间要填开始和结束。", "A free time needs its start and its end.")
    elif ends not in (None, MIDNIGHT) and ends <= (starts or MIDNIGHT):
        row.refuse(
            "结束时间要晚于开始时间，跨过午夜的请分成两天。", "It must end after it starts, on the same day."
        )


def _refuse_unknown(tx: Tx, rows: Sequence[Row], *, dry_run: bool) -> None:
    ids = sorted({row.data["lecturer_id"] for row in rows})
    query = select(Lecturer.id, Lecturer.district_id).where(Lecturer.id.in_(ids))
    districts = dict(tx.session.execute(query).all())
    for row in rows:
        lecturer_id = row.data["lecturer_id"]
        if lecturer_id in districts:
            if not may_write(tx, districts[lecturer_id]):
                row.refuse(*ELSEWHERE)
        elif dry_run:
            row.zh = "还没有这位讲师，请确认同一次导入里有。"
            row.en = "There is no such lecturer yet. Make sure that this import brings one."
        else:
            row.refuse("没有这位讲师，请先导入讲师。", "There is no such lecturer. Import lecturers first.")


def _existing(tx: Tx, rows: Sequence[Row]) -> dict[Key, dict[str, Any]]:
    ids = {row.data["lecturer_id"] for row in rows}
    query = (
        select(Availability.__table__)
        .where(Availability.lecturer_id.in_(ids))
        .order_by(Availability.id)
        .with_for_update()
    )
    found = [dict(row._mapping) for row in tx.session.execute(query)]
    return {key_of(entry): entry for entry in found}


def _values(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "lecturer_id": data["lecturer_id"],
        "code": _code(data),
        "kind": data["kind"],
        "weekday": data["weekday"],
        "on_date": data["on"],
        "starts": data["starts"],
        "ends": data["ends"],
    }


def _code(data: dict[str, Any]) -> str:
    day = f"weekday {data['weekday']}" if data["weekday"] is not None else str(data["on"])
    starts: time | None = data["starts"]
    return f"{data['kind']} {day} {starts:%H:%M}" if starts else f"{data['kind']} {day}"
