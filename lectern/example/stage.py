"""Where the history is played: all services on the installation's databases, with a clock moved by hand.

No thread runs beside the play. When everybody is to hear what was said, outboxes are published and inboxes
worked through here, one after the other, until nothing is left: that is as quick as the work itself, and the
same each time.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Any

from chassis.access import Actor
from chassis.broker import Message
from chassis.clock import FixedClock
from chassis.config import Settings
from chassis.embedded import Embedded
from chassis.engine import Engine, handlings
from chassis.ids import command_id
from chassis.leadership import lead
from chassis.local import LocalBroker, matches
from chassis.relay import Relay
from chassis.store import Store
from chassis.worker import Worker
from contracts.registry import Rpc
from sqlalchemy import Connection, event, func, select

from chassis import tables
from lectern.parts import service_classes

_TIMEOUT = 30.0
_PATIENCE = 60.0
_PAUSE = 0.2


class NotSettled(Exception):
    """An event could not be handled, or is still under way after a long time."""


class SomebodyRuns(Exception):
    """The services run on these databases already: history cannot be played under their feet."""


class Courier(LocalBroker):
    """Carries what is published straight to the engines, which run no threads to fetch it."""

    def __init__(self) -> None:
        super().__init__()
        self.engines: list[Engine] = []

    def publish(self, messages: Sequence[Message], *, only_to: str | None = None) -> None:
        for engine in self.engines:
            wanted = [message for message in messages if _hears(engine, message)]
            if wanted:
                engine.take(wanted)


class Stage:
    """The services while the history is played. Use as a context manager."""

    def __init__(self, settings: Settings, *, now: datetime) -> None:
        self.settings = replace(settings, smtp=None)  # nobody is sent mail about what never was
        self.clock = FixedClock(now)
        self._courier = Courier()
        self.embedded = Embedded(
            service_classes(), self.settings, clock=self.clock, broker=self._courier, timers=False
        )
        self._courier.engines = self.embedded.engines
        for store in self.embedded.stores.values():
            _write_lightly(store)
        self._workers = [
            Worker(engine.store, handlings(engine.service), together=engine.declared.messaging.together)
            for engine in self.embedded.engines
            if engine.queue.bindings
        ]
        self._relays: list[tuple[Relay, Connection]] = []
        self._open = ExitStack()

    def __enter__(self) -> Stage:
        stores = self.embedded.stores
        self._open.callback(self.embedded.stop)
        for engine in self.embedded.engines:
            for relay in engine.relays:
                connection = self._open.enter_context(lead(stores[relay.name], "relay"))
                if connection is None:
                    self._open.close()
                    raise SomebodyRuns(f"another process relays the events of {relay.name}")
                self._relays.append((relay, connection))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.close()

    @property
    def directory(self) -> Store:
        return self.embedded.stores["directory"]

    @property
    def scheduling(self) -> Store:
        return self.embedded.stores["scheduling"]

    def move_to(self, moment: datetime) -> None:
        """Let it be this moment; time never runs back."""
        if moment > self.clock.now():
            self.clock.advance(moment - self.clock.now())

    def ask(self, actor: Actor, rpc: Rpc, key: str, request: dict[str, Any]) -> dict[str, Any]:
        """A command or a query, as the gateway would send it; the same key is the same command."""
        return self.embedded.rpc.call(
            rpc,
            actor=actor,
            request=request,
            command_id=command_id("example", rpc.name, key) if rpc.is_command else None,
            timeout=_TIMEOUT,
        )

    def pass_time(self) -> None:
        """What the services do by themselves at this moment: publish, close, hold, lapse."""
        self.embedded.run_timers()
        self.settle()

    def settle(self) -> None:
        """Let every event reach everybody who hears it, and what that announces, too."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            while self._publish() + self._work():
                pass
            waiting = sum(_waiting(store) for store in self.embedded.stores.values())
            if not waiting:
                return
            if time.monotonic() > deadline:
                raise NotSettled(f"{waiting} events are still under way after {_PATIENCE:.0f} s")
            time.sleep(_PAUSE)  # one is tried again after a pause of its own

    def _publish(self) -> int:
        return sum(relay.publish_once(connection, self._courier) for relay, connection in self._relays)

    def _work(self) -> int:
        return sum(worker.run_once() for worker in self._workers)


def _write_lightly(store: Store) -> None:
    """Spare SQLite the wait for the disk at each commit: a killed process still loses nothing, a power cut
    may lose the last moments of an example, and closing the files writes everything down."""
    if store.dialect == "sqlite":

        @event.listens_for(store.engine, "connect")
        def set_up(connection: Any, _record: Any) -> None:
            connection.execute("PRAGMA synchronous=NORMAL").close()


def _hears(engine: Engine, message: Message) -> bool:
    return any(matches(binding, message.routing_key) for binding in engine.queue.bindings)


def _waiting(store: Store) -> int:
    """How many events a database still has to publish or to handle; refuses to go on behind a parked one."""
    outbox, inbox = tables.outbox.c, tables.inbox.c
    with store.reading() as tx:
        parked = tx.session.scalar(select(func.count()).where(inbox.state == "parked"))
        if parked:
            raise NotSettled(f"{store.name}: {parked} events are parked; see lectern parked list")
        new = tx.session.scalar(select(func.count()).where(inbox.state == "new")) or 0
        return new + (tx.session.scalar(select(func.count()).where(outbox.published_at.is_(None))) or 0)
