"""Several services in one process on plain threads: the default of a single machine, and of many tests.

Nothing but the shell differs from the server mode: stores are SQLite files instead of PostgreSQL databases,
the broker writes into the inboxes directly, RPC calls the method. What one kill interrupts is picked up at
the next start from the outboxes and inboxes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chassis import migrate
from chassis.clock import Clock
from chassis.command import entrypoints
from chassis.config import Settings
from chassis.engine import Engine
from chassis.local import LocalBroker
from chassis.rpc import LocalRpcClient
from chassis.store import Store


class Embedded:
    """Service classes with their stores, engines, broker and RPC client.

    `packages` maps the name of a database to the package that holds its migrations; those are run first.
    """

    def __init__(
        self,
        services: Sequence[type],
        settings: Settings,
        *,
        clock: Clock | None = None,
        packages: dict[str, str] | None = None,
        broker: LocalBroker | None = None,
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
            engine = Engine(service, self.broker, self.stores, workers=settings.workers)
            self.broker.declare(engine.queue)
            self.engines.append(engine)

    def _inject(self, service: Any) -> None:
        declared = entrypoints(type(service))
        service.secret = self.settings.secret
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

    def stop(self) -> None:
        """Stop every engine, all at once, then close the databases."""
        for engine in self.engines:
            engine.ask_to_stop()
        for engine in self.engines:
            engine.stop()
        for store in self.stores.values():
            store.dispose()
