"""Asking services over RabbitMQ, in the protocol of nameko's RPC server.

One thread per process owns one connection: it alone publishes, and it alone reads replies, returned messages
and heartbeats, so nothing of the client library is shared between threads. Callers leave a request, wake the
thread through a socket pair and wait for their own answer by correlation id. After a fork the child starts a
thread of its own.

A time-out means "unknown". Half-way to it a request without an answer is sent once more with the same command
id, which the service answers from its log if the first one had its effect; the same happens with everything
unanswered when the connection was lost. The deadline travels along, and the broker drops a request that is
past it, so that nothing happens after the caller gave up. Who has not answered for a second is looked up
first: with nobody listening at its queue the call fails at once and nothing was done.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import socket
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from amqp import Message as AmqpMessage
from amqp import spec
from amqp.exceptions import NotFound as QueueNotFound
from contracts.registry import Rpc
from kombu import Connection

from chassis import log
from chassis.access import Actor
from chassis.amqp import close, connect
from chassis.rpc import OutcomeUnknown, RemoteError, ServiceUnavailable, data_of, make_context, wire

EXCHANGE = "nameko-rpc"
REPLIES_EXPIRE_MS = 300_000
FRESH_SECONDS = 1.0
IDLE_SECONDS = 1.0


@dataclass
class _Call:
    """One question on its way; `answered` is set by the I/O thread."""

    rpc: Rpc
    body: bytes
    deadline: float
    correlation: str = field(default_factory=lambda: str(uuid.uuid4()))
    answered: threading.Event = field(default_factory=threading.Event)
    reply: dict[str, Any] | None = None
    error: Exception | None = None
    left: bool = False

    def fail(self, error: Exception) -> None:
        self.error = error
        self.answered.set()


class AmqpRpcClient:
    """A client for all threads of a process."""

    def __init__(self, amqp_uri: str, secret: str) -> None:
        self._uri = amqp_uri
        self._secret = secret
        self._guard = threading.Lock()
        self._post: _Post | None = None

    def call(
        self,
        rpc: Rpc,
        *,
        actor: Actor,
        request: dict[str, Any],
        command_id: str | None = None,
        correlation: str | None = None,
        timeout: float = 5.0,
    ) -> dict[str, Any]:
        context = make_context(
            rpc,
            actor=actor,
            secret=self._secret,
            command_id=command_id,
            correlation=correlation,
            timeout=timeout,
        )
        body = wire({"args": [], "kwargs": {"context": context, "request": request}}).encode()
        call = _Call(rpc, body, time.monotonic() + timeout)
        post = self._running_post()
        post.send(call)
        if not call.answered.wait(timeout / 2):
            post.send(call)
            call.answered.wait(max(0.0, call.deadline - time.monotonic()))
        post.forget(call)
        return _outcome(call)

    def close(self) -> None:
        """End the thread and its connection."""
        with self._guard:
            post, self._post = self._post, None
        if post is not None:
            post.stop()

    def _running_post(self) -> _Post:
        with self._guard:
            if self._post is None or self._post.pid != os.getpid():
                self._post = _Post(self._uri)
                self._post.start()
            return self._post


def _outcome(call: _Call) -> dict[str, Any]:
    if call.error is not None:
        raise call.error
    if call.reply is None:
        if call.left:
            raise OutcomeUnknown(f"{call.rpc.name} did not answer in time")
        raise ServiceUnavailable(f"{call.rpc.name}: the broker cannot be reached")
    error = call.reply.get("error")
    if error:
        raise RemoteError(f"{call.rpc.name}: {error.get('exc_type')}: {error.get('value')}")
    return data_of(call.reply["result"])


class _Post(threading.Thread):
    """The thread that owns the connection."""

    def __init__(self, uri: str) -> None:
        super().__init__(name="rpc client", daemon=True)
        self.pid = os.getpid()
        self._uri = uri
        self._stopping = False
        self._outgoing: deque[_Call] = deque()
        self._waiting: dict[str, _Call] = {}
        self._heard: dict[str, float] = {}
        self._ear, self._bell = socket.socketpair()
        self._ear.setblocking(False)
        self._bell.setblocking(False)
        self._reply_to = str(uuid.uuid4())
        self._connection: Connection | None = None
        self._channel: Any = None

    def send(self, call: _Call) -> None:
        self._waiting[call.correlation] = call
        self._outgoing.append(call)
        self._ring()

    def forget(self, call: _Call) -> None:
        self._waiting.pop(call.correlation, None)

    def stop(self) -> None:
        self._stopping = True
        self._ring()
        self.join(5)

    def _ring(self) -> None:
        with contextlib.suppress(BlockingIOError, OSError):  # full means that it rings already
            self._bell.send(b"x")

    def run(self) -> None:
        failures = 0
        while not self._stopping:
            try:
                if self._connection is None:
                    self._open()
                    failures = 0
                self._turn()
            except Exception as error:  # noqa: BLE001 - connection lost: begin again with what is unanswered
                failures += 1
                log.get(__name__).warning("rpc.connection_lost", error=str(error)[:300])
                self._lose()
                time.sleep(random.uniform(0.05, min(2.0, 0.1 * 2 ** min(failures, 6))))
        if self._connection is not None:
            close(self._connection)
        self._ear.close()
        self._bell.close()

    def _open(self) -> None:
        self._connection = connect(self._uri)
        channel = self._channel = self._connection.channel()
        channel.exchange_declare(EXCHANGE, "topic", durable=True, auto_delete=False)
        queue = f"rpc.reply-lectern-{self._reply_to}"
        channel.queue_declare(queue, auto_delete=False, arguments={"x-expires": REPLIES_EXPIRE_MS})
        channel.queue_bind(queue, EXCHANGE, self._reply_to)
        channel.events["basic_return"].add(self._on_return)
        channel.basic_consume(queue, no_ack=True, callback=self._on_reply)
        self._outgoing.clear()
        self._outgoing.extend(list(self._waiting.values()))

    def _lose(self) -> None:
        if self._connection is not None:
            close(self._connection, politely=False)
        else:  # the broker is away, which those who have not asked yet may know at once
            for call in list(self._waiting.values()):
                if not call.left:
                    call.fail(ServiceUnavailable(f"{call.rpc.name}: the broker cannot be reached"))
        self._connection = self._channel = None

    def _turn(self) -> None:
        """Send what is to be sent, read what is there, else wait for either."""
        assert self._connection is not None
        while self._outgoing:
            self._publish(self._outgoing.popleft())
        self._read()
        if self._outgoing:
            return
        broker = self._connection.connection.transport.sock
        ready, _, _ = select.select([broker, self._ear], [], [], IDLE_SECONDS)
        if self._ear in ready:
            with contextlib.suppress(BlockingIOError):
                self._ear.recv(4096)
        if broker in ready:
            self._read()
        self._connection.heartbeat_check()

    def _read(self) -> None:
        assert self._connection is not None
        with contextlib.suppress(TimeoutError):
            while True:
                self._connection.drain_events(timeout=0)

    def _publish(self, call: _Call) -> None:
        left = call.deadline - time.monotonic()
        if call.answered.is_set() or left <= 0:
            return
        if not call.left and not self._is_listening(call.rpc.service):
            call.fail(ServiceUnavailable(f"{call.rpc.service} is not running"))
            return
        call.left = True
        message = AmqpMessage(
            call.body,
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=1,
            reply_to=self._reply_to,
            correlation_id=call.correlation,
            expiration=str(max(1, int(left * 1000))),
        )
        self._channel.send_method(
            spec.Basic.Publish, "Bssbb", (0, EXCHANGE, call.rpc.name, True, False), message
        )

    def _is_listening(self, service: str) -> bool:
        """Whether anybody consumes the service's queue; believed without looking for a second."""
        assert self._connection is not None
        if time.monotonic() - self._heard.get(service, float("-inf")) < FRESH_SECONDS:
            return True
        channel = self._connection.channel()
        try:
            found = channel.queue_declare(f"rpc-{service}", passive=True)
        except QueueNotFound:
            return False
        channel.close()
        if found.consumer_count:
            self._heard[service] = time.monotonic()
        return bool(found.consumer_count)

    def _on_reply(self, message: AmqpMessage) -> None:
        call = self._waiting.get(str(message.properties.get("correlation_id")))
        if call is None:
            return
        self._heard[call.rpc.service] = time.monotonic()
        try:
            call.reply = json.loads(message.body)
        except ValueError as error:
            call.error = RemoteError(f"{call.rpc.name} answered no JSON: {error}")
        call.answered.set()

    def _on_return(self, error: Exception, _exchange: str, _key: str, message: AmqpMessage) -> None:
        call = self._waiting.get(str(message.properties.get("correlation_id")))
        if call is not None:
            call.fail(ServiceUnavailable(f"{call.rpc.service} is not running: {error}"))
