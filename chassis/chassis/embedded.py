"""Several services in one process on plain threads: the default of a single machine, and of many tests.

Nothing but the shell differs from the server mode: stores are SQLite files instead of PostgreSQL databases,
the broker writes into the inboxes directly, RPC calls the method. What one kill interrupts is picked up at
the next start from the outboxes and inboxes.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, literal, or_, select

from chassis import migrate
from chassis.clock import Clock
from chassis.command import entrypoints
from chassis.config import Settings
from chassis.engine import Engine
from chassis.local import LocalBroker
from chassis.rpc import LocalRpcClient
from chassis.store import Store
from chassis.tables import inbox, outbox


class Embedded:
    """Service classes with their stores, engines, broker and RPC client.

    `packages` maps the name of a database to the package that holds its migrations; those are run first.
    With `timers=False` timed methods run only when `run_timers` says so, for whoever moves the clock.
    """

    def __init__(
        self,
        services: Sequence[type],
        settings: Settings,
        *,
        clock: Clock | None = None,
        packages: dict[str, str] | None = None,
        broker: LocalBroker | None = None,
        timers: bool = True,
    ) -> None:
        self.settings = settings
        self.broker = broker or LocalBroker()
        self.stores: dict[str, Store] = {}
        for name in sorted({name for cls in services for name in entrypoints(cls).stores.values()}):
            url = settings.database_url(name)
            if packages and name in packages:
                migrate.upgrade(packages[name], url)
            self.stores[name] = Store(name, url, clock=clock)
        self.services: dict[str, Any] = {cls.name: cls() for cls in services}  # type: ignore[attr-defined]
        self.rpc = LocalRpcClient(self.services, settings.secret)
        self.engines: list[Engine] = []
        for service in self.services.values():
            self._inject(service)
            engine = Engine(service, self.broker, self.stores, workers=settings.workers, timers=timers)
            self.broker.declare(engine.queue)
            self.engines.append(engine)

    def _inject(self, service: Any) -> None:
        declared = entrypoints(type(service))
        service.secret = self.settings.secret
        service.settings = self.settings
        for attribute, name in declared.stores.items():
            setattr(service, attribute, self.stores[name])
        for attribute in declared.rpc:
            setattr(service, attribute, self.rpc)

    def __enter__(self) -> Embedded:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start(self) -> None:
        for engine in self.engines:
            engine.start()

    def run_timers(self) -> None:
        """Run every timed method of every service once."""
        for engine in self.engines:
            engine.run_timers()

    def drain(self, timeout: float = 10.0) -> bool:
        """Wait until every event is handled, parked, or waiting behind a parked one; False when it is not."""
        deadline = time.monotonic() + timeout
        before = None
        while time.monotonic() < deadline:
            now = [_work_of(store) for store in self.stores.values()]
            if now == before and not any(left for left, _, _ in now):
                return True
            before = now
            time.sleep(0.01)
        return False

    def stop(self) -> None:
        """Stop every engine, all at once, then close the databases."""
        for engine in self.engines:
            engine.ask_to_stop()
        for engine in self.engines:
            engine.stop()
        for store in self.stores.values():
            store.dispose()


def _work_of(store: Store) -> tuple[int, int, int]:
    """How much is left to do in this database, and how much there ever was."""
    with store.reading() as tx:
        left, published, stored = tx.session.connection().execute(_WORK).one()
        return left, published or 0, stored or 0


_unpublished = select(literal(1)).select_from(outbox).where(outbox.c.published_at.is_(None)).exists()
_new = select(literal(1)).select_from(inbox).where(inbox.c.state == "new").exists()
_WORK = select(
    or_(_unpublished, _new),
    select(func.max(outbox.c.id)).scalar_subquery(),
    select(func.max(inbox.c.id)).scalar_subquery(),
)
