"""What can be ordered, by whom it is given, where, and under which agreement."""

from __future__ import annotations

from typing import Any

from chassis.envelope import Event
from chassis.tx import Tx
from sqlalchemy import Table

from gateway.views.tables import agreements, groups, lecturer_topics, lecturers, topics, venues
from gateway.views.writing import add_all, columns_of, drop, put


def list_topic(tx: Tx, event: Event) -> None:
    put(tx, topics, _row(topics, event, key="topic_id"))


def list_venue(tx: Tx, event: Event) -> None:
    put(tx, venues, _row(venues, event, key="venue_id"))


def list_group(tx: Tx, event: Event) -> None:
    put(tx, groups, _row(groups, event, key="group_id"))


def list_agreement(tx: Tx, event: Event) -> None:
    put(tx, agreements, _row(agreements, event, key="agreement_id"))


def list_lecturer(tx: Tx, event: Event) -> None:
    row = _row(lecturers, event, key="lecturer_id")
    put(tx, lecturers, row)
    drop(tx, lecturer_topics, lecturer_topics.c.lecturer_id == row["id"])
    taught = [{"lecturer_id": row["id"], "topic_id": topic} for topic in sorted(set(row["topic_ids"]))]
    add_all(tx, lecturer_topics, taught)


def _row(table: Table, event: Event, *, key: str) -> dict[str, Any]:
    return {"id": event.data[key], **columns_of(table, event.data)}
