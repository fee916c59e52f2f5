"""RabbitMQ as the broker, over kombu.

Publisher: a connection of its own, whose socket has read and write time-outs, because a broker with a disk or
memory alarm stops reading and would otherwise hang publish and close for ever. Messages are written one after
the other and the confirms collected afterwards; a refusal, a return (nobody to take it) or silence is
`NotConfirmed`, and the connection is given up, because what becomes of the rest is unknown. The method frame
is sent without kombu's per-message look for a blocked connection, which costs more than the message.

Consumer: raw bytes, gathered while they come, handed to the sink as a batch, acknowledged together. When the
sink fails the connection is closed, so that nothing stays unacknowledged on a live channel.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from typing import Any

from amqp import Message as AmqpMessage
from amqp import spec
from kombu import Connection
from kombu.exceptions import OperationalError

from chassis import failpoints, log
from chassis.broker import Message, NotConfirmed, Queue, Sink, rest_after
from chassis.topology import EVENTS, SIGNALS, TopologyMissing, queue_name

HEARTBEAT = 10
SOCKET_TIMEOUT = 8.0
CONFIRM_SECONDS = 30.0
PREFETCH = 400
BATCH = 100
LISTEN_SECONDS = 0.5


def connect(uri: str) -> Connection:
    """An open connection with heartbeats and time-outs on everything."""
    connection = Connection(
        uri,
        connect_timeout=5,
        heartbeat=HEARTBEAT,
        transport_options={"read_timeout": SOCKET_TIMEOUT, "write_timeout": SOCKET_TIMEOUT},
    )
    try:
        # kombu's own connect() waits two seconds before it gives up; our callers have their own backoff.
        connection.ensure_connection(max_retries=1, interval_start=0.05, interval_step=0)
    except (*connection.connection_errors, OperationalError) as error:
        raise NotConfirmed(f"cannot reach the broker: {error}") from error
    return connection


class AmqpBroker:
    """The broker at an AMQP URI."""

    def __init__(self, uri: str) -> None:
        self.uri = uri

    def publisher(self) -> AmqpPublisher:
        return AmqpPublisher(self.uri)

    def reachable(self) -> bool:
        try:
            close(connect(self.uri))
        except OSError:
            return False
        return True

    def consume(self, queue: Queue, *, sink: Sink, stop: threading.Event) -> None:
        failures = 0
        while not stop.is_set():
            consumer = None
            try:
                consumer = _Consumer(self.uri, queue)
                failures = 0
                consumer.run(sink, stop)
            except Exception as error:  # noqa: BLE001 - broker or database away: what is unacknowledged returns
                failures += 1
                log.get(__name__).warning("consumer.lost", queue=queue.service, error=str(error)[:300])
                stop.wait(random.uniform(0.1, min(10.0, 0.25 * 2 ** min(failures, 8))))
            finally:
                if consumer is not None:
                    consumer.close()


class AmqpPublisher:
    """Publishes batches with confirms."""

    def __init__(self, uri: str) -> None:
        self._connection = connect(uri)
        self._sent = 0
        self._open: set[int] = set()
        self._trouble: str | None = None
        self._breathed_at = time.monotonic()
        self._channel: Any = self._connection.channel()
        self._channel.confirm_select()
        self._channel.events["basic_ack"].add(self._on_ack)
        self._channel.events["basic_nack"].add(self._on_nack)
        self._channel.events["basic_return"].add(self._on_return)

    def publish(self, messages: Sequence[Message], *, only_to: str | None = None) -> None:
        try:
            for message in messages:
                if only_to is None:
                    self._send(message, EVENTS.name, message.routing_key)
                else:
                    self._send(message, "", queue_name(only_to))
            self._await_confirms()
        except NotConfirmed:
            raise
        except Exception as error:
            raise NotConfirmed(f"the broker went away: {error}") from error

    def signal(self, message: Message) -> None:
        try:
            self._send(message, SIGNALS.name, message.routing_key, mandatory=False)
            self._await_confirms()
        except NotConfirmed:
            raise
        except Exception as error:
            raise NotConfirmed(f"the broker went away: {error}") from error

    def breathe(self) -> None:
        """Keep an idle connection alive, and notice when it is dead."""
        if time.monotonic() - self._breathed_at < 1.0:
            return
        self._breathed_at = time.monotonic()
        try:
            self._drain(0.001)
            self._connection.heartbeat_check()
        except Exception as error:
            raise NotConfirmed(f"the broker went away: {error}") from error

    def close(self) -> None:
        close(self._connection, politely=self._trouble is None and not self._open)

    def _send(self, message: Message, exchange: str, key: str, *, mandatory: bool = True) -> None:
        wrapped = AmqpMessage(
            message.body,
            content_type="application/cloudevents+json",
            delivery_mode=2,
            message_id=message.id,
            type=message.type,
            application_headers=dict(message.headers),
        )
        self._sent += 1
        self._open.add(self._sent)
        self._channel.send_method(spec.Basic.Publish, "Bssbb", (0, exchange, key, mandatory, False), wrapped)

    def _await_confirms(self) -> None:
        deadline = time.monotonic() + CONFIRM_SECONDS
        while self._open and self._trouble is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise NotConfirmed(f"no confirm for {len(self._open)} messages in {CONFIRM_SECONDS:.0f} s")
            self._drain(min(left, SOCKET_TIMEOUT))
            self._connection.heartbeat_check()
        if self._trouble is not None:
            raise NotConfirmed(self._trouble)

    def _drain(self, timeout: float) -> None:
        try:
            self._connection.drain_events(timeout=timeout)
        except TimeoutError:
            return

    def _on_ack(self, tag: int, multiple: bool) -> None:
        self._open -= {t for t in self._open if t <= tag} if multiple else {tag}

    def _on_nack(self, tag: int, _multiple: bool) -> None:
        self._trouble = f"the broker refused message {tag}"

    def _on_return(self, error: Exception, exchange: str, key: str, _message: Any) -> None:
        self._trouble = f"{key} was returned by exchange {exchange or '(default)'}: {error}"


class _Consumer:
    """One connection that reads one queue."""

    def __init__(self, uri: str, queue: Queue) -> None:
        self._connection = connect(uri)
        self._channel: Any = self._connection.channel()
        self._batch: list[AmqpMessage] = []
        name = queue_name(queue.service)
        try:
            self._channel.queue_declare(name, passive=True)
        except self._connection.channel_errors as error:
            self.close()
            raise TopologyMissing(f"{name} is not declared; run `lectern topology apply`") from error
        self._channel.basic_qos(0, PREFETCH, False)
        self._channel.basic_consume(name, callback=self._batch.append)

    def run(self, sink: Sink, stop: threading.Event) -> None:
        while not stop.is_set():
            if self._gather():
                began = time.monotonic()
                sink([_read(message) for message in self._batch])
                self._channel.basic_ack(self._batch[-1].delivery_info["delivery_tag"], multiple=True)
                failpoints.reach("inbox.acknowledged")
                full = len(self._batch) >= BATCH
                self._batch.clear()
                if not full:
                    stop.wait(rest_after(time.monotonic() - began))
            self._connection.heartbeat_check()

    def _gather(self) -> bool:
        """Wait for a message, then take what else is there."""
        timeout = LISTEN_SECONDS
        while len(self._batch) < BATCH:
            try:
                self._connection.drain_events(timeout=timeout)
            except TimeoutError:
                break
            if self._batch:
                timeout = 0
        return bool(self._batch)

    def close(self) -> None:
        close(self._connection, politely=not self._batch)


def _read(message: AmqpMessage) -> Message:
    body = message.body
    return Message(
        routing_key=message.delivery_info["routing_key"],
        body=body.encode("utf-8", "surrogateescape") if isinstance(body, str) else bytes(body),
        id=str(message.properties.get("message_id", "")),
        type=str(message.properties.get("type", "")),
        headers=_plain(message.headers),
    )


def _plain(headers: dict[str, Any] | None) -> dict[str, Any]:
    """The headers that JSON can keep."""
    return {
        name: value
        for name, value in (headers or {}).items()
        if isinstance(value, str | int | bool) and "\x00" not in str(value)
    }


def close(connection: Connection, *, politely: bool = True) -> None:
    """Close without hanging: a blocked broker answers no close, so after trouble just hang up."""
    try:
        if politely:
            connection.release()
        else:
            connection.collect()
    except Exception as error:  # noqa: BLE001 - it is gone, which is what was wanted
        log.get(__name__).debug("connection.abandoned", error=str(error))
