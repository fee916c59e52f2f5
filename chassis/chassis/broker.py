"""The broker as the core sees it: something that can be lost at any time.

A publisher returns only when every message of the batch is safe with somebody (stored in a queue, or in the
inboxes themselves in the embedded mode) and raises an OSError otherwise; the relay then keeps its rows. A
consumer hands batches to a sink and lets go of the messages only after the sink returned. `chassis.amqp`
speaks to RabbitMQ, `chassis.local` needs no broker.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

PULSE = "chassis.pulse.v1"
RESEND = "chassis.resend.v1"

_LONGEST_REST = 0.04


def rest_after(seconds: float) -> float:
    """How long relay, consumer and worker rest after a round that took so long and was not full.

    A lone event is not delayed. When many come, and the more the busier the machine is, each round then finds
    several, and a transaction for all of them costs little more than one for one.
    """
    return min(_LONGEST_REST, 2 * seconds)


@dataclass(frozen=True)
class Message:
    """A message as a broker carries it."""

    routing_key: str
    body: bytes
    id: str
    type: str
    headers: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Queue:
    """What a service hears: events by topic pattern, and signals (pulses, wishes) by topic pattern."""

    service: str
    bindings: tuple[str, ...]
    signals: tuple[str, ...]


Sink = Callable[[Sequence[Message]], None]


class NotConfirmed(OSError):
    """The broker did not take the batch, or did not say so in time; some of it may have arrived."""


class Publisher(Protocol):
    """One connection for publishing, used by one thread."""

    def publish(self, messages: Sequence[Message], *, only_to: str | None = None) -> None:
        """Return when all are safe with every bound service, or with the one named; raise otherwise."""
        ...

    def signal(self, message: Message) -> None:
        """Send a pulse or a wish; nobody may be listening, and nothing is lost when it is lost."""
        ...

    def breathe(self) -> None:
        """Called often while there is nothing to publish; raises when the connection is dead."""
        ...

    def close(self) -> None: ...


class Broker(Protocol):
    """Makes publishers and runs consumers."""

    def publisher(self) -> Publisher: ...

    def consume(self, queue: Queue, *, sink: Sink, stop: threading.Event) -> None:
        """Hand over batches until `stop` is set; survives the loss of the broker. Blocks."""
        ...

    def reachable(self) -> bool:
        """Whether the broker answers now, for health reports."""
        ...
