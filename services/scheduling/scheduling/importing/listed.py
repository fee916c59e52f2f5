"""Sheets `topics`, `venues` and `groups`: entries with a code that is unique in their district."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chassis.tx import Tx
from contracts.registry import EventType
from contracts.scheduling import events
from sqlalchemy import select

from scheduling.base import Base
from scheduling.importing.rows import Key, Plan, Row, plan_rows, write
from scheduling.importing.tenants import refuse_foreign
from scheduling.rules.periods import MARK_MINUTES
from scheduling.rules.windows import LONGEST_SESSION, hours
from scheduling.tables import AudienceGroup, Topic, Venue


@dataclass(frozen=True)
class Listing:
    """A kind of entry: its table, the event that tells its full state, and what the event calls its id."""

    model: type[Base]
    event: EventType
    id_name: str


TOPICS = Listing(Topic, events.TOPIC_LISTED, "topic_id")
VENUES = Listing(Venue, events.VENUE_LISTED, "venue_id")
GROUPS = Listing(AudienceGroup, events.GROUP_LISTED, "group_id")


def take_topics(tx: Tx, rows: Sequence[Row], *, dry_run: bool) -> None:
    longest = hours(LONGEST_SESSION) * 60
    for row in rows:
        minutes = 0 if row.refused else row.data["duration_minutes"]
        if minutes > longest or minutes % MARK_MINUTES:
            row.refuse(
                f"时长 {minutes} 分钟无法排课：要是 {MARK_MINUTES} 的倍数，最长 {longest} 分钟。",
                f"{minutes} minutes cannot be booked: use a multiple of {MARK_MINUTES}, at most {longest}.",
            )
    _take(tx, rows, listing=TOPICS, dry_run=dry_run)


def take_venues(tx: Tx, rows: Sequence[Row], *, dry_run: bool) -> None:
    _take(tx, rows, listing=VENUES, dry_run=dry_run)


def take_groups(tx: Tx, rows: Sequence[Row], *, dry_run: bool) -> None:
    _take(tx, rows, listing=GROUPS, dry_run=dry_run)


def key_of(data: dict[str, Any]) -> Key:
    return data["district_id"], data["code"]


def _take(tx: Tx, rows: Sequence[Row], *, listing: Listing, dry_run: bool) -> None:
    refuse_foreign(tx, rows)
    good = [row for row in rows if not row.outcome]
    existing = _existing(tx, listing.model, good)
    plan = plan_rows(tx, good, existing=existing, key=key_of, values=_values, defaults={})
    if not dry_run:
        write(tx, model=listing.model, plan=plan)
        _announce(tx, plan, listing=listing)


def _existing(tx: Tx, model: Any, rows: Sequence[Row]) -> dict[Key, dict[str, Any]]:
    query = (
        select(model.__table__)
        .where(
            model.district_id.in_({row.data["district_id"] for row in rows}),
            model.code.in_({row.data["code"] for row in rows}),
        )
        .order_by(model.id)
        .with_for_update()
    )
    found = [dict(row._mapping) for row in tx.session.execute(query)]
    return {key_of(entry): entry for entry in found}


def _values(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != "row"}


def _announce(tx: Tx, plan: Plan, *, listing: Listing) -> None:
    told = set(listing.event.schema().fields)
    for entry in plan.listed:
        facts = {name: value for name, value in entry.items() if name in told}
        tx.record(
            listing.event,
            aggregate=entry["id"],
            organisation=entry["organisation_id"],
            district=entry["district_id"],
            data={**facts, listing.id_name: entry["id"]},
        )
