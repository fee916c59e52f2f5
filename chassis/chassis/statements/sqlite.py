"""Plain statements, one row at a time where need be. See the package."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, insert, null, update
from sqlalchemy.dialects import sqlite

from chassis.sql import database_time, listed
from chassis.statements import Claim, Fact, spans
from chassis.tables import aggregates, commands, inbox, outbox, positions


def announce(connection: Connection, facts: Sequence[Fact], command: dict[str, Any] | None) -> bool:
    if facts:
        counts = Counter((fact.kind, fact.aggregate) for fact in facts)
        rows = [{"kind": kind, "id": id_, "version": count} for (kind, id_), count in counts.items()]
        version = {
            (row.kind, row.id): row.version - counts[(row.kind, row.id)]
            for row in connection.execute(_RAISE, rows)
        }
        connection.execute(insert(outbox), [_outbox_row(fact, version) for fact in facts])
    return command is None or connection.execute(_LOG, command).first() is not None


def _outbox_row(fact: Fact, version: dict[tuple[str, str], int]) -> dict[str, Any]:
    version[(fact.kind, fact.aggregate)] += 1
    number = version[(fact.kind, fact.aggregate)]
    return {
        "event_id": fact.event_id,
        "kind": fact.kind,
        "aggregate": fact.aggregate,
        "version": number,
        "type": fact.type,
        "routing_key": fact.routing_key,
        "body": fact.body_with(number),
        "recorded_at": fact.recorded_at,
    }


def settle(connection: Connection, claims: Sequence[Claim]) -> bool:
    for (source, kind, aggregate), (first, last) in spans(claims).items():
        key = {"p_source": source, "p_kind": kind, "p_aggregate": aggregate}
        statement = _BEGIN if first == 1 else _MOVE
        moved = connection.execute(statement, {**key, "first": first, "last": last}).one_or_none()
        if moved is None:
            return False
        if moved.waiting:
            connection.execute(_FREE, key)
            connection.execute(_LOWER_FLAG, key)
    connection.execute(_DONE, {"ids": [claim.id for claim in claims]})
    return True


def store(connection: Connection, rows: Sequence[dict[str, Any]]) -> set[str]:
    return set(connection.scalars(_STORE, rows))


_raise = sqlite.insert(aggregates)
_RAISE = _raise.on_conflict_do_update(
    index_elements=[aggregates.c.kind, aggregates.c.id],
    set_={"version": aggregates.c.version + _raise.excluded.version},
).returning(aggregates.c.kind, aggregates.c.id, aggregates.c.version)
_LOG = sqlite.insert(commands).on_conflict_do_nothing().returning(commands.c.id)


def _of(table: Any) -> Any:
    return and_(
        table.c.source == bindparam("p_source"),
        table.c.kind == bindparam("p_kind"),
        table.c.aggregate == bindparam("p_aggregate"),
    )


# A first event may find no position yet, or one at 0 that was made by those who wait for it.
_BEGIN = (
    sqlite.insert(positions)
    .values(
        source=bindparam("p_source"),
        kind=bindparam("p_kind"),
        aggregate=bindparam("p_aggregate"),
        version=bindparam("last"),
        waiting=False,
    )
    .on_conflict_do_update(
        index_elements=list(positions.primary_key),
        set_={"version": bindparam("last")},
        where=positions.c.version == 0,
    )
    .returning(positions.c.waiting)
)
_MOVE = (
    update(positions)
    .where(_of(positions), positions.c.version == bindparam("first") - 1)
    .values(version=bindparam("last"))
    .returning(positions.c.waiting)
)
_FREE = (
    update(inbox).where(_of(inbox), inbox.c.state == "waiting").values(state="new", next_at=database_time())
)
_LOWER_FLAG = update(positions).where(_of(positions)).values(waiting=False)
_DONE = (
    update(inbox)
    .where(listed(inbox.c.id, "ids"))
    .values(state="done", body=null(), reason=null(), error=null(), finished_at=database_time())
)
_STORE = (
    sqlite.insert(inbox)
    .values(attempts=0, next_at=database_time(), received_at=database_time())
    .on_conflict_do_nothing(index_elements=[inbox.c.source, inbox.c.event_id])
    .returning(inbox.c.event_id)
)
