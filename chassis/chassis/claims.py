"""The rows of the inbox a worker has its hands on, and how they leave them other than done.

A claim looks at due rows in the order of arrival, skipping those another worker is looking at. Rows that
continue their aggregate's position (also one behind the other) are claimed. A row ahead of it goes to
`waiting` and is looked at again only when the position moves: `positions.waiting` tells the worker who moves
it that somebody waits. The flag is raised under the lock of the position's row, and the raiser looks at the
version it finds there, so that neither can miss the other.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, and_, bindparam, literal, null, select, update
from sqlalchemy.dialects import postgresql, sqlite

from chassis.sql import database_time, listed
from chassis.statements import Claim, Key
from chassis.store import Store
from chassis.tables import inbox, positions

BATCH = 100
LEASE_SECONDS = 15.0
OLD_SECONDS = 5.0
MAX_ATTEMPTS = 8


@dataclass
class Batch:
    """What one claim brought; `moved` counts rows that went elsewhere without a handler."""

    claimed: list[Claim] = field(default_factory=list)
    moved: int = 0
    at: float = field(default_factory=time.monotonic)

    @property
    def is_old(self) -> bool:
        """Whether the leases run out soon, so that the rest is better given back."""
        return time.monotonic() - self.at > OLD_SECONDS


def due(store: Store) -> bool:
    """Whether any row waits to be claimed; takes no lock."""
    with store.reading() as tx:
        return tx.session.connection().execute(_DUE).first() is not None


def claim(store: Store, *, limit: int = BATCH) -> Batch:
    """Take the leases of due rows, oldest first, and count the attempt."""
    batch = Batch()
    with store.turn(), store.engine.begin() as connection:
        rows = _candidates(connection, limit)
        hopeless = [row.id for row in rows if row.attempts >= MAX_ATTEMPTS]
        if hopeless:
            connection.execute(_PARK_MANY, {"ids": hopeless})
        sorted_out = _Sorter(connection, store.dialect)
        sorted_out.sort_out(row for row in rows if row.attempts < MAX_ATTEMPTS)
        batch.moved = len(hopeless) + sorted_out.move_aside()
        batch.claimed = sorted_out.claimed
        if batch.claimed:
            connection.execute(_TAKE, {"ids": [c.id for c in batch.claimed], "lease": LEASE_SECONDS})
    return batch


def _candidates(connection: Connection, limit: int) -> Sequence[Any]:
    """Due rows: all tried for the first time, or a single one that was tried before."""
    rows = connection.execute(_CANDIDATES, {"limit": limit}).all()
    if rows and rows[0].attempts > 0:
        return rows[:1]
    return sorted((row for row in rows if row.attempts == 0), key=lambda row: (row.version, row.id))


class _Sorter:
    """Sorts candidates, given in the order of versions, into claimed, waiting and older."""

    def __init__(self, connection: Connection, dialect: str) -> None:
        self._connection = connection
        self._dialect = dialect
        self._claimed: list[tuple[int, Claim]] = []
        self._ahead: list[int] = []
        self._older: list[int] = []

    @property
    def claimed(self) -> list[Claim]:
        """In the order of arrival, but no event before its predecessor."""
        return [claim for _, claim in sorted(self._claimed, key=lambda pair: (pair[0], pair[1].version))]

    def sort_out(self, rows: Iterable[Any]) -> None:
        """In the order of keys: two who lock positions never wait for each other crosswise."""
        by_key: dict[Key, list[Any]] = {}
        for row in rows:
            by_key.setdefault((row.source, row.kind, row.aggregate), []).append(row)
        for key, theirs in sorted(by_key.items()):
            self._sort_out(key, theirs)

    def _sort_out(self, key: Key, rows: list[Any]) -> None:
        expected = (rows[0].position or 0) + 1
        if _has_hole(rows, expected):
            # Perhaps the position moved since we read it; under its lock we know, and whoever moves it will.
            expected = max(expected, self._announce(key) + 1)
        order = 0
        for row in rows:
            if row.version > expected:
                self._ahead.append(row.id)
            elif row.version < expected:
                self._older.append(row.id)
            else:
                expected, order = expected + 1, max(order, row.id)
                claimed = Claim(row.id, key, row.version, row.type, row.body, row.attempts + 1)
                self._claimed.append((order, claimed))

    def move_aside(self) -> int:
        """Write down which rows wait and which are too old; returns how many they are."""
        if self._ahead:
            self._connection.execute(_WAIT, {"ids": self._ahead})
        if self._older:
            self._connection.execute(_SKIP_OLDER, {"ids": self._older})
        return len(self._ahead) + len(self._older)

    def _announce(self, key: Key) -> int:
        """Raise the flag for this aggregate; returns its position, read under the lock of its row."""
        source, kind, aggregate = key
        row = {"source": source, "kind": kind, "aggregate": aggregate}
        return int(self._connection.execute(_ANNOUNCE[self._dialect], row).scalar_one())


def _has_hole(rows: Iterable[Any], expected: int) -> bool:
    """Whether some row, in the order of versions, does not follow on."""
    for row in rows:
        if row.version > expected:
            return True
        expected = max(expected, row.version + 1)
    return False


def give_back(store: Store, claims: Sequence[Claim]) -> None:
    """Return leases unused: the try does not count."""
    if claims:
        with store.turn(), store.engine.begin() as connection:
            connection.execute(_GIVE_BACK, {"ids": [c.id for c in claims]})


def free_all(store: Store) -> None:
    """End every lease: whoever held one is dead. For databases that only one process works on."""
    with store.turn(), store.engine.begin() as connection:
        connection.execute(_FREE_LEASES)


def postpone(store: Store, claimed: Claim, *, seconds: float, error: str, counted: bool) -> None:
    """Try again after so many seconds."""
    with store.turn(), store.engine.begin() as connection:
        connection.execute(
            _POSTPONE,
            {
                "p_id": claimed.id,
                "p_error": error,
                "seconds": seconds,
                "p_attempts": claimed.attempts if counted else claimed.attempts - 1,
            },
        )


def park(store: Store, claimed: Claim, *, reason: str, error: str) -> None:
    """Set the event aside; later events of its aggregate wait behind it."""
    with store.turn(), store.engine.begin() as connection:
        connection.execute(_PARK, {"p_id": claimed.id, "p_reason": reason, "p_error": error})


_NOW = database_time()
_same_aggregate = and_(
    inbox.c.source == positions.c.source,
    inbox.c.kind == positions.c.kind,
    inbox.c.aggregate == positions.c.aggregate,
)
_is_due = and_(inbox.c.state == "new", inbox.c.next_at <= _NOW)
_DUE = select(literal(1)).where(_is_due).limit(1)
_CANDIDATES = (
    select(
        inbox.c.id,
        inbox.c.source,
        inbox.c.kind,
        inbox.c.aggregate,
        inbox.c.version,
        inbox.c.type,
        inbox.c.body,
        inbox.c.attempts,
        positions.c.version.label("position"),
    )
    .select_from(inbox.outerjoin(positions, _same_aggregate))
    .where(_is_due)
    .order_by(inbox.c.id)
    .limit(bindparam("limit"))
    .with_for_update(of=inbox, skip_locked=True)
)
_listed = listed(inbox.c.id, "ids")
_TAKE = update(inbox).where(_listed).values(attempts=inbox.c.attempts + 1, next_at=database_time("lease"))
_WAIT = update(inbox).where(_listed).values(state="waiting")
_SKIP_OLDER = (
    update(inbox).where(_listed).values(state="skipped", reason="older", body=null(), finished_at=_NOW)
)
_PARK_MANY = update(inbox).where(_listed).values(state="parked", reason="killed_the_worker")
_GIVE_BACK = (
    update(inbox).where(_listed, inbox.c.state == "new").values(attempts=inbox.c.attempts - 1, next_at=_NOW)
)
_FREE_LEASES = update(inbox).where(inbox.c.state == "new", inbox.c.attempts > 0).values(next_at=_NOW)
_one = and_(inbox.c.id == bindparam("p_id"), inbox.c.state == "new")
_POSTPONE = (
    update(inbox)
    .where(_one)
    .values(attempts=bindparam("p_attempts"), next_at=database_time("seconds"), error=bindparam("p_error"))
)
_PARK = (
    update(inbox).where(_one).values(state="parked", reason=bindparam("p_reason"), error=bindparam("p_error"))
)


def _announce(dialect: Any) -> Any:
    statement = dialect.insert(positions).values(version=0, waiting=True)
    return statement.on_conflict_do_update(
        index_elements=list(positions.primary_key), set_={"waiting": True}
    ).returning(positions.c.version)


_ANNOUNCE = {"postgresql": _announce(postgresql), "sqlite": _announce(sqlite)}
