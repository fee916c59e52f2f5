"""The two ways of running Lectern, each as a user starts it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lectern.parts import DATABASES
from tests.journeys.installation import Installation, installed


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def servers(new_vhost: Callable[[], str], postgres_url: Any) -> dict[str, str]:
    """The environment of the server mode: a broker and an empty database for each service."""
    urls = {f"{name.upper()}_DATABASE_URL": postgres_url(name) for name in DATABASES}
    return {"AMQP_URI": new_vhost(), **urls}


@pytest.fixture(params=["embedded", "server"])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    """Lectern with the journey's region, in each mode."""
    server = request.getfixturevalue("servers") if request.param == "server" else None
    with installed(tmp_path / "lectern", port=free_port(), server=server) as running:
        yield running
