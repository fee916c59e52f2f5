"""The three statements that carry the load: announcing facts, moving positions, storing messages.

PostgreSQL does each in one round trip, with arrays for any number of rows, so that the text is the same and
prepared once; a row that many wait for is locked for as short as can be. SQLite has no arrays and no changes
inside a query, and no round trips either: there the same thing is several plain statements.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import Any, Protocol, cast

from sqlalchemy import Connection

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Fact:
    """A recorded event whose version is not known yet; `body` is its envelope without `sequence`."""

    event_id: str
    kind: str
    aggregate: str
    type: str
    routing_key: str
    body: str
    recorded_at: datetime

    def body_with(self, version: int) -> str:
        return f'{self.body[:-1]},"sequence":{version}}}'


@dataclass(frozen=True)
class Claim:
    """A row of the inbox that is ours until the lease runs out; `attempts` counts this one too."""

    id: int
    key: Key
    version: int
    type: str
    body: bytes
    attempts: int


class Statements(Protocol):
    """What each dialect's module offers."""

    def announce(self, connection: Connection, facts: Sequence[Fact], command: dict[str, Any] | None) -> bool:
        """Raise versions, write the outbox and the command log; False when the log has the command."""
        ...

    def settle(self, connection: Connection, claims: Sequence[Claim]) -> bool:
        """Move positions to these claims and mark them done; False when one is not the next.

        The claims of one aggregate must follow one another. Rows that waited are free afterwards.
        """
        ...

    def store(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> set[str]:
        """Insert messages into the inbox; returns the ids of those that were not there yet."""
        ...


def of(dialect: str) -> Statements:
    """The statements of a dialect."""
    from chassis.statements import postgresql, sqlite

    module: ModuleType = postgresql if dialect == "postgresql" else sqlite
    return cast(Statements, module)


def spans(claims: Sequence[Claim]) -> dict[Key, tuple[int, int]]:
    """The first and last version of each aggregate, by key in order."""
    found: dict[Key, tuple[int, int]] = {}
    for claim in sorted(claims, key=lambda claim: (claim.key, claim.version)):
        first, _ = found.get(claim.key, (claim.version, 0))
        found[claim.key] = (first, claim.version)
    return found
