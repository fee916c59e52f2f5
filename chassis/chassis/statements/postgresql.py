"""One statement each, with arrays. See the package."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from chassis.statements import Claim, Fact, spans

# The versions of all aggregates are raised in the order of their keys, so that two transactions never wait
# for each other crosswise; `nth` counts an aggregate's facts within this transaction.
_ANNOUNCE = """
WITH fact AS (
    SELECT *, row_number() OVER (PARTITION BY kind, aggregate ORDER BY n) AS nth
    FROM unnest(%(event_ids)s::uuid[], %(kinds)s::text[], %(aggregates)s::text[], %(types)s::text[],
                %(routing_keys)s::text[], %(bodies)s::text[], %(recorded_at)s::timestamptz[])
         WITH ORDINALITY AS t (event_id, kind, aggregate, type, routing_key, body, recorded_at, n)
), raised AS (
    INSERT INTO aggregates AS a (kind, id, version)
    SELECT kind, aggregate, count(*) FROM fact GROUP BY kind, aggregate ORDER BY kind, aggregate
    ON CONFLICT (kind, id) DO UPDATE SET version = a.version + excluded.version
    RETURNING kind, id, version
), numbered AS (
    SELECT fact.*, raised.version - count(*) OVER (PARTITION BY fact.kind, fact.aggregate) + nth AS version
    FROM fact JOIN raised ON raised.kind = fact.kind AND raised.id = fact.aggregate
), logged AS (
    INSERT INTO commands (id, operation, request_hash, answer, actor, done_at)
    SELECT %(id)s::uuid, %(operation)s, %(request_hash)s, %(answer)s, %(actor)s, %(done_at)s::timestamptz
    WHERE %(id)s::uuid IS NOT NULL
    ON CONFLICT DO NOTHING
    RETURNING id
), written AS (
    INSERT INTO outbox (event_id, kind, aggregate, version, type, routing_key, body, recorded_at)
    SELECT event_id, kind, aggregate, version, type, routing_key,
           left(body, -1) || ',"sequence":' || version || '}', recorded_at
    FROM numbered ORDER BY n
)
SELECT %(id)s::uuid IS NULL OR EXISTS (SELECT FROM logged)
"""

# A first event may find no position yet, or one at 0 that was made by those who wait for it.
_SETTLE = """
WITH wanted AS (
    SELECT * FROM unnest(%(sources)s::text[], %(kinds)s::text[], %(aggregates)s::text[],
                         %(firsts)s::int[], %(lasts)s::int[]) AS t (source, kind, aggregate, first, last)
), begun AS (
    INSERT INTO positions AS p (source, kind, aggregate, version, waiting)
    SELECT source, kind, aggregate, last, false FROM wanted WHERE first = 1
    ON CONFLICT (source, kind, aggregate) DO UPDATE SET version = excluded.version WHERE p.version = 0
    RETURNING p.source, p.kind, p.aggregate, p.waiting
), moved AS (
    UPDATE positions AS p SET version = wanted.last FROM wanted
    WHERE p.source = wanted.source AND p.kind = wanted.kind AND p.aggregate = wanted.aggregate
      AND p.version = wanted.first - 1 AND wanted.first > 1
    RETURNING p.source, p.kind, p.aggregate, p.waiting
), done AS (
    UPDATE inbox SET state = 'done', body = NULL, reason = NULL, error = NULL, finished_at = clock_timestamp()
    WHERE id = ANY(%(ids)s::bigint[])
)
SELECT source, kind, aggregate, waiting FROM begun
UNION ALL
SELECT source, kind, aggregate, waiting FROM moved
"""

_FREE = """
WITH freed AS (
    UPDATE inbox SET state = 'new', next_at = clock_timestamp()
    WHERE source = %(source)s AND kind = %(kind)s AND aggregate = %(aggregate)s AND state = 'waiting'
)
UPDATE positions SET waiting = false
WHERE source = %(source)s AND kind = %(kind)s AND aggregate = %(aggregate)s
"""

_COLUMNS = {
    "source": "text",
    "event_id": "uuid",
    "kind": "text",
    "aggregate": "text",
    "version": "int",
    "type": "text",
    "body": "bytea",
    "headers": "jsonb",
    "state": "text",
    "duplicates": "int",
    "reason": "text",
    "error": "text",
    "occurred_at": "timestamptz",
}
_STORE = f"""
INSERT INTO inbox ({", ".join(_COLUMNS)}, attempts, next_at, received_at)
SELECT {", ".join(_COLUMNS)}, 0, clock_timestamp(), clock_timestamp()
FROM unnest({", ".join(f"%({name})s::{type_}[]" for name, type_ in _COLUMNS.items())})
     WITH ORDINALITY AS t ({", ".join(_COLUMNS)}, n)
ORDER BY n
ON CONFLICT (source, event_id) DO NOTHING
RETURNING event_id
"""
_NO_COMMAND = dict.fromkeys(("id", "operation", "request_hash", "answer", "actor", "done_at"))


def announce(connection: Connection, facts: Sequence[Fact], command: dict[str, Any] | None) -> bool:
    parameters = {
        "event_ids": [fact.event_id for fact in facts],
        "kinds": [fact.kind for fact in facts],
        "aggregates": [fact.aggregate for fact in facts],
        "types": [fact.type for fact in facts],
        "routing_keys": [fact.routing_key for fact in facts],
        "bodies": [fact.body for fact in facts],
        "recorded_at": [fact.recorded_at for fact in facts],
        **(command or _NO_COMMAND),
    }
    return bool(connection.exec_driver_sql(_ANNOUNCE, parameters).scalar_one())


def settle(connection: Connection, claims: Sequence[Claim]) -> bool:
    wanted = spans(claims)
    parameters = {
        "sources": [key[0] for key in wanted],
        "kinds": [key[1] for key in wanted],
        "aggregates": [key[2] for key in wanted],
        "firsts": [first for first, _ in wanted.values()],
        "lasts": [last for _, last in wanted.values()],
        "ids": [claim.id for claim in claims],
    }
    moved = connection.exec_driver_sql(_SETTLE, parameters).all()
    for row in moved:
        if row.waiting:
            key = {"source": row.source, "kind": row.kind, "aggregate": row.aggregate}
            connection.exec_driver_sql(_FREE, key)
    return len(moved) == len(wanted)


def store(connection: Connection, rows: Sequence[dict[str, Any]]) -> set[str]:
    parameters: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in _COLUMNS}
    parameters["headers"] = [json.dumps(headers) if headers else None for headers in parameters["headers"]]
    return {str(event_id) for event_id in connection.exec_driver_sql(_STORE, parameters).scalars()}
