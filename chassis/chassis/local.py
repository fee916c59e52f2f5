"""The broker of the embedded mode: publishing writes straight into the inboxes of the bound services.

"Confirmed" then means "stored by every one of them", so nothing can be lost between. All queues are declared
before anything is published; a queue whose service does not listen yet makes the publisher wait and try
again. Tests pass `weather`, a function from the batch sent to the batch that arrives, and so lose, double,
hold back or shuffle what they like.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache

from chassis.broker import Message, NotConfirmed, Queue, Sink

Weather = Callable[[Sequence[Message]], Sequence[Message]]


@lru_cache(maxsize=256)
def _pattern(binding: str) -> re.Pattern[str]:
    words = [r"[^.]+" if word == "*" else re.escape(word) for word in binding.split(".") if word != "#"]
    return re.compile(r"\.".join(words) + (r"(\..+)?" if binding.endswith("#") else ""))


def matches(binding: str, routing_key: str) -> bool:
    """Whether a topic pattern (`*` a word, a final `#` any number of them) matches the key."""
    return _pattern(binding).fullmatch(routing_key) is not None


class LocalBroker:
    """In-process queues that keep nothing themselves."""

    def __init__(self, *, weather: Weather | None = None) -> None:
        self.weather = weather
        self.unrouted = 0
        self._queues: dict[str, Queue] = {}
        self._sinks: dict[str, Sink] = {}

    def declare(self, queue: Queue) -> None:
        """Announce a queue; from now on publishers wait for its consumer."""
        self._queues[queue.service] = queue

    def publisher(self) -> LocalBroker:
        return self

    def reachable(self) -> bool:
        return True

    def breathe(self) -> None:
        """Nothing to keep alive."""

    def close(self) -> None:
        """Nothing to close: publishers are the broker itself."""

    def consume(self, queue: Queue, *, sink: Sink, stop: threading.Event) -> None:
        self._queues[queue.service] = queue
        self._sinks[queue.service] = sink
        stop.wait()
        self._sinks.pop(queue.service, None)

    def publish(self, messages: Sequence[Message], *, only_to: str | None = None) -> None:
        arriving = self.weather(messages) if self.weather is not None else messages
        routed: set[str] = set()
        for queue in list(self._queues.values()):
            if only_to not in (None, queue.service):
                continue
            batch = [message for message in arriving if _wanted(queue.bindings, message)]
            if batch:
                self._hand_over(queue.service, batch)
                routed.update(message.id for message in batch)
        self.unrouted += sum(message.id not in routed for message in arriving)

    def signal(self, message: Message) -> None:
        for queue in list(self._queues.values()):
            sink = self._sinks.get(queue.service)
            if sink is not None and _wanted(queue.signals, message):
                sink([message])

    def _hand_over(self, service: str, batch: Sequence[Message]) -> None:
        sink = self._sinks.get(service)
        if sink is None:
            raise NotConfirmed(f"{service} does not listen")
        try:
            sink(batch)
        except Exception as error:
            raise NotConfirmed(f"{service} could not store: {error}") from error


def _wanted(bindings: Sequence[str], message: Message) -> bool:
    return any(matches(binding, message.routing_key) for binding in bindings)
