"""A PostgreSQL of one's own: own cluster, port, socket folder, password.

PostgreSQL refuses to run as root, so that root starts it as the user `postgres` (or `nobody`).
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from lectern.servers import owners, programs, reaper
from lectern.servers.processes import Child, Guard, free_port, wait_until
from lectern.servers.programs import ServerProblem

ADMIN = "lectern_admin"


class PrivatePostgres:
    """`with PrivatePostgres() as server: server.create_database("scheduling")`.

    Without `home` everything lives in a temporary folder that is removed at the end; with it the data stay.
    `durable=False` turns off fsync and its kin: right for tests, never where figures or crashes count.
    """

    def __init__(
        self,
        *,
        home: Path | None = None,
        durable: bool = True,
        options: Sequence[str] = (),
        start_seconds: float = 60,
    ) -> None:
        self._programs = programs.require(programs.POSTGRES).parent
        self._user = owners.unprivileged()
        self._keep = home is not None
        self._runtime = Path(tempfile.mkdtemp(prefix="lectern-pg-"))
        self.home = owners.reachable(home.resolve(), self._user) if home else self._runtime
        self._options = list(options)
        self._durable = durable
        self._start_seconds = start_seconds
        self.port = 0
        self._child: Child | None = None
        self._guard = Guard()
        self._guard.watch_folder(self._runtime)
        self._own(self._runtime)
        self._own(self.home)
        self.password = self._stored_password()

    def __enter__(self) -> Self:
        try:
            self._create_cluster()
            for attempt in range(3):
                self.port = free_port()
                try:
                    self.start()
                    return self
                except ServerProblem as problem:
                    # Another process may have taken the port between the look and the start.
                    if attempt == 2 or "Address already in use" not in str(problem):
                        raise
            raise AssertionError("unreachable")
        except BaseException:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    @property
    def pid(self) -> int:
        """The process id of the postmaster."""
        if self._child is None:
            raise ServerProblem("This PostgreSQL is not running. Call start() first.")
        return self._child.pid

    def program(self, name: str) -> Path:
        """Another program of the same PostgreSQL: psql, pgbench, pg_dump."""
        path = self._programs / name
        return path if path.exists() else Path(shutil.which(name) or name)

    @property
    def environment(self) -> dict[str, str]:
        """Variables with which psql and pgbench find this server as its administrator."""
        return {
            **os.environ,
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": ADMIN,
            "PGPASSWORD": self.password,
            "PGDATABASE": "postgres",
        }

    def url(self, database: str = "postgres", *, user: str = ADMIN, password: str | None = None) -> str:
        """The address for SQLAlchemy."""
        return f"postgresql+psycopg://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def execute(
        self, *statements: str | sql.Composed, database: str = "postgres"
    ) -> list[tuple[object, ...]]:
        """Run statements as administrator, each on its own; the rows of the last one that returns some."""
        rows: list[tuple[object, ...]] = []
        where = f"host=127.0.0.1 port={self.port} user={ADMIN} password={self.password} dbname={database}"
        with psycopg.connect(where, autocommit=True, connect_timeout=10) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
                if cursor.description:
                    rows = cursor.fetchall()
        return rows

    def create_database(self, name: str, *, template: str = "template0", own_role: bool = False) -> str:
        """A fresh database and its address.

        With `own_role` it belongs to a role of its name that may connect to no other database.
        """
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template)
        )
        if not own_role:
            self.execute(create)
            return self.url(name)
        role = sql.Identifier(name)
        if not self.execute(sql.SQL("SELECT 1 FROM pg_roles WHERE rolname = {}").format(sql.Literal(name))):
            self.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
        self.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(self.password)))
        if not self.has_database(name):
            self.execute(create)
        self.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(role, role),
            sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(role),
        )
        return self.url(name, user=name)

    def has_database(self, name: str) -> bool:
        found = self.execute(
            sql.SQL("SELECT 1 FROM pg_database WHERE datname = {}").format(sql.Literal(name))
        )
        return bool(found)

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def start(self) -> None:
        """Start on the same port and wait until it takes connections."""
        self._wait_for_the_dead()
        self._child = Child(
            argv=[str(self._programs / "postgres"), "-D", str(self._data), *self._settings()],
            env=self._plain_environment(),
            log=self._log_file(),
            cwd=self._runtime,
            guard=self._guard,
            user=self._user.pw_uid if self._user else None,
            group=self._user.pw_gid if self._user else None,
        )
        child = self._child
        ready = wait_until(lambda: self._is_ready() or not child.running, seconds=self._start_seconds)
        if not (ready and child.running):
            words = child.last_words()
            self.kill()
            raise ServerProblem(
                f"PostgreSQL did not start within {self._start_seconds:.0f} s. The end of its log:\n{words}"
            )

    def _wait_for_the_dead(self) -> None:
        """Put away the lock file of a server that was killed, once nothing works on the data any more.

        PostgreSQL takes whoever has the number in `postmaster.pid` for a running server: a killed one as long
        as nobody asked for its exit status (in a container perhaps for ever), or a stranger that was given
        the number meanwhile.
        """
        file = self._data / "postmaster.pid"
        if file.exists() and wait_until(lambda: not reaper.working_in(self._data), seconds=20):
            file.unlink(missing_ok=True)

    def stop(self) -> None:
        """Stop in order (fast shutdown); the data stay and `start` brings them back."""
        if self._child is not None:
            self._child.signal(signal.SIGCONT)
            self._child.signal_first(signal.SIGINT)
            if not self._child.wait(seconds=30):
                self._child.kill()
        self._forget_child()

    def kill(self) -> None:
        """`kill -9` of the server and all its backends, as a crash of the machine would end it."""
        if self._child is not None:
            self._child.kill()
        self._forget_child()

    def restart(self) -> None:
        self.stop()
        self.start()

    def freeze(self) -> None:
        """Stop the clock of server and backends: connections stay open and nothing answers."""
        if self._child is not None:
            self._child.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        if self._child is not None:
            self._child.signal(signal.SIGCONT)

    def close(self) -> None:
        """Stop and, unless a home was given, remove everything."""
        with suppress(OSError):
            if self._keep:
                self.stop()
            else:
                self.kill()
        shutil.rmtree(self._runtime, ignore_errors=True)
        self._guard.close()

    @property
    def _data(self) -> Path:
        return self.home / "data"

    def _forget_child(self) -> None:
        self._child = None
        self._guard.forget()
        self._guard.watch_folder(self._runtime)

    def _is_ready(self) -> bool:
        ready = self._programs / "pg_isready"
        asked = subprocess.run(
            [str(ready), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-t", "2"],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
        return asked.returncode == 0

    def _create_cluster(self) -> None:
        if (self._data / "PG_VERSION").exists():
            return
        shutil.rmtree(self._data, ignore_errors=True)
        secret = self._runtime / "first-password"
        secret.touch(mode=0o600)
        secret.write_text(self.password)
        self._own(secret)
        done = subprocess.run(
            [
                str(self._programs / "initdb"),
                *("--pgdata", str(self._data), "--username", ADMIN, "--pwfile", str(secret)),
                *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C"),
                *(() if self._durable else ("--no-sync",)),
            ],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=self._plain_environment(),
            cwd=self._runtime,
            user=self._user.pw_uid if self._user else None,
            group=self._user.pw_gid if self._user else None,
            extra_groups=[] if self._user else None,
        )
        secret.unlink(missing_ok=True)
        if done.returncode != 0:
            raise ServerProblem(f"PostgreSQL's initdb failed: {done.stderr.strip() or done.stdout.strip()}")

    def _settings(self) -> list[str]:
        settings = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self._runtime),
            "max_connections": "300",
            "shared_buffers": "128MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_min_messages": "warning",
        }
        if not self._durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        pairs = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [*pairs, *self._options]

    def _plain_environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return {**inherited, "HOME": str(self._runtime), "LC_ALL": "C", "TZ": "UTC"}

    def _log_file(self) -> Path:
        if not self.log.exists():
            self.log.touch(mode=0o600)
            self._own(self.log)
        return self.log

    def _stored_password(self) -> str:
        path = self.home / "password"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(18))
            self._own(path)
        return path.read_text().strip()

    def _own(self, path: Path) -> None:
        if self._user is not None:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)
