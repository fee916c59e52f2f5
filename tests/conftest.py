"""What every test may ask for: real servers of the test run's own, fresh databases, a clock to move.

Servers start when the first test asks for them and are shared by all workers of the run; nothing here skips.
Where a server is missing and may not be installed, the tests that need it fail with a sentence saying so.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from lectern.servers import programs, shared
from lectern.servers.postgres import ADMIN
from lectern.servers.processes import Guard
from lectern.servers.rabbitmq import PrivateRabbitMQ

SESSION_FOLDER = "LECTERN_TEST_FOLDER"
SESSION_PROCESS = "LECTERN_TEST_PROCESS"
# The reaper behind it removes the folder of the run, also when the run was killed.
_guards: list[Guard] = []
LONG = ("test_schemathesis", "tests/journeys", "test_running", "tests/browser", "tests/lectern", "test_races")
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder of this run, for everything temporary; workers inherit it through the environment."""
    if not hasattr(config, "workerinput"):
        # tmp_path stays outside, so that what a failed test wrote can be looked at afterwards.
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
        folder = Path(tempfile.mkdtemp(prefix="lectern-tests-"))
        # PostgreSQL, which does not run as root, has to come to its own folder in here.
        folder.chmod(0o711)
        _guards.append(Guard())
        _guards[0].watch_folder(folder)
        os.environ[SESSION_FOLDER] = os.environ["TMPDIR"] = str(folder)
        os.environ[SESSION_PROCESS] = str(os.getpid())
    tempfile.tempdir = os.environ[SESSION_FOLDER]
    # Set before any code asks for the clock of the process, which looks for the file only once.
    os.environ["LECTERN_CLOCK_FILE"] = str(session_folder() / f"clock-{WORKER}")


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and SESSION_FOLDER in os.environ:
        shared.dismiss(Path(os.environ[SESSION_FOLDER]))
        _guards.pop().close()


def pytest_make_parametrize_id(val: object) -> str | None:
    """Workers must collect the same names: a random id among the parameters is shown as `id`."""
    return UUID_TEXT.sub("id", val) if isinstance(val, str) and UUID_TEXT.search(val) else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that the workers come to the end together."""
    items.sort(key=lambda item: next((n for n, part in enumerate(LONG) if part in str(item.path)), len(LONG)))


def session_folder() -> Path:
    return Path(os.environ[SESSION_FOLDER])


def ask_for(kind: str) -> dict[str, str]:
    try:
        return shared.ask_for(kind, folder=session_folder(), watch=int(os.environ[SESSION_PROCESS]))
    except programs.ServerProblem as problem:
        pytest.fail(str(problem), pytrace=False)


class Databases:
    """Makes databases on the run's PostgreSQL; those of one test file are dropped after its last test."""

    def __init__(self, *, port: str, password: str) -> None:
        self._where = f"host=127.0.0.1 port={port} user={ADMIN} password={password} dbname=postgres"
        self._base = f"postgresql+psycopg://{ADMIN}:{password}@127.0.0.1:{port}/"
        self._made: list[str] = []
        self._count = 0

    def __call__(self, name: str = "test", *, package: str | None = None, keep: bool = False) -> str:
        """The address of a fresh database: empty, or with the tables of a package's migrations.

        It lives until the last test of the file, or, with `keep`, until the end of the run.
        """
        self._count += 1
        fresh = f"{re.sub(r'[^a-z0-9_]', '_', name.lower())[:30]}_{WORKER}_{self._count}"
        self._create(fresh, template=self._migrated(package) if package else "template0")
        if not keep:
            self._made.append(fresh)
        return self._base + fresh

    def drop_made(self) -> None:
        while self._made:
            self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", self._made.pop())

    def _migrated(self, package: str) -> str:
        """A template database at the package's newest migration, made once for the whole run."""
        from chassis import migrate

        template = f"template_{package}"
        with shared.locked(session_folder() / f"{template}.lock"):
            done = session_folder() / f"{template}.done"
            if not done.exists():
                self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", template)
                self._create(template, template="template0")
                migrate.upgrade(package, self._base + template)
                done.touch()
        return template

    def _create(self, name: str, *, template: str) -> None:
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)

    def _execute(self, statement: str, *names: str) -> None:
        with psycopg.connect(self._where, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))


_databases: list[Databases] = []


@pytest.fixture(scope="session")
def postgres_url() -> Databases:
    """`postgres_url("scheduling")` is the address of a fresh empty database on a real PostgreSQL.

    `postgres_url("scheduling", package="scheduling")` has the tables of that package's migrations.
    """
    answer = ask_for("postgres")
    databases = Databases(port=answer["port"], password=answer["password"])
    _databases.append(databases)
    return databases


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    if nextitem is None or nextitem.path != item.path:
        for databases in _databases:
            databases.drop_made()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a fresh empty database; the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.sqlite'}"
    databases: Databases = request.getfixturevalue("postgres_url")
    return databases("test")


@pytest.fixture(scope="session")
def new_vhost() -> Callable[[], str]:
    """`new_vhost()` is the AMQP address of a virtual host in which nobody has declared anything."""
    ask_for("rabbitmq")
    return lambda: shared.take_vhost(folder=session_folder(), watch=int(os.environ[SESSION_PROCESS]))


@pytest.fixture
def rabbitmq_uri(new_vhost: Callable[[], str]) -> str:
    """The AMQP address of a virtual host of this test's own on a real RabbitMQ."""
    return new_vhost()


@pytest.fixture
def own_rabbitmq() -> Iterator[PrivateRabbitMQ]:
    """A RabbitMQ for this test alone, which it may stop, kill and freeze."""
    with PrivateRabbitMQ() as broker:
        yield broker


@dataclass(frozen=True)
class ClockFile:
    """Moves the clock of this process and of every process that inherits its environment."""

    path: Path

    def move(self, *, by: timedelta) -> None:
        """Move on from where the clock stands now."""
        self._write(self.offset + by)

    def reset(self) -> None:
        self.path.unlink(missing_ok=True)

    @property
    def offset(self) -> timedelta:
        return timedelta(seconds=float(self.path.read_text())) if self.path.exists() else timedelta(0)

    def _write(self, offset: timedelta) -> None:
        half = self.path.with_suffix(".half")
        half.write_text(str(offset.total_seconds()))
        half.replace(self.path)


@pytest.fixture
def clock_file() -> Iterator[ClockFile]:
    """The file named by LECTERN_CLOCK_FILE; the clock is right again after the test."""
    clock = ClockFile(Path(os.environ["LECTERN_CLOCK_FILE"]))
    clock.reset()
    yield clock
    clock.reset()


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """Chromium with a font for Chinese, for the tests that use the pages as a person would."""
    try:
        programs.require_chinese_font()
        return programs.require(programs.CHROMIUM)
    except programs.ServerProblem as problem:
        pytest.fail(str(problem), pytrace=False)


@pytest.fixture(scope="session")
def chromium_options(chromium_path: Path) -> dict[str, Any]:
    """Arguments for playwright's `chromium.launch(**chromium_options)`."""
    arguments = ["--disable-dev-shm-usage", "--disable-gpu", "--lang=zh-CN"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    return {"executable_path": str(chromium_path), "args": arguments, "headless": True}
