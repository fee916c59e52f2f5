"""A closed-loop load generator: so many clients, each asking again as soon as it was answered.

One thread drives all connections with bare sockets, so that the generator takes as little as it can of the
processors it shares with what it measures. It is bounded in clients, requests and time, and reaches loopback
addresses only.
"""

from __future__ import annotations

import ipaddress
import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

MOST_CLIENTS = 200
MOST_REQUESTS = 200_000
MOST_SECONDS = 120.0


@dataclass
class Outcome:
    """What the clients saw: seconds per answer, and how many answers of each status."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    examples: dict[int, str] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        """Answers per second that say yes."""
        good = sum(count for status, count in self.statuses.items() if 200 <= status < 300)
        return good / self.seconds if self.seconds else 0.0

    @property
    def others(self) -> dict[int, int]:
        """How many answers of each status that is no yes."""
        return {status: count for status, count in self.statuses.items() if not 200 <= status < 300}

    def percentile(self, percent: float) -> float:
        """Seconds within which so many of a hundred answers came."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0

    def only(self, status: int) -> Outcome:
        """This outcome; AssertionError when there were other answers too."""
        others = {other: self.examples[other] for other in self.statuses if other != status}
        assert not others, f"unexpected answers: {dict(self.statuses)} {others}"
        return self


class _Client:
    """One connection that asks and waits for the answer."""

    def __init__(self, host: str, port: int) -> None:
        self._where = (host, port)
        self.socket: socket.socket = self._connect()
        self.received = bytearray()
        self.asked_at = 0.0
        self._expected = -1

    def _connect(self) -> socket.socket:
        made = socket.create_connection(self._where, timeout=10)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def ask(self, request: bytes) -> None:
        self.received.clear()
        self._expected = -1
        self.asked_at = time.perf_counter()
        self.socket.sendall(request)

    def read(self) -> int | None:
        """The status once the whole answer is there."""
        chunk = self.socket.recv(1 << 18)
        if not chunk:
            raise ConnectionError("the server closed the connection in the middle of an answer")
        self.received += chunk
        if self._expected < 0:
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                return None
            self._expected = end + 4 + _length(bytes(self.received[:end]))
        if len(self.received) < self._expected:
            return None
        return int(self.received[9:12])

    def renew_when_closed(self, selector: selectors.BaseSelector) -> None:
        """A server may close after an answer that says so."""
        head = bytes(self.received[: self.received.find(b"\r\n\r\n")]).lower()
        if b"\r\nconnection: close" in head:
            selector.unregister(self.socket)
            self.socket.close()
            self.socket = self._connect()
            selector.register(self.socket, selectors.EVENT_READ, self)


def run(
    *, port: int, requests: Iterable[bytes], clients: int, seconds: float, host: str = "127.0.0.1"
) -> Outcome:
    """Send the requests over so many connections until they or the seconds run out."""
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError(f"{host} is not this machine")
    if clients > MOST_CLIENTS or seconds > MOST_SECONDS:
        raise ValueError("more load than this generator is for")
    waiting = iter(requests)
    outcome = Outcome()
    began = time.perf_counter()
    with selectors.DefaultSelector() as selector:
        busy = 0
        for _ in range(clients):
            request = next(waiting, None)
            if request is None:
                break
            client = _Client(host, port)
            selector.register(client.socket, selectors.EVENT_READ, client)
            client.ask(request)
            busy += 1
        _turn(selector, waiting, outcome, busy=busy, until=began + seconds)
        outcome.seconds = time.perf_counter() - began
        for key in list(selector.get_map().values()):
            key.data.socket.close()
    return outcome


def _turn(
    selector: selectors.BaseSelector, waiting: Iterator[bytes], outcome: Outcome, *, busy: int, until: float
) -> None:
    while busy:
        ready = selector.select(timeout=30)
        if not ready:
            raise TimeoutError("no answer within 30 s")
        for key, _ in ready:
            client: _Client = key.data
            status = client.read()
            if status is None:
                continue
            now = time.perf_counter()
            outcome.latencies.append(now - client.asked_at)
            outcome.statuses[status] += 1
            if status not in outcome.examples:
                outcome.examples[status] = client.received[-600:].decode(errors="replace")
            client.renew_when_closed(selector)
            more = now < until and len(outcome.latencies) < MOST_REQUESTS
            request = next(waiting, None) if more else None
            if request is None:
                selector.unregister(client.socket)
                client.socket.close()
                busy -= 1
            else:
                client.ask(request)


def request(
    method: str, path: str, *, headers: dict[str, str] | None = None, body: bytes | None = None
) -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: keep-alive"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    raise ConnectionError(f"an answer without Content-Length: {head[:200]!r}")
