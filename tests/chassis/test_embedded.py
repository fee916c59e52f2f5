"""Services in one process: events arrive once and in order, whatever the weather, and a stop is quick."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chassis.access import Actor
from chassis.broker import Message, NotConfirmed
from chassis.embedded import Embedded
from chassis.engine import queue_of
from chassis.ids import new_id
from chassis.local import LocalBroker, Weather, matches
from chassis.rpc import RemoteError, ServiceUnavailable
from chassis.tables import pulses
from chassis.testing import settings
from contracts.errors import Refused
from sample import contracts as said
from sample.service import EarService, QuietService, SampleService, TogetherService
from sample.telling import heard
from sqlalchemy import select

from chassis import digest, health, relay

PACKAGES = {"sample": "sample", "ear": "sample"}
Start = Callable[..., Embedded]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """`start()` runs both sample services; whatever still runs at the end is stopped."""
    running: list[Embedded] = []

    def run(*, weather: Weather | None = None, ear: type = EarService, **options: Any) -> Embedded:
        embedded = Embedded(
            [QuietService, ear],
            replace(settings(), home=tmp_path),
            packages=PACKAGES,
            broker=LocalBroker(weather=weather),
            **options,
        )
        embedded.start()
        running.append(embedded)
        return embedded

    yield run
    for embedded in running:
        embedded.stop()


def fill(embedded: Embedded, staff: Actor, *, sheets: Sequence[str], rounds: int) -> None:
    for _ in range(rounds):
        for sheet in sheets:
            embedded.rpc.call(said.WRITE, actor=staff, request={"text": "x", "sheet": sheet})


def assert_complete(embedded: Embedded, sheets: Sequence[str], rounds: int) -> None:
    kept = heard(embedded.stores["ear"])
    for sheet in sheets:
        assert [version for aggregate, version in kept if aggregate == sheet] == list(range(1, rounds + 1))
    assert len(kept) == 2 * rounds * len(sheets)


@pytest.mark.parametrize("ear", [EarService, TogetherService])
def test_everything_arrives_once_and_in_order(start: Start, staff: Actor, ear: type) -> None:
    embedded, sheets = start(ear=ear), [new_id() for _ in range(4)]
    fill(embedded, staff, sheets=sheets, rounds=6)
    assert embedded.drain(20)
    assert_complete(embedded, sheets, 6)


def test_bad_weather_doubles_shuffles_and_delays(start: Start, staff: Actor) -> None:
    chance, held = random.Random(11), list[Message]()

    def weather(messages: Sequence[Message]) -> list[Message]:
        arriving = [*messages, *messages, *held]
        held[:] = [message for message in messages if chance.random() < 0.3]
        chance.shuffle(arriving)
        return arriving

    embedded, sheets = start(weather=weather), [new_id() for _ in range(3)]
    fill(embedded, staff, sheets=sheets, rounds=8)
    assert embedded.drain(20)
    assert_complete(embedded, sheets, 8)


def test_lost_messages_are_noticed_and_asked_for(
    start: Start, staff: Actor, monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., None]
) -> None:
    """Half of what was confirmed vanishes, the tails among it; nobody does anything, and it heals."""
    for name, seconds in {"SUSPECT_SECONDS": 0.1, "WAITED_SECONDS": 0.5, "RESENT_SECONDS": 0.1}.items():
        monkeypatch.setattr(digest, name, seconds)
    monkeypatch.setattr(relay, "PULSE_SECONDS", 0.2)
    monkeypatch.setattr("chassis.engine.RECONCILE_SECONDS", 0.1)
    chance, bad = random.Random(7), [True]

    def weather(messages: Sequence[Message]) -> list[Message]:
        return [message for message in messages if not bad[0] or chance.random() < 0.5]

    embedded, sheets = start(weather=weather), [new_id() for _ in range(4)]
    fill(embedded, staff, sheets=sheets, rounds=5)
    assert embedded.drain(20)
    assert len(heard(embedded.stores["ear"])) < 40
    bad[0] = False
    eventually(lambda: len(heard(embedded.stores["ear"])) == 40, timeout=30)
    assert_complete(embedded, sheets, 5)


def test_consumer_that_is_away_loses_nothing(start: Start, staff: Actor) -> None:
    """The relay waits for every declared queue: what one service cannot store is not called published."""
    embedded, sheet = start(), new_id()
    fill(embedded, staff, sheets=[sheet], rounds=2)
    assert embedded.drain(20)
    embedded.stop()
    again = start()
    fill(again, staff, sheets=[sheet], rounds=1)
    assert again.drain(20)
    assert_complete(again, [sheet], 3)


def test_stop_is_quick(start: Start, staff: Actor) -> None:
    embedded = start()
    fill(embedded, staff, sheets=[new_id()], rounds=5)
    began = time.monotonic()
    embedded.stop()
    assert time.monotonic() - began < 3


def test_timers_run_by_themselves_or_by_hand(tmp_path: Path, eventually: Callable[..., None]) -> None:
    def notes(embedded: Embedded) -> int:
        actor = Actor(None, None, None)
        return int(embedded.rpc.call(said.COUNT, actor=actor, request={})["count"])

    options: dict[str, Any] = {"packages": PACKAGES}
    with Embedded([SampleService], replace(settings(), home=tmp_path / "1"), **options) as embedded:
        eventually(lambda: notes(embedded) >= 3)
    quiet = Embedded([SampleService], replace(settings(), home=tmp_path / "2"), timers=False, **options)
    with quiet as embedded:
        embedded.run_timers()
        embedded.run_timers()
        assert notes(embedded) == 2


def test_rpc_in_one_process(start: Start, staff: Actor) -> None:
    embedded = start()
    with pytest.raises(Refused, match="politely"):
        embedded.rpc.call(said.WRITE, actor=staff, request={"text": "rude"})
    with pytest.raises(RemoteError, match="as asked"):
        embedded.rpc.call(said.MISBEHAVE, actor=staff, request={"text": "raise"})
    with pytest.raises(ServiceUnavailable):
        embedded.rpc.call(replace(said.COUNT, service="nowhere"), actor=staff, request={})


def test_pulses_say_how_old_a_view_is(
    start: Start, staff: Actor, monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., None]
) -> None:
    monkeypatch.setattr(relay, "PULSE_SECONDS", 0.1)
    embedded = start()
    ear = embedded.stores["ear"]

    def until() -> Any:
        with ear.reading() as tx:
            return health.told_until(tx).get("sample")

    eventually(lambda: until() is not None)
    first = until()
    eventually(lambda: until() > first)
    with ear.reading() as tx:
        assert list(tx.session.scalars(select(pulses.c.source))) == ["sample"]
        assert health.lag(tx) == {}


def test_health_report(start: Start, staff: Actor, eventually: Callable[..., None]) -> None:
    embedded = start()
    fill(embedded, staff, sheets=[new_id()], rounds=2)
    assert embedded.drain(20)
    ear_engine = next(engine for engine in embedded.engines if engine.service.name == "ear")
    eventually(lambda: ear_engine.relays[0].leads)
    report = health.report(embedded.stores["ear"], broker=embedded.broker, engine=ear_engine)
    assert report == {
        "reachable": True,
        "unpublished": 0,
        "relay_lag_seconds": 0.0,
        "new": 0,
        "waiting": 0,
        "parked": 0,
        "inbox_lag_seconds": 0.0,
        "broker": True,
        "breaker_open_seconds": 0.0,
        "leads": ["ear"],
        "stuck": [],
    }
    assert health.alive(ear_engine)
    assert health.ready(list(embedded.stores.values()), PACKAGES) == {"sample": "ok", "ear": "ok"}


def test_topics_match_as_the_broker_would() -> None:
    cases = [
        ("a.b.#", "a.b", True),
        ("a.b.#", "a.b.c.d", True),
        ("a.b.#", "a.bc", False),
        ("a.*.c", "a.b.c", True),
        ("a.*.c", "a.b.b.c", False),
        ("a.b", "a.b", True),
    ]
    for binding, key, expected in cases:
        assert matches(binding, key) is expected, (binding, key)


def test_queue_without_a_consumer_makes_the_publisher_wait() -> None:
    broker = LocalBroker()
    broker.declare(queue_of(EarService))
    with pytest.raises(NotConfirmed, match="does not listen"):
        broker.publish([Message("sample.note.written.v1", b"", "1", "")])
    broker.publish([Message("sample.other.written.v1", b"", "2", "")])
    assert broker.unrouted == 1
