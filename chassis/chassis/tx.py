"""One transaction: what a use case works with.

Facts are collected by `record` and written just before the commit: the versions of all aggregates concerned
are raised and the outbox rows and the command log's row written at once. The row locks on `aggregates` are
then held until the commit, so that the order of versions is the order of commits. Facts recorded inside a
savepoint that is rolled back are forgotten with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from contracts.envelope import MAX_HOPS
from contracts.registry import EventType
from sqlalchemy import event as sa_event
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session, SessionTransaction

from chassis.access import NOBODY, Actor, system_actor
from chassis.envelope import Event, dumps, wrap
from chassis.statements import Fact

if TYPE_CHECKING:
    from chassis.store import Store

Model = TypeVar("Model")


class CommandRepeated(Exception):
    """The command id is in the log already: somebody else's transaction had this effect."""


class TooManyHops(Exception):
    """Events cause events in a circle."""


class Tx:
    """An open transaction with its time, its actor and what it has recorded."""

    def __init__(
        self,
        store: Store,
        session: Session,
        *,
        writes: bool,
        actor: Actor | None = None,
        correlation: str | None = None,
        causation: str | None = None,
        hops: int = 0,
        district: str | None = None,
        organisation: str | None = None,
    ) -> None:
        self.session = session
        self.now: datetime = store.clock.now()
        self.actor: Actor = actor or NOBODY
        self.correlation = correlation or store.new_id()
        self.causation = causation
        self.hops = hops
        self.district = district or self.actor.district_id
        self.organisation = organisation or self.actor.organisation_id
        self._store = store
        self._writes = writes
        self._recorded: list[Fact] = session.recorded if isinstance(session, RecordingSession) else []
        self._command: dict[str, Any] | None = None

    def new_id(self) -> str:
        return self._store.new_id()

    def caused_by(self, event: Event) -> None:
        """What follows happens because of this event, within its tenant, and says so."""
        self.actor = system_actor(
            via=event.actor or "system", organisation=event.organisation, district=event.district
        )
        self.correlation, self.causation, self.hops = event.correlation, event.id, event.hops + 1
        self.district, self.organisation = event.district, event.organisation

    @property
    def dialect(self) -> str:
        """`postgresql` or `sqlite`, for the few statements that must differ."""
        return self._store.dialect

    @property
    def recorded(self) -> bool:
        """Whether this transaction announces anything."""
        return bool(self._recorded)

    def record(
        self,
        event: EventType,
        *,
        aggregate: str,
        data: dict[str, Any],
        organisation: str | None = None,
        district: str | None = None,
    ) -> str:
        """Announce a fact about an aggregate, with the commit; returns the event's id.

        Raises ValueError when `data` does not satisfy the registered schema.
        """
        if not self._writes:
            raise RuntimeError("a reading transaction records nothing")
        if event.source != self._store.name:
            raise ValueError(f"{self._store.name} cannot speak for {event.source}: {event.name}")
        if self.hops > MAX_HOPS:
            raise TooManyHops(f"{event.name} after {self.hops} hops")
        event_id = self._store.new_id()
        body = wrap(
            event,
            id=event_id,
            time=self.now,
            aggregate=aggregate,
            data=event.dump(data),
            district=district or self.district,
            organisation=organisation or self.organisation,
            actor=self.actor.label,
            correlation=self.correlation,
            causation=self.causation,
            hops=self.hops,
        )
        self._recorded.append(
            Fact(
                event_id=event_id,
                kind=event.aggregate,
                aggregate=aggregate,
                type=event.name,
                routing_key=event.routing_key,
                body=dumps(body),
                recorded_at=self.now,
            )
        )
        return event_id

    def lock(self, model: type[Model], ids: Iterable[str], *, skip_locked: bool = False) -> dict[str, Model]:
        """The rows with these primary keys, refreshed and locked in the order of their keys, by key.

        Missing ones are simply absent, and so, with `skip_locked`, are those that somebody else holds. On
        SQLite the whole transaction holds the write lock already.
        """
        key = inspect(model).primary_key[0]
        rows = self.session.scalars(
            select(model)
            .where(key.in_(sorted(set(ids))))
            .order_by(key)
            .with_for_update(of=model, skip_locked=skip_locked)
            .execution_options(populate_existing=True)
        )
        return {inspect(row).identity[0]: row for row in rows}

    def log_command(self, *, id: str, operation: str, request_hash: str, answer: str) -> None:
        """Remember, with the commit, that this command had its effect."""
        self._command = {
            "id": id,
            "operation": operation,
            "request_hash": request_hash,
            "answer": answer,
            "actor": self.actor.label,
            "done_at": self.now,
        }

    def finish(self) -> None:
        """Write what was collected; called once, right before the commit."""
        self.session.flush()
        if not self._recorded and self._command is None:
            return
        connection = self.session.connection()
        if not self._store.statements.announce(connection, self._recorded, self._command):
            assert self._command is not None
            raise CommandRepeated(self._command["id"])


class RecordingSession(Session):
    """A session that lets its transaction forget what was recorded in a savepoint that is rolled back."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.recorded: list[Fact] = []
        self.marks: dict[SessionTransaction, int] = {}


@sa_event.listens_for(RecordingSession, "after_transaction_create")
def _remember(session: RecordingSession, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.marks[transaction] = len(session.recorded)


@sa_event.listens_for(RecordingSession, "after_soft_rollback")
def _forget(session: RecordingSession, transaction: SessionTransaction) -> None:
    if transaction in session.marks:
        del session.recorded[session.marks[transaction] :]
