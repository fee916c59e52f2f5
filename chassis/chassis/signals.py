"""What services say to each other about the messages themselves; nothing is lost when a signal is lost.

A pulse says that a source lives, until when its facts are told, and which aggregates it has at which version.
A wish asks a source to publish some aggregates again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from chassis import digest, log
from chassis.broker import PULSE, RESEND, Message
from chassis.digest import Listener
from chassis.sql import database_time
from chassis.store import Store
from chassis.tables import pulses

TYPES = frozenset({PULSE, RESEND})


class Signals:
    """The ear of one service: `store` keeps what it hears, `relayed` are the outboxes it answers for."""

    def __init__(
        self, store: Store, relayed: Sequence[Store], bindings: Sequence[str], *, keep_pulses: bool
    ) -> None:
        self._store = store
        self._keep_pulses = keep_pulses
        self._relayed = {relayed_store.name: relayed_store for relayed_store in relayed}
        self.listener = Listener(store, bindings)

    def take(self, message: Message) -> None:
        """Act on a signal; a malformed one is noted and forgotten."""
        try:
            content = json.loads(message.body)
            if message.type == PULSE:
                self._hear(content)
            else:
                self._resend(content)
        except (ValueError, KeyError, TypeError) as error:
            log.get(__name__).warning("signal.malformed", error=str(error)[:300])

    def _hear(self, content: dict[str, Any]) -> None:
        source, time = str(content["source"])[:40], datetime.fromisoformat(content["time"])
        if self._keep_pulses:
            with self._store.turn(), self._store.engine.begin() as connection:
                connection.execute(_HEAR[self._store.dialect], {"source": source, "source_time": time})
        self.listener.hear(source, content.get("digest") or [])

    def _resend(self, content: dict[str, Any]) -> None:
        store = self._relayed.get(content["to"])
        if store is not None:
            count = digest.resend(store, content["aggregates"])
            log.get(__name__).warning("outbox.resent", store=store.name, by=content.get("by"), events=count)


def _hear_statement(dialect: Any) -> Any:
    statement = dialect.insert(pulses).values(heard_at=database_time())
    return statement.on_conflict_do_update(
        index_elements=[pulses.c.source],
        set_={"heard_at": statement.excluded.heard_at, "source_time": statement.excluded.source_time},
    )


_HEAR = {"postgresql": _hear_statement(postgresql), "sqlite": _hear_statement(sqlite)}
