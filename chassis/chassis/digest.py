"""How a consumer finds out that it lacks something.

A hole in the middle shows: later events wait behind it. A lost tail shows nothing, so each pulse of a source
names aggregates with their newest version: those changed lately, and in turn all others. A consumer that has
neither handled nor stored that version, or has waited too long for a predecessor, asks the source, and that
publishes again from the version that is missing. Everybody may get it twice and drops what it has.

A suspicion is looked at again some seconds later before anybody is asked: the event may be in the hands of
another replica, or have been recorded while the pulse was written.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, func, literal, select, tuple_, update

from chassis.broker import RESEND, Message
from chassis.envelope import dumps
from chassis.ids import new_id
from chassis.sql import database_time
from chassis.store import Store
from chassis.tables import aggregates, inbox, outbox, positions

RECENT_ROWS = 1000
RECENT_PULSES = 12
SWEEP = 500
WAITED_SECONDS = 60.0
ASK_AT_MOST = 500
SUSPECT_SECONDS = 5.0
RESENT_SECONDS = 20.0
_CHUNK = 200

Entry = tuple[str, str, int]


class Sender:
    """What the next pulse of a source says about its aggregates."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._newest = 0
        self._repeat = 0
        self._swept: tuple[str, str] | None = None

    def next(self, connection: Connection) -> list[Entry]:
        """Aggregates and their newest published versions."""
        newest = connection.scalar(select(func.max(outbox.c.id))) or 0
        if newest != self._newest:
            self._newest, self._repeat = newest, RECENT_PULSES
        entries = self._sweep(connection)
        if self._repeat:
            self._repeat -= 1
            entries += self._recent(connection, newest)
        return entries

    def _recent(self, connection: Connection, newest: int) -> list[Entry]:
        rows = connection.execute(
            select(outbox.c.kind, outbox.c.aggregate, func.max(outbox.c.version))
            .where(outbox.c.id > newest - RECENT_ROWS)
            .group_by(outbox.c.kind, outbox.c.aggregate)
        )
        return [tuple(row) for row in rows]

    def _sweep(self, connection: Connection) -> list[Entry]:
        key = tuple_(aggregates.c.kind, aggregates.c.id)
        query = select(aggregates.c.kind, aggregates.c.id, aggregates.c.version)
        if self._swept is not None:
            query = query.where(key > tuple_(literal(self._swept[0]), literal(self._swept[1])))
        rows = connection.execute(query.order_by(aggregates.c.kind, aggregates.c.id).limit(SWEEP)).all()
        self._swept = (rows[-1][0], rows[-1][1]) if len(rows) == SWEEP else None
        return [tuple(row) for row in rows]


class Listener:
    """What a consumer lacks, and whom it asks for it."""

    def __init__(self, store: Store, bindings: Sequence[str]) -> None:
        self._store = store
        self._kinds = {tuple(binding.split(".")[:2]) for binding in bindings}
        self._suspected: dict[tuple[str, str, str], tuple[int, float]] = {}
        self._asked: dict[tuple[str, str, str], float] = {}

    def hear(self, source: str, entries: Sequence[Sequence[Any]]) -> None:
        """Note which of a source's aggregates are behind what its digest says."""
        relevant = {
            (str(kind), str(aggregate)): int(version)
            for kind, aggregate, version in entries
            if (source, kind) in self._kinds
        }
        with self._store.reading() as tx:
            connection = tx.session.connection()
            known = _known(connection, source, list(relevant))
        for (kind, aggregate), version in relevant.items():
            key = (source, kind, aggregate)
            if known.get((kind, aggregate), 0) < version:
                self._suspected.setdefault(key, (version, time.monotonic()))
            else:
                self._suspected.pop(key, None)

    def missing(self) -> dict[str, list[Entry]]:
        """By source: the aggregates to ask for, each with the first version that is missing."""
        found: dict[str, list[Entry]] = {}
        with self._store.reading() as tx:
            connection = tx.session.connection()
            lacking = self._confirmed(connection) | _held_up(connection)
        for source, kind, aggregate, version in sorted(lacking):
            key = (source, kind, aggregate)
            if time.monotonic() - self._asked.get(key, -WAITED_SECONDS) < WAITED_SECONDS / 2:
                continue
            if len(found.setdefault(source, [])) < ASK_AT_MOST:
                self._asked[key] = time.monotonic()
                found[source].append((kind, aggregate, version))
        return {source: entries for source, entries in found.items() if entries}

    def _confirmed(self, connection: Connection) -> set[tuple[str, str, str, int]]:
        """Suspicions that are old enough and still true."""
        ripe: dict[str, dict[tuple[str, str], int]] = {}
        for (source, kind, aggregate), (version, since) in self._suspected.items():
            if time.monotonic() - since >= SUSPECT_SECONDS:
                ripe.setdefault(source, {})[(kind, aggregate)] = version
        lacking = set()
        for source, wanted in ripe.items():
            known = _known(connection, source, list(wanted))
            for (kind, aggregate), version in wanted.items():
                have = known.get((kind, aggregate), 0)
                if have < version:
                    lacking.add((source, kind, aggregate, have + 1))
                else:
                    del self._suspected[(source, kind, aggregate)]
        return lacking


def ask(source: str, entries: Sequence[Entry], *, by: str) -> Message:
    """The request to publish again, addressed to a source."""
    body = {"to": source, "by": by, "aggregates": entries}
    return Message(routing_key=f"{source}.resend", body=dumps(body).encode(), id=new_id(), type=RESEND)


def resend(store: Store, entries: Sequence[Sequence[Any]]) -> int:
    """Let the relay publish these aggregates again from the given versions; returns how many rows.

    What was published a moment ago is left alone: several consumers may ask at the same time.
    """
    count = 0
    with store.turn(), store.engine.begin() as connection:
        for kind, aggregate, version in list(entries)[:ASK_AT_MOST]:
            count += connection.execute(
                update(outbox)
                .where(
                    outbox.c.kind == str(kind),
                    outbox.c.aggregate == str(aggregate),
                    outbox.c.version >= int(version),
                    outbox.c.published_at < database_time(-RESENT_SECONDS),
                )
                .values(published_at=None)
            ).rowcount
    for wake in store.on_commit:
        wake()
    return count


def _known(
    connection: Connection, source: str, keys: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """The newest version of each aggregate that was handled or is stored."""
    known: dict[tuple[str, str], int] = {}
    for start in range(0, len(keys), _CHUNK):
        some = keys[start : start + _CHUNK]
        handled = select(positions.c.kind, positions.c.aggregate, positions.c.version).where(
            positions.c.source == source, tuple_(positions.c.kind, positions.c.aggregate).in_(some)
        )
        stored = (
            select(inbox.c.kind, inbox.c.aggregate, func.max(inbox.c.version))
            .where(inbox.c.source == source, tuple_(inbox.c.kind, inbox.c.aggregate).in_(some))
            .group_by(inbox.c.kind, inbox.c.aggregate)
        )
        for query in (handled, stored):
            for kind, aggregate, version in connection.execute(query):
                known[(kind, aggregate)] = max(version, known.get((kind, aggregate), 0))
    return known


def _held_up(connection: Connection) -> set[tuple[str, str, str, int]]:
    """Aggregates whose events have waited long for a predecessor that is not in the inbox at all."""
    predecessor = inbox.alias("predecessor")
    same = and_(
        predecessor.c.source == inbox.c.source,
        predecessor.c.kind == inbox.c.kind,
        predecessor.c.aggregate == inbox.c.aggregate,
        predecessor.c.version == positions.c.version + 1,
    )
    rows = connection.execute(
        select(inbox.c.source, inbox.c.kind, inbox.c.aggregate, positions.c.version)
        .distinct()
        .select_from(
            inbox.join(
                positions,
                and_(
                    positions.c.source == inbox.c.source,
                    positions.c.kind == inbox.c.kind,
                    positions.c.aggregate == inbox.c.aggregate,
                ),
            ).outerjoin(predecessor, same)
        )
        .where(
            inbox.c.state == "waiting",
            inbox.c.received_at < database_time(-WAITED_SECONDS),
            predecessor.c.id.is_(None),
        )
        .limit(ASK_AT_MOST)
    )
    return {(source, kind, aggregate, version + 1) for source, kind, aggregate, version in rows}
