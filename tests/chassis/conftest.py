"""The sample package on the path (also of processes started here), actors, and looking at what happened."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PACKAGES = str(Path(__file__).parent / "packages")
if PACKAGES not in sys.path:
    sys.path.insert(0, PACKAGES)

from chassis.access import Actor  # noqa: E402 - the path comes first
from chassis.ids import new_id  # noqa: E402
from chassis.testing import Harness  # noqa: E402


@pytest.fixture
def staff() -> Actor:
    return Actor(new_id(), new_id(), new_id(), frozenset({"school_staff"}))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """A database with the sample's tables; None lets the harness copy a migrated SQLite file."""
    if request.param == "sqlite":
        return None
    url: str = request.getfixturevalue("postgres_url")("sample", package="sample")
    return url


@pytest.fixture
def harness(database_url: str | None) -> Iterator[Harness]:
    """The sample service, on SQLite and on PostgreSQL."""
    from sample.service import QuietService

    with Harness(QuietService, url=database_url, package="sample") as running:
        yield running


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment for processes that need the sample package."""
    path = os.pathsep.join([PACKAGES, *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path, "LECTERN_SECRET": "a secret for tests only"}


@pytest.fixture
def eventually() -> Callable[..., None]:
    """`eventually(lambda: condition)` returns when it holds and fails after the deadline."""

    def wait(condition: Callable[[], object], timeout: float = 15.0) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.01)

    return wait
