"""What a service's tests need: a migrated database in a moment, and one service run without a broker.

    with Harness(SchedulingService) as harness:
        order = harness.call(rpc.PLACE_ORDER, actor=staff, request={...})
        harness.deliver(feedback.RESULT_PUBLISHED, aggregate=new_id(), data={...}, times=2)
        assert [event.type for event in harness.events()] == ["scheduling.order.placed.v1"]

Commands go through the wrapped method as they would from RPC; events go through the real inbox. A handler
that fails makes `deliver` raise AssertionError with its traceback, unless the test expects it to be parked.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any
from zoneinfo import ZoneInfo

from contracts.registry import EVENTS, EventType, Rpc
from sqlalchemy import MetaData, select, update

from chassis import envelope, ids, migrate
from chassis.access import Actor
from chassis.broker import Message
from chassis.clock import Clock, FixedClock
from chassis.command import entrypoints
from chassis.config import Settings
from chassis.engine import handlings
from chassis.envelope import Event
from chassis.inbox import Inbox
from chassis.rpc import LocalRpcClient
from chassis.sql import database_time
from chassis.store import Store
from chassis.tables import inbox, outbox
from chassis.tx import Tx
from chassis.worker import Worker

SECRET = "a secret for tests only"
A_MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # nine in the morning in Shanghai

_templates: dict[str, Path] = {}


def settings(**changes: Any) -> Settings:
    """Settings of the embedded mode without mail, for tests."""
    defaults = Settings(
        home=Path(tempfile.gettempdir()),
        amqp_uri=None,
        secret=SECRET,
        timezone=ZoneInfo("Asia/Shanghai"),
        public_url="http://127.0.0.1:8000",
        smtp=None,
        database_urls={},
        workers=1,
    )
    return replace(defaults, **changes)


def temporary_store(
    package: str, url: str | None = None, *, name: str | None = None, clock: Clock | None = None
) -> Store:
    """A store on a migrated database: the one at `url`, or a new SQLite file that goes with the process.

    `name` is what events of the store begin with, by default the last part of the package's name.
    """
    if url is None:
        folder = Path(tempfile.mkdtemp(prefix="lectern-test-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        shutil.copy(_template(package), folder / "test.sqlite3")
        url = f"sqlite:///{folder / 'test.sqlite3'}"
    else:
        migrate.upgrade(package, url)
    return Store(name or package.rsplit(".", 1)[-1], url, clock=clock)


def assert_migrations_match(package: str, url: str, metadata: MetaData) -> None:
    """The migrations make exactly the tables that the code declares."""
    migrate.upgrade(package, url)
    assert migrate.pending(package, url) == []
    found = migrate.differences(url, metadata)
    assert not found, "\n".join(str(difference) for difference in found)


class Harness:
    """One service class on real databases, called and told things by a test."""

    def __init__(
        self,
        service: type,
        *,
        url: str | None = None,
        package: str | None = None,
        urls: dict[str, str] | None = None,
        packages: dict[str, str] | None = None,
        clock: Clock | None = None,
        **attributes: Any,
    ) -> None:
        """`url` is the main store's database; `urls` and `packages` those of further stores by name.

        Further keyword arguments are set on the service instance (a fake provider, an RPC client).
        """
        self.clock: Any = clock or FixedClock(A_MONDAY)
        self.declared = entrypoints(service)
        self.service: Any = service()
        self.service.secret = SECRET
        self.service.settings = settings()
        package = package or service.__module__.split(".", 1)[0]
        self.stores: dict[str, Store] = {}
        for attribute, name in self.declared.stores.items():
            main = attribute == "store"
            self.stores[name] = temporary_store(
                (packages or {}).get(name, package),
                url if main and url else (urls or {}).get(name),
                name=name,
                clock=self.clock,
            )
            setattr(self.service, attribute, self.stores[name])
        for attribute, value in attributes.items():
            setattr(self.service, attribute, value)
        self.store: Store = self.service.store
        self._rpc = LocalRpcClient({service.name: self.service}, SECRET)  # type: ignore[attr-defined]
        self._inbox = Inbox(self.store)
        self.worker = Worker(self.store, handlings(self.service), together=self.declared.messaging.together)
        self._versions: dict[tuple[str, str, str], int] = {}

    def __enter__(self) -> Harness:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        for store in self.stores.values():
            store.dispose()

    def call(
        self, rpc: Rpc, *, actor: Actor, request: dict[str, Any] | None = None, command_id: str | None = None
    ) -> dict[str, Any]:
        """The data answered; raises contracts.errors.Refused with the problem.

        An exception of the service comes as chassis.rpc.RemoteError, its cause being the original.
        """
        return self._rpc.call(rpc, actor=actor, request=request or {}, command_id=command_id)

    def deliver(
        self,
        event_type: EventType,
        *,
        aggregate: str,
        data: dict[str, Any],
        version: int | None = None,
        times: int = 1,
        organisation: str | None = None,
        district: str | None = None,
        actor: str | None = None,
        correlation: str | None = None,
        event_id: str | None = None,
        time: datetime | None = None,
        parked: bool = False,
    ) -> str:
        """Tell the service an event, `times` times, and let it handle it; returns the event's id.

        The version is the next one of the aggregate unless given. With `parked=True` the event must end
        parked; otherwise it must be handled (or wait for a predecessor that was not delivered).
        """
        key = (event_type.source, event_type.aggregate, aggregate)
        version = version or self._versions.get(key, 0) + 1
        self._versions[key] = max(version, self._versions.get(key, 0))
        wrapped = envelope.wrap(
            event_type,
            id=event_id or ids.new_id(),
            time=time or self.clock.now(),
            aggregate=aggregate,
            data=event_type.dump(data),
            district=district,
            organisation=organisation,
            actor=actor,
            correlation=correlation or str(uuid.uuid4()),
            causation=None,
            hops=0,
        )
        self.deliver_body(
            envelope.dumps({**wrapped, "sequence": version}).encode(),
            times=times,
            routing_key=event_type.routing_key,
        )
        self._expect(wrapped["id"], parked=parked)
        return str(wrapped["id"])

    def deliver_body(self, body: bytes, *, times: int = 1, routing_key: str = "") -> None:
        """Hand raw bytes to the inbox and let the worker run until nothing is due."""
        for _ in range(times):
            self._inbox.store([Message(routing_key=routing_key, body=body, id="", type="")])
            self.work()

    def work(self) -> None:
        """Run the worker until nothing is due."""
        while self.worker.run_once():
            pass

    def make_due(self) -> None:
        """Let every backoff be over, and work."""
        with self.store.transaction() as tx:
            tx.session.connection().execute(
                update(inbox).where(inbox.c.state == "new").values(next_at=database_time())
            )
        self.work()

    def tick(self, method: str) -> None:
        """Run a method decorated with `every` once."""
        if method not in self.declared.timers:
            raise LookupError(f"{method} is not decorated with every")
        getattr(self.service, method)()

    def events(self, event_type: EventType | None = None, *, store: str | None = None) -> list[Event]:
        """What the service announced, in order, with its data loaded where the type is registered."""
        chosen = self.stores[store] if store else self.store
        with chosen.reading() as tx:
            bodies = tx.session.scalars(select(outbox.c.body).order_by(outbox.c.id)).all()
        found = [envelope.read(body.encode()) for body in bodies]
        known = EVENTS if event_type is None else {**EVENTS, event_type.name: event_type}
        return [
            event.with_data(known[event.type].load(event.data)) if event.type in known else event
            for event in found
            if event_type is None or event.type == event_type.name
        ]

    def inbox_rows(self) -> list[dict[str, Any]]:
        """The inbox as it is, for tests of what becomes of a message."""
        with self.store.reading() as tx:
            rows = tx.session.connection().execute(select(inbox).order_by(inbox.c.id)).all()
        return [dict(row._mapping) for row in rows]

    @contextmanager
    def transaction(self, **arguments: Any) -> Iterator[Tx]:
        """A transaction of the main store, for tests of use cases."""
        with self.store.transaction(**arguments) as tx:
            yield tx

    def _expect(self, event_id: str, *, parked: bool) -> None:
        row = next(row for row in self.inbox_rows() if row["event_id"] == event_id)
        wanted = {"parked"} if parked else {"done", "waiting", "skipped"}
        assert row["state"] in wanted, f"{row['type']} is {row['state']}: {row['error']}"


def _template(package: str) -> Path:
    """A migrated SQLite file to copy: migrating takes longer than most tests."""
    if package not in _templates:
        folder = Path(tempfile.mkdtemp(prefix="lectern-template-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        path = folder / "template.sqlite3"
        migrate.upgrade(package, f"sqlite:///{path}")
        _templates[package] = path
    return _templates[package]
