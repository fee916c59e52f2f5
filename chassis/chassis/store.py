"""One database of one service, and the one place where its transactions open.

A transaction commits when the block ends and rolls back when it raises. After a commit that announced
something the `on_commit` callbacks run; the relay hangs there, so that no request ever waits for the broker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chassis import clock as clocks
from chassis import engines, ids, statements, turns
from chassis.access import Actor
from chassis.clock import Clock
from chassis.faults import CommitUnknown, lost_connection
from chassis.tx import RecordingSession, Tx

TURN_TIMEOUT = 5.0


class Store:
    """A database, opened lazily; safe to share between threads."""

    def __init__(
        self,
        name: str,
        url: str,
        *,
        clock: Clock | None = None,
        new_id: Callable[[], str] = ids.new_id,
        pool_size: int = 12,
    ) -> None:
        self.name = name
        self.clock: Clock = clock or clocks.system()
        self.new_id = new_id
        self.engine = engines.open_engine(url, pool_size=pool_size)
        self.url = self.engine.url.render_as_string(hide_password=False)
        self.dialect: str = self.engine.dialect.name
        self.statements = statements.of(self.dialect)
        self.on_commit: list[Callable[[], None]] = []
        self._reading_engine = engines.reading_engine(self.engine)
        self._turns: turns.Turns | None = None
        if self.dialect == "sqlite" and self.engine.url.database:
            self._turns = turns.of_file(str(Path(self.engine.url.database).resolve()))

    @contextmanager
    def transaction(
        self,
        *,
        actor: Actor | None = None,
        correlation: str | None = None,
        causation: str | None = None,
        hops: int = 0,
        district: str | None = None,
        organisation: str | None = None,
    ) -> Iterator[Tx]:
        """A transaction that may write; facts recorded in it inherit the arguments."""
        with self.turn(), RecordingSession(self.engine, expire_on_commit=False) as session:
            tx = Tx(
                self,
                session,
                writes=True,
                actor=actor,
                correlation=correlation,
                causation=causation,
                hops=hops,
                district=district,
                organisation=organisation,
            )
            yield tx
            tx.finish()
            _commit(session)
        if tx.recorded:
            for wake in self.on_commit:
                wake()

    @contextmanager
    def reading(self, *, actor: Actor | None = None) -> Iterator[Tx]:
        """A transaction that sees one snapshot and cannot write."""
        with Session(self._reading_engine, autoflush=False, expire_on_commit=False) as session:
            yield Tx(self, session, writes=False, actor=actor)

    def turn(self) -> AbstractContextManager[None]:
        """The right to write: waited for in fair order on SQLite, nothing on PostgreSQL."""
        return self._turns.take(TURN_TIMEOUT) if self._turns is not None else nullcontext()

    def dispose(self) -> None:
        """Close every idle connection."""
        self.engine.dispose()


def _commit(session: Session) -> None:
    try:
        session.commit()
    except DBAPIError as error:
        if lost_connection(error) and session.get_bind().dialect.name == "postgresql":
            raise CommitUnknown(str(error)) from error
        raise
