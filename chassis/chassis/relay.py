"""Publishes what the outbox holds and nobody has confirmed yet.

Always `WHERE published_at IS NULL ORDER BY id`, never a cursor: a transaction that took its number early and
committed late would be skipped for good. A row is marked after the broker confirmed it; whatever goes wrong
before that, the row stays and is sent again. Only the leader works (see `leadership`); it is woken by commits
of its own process and looks by itself for those of others: every 50 ms, or four times a second at a SQLite
file, where others are rare (a command line tool).

Every ten seconds the relay sends a pulse: it lives, and everything recorded before `time` is on its way. The
pulse carries a digest (see `digest`), by which a consumer sees that it lacks something.
"""

from __future__ import annotations

import random
import threading
import time
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from chassis import digest, failpoints, log
from chassis.broker import PULSE, Broker, Message, Publisher, rest_after
from chassis.envelope import dumps
from chassis.ids import new_id
from chassis.leadership import lead
from chassis.sql import database_time, listed
from chassis.store import Store
from chassis.tables import outbox

BATCH = 300
POLL_SECONDS = 0.05
FILE_POLL_SECONDS = 0.25
ELECTION_SECONDS = 1.0
PULSE_SECONDS = 10.0
RETRY_CAP = 5.0

_UNPUBLISHED = (
    select(outbox.c.id, outbox.c.event_id, outbox.c.type, outbox.c.routing_key, outbox.c.body)
    .where(outbox.c.published_at.is_(None))
    .order_by(outbox.c.id)
    .limit(bindparam("limit"))
)
_MARK = update(outbox).where(listed(outbox.c.id, "ids")).values(published_at=database_time())
_OLDEST = select(func.min(outbox.c.recorded_at)).where(outbox.c.published_at.is_(None))


class Relay:
    """The relay of one outbox; `run` blocks until stopped."""

    def __init__(self, store: Store, broker: Broker) -> None:
        self._store = store
        self._broker = broker
        self._poll = POLL_SECONDS if store.dialect == "postgresql" else FILE_POLL_SECONDS
        self._woken = threading.Event()
        self._next_pulse = 0.0
        self._digest = digest.Sender(store)
        self.name = store.name
        self.leads = False
        self.confirmed_at: float | None = None
        store.on_commit.append(self.wake)

    def wake(self) -> None:
        self._woken.set()

    def run(self, stop: threading.Event) -> None:
        """Lead or wait to lead, until `stop` is set; no error ends it."""
        failures = 0
        while not stop.is_set():
            try:
                with lead(self._store, "relay") as connection:
                    if connection is None:
                        stop.wait(ELECTION_SECONDS * random.uniform(0.5, 1.5))
                        continue
                    failures = 0 if self._lead(connection, stop) else failures + 1
            except Exception as error:  # noqa: BLE001 - the database is away: nothing is lost, try again
                failures += 1
                log.get(__name__).warning("relay.stopped", store=self._store.name, error=str(error)[:300])
            finally:
                self.leads = False
            if failures:
                stop.wait(random.uniform(0.1, min(RETRY_CAP, 0.25 * 2 ** min(failures, 8))))

    def _lead(self, connection: Connection, stop: threading.Event) -> bool:
        """Publish while all goes well; False when the broker failed."""
        self.leads = True
        publisher: Publisher | None = None
        try:
            publisher = self._broker.publisher()
            while not stop.is_set():
                self._woken.clear()
                began = time.monotonic()
                sent = self.publish_once(connection, publisher)
                if sent == 0:
                    publisher.breathe()
                    self._pulse_when_due(connection, publisher)
                    self._woken.wait(self._poll)
                elif sent < BATCH:
                    stop.wait(rest_after(time.monotonic() - began))
            return True
        except OSError as error:
            log.get(__name__).warning("relay.unconfirmed", store=self._store.name, error=str(error)[:300])
            return False
        finally:
            if publisher is not None:
                publisher.close()

    def publish_once(self, connection: Connection, publisher: Publisher) -> int:
        """Publish and mark the oldest batch; returns its size."""
        rows = connection.execute(_UNPUBLISHED, {"limit": BATCH}).all()
        _end(connection)
        if not rows:
            return 0
        failpoints.reach("relay.read")
        publisher.publish([_message(row) for row in rows])
        self.confirmed_at = time.monotonic()
        failpoints.reach("relay.confirmed")
        with self._store.turn():
            self._mark(connection, [row.id for row in rows])
        failpoints.reach("relay.marked")
        return len(rows)

    def _mark(self, connection: Connection, row_ids: list[int]) -> None:
        if self._store.dialect == "sqlite":
            with self._store.engine.begin() as writing:
                writing.execute(_MARK, {"ids": row_ids})
        else:
            connection.execute(_MARK, {"ids": row_ids})

    def _pulse_when_due(self, connection: Connection, publisher: Publisher) -> None:
        if time.monotonic() < self._next_pulse:
            return
        self._next_pulse = time.monotonic() + PULSE_SECONDS
        content = {
            "source": self._store.name,
            "time": self._told_until(connection).isoformat(),
            "digest": self._digest.next(connection),
        }
        _end(connection)
        publisher.signal(
            Message(
                routing_key=f"{self._store.name}.pulse", body=dumps(content).encode(), id=new_id(), type=PULSE
            )
        )

    def _told_until(self, connection: Connection) -> datetime:
        """Everything recorded before this moment has been published."""
        now = self._store.clock.now()
        oldest: Any = connection.scalar(_OLDEST)
        return min(now, oldest) if oldest is not None else now.astimezone(UTC)


def _message(row: Any) -> Message:
    return Message(routing_key=row.routing_key, body=row.body.encode(), id=row.event_id, type=row.type)


def _end(connection: Connection) -> None:
    """Let go of SQLite's snapshot; on PostgreSQL every statement was its own transaction."""
    connection.rollback()
