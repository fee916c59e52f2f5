"""Store first: what arrives is written down, then acknowledged, then looked at.

`store` takes a batch in one transaction, so that a message is in the inbox or still with the broker, never
between. Whoever comes again only counts as a duplicate. What is no event at all is stored too, parked. The
envelope is read here once, because source, aggregate and version are needed to give the message its place;
whether its data makes sense is the handler's question.

States: `new` is free from `next_at` on, `waiting` is ahead of the aggregate's position, `done`, `skipped`
(older than the position, or by decision of an operator) and `parked`.
"""

from __future__ import annotations

import hashlib
import traceback
import uuid
from collections.abc import Sequence
from datetime import UTC
from typing import Any

from sqlalchemy import String, select, update
from sqlalchemy.exc import DBAPIError, StatementError

from chassis import envelope
from chassis.broker import Message
from chassis.envelope import Event
from chassis.faults import is_transient
from chassis.store import Store
from chassis.tables import inbox

MAX_VERSION = 2**31 - 1
_UNSTORABLE = (DBAPIError, StatementError, ValueError, OverflowError)
_NAMESPACE = uuid.UUID("52a4b4d5-31a0-5b0c-b5c6-20a1a2f0c0de")
UNKNOWN_SOURCE = "?"
_WIDTHS = {column.name: column.type.length or 0 for column in inbox.c if isinstance(column.type, String)}


class Inbox:
    """The inbox of one service."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def store(self, messages: Sequence[Message]) -> None:
        """Write the messages down; returns when they are safe."""
        if messages:
            self._store_rows([_row(message) for message in messages])

    def _store_rows(self, rows: list[dict[str, Any]]) -> None:
        try:
            self._insert(_merged(rows))
        except _UNSTORABLE as error:
            if is_transient(error):
                raise
            # One of them holds what the database cannot keep: find it, park it, keep the rest.
            for row in rows:
                try:
                    self._insert([row])
                except _UNSTORABLE as reason:
                    if is_transient(reason):
                        raise
                    self._insert([_malformed(row["body"], reason)])

    def _insert(self, rows: list[dict[str, Any]]) -> None:
        with self._store.turn(), self._store.engine.begin() as connection:
            stored = self._store.statements.store(connection, rows)
        again = {row["event_id"]: row["duplicates"] + 1 for row in rows if row["event_id"] not in stored}
        if again:
            self._count_again(again)

    def _count_again(self, again: dict[str, int]) -> None:
        """Count duplicates; a row that somebody is working on is left in peace, it is only a figure."""
        found = select(inbox.c.id, inbox.c.event_id).where(inbox.c.event_id.in_(again))
        with self._store.turn(), self._store.engine.begin() as connection:
            for row in connection.execute(found.with_for_update(skip_locked=True)).all():
                connection.execute(
                    update(inbox)
                    .where(inbox.c.id == row.id)
                    .values(duplicates=inbox.c.duplicates + again[row.event_id])
                )


def _row(message: Message) -> dict[str, Any]:
    try:
        event = envelope.read(message.body)
        occurred_at = event.time.astimezone(UTC)
        if event.version > MAX_VERSION or not event.aggregate.isprintable() or not _fits(event):
            raise ValueError("an attribute is out of range")
    except (ValueError, OverflowError, TypeError) as error:
        return _malformed(message.body, error)
    return {
        "source": event.source,
        "event_id": event.id,
        "kind": event.kind,
        "aggregate": event.aggregate,
        "version": event.version,
        "type": event.type,
        "body": message.body,
        "headers": message.headers or None,
        "state": "new",
        "duplicates": 0,
        "reason": None,
        "error": None,
        "occurred_at": occurred_at,
    }


def _fits(event: Event) -> bool:
    """Whether the columns take the attributes that give an event its place."""
    places = {"source": event.source, "kind": event.kind, "aggregate": event.aggregate, "type": event.type}
    return all(len(value) <= _WIDTHS[name] for name, value in places.items())


def _malformed(body: bytes, error: Exception) -> dict[str, Any]:
    """A parked row for what is no event; the same bytes always get the same id."""
    text = "".join(traceback.format_exception_only(error)).strip()[:4000]
    return {
        "source": UNKNOWN_SOURCE,
        "event_id": str(uuid.uuid5(_NAMESPACE, hashlib.sha256(body).hexdigest())),
        "kind": None,
        "aggregate": None,
        "version": None,
        "type": None,
        "body": body,
        "headers": None,
        "state": "parked",
        "duplicates": 0,
        "reason": "malformed",
        "error": text.encode("utf-8", "replace").decode().replace("\x00", "\\0"),
        "occurred_at": None,
    }


def _merged(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per message, in the order of ids: storing the same, two never wait crosswise."""
    by_key: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        first = by_key.setdefault((row["source"], row["event_id"]), row)
        if first is not row:
            first["duplicates"] += 1
    return [row for _, row in sorted(by_key.items())]
