"""The relay publishes everything that was committed, in order, and marks only what was confirmed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from chassis.broker import PULSE, Message, NotConfirmed
from chassis.ids import new_id
from chassis.leadership import lead
from chassis.relay import Relay
from chassis.replay import count, replay
from chassis.store import Store
from chassis.tables import outbox
from chassis.testing import temporary_store
from sample import contracts as said
from sample.acting import die_at
from sqlalchemy import func, select, text

from chassis import digest, failpoints, relay


class Recorder:
    """A broker that remembers what it confirmed and refuses when told to."""

    def __init__(self) -> None:
        self.published: list[Message] = []
        self.signals: list[Message] = []
        self.refuses = False
        self.refused = 0

    def publisher(self) -> Recorder:
        return self

    def publish(self, messages: Sequence[Message], *, only_to: str | None = None) -> None:
        if self.refuses:
            self.refused += 1
            raise NotConfirmed("as told")
        self.published += messages

    def signal(self, message: Message) -> None:
        self.signals.append(message)

    def breathe(self) -> None:
        pass

    def close(self) -> None:
        pass

    def reachable(self) -> bool:
        return True

    def consume(self, *_: Any, **__: Any) -> None:
        raise NotImplementedError("nobody consumes from a recorder")


@pytest.fixture
def store(database_url: str | None) -> Iterator[Store]:
    made = temporary_store("sample", database_url)
    yield made
    made.dispose()


def write(store: Store, times: int = 1) -> list[str]:
    ids = []
    for _ in range(times):
        with store.transaction() as tx:
            note = new_id()
            ids.append(tx.record(said.NOTE_WRITTEN, aggregate=note, data={"note_id": note}))
    return ids


def unpublished(store: Store) -> int:
    with store.reading() as tx:
        query = select(func.count()).select_from(outbox).where(outbox.c.published_at.is_(None))
        return tx.session.scalar(query) or 0


class Running:
    """A relay on a thread of its own."""

    def __init__(self, store: Store, broker: Recorder) -> None:
        self.relay = Relay(store, broker)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.relay.run, args=(self.stop,))

    def __enter__(self) -> Running:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.relay.wake()
        self.thread.join(10)
        assert not self.thread.is_alive()


def test_publishes_in_the_order_of_recording(store: Store, eventually: Callable[..., None]) -> None:
    broker = Recorder()
    before = write(store, 5)
    with Running(store, broker):
        during = write(store, 5)
        eventually(lambda: unpublished(store) == 0)
    assert [message.id for message in broker.published] == before + during
    first = broker.published[0]
    assert (first.routing_key, first.type) == ("sample.note.written.v1", "sample.note.written.v1")
    assert json.loads(first.body)["id"] == first.id


def test_batches_end(store: Store, eventually: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "BATCH", 3)
    broker = Recorder()
    ids = write(store, 10)
    with Running(store, broker):
        eventually(lambda: unpublished(store) == 0)
    assert [message.id for message in broker.published] == ids


def test_what_is_not_confirmed_is_kept_and_sent_again(store: Store, eventually: Callable[..., None]) -> None:
    broker = Recorder()
    broker.refuses = True
    ids = write(store, 3)
    with Running(store, broker):
        eventually(lambda: broker.refused > 1)
        assert unpublished(store) == 3
        broker.refuses = False
        eventually(lambda: unpublished(store) == 0)
    assert [message.id for message in broker.published] == ids


def test_late_commit_with_an_early_number_is_not_skipped(
    postgresql_url: str, eventually: Callable[..., None]
) -> None:
    """The reason why there is no cursor: number 1 commits after number 2 was published."""
    store, broker = temporary_store("sample", postgresql_url), Recorder()
    with Running(store, broker):
        with store.transaction() as slow:
            slow.record(said.NOTE_WRITTEN, aggregate=new_id(), data={"note_id": new_id()})
            slow.finish()
            slow._recorded.clear()
            write(store)
            eventually(lambda: len(broker.published) == 1)
        eventually(lambda: len(broker.published) == 2)
    store.dispose()


@pytest.mark.parametrize("point", ["relay.read", "relay.confirmed", "relay.marked"])
def test_crash_at_any_point_loses_nothing(
    store: Store, point: str, eventually: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = Recorder()
    ids = write(store, 3)
    monkeypatch.setattr(failpoints, "hook", die_at(point))
    with pytest.raises(SystemError), lead(store, "relay") as connection:  # noqa: PT012 - it dies inside
        assert connection is not None
        Relay(store, broker).publish_once(connection, broker)
    monkeypatch.undo()
    with Running(store, broker):
        eventually(lambda: unpublished(store) == 0)
    assert sorted({message.id for message in broker.published}) == ids


def test_one_leads_and_the_next_takes_over(store: Store, eventually: Callable[..., None]) -> None:
    first, second = Recorder(), Recorder()
    twin = Store("sample", store.url)
    with Running(twin, second) as waiting:
        with lead(store, "relay"):
            pass
        eventually(lambda: waiting.relay.leads)
        with Running(store, first) as late:
            ids = write(twin, 3) + write(store, 3)
            eventually(lambda: unpublished(store) == 0)
            assert not late.relay.leads
            waiting.stop.set()
            waiting.relay.wake()
            eventually(lambda: late.relay.leads)
            more = write(store, 2)
            eventually(lambda: unpublished(store) == 0)
    assert [message.id for message in second.published] == ids
    assert [message.id for message in first.published] == more
    twin.dispose()


def test_leader_that_loses_its_connection_steps_down(
    postgresql_url: str, eventually: Callable[..., None]
) -> None:
    store, broker = temporary_store("sample", postgresql_url), Recorder()
    with Running(store, broker) as running:
        eventually(lambda: running.relay.leads)
        with store.engine.begin() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks"
                    " WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
                    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                )
            )
        ids = write(store, 2)
        eventually(lambda: unpublished(store) == 0)
    assert [message.id for message in broker.published] == ids
    store.dispose()


def test_replay_of_all_and_of_a_part(store: Store, eventually: Callable[..., None]) -> None:
    broker = Recorder()
    ids = write(store, 4)
    with Running(store, broker):
        eventually(lambda: unpublished(store) == 0)
        with store.reading() as tx:
            (chosen,) = tx.session.scalars(select(outbox.c.aggregate).where(outbox.c.event_id == ids[1]))
            now = tx.now
        broker.published.clear()
        assert replay(store, aggregate=chosen) == 1
        eventually(lambda: [message.id for message in broker.published] == [ids[1]])
        assert replay(store, since=now + timedelta(hours=1)) == 0
        assert replay(store, type="sample.sheet.filled.v1") == 0
        assert count(store, type="sample.note.written.v1", since=now - timedelta(hours=1)) == 4
        broker.published.clear()
        assert replay(store) == 4
        eventually(lambda: [message.id for message in broker.published] == ids)


def test_replay_to_one_consumer(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.replay.BATCH", 2)
    broker = Recorder()
    ids = write(store, 5)
    assert replay(store, consumer="ear", broker=broker) == 5
    assert [message.id for message in broker.published] == ids
    with pytest.raises(ValueError, match="needs the broker"):
        replay(store, consumer="ear")


def test_pulse_says_until_when_everything_is_told(store: Store, eventually: Callable[..., None]) -> None:
    broker = Recorder()
    write(store, 2)
    with Running(store, broker):
        eventually(lambda: broker.signals)
    (pulse,) = broker.signals
    content = json.loads(pulse.body)
    assert (pulse.type, pulse.routing_key, content["source"]) == (PULSE, "sample.pulse", "sample")
    assert sorted(version for _, _, version in content["digest"]) == [1, 1, 1, 1]


def test_digest_goes_round_all_aggregates(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "SWEEP", 3)
    monkeypatch.setattr(digest, "RECENT_PULSES", 0)
    write(store, 8)
    sender, seen = digest.Sender(store), []
    with store.engine.connect() as connection:
        for _ in range(3):
            seen += sender.next(connection)
    assert len(seen) == len(set(seen)) == 8
