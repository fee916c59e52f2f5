"""The server mode's shell: a service class becomes a nameko service.

nameko gives what it is good at (RPC entrypoints on a bounded pool of greenlets, a container with an ordered
start and stop) and nothing else: events never go through its dispatcher, which loses them. The class itself
stays free of nameko; a subclass made here carries the entrypoints and puts stores and clients in place.

`run_service` must be the first thing a process does. It patches the standard library for eventlet and makes
psycopg wait through the patched `select`; imported earlier, psycopg would wait inside C and freeze every
greenlet of the process, heartbeats included.
"""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chassis.config import Settings

MAX_WORKERS = 10
WAIT_FUNCTION = "wait_selector"


def patch() -> None:
    """Make threads, sockets and psycopg green; refuses when it is too late for that."""
    os.environ["PSYCOPG_WAIT_FUNC"] = WAIT_FUNCTION
    import eventlet

    eventlet.monkey_patch()
    import psycopg.waiting

    if psycopg.waiting.wait is not psycopg.waiting.wait_selector:
        raise RuntimeError("psycopg was imported before nameko_shell.patch(): it would block every greenlet")


def run_service(path: str, *, settings: Settings | None = None, check_topology: bool = True) -> None:
    """Serve `package.module:Class` until SIGTERM or SIGINT; returns after a clean stop."""
    patch()
    from chassis import config, log

    module, _, name = path.partition(":")
    service = getattr(import_module(module), name)
    log.set_up(service=service.name)
    settings = settings or config.load()
    if settings.amqp_uri is None:
        sys.exit("AMQP_URI is not set: a service of its own needs a broker.")
    if check_topology:
        _check(settings.amqp_uri, service)
    _serve(shell_of(service, settings), settings)


def _check(amqp_uri: str, service: type) -> None:
    from chassis import topology

    try:
        topology.check(amqp_uri, [service])
    except topology.TopologyMissing as missing:
        sys.exit(str(missing))


def _serve(shell: type, settings: Settings) -> None:
    import eventlet
    from nameko.runners import ServiceRunner

    from chassis import log

    runner = ServiceRunner(
        {
            "AMQP_URI": settings.amqp_uri,
            "max_workers": MAX_WORKERS,
            "HEARTBEAT": 10,
            "serializer": "json",
        }
    )
    runner.add_service(shell)

    def stop(_signal: int, _frame: object) -> None:
        eventlet.spawn_n(runner.stop)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    runner.start()
    log.get(__name__).info("service.started", service=shell.name)  # type: ignore[attr-defined]
    runner.wait()
    log.get(__name__).info("service.stopped")


def shell_of(service: type, settings: Settings) -> type:
    """A nameko service class for a plain one."""
    from chassis.amqp import AmqpBroker
    from chassis.amqp_rpc import AmqpRpcClient
    from chassis.command import entrypoints
    from chassis.engine import Engine
    from chassis.nameko_replies import rpc
    from chassis.store import Store

    assert settings.amqp_uri is not None
    declared = entrypoints(service)
    stores = {name: Store(name, settings.database_url(name)) for name in declared.stores.values()}
    given: dict[str, Any] = {attribute: stores[name] for attribute, name in declared.stores.items()}
    if declared.rpc:
        client = AmqpRpcClient(settings.amqp_uri, settings.secret)
        given |= dict.fromkeys(declared.rpc, client)
    instance = service()
    instance.secret, instance.settings = settings.secret, settings
    for attribute, value in given.items():
        setattr(instance, attribute, value)
    engine = Engine(instance, AmqpBroker(settings.amqp_uri), stores, workers=settings.workers)
    attributes: dict[str, Any] = {attribute: _given(value) for attribute, value in given.items()}
    attributes |= {name: rpc(_copy(getattr(service, name))) for name in declared.answers}
    attributes |= {"secret": settings.secret, "settings": settings}
    attributes |= {"lectern_engine": _running(engine, list(stores.values()))}
    return type(service.__name__, (service,), attributes)


def _copy(function: FunctionType) -> FunctionType:
    """nameko marks the function itself; the plain class keeps its own unmarked."""
    code, scope = function.__code__, function.__globals__
    copied = FunctionType(code, scope, function.__name__, function.__defaults__, function.__closure__)
    copied.__dict__.update(function.__dict__)
    del copied.__dict__["__wrapped__"]  # nameko checks arguments against the signature it would find there
    return copied


def _given(value: Any) -> Any:
    """A dependency that is there already."""
    from nameko.extensions import DependencyProvider

    class Given(DependencyProvider):
        def get_dependency(self, worker_ctx: Any) -> Any:
            return value

    return Given()


def _running(engine: Any, stores: list[Any]) -> Any:
    """The engine as a nameko extension, which the container starts and stops."""
    from nameko.extensions import DependencyProvider

    class Running(DependencyProvider):
        def start(self) -> None:
            engine.start()

        def stop(self) -> None:
            engine.stop()
            for store in stores:
                store.dispose()

        def kill(self) -> None:
            engine.ask_to_stop()

        def get_dependency(self, worker_ctx: Any) -> Any:
            return engine

    return Running()
