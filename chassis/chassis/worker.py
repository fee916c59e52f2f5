"""Handles what the inbox holds: each event once, in the order of its aggregate.

Two transactions per event. The first claims a batch: it counts the attempt and takes a lease, so that a
message that kills the process is counted too. The second moves the aggregate's position from version n-1 to
n by compare-and-set, runs the handler and marks the row, so that a second worker with the same event (its
lease ran out, the message was replayed) finds the position moved and does nothing. An event tried before is
claimed alone: of a batch that killed the process only the culprit is counted again and again.

Outcomes are a closed set: done; tried again with full-jitter backoff; parked; or, when the position shows
that somebody else was faster, given back. Later events of a failed one wait behind it.
"""

from __future__ import annotations

import random
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contracts.errors import Refusal
from contracts.registry import EVENTS, EventType
from marshmallow import ValidationError

from chassis import claims, envelope, failpoints, log
from chassis.breaker import Breaker
from chassis.claims import Batch
from chassis.envelope import Event
from chassis.statements import Claim, Key
from chassis.store import Store
from chassis.tx import TooManyHops, Tx

BACKOFF_BASE = 0.5
BACKOFF_CAP = 300.0
UNHANDLED_TOGETHER = 100


class PositionMoved(Exception):
    """Another worker has handled this event, or its predecessor is not done."""


class UnknownType(Exception):
    """This release does not know the event type or its major version."""


@dataclass(frozen=True)
class Handling:
    """A method of the service and the event type that it takes."""

    event_type: EventType
    handler: Callable[[Tx, Event], Any]


class Worker:
    """One worker; several may share an inbox, in one process or in many."""

    def __init__(
        self,
        store: Store,
        handlings: dict[str, Handling],
        *,
        together: int = 1,
        breaker: Breaker | None = None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._handlings = handlings
        self._together = together
        self._stopping = stopping
        self.breaker = breaker or Breaker()

    def run_once(self) -> int:
        """Claim what is due and handle it; returns how many rows were looked at."""
        if not claims.due(self._store):
            return 0
        batch = claims.claim(self._store, limit=1 if self.breaker.is_open else claims.BATCH)
        if batch.claimed:
            failpoints.reach("worker.claimed")
            claims.give_back(self._store, self._work_through(batch))
        return batch.moved + len(batch.claimed)

    def _work_through(self, batch: Batch) -> list[Claim]:
        """Handle the batch; returns the claims nobody tried."""
        groups = self._grouped(batch.claimed)
        failed: set[Key] = set()
        untried: list[Claim] = []
        while groups and not batch.is_old and not self._stopping():
            group = groups.popleft()
            untried += [claim for claim in group if claim.key in failed]
            group = [claim for claim in group if claim.key not in failed]
            try:
                if group:
                    self._handle(group)
                    self.breaker.succeeded()
            except Exception as error:  # noqa: BLE001 - every outcome is written down
                if len(group) > 1:  # alone it will turn out who it was
                    groups.extendleft([claim] for claim in reversed(group))
                elif isinstance(error, PositionMoved):
                    untried += group
                else:
                    failed.add(group[0].key)
                    self._failed(group[0], error)
        return untried + [claim for group in groups for claim in group]

    def _grouped(self, claimed: list[Claim]) -> deque[list[Claim]]:
        """Claims to handle in one transaction each: neighbours, as many as the service allows."""
        groups: deque[list[Claim]] = deque()
        for claim in claimed:
            limit = self._together if claim.type in self._handlings else UNHANDLED_TOGETHER
            last = groups[-1] if groups else None
            if (
                last
                and len(last) < limit
                and (claim.type in self._handlings) == (last[0].type in self._handlings)
            ):
                last.append(claim)
            else:
                groups.append([claim])
        return groups

    def _handle(self, group: list[Claim]) -> None:
        """The effect: positions, handlers, their facts and the rows' end, in one transaction."""
        with self._store.transaction() as tx:
            connection = tx.session.connection()
            if not self._store.statements.settle(connection, group):
                raise PositionMoved(f"{[claim.key for claim in group]}: not next, or done by another")
            for claim in group:
                self._call(tx, claim)
            failpoints.reach("worker.before_commit")
        failpoints.reach("worker.committed")

    def _call(self, tx: Tx, claim: Claim) -> None:
        handling = self._handlings.get(claim.type)
        if handling is None:
            if claim.type not in EVENTS:
                raise UnknownType(claim.type)
            return
        event = envelope.read_stored(claim.body)
        event = event.with_data(handling.event_type.load(event.data))
        tx.caused_by(event)
        with log.bound(correlation_id=event.correlation, event_id=event.id, event_type=event.type):
            handling.handler(tx, event)

    def _failed(self, claim: Claim, error: Exception) -> None:
        text = "".join(traceback.format_exception(error))[-8000:].replace("\x00", "\\0")
        reason = _permanent_reason(error)
        if reason is None:
            self.breaker.failed(claim.id)
            if claim.attempts >= claims.MAX_ATTEMPTS and not self.breaker.is_open:
                reason = "out_of_tries"
        line = log.get(__name__).bind(inbox_id=claim.id, event_type=claim.type, attempts=claim.attempts)
        if reason is not None:
            claims.park(self._store, claim, reason=reason, error=text)
            line.error("event.parked", reason=reason, error=str(error)[:300])
            return
        counted = not self.breaker.is_open
        longest = min(BACKOFF_CAP, BACKOFF_BASE * 2**claim.attempts)
        seconds = random.uniform(longest / 10, longest)
        claims.postpone(self._store, claim, seconds=seconds, error=text, counted=counted)
        line.warning("event.postponed", seconds=round(seconds, 2), error=str(error)[:300])


def _permanent_reason(error: Exception) -> str | None:
    """Why trying again is useless, or None when it is not."""
    match error:
        case Refusal():
            return "refused"
        case ValidationError():
            return "schema"
        case UnknownType():
            return "unknown_type"
        case TooManyHops():
            return "too_many_hops"
    return None
