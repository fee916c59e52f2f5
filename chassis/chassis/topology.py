"""Exchanges and queues, declared once at deploy and only checked by the services.

`lectern.events` is a topic exchange; what nobody is bound to goes over its alternate exchange to the queue
`unrouted`, where an operator sees it. Each service has one durable queue, `inbox.<service>`, bound to every
event of each aggregate of which it handles any. `lectern.signals` carries pulses and wishes, which may get
lost. A service whose queue is missing refuses to start: an undeclared queue is a lost event otherwise.

`LECTERN_QUEUE_TYPE` is `quorum` (the default) or `classic`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from amqp.exceptions import PreconditionFailed
from kombu import Connection, Exchange
from kombu import Queue as KombuQueue

from chassis.broker import Queue
from chassis.engine import queue_of

EVENTS = Exchange(
    "lectern.events", type="topic", durable=True, arguments={"alternate-exchange": "lectern.unrouted"}
)
UNROUTED = Exchange("lectern.unrouted", type="fanout", durable=True)
SIGNALS = Exchange("lectern.signals", type="topic", durable=True)
UNROUTED_QUEUE = "unrouted"
UNROUTED_KEPT = 100_000


class TopologyMissing(Exception):
    """The broker lacks a queue or an exchange: `lectern topology apply` makes them."""


class TopologyDiffers(Exception):
    """The broker has a queue or an exchange of this name with other properties, which it never changes."""


def queue_name(service: str) -> str:
    return f"inbox.{service}"


def apply(amqp_uri: str, services: Iterable[type], *, queue_type: str | None = None) -> list[str]:
    """Declare everything the services need; returns the names of the queues. Safe to repeat."""
    queue_type = queue_type or os.environ.get("LECTERN_QUEUE_TYPE", "quorum")
    names = [UNROUTED_QUEUE]
    with Connection(amqp_uri, connect_timeout=5) as connection:
        try:
            channel = connection.channel()
            _declare_exchanges(channel)
            for queue in map(queue_of, services):
                if queue.signals:
                    _declare(channel, queue, queue_type)
                    names.append(queue_name(queue.service))
        except PreconditionFailed as error:
            raise TopologyDiffers(
                f"{error.reply_text}. Stop the services, delete what is named there, apply again and run"
                " `lectern replay`: everything is still in the outboxes."
            ) from None
    return names


def _declare_exchanges(channel: Any) -> None:
    for exchange in (UNROUTED, EVENTS, SIGNALS):
        exchange(channel).declare()
    kept = {"x-max-length": UNROUTED_KEPT}
    KombuQueue(UNROUTED_QUEUE, UNROUTED, durable=True, queue_arguments=kept)(channel).declare()


def _declare(channel: Any, queue: Queue, queue_type: str) -> None:
    arguments: dict[str, Any] = {"x-queue-type": queue_type, "x-dead-letter-exchange": UNROUTED.name}
    if queue_type == "quorum":
        # A delivery comes back only when a replica dies before it stored it. RabbitMQ 4 would drop after 20.
        arguments |= {"x-delivery-limit": 1000}
    declared = KombuQueue(queue_name(queue.service), durable=True, queue_arguments=arguments)(channel)
    declared.queue_declare()
    for key in queue.bindings:
        declared.bind_to(EVENTS, key)
    for key in queue.signals:
        declared.bind_to(SIGNALS, key)


def check(amqp_uri: str, services: Iterable[type]) -> None:
    """Raise TopologyMissing when an exchange or a service's queue is not there."""
    queues = [queue_of(service) for service in services]
    with Connection(amqp_uri, connect_timeout=5) as connection:
        for exchange in (EVENTS, SIGNALS):
            _look(connection, exchange.name, exchange=True)
        for queue in queues:
            if queue.signals:
                _look(connection, queue_name(queue.service), exchange=False)


def _look(connection: Connection, name: str, *, exchange: bool) -> None:
    channel = connection.channel()
    try:
        if exchange:
            channel.exchange_declare(name, type="topic", passive=True)
        else:
            channel.queue_declare(name, passive=True)
    except connection.channel_errors as error:
        raise TopologyMissing(
            f"{name} is not declared on the broker; run `lectern topology apply` ({error})"
        ) from None
    channel.close()


def unrouted_count(amqp_uri: str) -> int:
    """How many events nobody was bound to; an alarm when it is not 0."""
    with Connection(amqp_uri, connect_timeout=5) as connection:
        found = connection.channel().queue_declare(UNROUTED_QUEUE, passive=True)
        return int(found.message_count)
