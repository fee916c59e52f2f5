"""Handing rows in on the machine that holds the databases: as the system, for every district.

The directory is written directly and the services are asked as the gateway asks them. In the embedded mode
their code runs here for as long as the import takes, whether or not `lectern run` runs beside it: both may
write the same files, and what the import announces is delivered by the running process, or at its next start.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from chassis.access import SYSTEM
from chassis.config import Settings
from chassis.rpc import RpcClient
from chassis.store import Store
from gateway.importing.columns import SheetKind
from gateway.importing.planned import Planned
from gateway.importing.run import Take
from gateway.importing.take import Intake, sender, take

_ACTOR = replace(SYSTEM, via="import")
_SERVICES = ("scheduling", "notifications")


@contextmanager
def intake(settings: Settings) -> Iterator[Take]:
    """A `take` for `gateway.importing.run.run` over the databases and services of these settings."""
    store = Store("directory", settings.database_url("directory"))
    try:
        with _services(settings) as rpc:
            yield taker(store, rpc, settings.secret)
    finally:
        store.dispose()


def taker(directory: Store, rpc: RpcClient, secret: str) -> Take:
    """A `take` over a store of the directory and a way to the services."""
    where = Intake(directory, _ACTOR, sender(directory, rpc, secret))

    def take_batch(
        kind: SheetKind, rows: list[dict[str, Any]], *, dry_run: bool, planned: Planned
    ) -> list[dict[str, Any]]:
        return take(where, kind=kind, rows=list(rows), dry_run=dry_run, planned=planned)

    return take_batch


@contextmanager
def _services(settings: Settings) -> Iterator[RpcClient]:
    if settings.amqp_uri:
        from chassis.amqp_rpc import AmqpRpcClient

        client = AmqpRpcClient(settings.amqp_uri, settings.secret)
        try:
            yield client
        finally:
            client.close()
        return
    from chassis.embedded import Embedded

    from lectern.parts import service_class

    embedded = Embedded([service_class(name) for name in _SERVICES], settings)
    try:
        yield embedded.rpc
    finally:
        embedded.stop()
