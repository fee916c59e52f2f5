"""RabbitMQ as the broker: confirms, returns, batches, and topology that must be there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from chassis.amqp import AmqpBroker
from chassis.broker import Message, NotConfirmed, Queue
from chassis.engine import queue_of
from chassis.ids import new_id
from chassis.relay import Relay
from chassis.replay import replay
from chassis.tables import outbox
from chassis.testing import temporary_store
from kombu import Connection
from sample import contracts as said
from sample.service import EarService, QuietService
from sqlalchemy import func, select

from chassis import topology

NOTE = "sample.note.written.v1"


class Listening:
    """A consumer on a thread of its own; its sink fails as long as `fails` is set."""

    def __init__(self, broker: AmqpBroker, queue: Queue) -> None:
        self.received: list[Message] = []
        self.batches: list[int] = []
        self.fails = False
        self.failures = 0
        self.stop = threading.Event()
        self.thread = threading.Thread(
            target=broker.consume, args=(queue,), kwargs={"sink": self.take, "stop": self.stop}
        )

    def take(self, messages: Sequence[Message]) -> None:
        if self.fails:
            self.failures += 1
            raise RuntimeError("no database")
        self.batches.append(len(messages))
        self.received += messages


@contextmanager
def listening(broker: AmqpBroker, queue: Queue) -> Iterator[Listening]:
    ear = Listening(broker, queue)
    ear.thread.start()
    yield ear
    ear.stop.set()
    ear.thread.join(10)
    assert not ear.thread.is_alive()


def message(key: str = NOTE, body: bytes = b"{}") -> Message:
    return Message(routing_key=key, body=body, id=new_id(), type=key)


@pytest.fixture
def broker(rabbitmq_uri: str) -> AmqpBroker:
    topology.apply(rabbitmq_uri, [QuietService, EarService], queue_type="classic")
    return AmqpBroker(rabbitmq_uri)


def test_published_is_consumed_in_order_and_in_batches(
    broker: AmqpBroker, eventually: Callable[..., None]
) -> None:
    sent = [message(body=str(n).encode()) for n in range(250)]
    publisher = broker.publisher()
    publisher.publish(sent)
    publisher.publish([])
    with listening(broker, queue_of(EarService)) as ear:
        eventually(lambda: len(ear.received) == 250)
        publisher.signal(message("sample.pulse"))
        eventually(lambda: len(ear.received) == 251)
    publisher.close()
    assert [kept.body for kept in ear.received[:250]] == [kept.body for kept in sent]
    assert [kept.id for kept in ear.received[:250]] == [kept.id for kept in sent]
    assert max(ear.batches) > 10


def test_what_the_sink_could_not_store_comes_again(
    broker: AmqpBroker, eventually: Callable[..., None]
) -> None:
    publisher = broker.publisher()
    with listening(broker, queue_of(EarService)) as ear:
        ear.fails = True
        publisher.publish([message() for _ in range(3)])
        eventually(lambda: ear.failures >= 2)
        ear.fails = False
        eventually(lambda: len(ear.received) == 3)
    publisher.close()


def test_event_without_a_listener_is_kept_where_it_is_seen(broker: AmqpBroker) -> None:
    publisher = broker.publisher()
    publisher.publish([message("sample.nobody.cares.v1")])
    publisher.close()
    assert topology.unrouted_count(broker.uri) == 1


def test_returned_message_keeps_its_row(rabbitmq_uri: str, eventually: Callable[..., None]) -> None:
    """The exchange is there and nobody is bound, not even the alternate exchange's queue."""
    with Connection(rabbitmq_uri) as connection:
        channel = connection.channel()
        topology.EVENTS(channel).declare()
        topology.SIGNALS(channel).declare()
    store, stop = temporary_store("sample"), threading.Event()
    with store.transaction() as tx:
        tx.record(said.NOTE_WRITTEN, aggregate=new_id(), data={"note_id": new_id()})
    publisher = AmqpBroker(rabbitmq_uri).publisher()
    with pytest.raises(NotConfirmed, match="NO_ROUTE"):
        publisher.publish([message()])
    publisher.close()

    relay = Relay(store, AmqpBroker(rabbitmq_uri))
    thread = threading.Thread(target=relay.run, args=(stop,))
    thread.start()
    eventually(lambda: relay.leads)

    def unpublished() -> Any:
        with store.reading() as tx:
            return tx.session.scalar(
                select(func.count()).select_from(outbox).where(outbox.c.published_at.is_(None))
            )

    assert unpublished() == 1
    topology.apply(rabbitmq_uri, [EarService], queue_type="classic")
    eventually(lambda: unpublished() == 0)
    stop.set()
    thread.join(10)
    store.dispose()


def test_missing_exchange_is_not_confirmed(rabbitmq_uri: str) -> None:
    publisher = AmqpBroker(rabbitmq_uri).publisher()
    with pytest.raises(NotConfirmed):
        publisher.publish([message()])
    publisher.close()


def test_missing_topology_is_a_sentence(rabbitmq_uri: str) -> None:
    with pytest.raises(topology.TopologyMissing, match="lectern topology apply"):
        topology.check(rabbitmq_uri, [EarService])
    assert topology.apply(rabbitmq_uri, [EarService]) == ["unrouted", "inbox.ear"]
    assert topology.apply(rabbitmq_uri, [EarService]) == ["unrouted", "inbox.ear"], "it may be repeated"
    topology.check(rabbitmq_uri, [EarService])
    with pytest.raises(topology.TopologyMissing, match=r"inbox\.sample"):
        topology.check(rabbitmq_uri, [EarService, QuietService])


def test_other_properties_are_a_sentence(rabbitmq_uri: str) -> None:
    topology.apply(rabbitmq_uri, [EarService], queue_type="classic")
    with pytest.raises(topology.TopologyDiffers, match=r"inbox\.ear.*lectern replay"):
        topology.apply(rabbitmq_uri, [EarService], queue_type="quorum")


def test_consumer_waits_for_its_queue(rabbitmq_uri: str, eventually: Callable[..., None]) -> None:
    broker = AmqpBroker(rabbitmq_uri)
    with listening(broker, queue_of(EarService)) as ear:
        topology.apply(rabbitmq_uri, [EarService], queue_type="classic")
        publisher = broker.publisher()
        publisher.publish([message()])
        eventually(lambda: len(ear.received) == 1)
        publisher.close()


def test_replay_reaches_one_consumer_only(broker: AmqpBroker, eventually: Callable[..., None]) -> None:
    store = temporary_store("sample")
    with store.transaction() as tx:
        tx.record(said.NOTE_WRITTEN, aggregate=new_id(), data={"note_id": new_id()})
    with listening(broker, queue_of(EarService)) as ear:
        assert replay(store, consumer="ear", broker=broker) == 1
        eventually(lambda: len(ear.received) == 1)
        assert ear.received[0].type == NOTE
    store.dispose()


def test_nobody_at_the_address() -> None:
    broker = AmqpBroker("amqp://guest:guest@127.0.0.1:1/")
    assert not broker.reachable()
    with pytest.raises(NotConfirmed, match="cannot reach"):
        broker.publisher()


def test_broker_is_killed_and_starts_again(own_rabbitmq: Any, eventually: Callable[..., None]) -> None:
    """What was confirmed arrives, what was not is reported; publisher and consumer find it again."""
    uri = own_rabbitmq.uri()
    topology.apply(uri, [EarService], queue_type="classic")
    broker = AmqpBroker(uri)
    assert broker.reachable()
    with listening(broker, queue_of(EarService)) as ear:
        publisher = broker.publisher()
        publisher.publish([message(body=b"before")])
        eventually(lambda: len(ear.received) == 1)
        own_rabbitmq.kill()
        with pytest.raises(NotConfirmed):
            publisher.publish([message(body=b"during")])
        publisher.close()
        own_rabbitmq.start()
        publisher = broker.publisher()
        publisher.publish([message(body=b"after")])
        eventually(lambda: ear.received[-1].body == b"after", timeout=30)
        publisher.close()
