"""Everything one service does besides answering: relay, consumer, workers, timers, each on its own thread.

The same engine runs in the nameko shell (where threads are greenlets) and embedded. No error ends a thread:
it is logged, waited out with jitter and tried again. `stop` lets each finish what it has in hand, returns
unused leases and is over within ten seconds.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from chassis import claims, digest, failpoints, log
from chassis.breaker import Breaker
from chassis.broker import Broker, Message, Publisher, Queue, rest_after
from chassis.command import Entrypoints, entrypoints
from chassis.inbox import Inbox
from chassis.relay import Relay
from chassis.signals import TYPES, Signals
from chassis.store import Store
from chassis.worker import Handling, Worker

WORKER_POLL = 0.25
RECONCILE_SECONDS = 5.0
STOP_SECONDS = 10.0


def queue_of(service: type) -> Queue:
    """The queue of a service: what it handles, the pulses of those sources, and wishes to its outboxes."""
    declared = entrypoints(service)
    sources = sorted({binding.split(".", 1)[0] for binding in declared.bindings})
    spoken = sorted({declared.stores.get("store", ""), *declared.messaging.relays} - {""})
    return Queue(
        service=service.name,  # type: ignore[attr-defined]
        bindings=tuple(declared.bindings),
        signals=(*(f"{source}.pulse" for source in sources), *(f"{store}.resend" for store in spoken)),
    )


def handlings(service: Any) -> dict[str, Handling]:
    """The handlers of a service instance by event type."""
    declared = entrypoints(type(service))
    return {
        name: Handling(declared.events[name], getattr(service, method))
        for name, method in declared.handlers.items()
    }


class Engine:
    """Runs one service instance whose stores are injected; `stores` are all of them by name."""

    def __init__(
        self, service: Any, broker: Broker, stores: dict[str, Store], *, workers: int = 1, timers: bool = True
    ) -> None:
        self.service = service
        self.declared: Entrypoints = entrypoints(type(service))
        self.broker = broker
        self.breaker = Breaker()
        self.queue = queue_of(type(service))
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._beats: dict[str, float] = {}
        self._work = threading.Event()
        self.relays: list[Relay] = []
        self._loops: list[tuple[str, Callable[[], None]]] = []
        if "store" in self.declared.stores:
            self._add_messaging(stores, workers)
        if timers:
            for method, seconds in self.declared.timers.items():
                self._add_timer(method, seconds)

    def _add_messaging(self, stores: dict[str, Store], workers: int) -> None:
        self.store: Store = stores[self.declared.stores["store"]]
        relayed = [self.store, *(stores[name] for name in self.declared.messaging.relays)]
        self.relays = [Relay(store, self.broker) for store in relayed]
        self._loops += [(f"relay of {r.name}", self._relaying(r)) for r in self.relays]
        self.inbox = Inbox(self.store)
        self.signals = Signals(
            self.store, relayed, self.queue.bindings, keep_pulses=self.declared.messaging.hears_pulses
        )
        self._loops.append(("consumer", self._consume))
        if self.queue.bindings:
            # Two who handle many events together would lock each other's rows crosswise.
            alone = self.store.dialect == "sqlite" or self.declared.messaging.together > 1
            count = 1 if alone else workers
            self._loops += [(f"worker {n}", self._working(f"worker {n}")) for n in range(1, count + 1)]
            self._loops.append(("reconciler", self._reconcile))

    def start(self) -> None:
        if self.queue.bindings and self.store.dialect == "sqlite":
            claims.free_all(self.store)
        for name, loop in self._loops:
            thread = threading.Thread(
                target=loop,
                name=f"{self.service.name} {name}",
                daemon=True,
            )
            self._threads.append(thread)
            thread.start()

    def stop(self, timeout: float = STOP_SECONDS) -> bool:
        """End every thread; False when one did not come to an end in time."""
        self.ask_to_stop()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        late = [thread.name for thread in self._threads if thread.is_alive()]
        if late:
            log.get(__name__).error("engine.stopped_late", threads=late)
        self._threads.clear()
        return not late

    def ask_to_stop(self) -> None:
        """Let every thread know; `stop` waits for them."""
        self._stop.set()
        self._work.set()
        for relay in self.relays:
            relay.wake()

    def take(self, messages: Sequence[Message]) -> None:
        """The consumer's sink: events into the inbox, then signals.

        Events that nobody handles wake no worker: it marks them done, many at once, when it next looks.
        """
        failpoints.reach("inbox.received")
        self.inbox.store([message for message in messages if message.type not in TYPES])
        failpoints.reach("inbox.stored")
        if any(message.type in self.declared.events for message in messages):
            self._work.set()
        for message in messages:
            if message.type in TYPES:
                self.signals.take(message)

    def run_timers(self) -> None:
        """Run every timed method once, here and now."""
        for method in self.declared.timers:
            getattr(self.service, method)()

    def stuck(self, seconds: float) -> list[str]:
        """Threads that ended, or have not come round for so long; empty when all is well or not started."""
        now = time.monotonic()
        ended = [thread.name for thread in self._threads if not thread.is_alive()]
        return ended + [name for name, at in list(self._beats.items()) if now - at > seconds]

    def _relaying(self, relay: Relay) -> Callable[[], None]:
        return lambda: relay.run(self._stop)

    def _consume(self) -> None:
        self.broker.consume(self.queue, sink=self.take, stop=self._stop)

    def _working(self, name: str) -> Callable[[], None]:
        worker = Worker(
            self.store,
            handlings(self.service),
            together=self.declared.messaging.together,
            breaker=self.breaker,
            stopping=self._stop.is_set,
        )

        def work() -> None:
            self._work.clear()
            began = time.monotonic()
            looked_at = worker.run_once()
            if looked_at == 0:
                self._work.wait(WORKER_POLL)
            elif self.breaker.is_open:
                self._stop.wait(1.0)
            elif looked_at < claims.BATCH:
                self._stop.wait(rest_after(time.monotonic() - began))

        return lambda: self._repeat(name, work)

    def _add_timer(self, method: str, seconds: float) -> None:
        def tick() -> None:
            if not self._stop.wait(seconds):
                getattr(self.service, method)()

        self._loops.append((f"timer {method}", lambda: self._repeat(f"timer {method}", tick, watched=False)))

    def _reconcile(self) -> None:
        def look() -> None:
            if self._stop.wait(RECONCILE_SECONDS):
                return
            missing = self.signals.listener.missing()
            if missing:
                self._ask(missing)

        self._repeat("reconciler", look)

    def _ask(self, missing: dict[str, list[digest.Entry]]) -> None:
        publisher: Publisher = self.broker.publisher()
        try:
            for source, entries in missing.items():
                log.get(__name__).warning("events.missing", source=source, aggregates=len(entries))
                publisher.signal(digest.ask(source, entries, by=self.service.name))
        finally:
            publisher.close()

    def _repeat(self, name: str, once: Callable[[], None], *, watched: bool = True) -> None:
        """Run `once` until told to stop; an error is logged and waited out."""
        failures = 0
        while not self._stop.is_set():
            if watched:
                self._beats[name] = time.monotonic()
            try:
                once()
                failures = 0
            except Exception:  # noqa: BLE001 - a thread that ends would be a service that is deaf
                failures += 1
                log.get(__name__).exception("loop.failed", loop=name)
                self._stop.wait(random.uniform(0.05, min(10.0, 0.2 * 2 ** min(failures, 8))))
