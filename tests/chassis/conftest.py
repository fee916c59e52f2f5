"""The sample package on the path (also of processes started here), actors, and looking at what happened."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PACKAGES = str(Path(__file__).parent / "packages")
if PACKAGES not in sys.path:
    sys.path.insert(0, PACKAGES)

from chassis.access import Actor  # noqa: E402
from chassis.ids import new_id  # noqa: E402
from chassis.tables import metadata as chassis_metadata  # noqa: E402
from chassis.testing import Harness  # noqa: E402
from sample.acting import environment_with  # noqa: E402
from sample.tables import Base  # noqa: E402
from sqlalchemy import text  # noqa: E402

from chassis import engines  # noqa: E402 - the path comes first


@pytest.fixture
def staff() -> Actor:
    return Actor(new_id(), new_id(), new_id(), frozenset({"school_staff"}))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """An empty database with the sample's tables; None lets the harness copy a migrated SQLite file."""
    return None if request.param == "sqlite" else request.getfixturevalue("postgresql_url")


@pytest.fixture(scope="module")
def _kept_url(postgres_url: Any) -> str:
    url: str = postgres_url("sample", package="sample")
    return url


@pytest.fixture
def postgresql_url(_kept_url: str) -> str:
    """The PostgreSQL database of this file, emptied: making one takes longer than most tests."""
    tables = ", ".join(
        table.name for metadata in (Base.metadata, chassis_metadata) for table in metadata.sorted_tables
    )
    engine = engines.open_engine(_kept_url, pool_size=1)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
    engine.dispose()
    return _kept_url


@pytest.fixture
def harness(database_url: str | None) -> Iterator[Harness]:
    """The sample service, on SQLite and on PostgreSQL."""
    from sample.service import QuietService

    with Harness(QuietService, url=database_url, package="sample") as running:
        yield running


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment for processes that need the sample package."""
    return environment_with()


@pytest.fixture
def eventually() -> Callable[..., None]:
    """`eventually(lambda: condition)` returns when it holds and fails after the deadline."""

    def wait(condition: Callable[[], object], timeout: float = 15.0) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.01)

    return wait
