"""kill -9 in the middle: the journey still comes out the same, to the last message.

After each step of the journey a process dies, and the next step begins at once, while it is being started
again. In server mode the services take turns; in embedded mode the one process dies with everything in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.conftest import free_port
from tests.journeys.installation import Installation, installed
from tests.journeys.test_loop import Loop

VICTIMS = {
    "order": "scheduling",
    "suggest": "views",
    "ask_until_somebody_accepts": "scheduling",
    "look_at_the_calendar": "enrollment",
    "fill_the_seats": "enrollment",
    "give_seats_back": "notifications",
    "come_to_the_door": "feedback",
    "rate": "feedback",
    "rank_by_rating": "views",
    "count": "notifications",
}


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Installation]:
    with installed(tmp_path / "lectern", port=free_port()) as running:
        yield running


@pytest.fixture
def server(servers: dict[str, str], tmp_path: Path) -> Iterator[Installation]:
    with installed(tmp_path / "lectern", port=free_port(), server=servers) as running:
        yield running


def test_every_service_killed_in_turn(server: Installation) -> None:
    killed = []

    def kill(step: str) -> None:
        if step in VICTIMS:
            assert server.kill(VICTIMS[step]) == 1
            killed.append(VICTIMS[step])

    Loop(server).run(between=kill)
    assert set(killed) == {"scheduling", "enrollment", "feedback", "notifications", "views"}


def test_the_one_process_killed(embedded: Installation) -> None:
    def kill(step: str) -> None:
        if step in {"ask_until_somebody_accepts", "fill_the_seats", "rate"}:
            embedded.kill_everything()

    Loop(embedded).run(between=kill)
