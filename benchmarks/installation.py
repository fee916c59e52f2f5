"""Lectern's server mode on servers of its own, with the settings of `lectern run-server`."""

from __future__ import annotations

import os
import secrets
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chassis.config import Settings
from chassis.store import Store

from benchmarks import processors
from chassis import config, topology
from lectern import databases, server_mode
from lectern.parts import DATABASES, service_classes
from lectern.servers import PrivatePostgres, PrivateRabbitMQ
from lectern.servers.processes import free_port
from lectern.supervisor import Program, Supervisor

HOST = "127.0.0.1"
READY_SECONDS = 120.0


@dataclass
class Installation:
    """Servers that run, and programs that can be started on them."""

    postgres: PrivatePostgres
    rabbitmq: PrivateRabbitMQ
    environment: dict[str, str]
    settings: Settings
    port: int
    replicas: dict[str, int]
    log: Path
    stores: dict[str, Store] = field(default_factory=dict)
    supervisor: Supervisor | None = None

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    def store(self, name: str) -> Store:
        """A database as its owner would open it."""
        if name not in self.stores:
            self.stores[name] = Store(name, self.settings.database_url(name), pool_size=4)
        return self.stores[name]

    @contextmanager
    def running(self, *names: str) -> Iterator[None]:
        """Lectern's processes of these names (all of them without names), until the block ends."""
        programs = server_mode.programs(
            replicas=self.replicas, host=HOST, port=self.port, environment=self.environment
        )
        chosen = [each for each in programs if not names or each.name.split(".")[0] in names]
        with self.programs(chosen):
            if names:
                wait_for(lambda: self._listening(names), seconds=READY_SECONDS)
            else:
                amqp = self.environment["AMQP_URI"]
                wait_for(lambda: server_mode.is_ready(self.address, amqp), seconds=READY_SECONDS)
            yield

    @contextmanager
    def programs(self, programs: Sequence[Program]) -> Iterator[None]:
        """Any programs, with their output in the log."""
        with self.log.open("a") as log:

            def write(name: str, line: str) -> None:
                log.write(f"{name}: {line}\n")
                log.flush()

            self.supervisor = Supervisor(write=write)
            try:
                for program in programs:
                    self.supervisor.start(program)
                yield
            finally:
                self.supervisor.stop()
                self.supervisor = None

    def processor_seconds(self) -> dict[str, float]:
        """Processor time used so far, by program."""
        running = self.supervisor.pids() if self.supervisor else {}
        servers = {"PostgreSQL": self.postgres.pid, "RabbitMQ": self.rabbitmq.pid}
        return processors.used({**running, **servers, "load generator": os.getpid()})

    def _listening(self, names: Sequence[str]) -> bool:
        import kombu

        queues = [f"inbox.{'gateway' if name == 'views' else name}" for name in names]
        with kombu.Connection(self.environment["AMQP_URI"]) as connection:
            channel = connection.channel()
            return all(channel.queue_declare(queue, passive=True).consumer_count for queue in queues)


@contextmanager
def installation(*, replicas: dict[str, int] | None = None) -> Iterator[Installation]:
    """Fresh servers with every database migrated and every queue declared."""
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="lectern-bench-")))
        folder.chmod(0o755)
        # Commit times tell how long an event took; noting them costs every program here the same.
        postgres = cleanup.enter_context(PrivatePostgres(options=["-c", "track_commit_timestamp=on"]))
        rabbitmq = cleanup.enter_context(PrivateRabbitMQ())
        port = free_port()
        environment = {
            "AMQP_URI": rabbitmq.uri(),
            "LECTERN_HOME": str(folder),
            "LECTERN_SECRET": secrets.token_urlsafe(32),
            "LECTERN_PUBLIC_URL": f"http://{HOST}:{port}",
        }
        for name in DATABASES:
            environment[f"{name.upper()}_DATABASE_URL"] = postgres.create_database(name, own_role=True)
        os.environ.update(environment)
        settings = config.load()
        databases.upgrade_all({name: settings.database_url(name) for name in DATABASES})
        topology.apply(rabbitmq.uri(), service_classes())
        made = Installation(
            postgres=postgres,
            rabbitmq=rabbitmq,
            environment=environment,
            settings=settings,
            port=port,
            replicas=replicas or {},
            log=folder / "log",
        )
        try:
            yield made
        finally:
            for store in made.stores.values():
                store.dispose()


def wait_for(fact: Callable[[], bool], *, seconds: float, every: float = 0.2) -> None:
    """Return as soon as the fact holds; TimeoutError when it does not in time."""
    deadline = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:.0f} s")
        time.sleep(every)


def answers(url: str) -> bool:
    """Whether a web server answers there."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
