"""Sheet `lecturers`: people of the directory who lecture, and what they teach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from chassis.tx import Tx
from contracts.scheduling import events
from sqlalchemy import delete, insert, select

from scheduling.importing.rows import Key, Plan, Row, plan_rows, write
from scheduling.importing.tenants import ELSEWHERE, may_write, refuse_foreign
from scheduling.tables import AbsentPerson, Lecturer, LecturerTopic, Topic


def key_of(data: dict[str, Any]) -> Key:
    return (data.get("lecturer_id") or data["id"],)


def take_lecturers(tx: Tx, rows: Sequence[Row], *, dry_run: bool) -> None:
    """Topics are named by code: of the own district's menu, else of the one district that has the code."""
    refuse_foreign(tx, rows)
    _find_topics(tx, [row for row in rows if not row.outcome], dry_run=dry_run)
    good = [row for row in rows if not row.outcome]
    ids = sorted({row.data["lecturer_id"] for row in good})
    existing = _existing(tx, ids)
    for row in good:
        there = existing.get(key_of(row.data))
        if there is not None and not may_write(tx, there["district_id"]):
            row.refuse(*ELSEWHERE)
    absent = set(tx.session.scalars(select(AbsentPerson.person_id).where(AbsentPerson.person_id.in_(ids))))
    plan = plan_rows(
        tx,
        good,
        existing=existing,
        key=key_of,
        values=_values,
        defaults={"person_active": True, "rating_mean": None, "rating_answers": 0},
        has_id=True,
    )
    for entry in plan.created:
        entry["person_active"] = entry["id"] not in absent
    if not dry_run:
        write(tx, model=Lecturer, plan=plan)
        _write_topics(tx, plan)
        _announce(tx, plan)


def _find_topics(tx: Tx, rows: Sequence[Row], *, dry_run: bool) -> None:
    """Put ids in the place of codes; in a dry run a missing topic may still come with the same import."""
    by_code: dict[str, dict[str, str]] = defaultdict(dict)
    codes = {code for row in rows for code in row.data["topics"]}
    query = select(Topic.code, Topic.district_id, Topic.id).where(Topic.code.in_(sorted(codes)))
    for code, district_id, id_ in tx.session.execute(query):
        by_code[code][district_id] = id_
    for row in rows:
        ids, missing = set(), []
        for code in row.data["topics"]:
            found = _chosen(by_code.get(code, {}), district_id=row.data["district_id"])
            if found is None:
                missing.append(code)
            else:
                ids.add(found)
        row.data["topic_ids"] = sorted(ids)
        if missing and dry_run:
            row.zh = f"菜单里还没有课题 {'、'.join(missing)}，请确认同一次导入里有。"
            row.en = f"Not on the menu yet: {', '.join(missing)}. Make sure that this import brings them."
        elif missing:
            row.refuse(
                f"菜单里没有课题 {'、'.join(missing)}，请先导入课题，或改正代码。",
                f"Not on the menu: {', '.join(missing)}. Import the topics first, or correct the code.",
            )


def _chosen(districts: dict[str, str], *, district_id: str) -> str | None:
    if district_id in districts:
        return districts[district_id]
    return next(iter(districts.values())) if len(districts) == 1 else None


def _existing(tx: Tx, ids: list[str]) -> dict[Key, dict[str, Any]]:
    rows = tx.session.execute(
        select(Lecturer.__table__).where(Lecturer.id.in_(ids)).order_by(Lecturer.id).with_for_update()
    )
    entries = {row.id: {**row._mapping, "topic_ids": []} for row in rows}
    topics = select(LecturerTopic.lecturer_id, LecturerTopic.topic_id).where(
        LecturerTopic.lecturer_id.in_(ids)
    )
    for lecturer_id, topic_id in tx.session.execute(topics.order_by(LecturerTopic.topic_id)):
        entries[lecturer_id]["topic_ids"].append(topic_id)
    return {(id_,): entry for id_, entry in entries.items()}


def _values(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": data["lecturer_id"],
        "organisation_id": data["organisation_id"],
        "district_id": data["district_id"],
        "kind": data["kind"],
        "monthly_cap": data["monthly_cap"],
        "latitude": data["latitude"],
        "longitude": data["longitude"],
        "listed_active": data["active"],
        "topic_ids": data["topic_ids"],
    }


def _write_topics(tx: Tx, plan: Plan) -> None:
    if plan.updated:
        changed = [entry["id"] for entry in plan.updated]
        tx.session.execute(delete(LecturerTopic).where(LecturerTopic.lecturer_id.in_(changed)))
    pairs = [
        {"lecturer_id": entry["id"], "topic_id": topic_id}
        for entry in plan.listed
        for topic_id in entry["topic_ids"]
    ]
    if pairs:
        tx.session.execute(insert(LecturerTopic), pairs)


def _announce(tx: Tx, plan: Plan) -> None:
    for entry in plan.listed:
        tx.record(
            events.LECTURER_LISTED,
            aggregate=entry["id"],
            organisation=entry["organisation_id"],
            district=entry["district_id"],
            data={
                "lecturer_id": entry["id"],
                "organisation_id": entry["organisation_id"],
                "district_id": entry["district_id"],
                "kind": entry["kind"],
                "topic_ids": entry["topic_ids"],
                "monthly_cap": entry["monthly_cap"],
                "active": entry["listed_active"] and entry["person_active"],
            },
        )
