"""How old the views are, source by source.

A source that has nothing to say sends a pulse every ten seconds, so silence means that it, or the way from
it, is down. What has arrived but is not handled yet makes the view as old as the oldest of it. Both are
measured on the database's own clock, which wrote the times they are compared with.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.sql import database_time
from chassis.tables import inbox, pulses
from chassis.tx import Tx
from sqlalchemy import func, literal, select, union_all

SOURCES = ("directory", "scheduling", "enrollment", "feedback", "notifications")
LAGGING_SECONDS = 30.0


@dataclass(frozen=True)
class Age:
    """How far the views lag behind one source; `seconds` is None while it has never been heard."""

    source: str
    as_of: datetime | None
    seconds: float | None
    waiting: int


def age(tx: Tx, *, now: datetime) -> list[Age]:
    """One entry for each source, in one statement."""
    heard = select(pulses.c.source, pulses.c.heard_at.label("since"), literal(0).label("waiting"))
    behind = (
        select(inbox.c.source, func.min(inbox.c.received_at).label("since"), func.count().label("waiting"))
        .where(inbox.c.state.in_(("new", "waiting")))
        .group_by(inbox.c.source)
    )
    clock = select(literal("").label("source"), database_time().label("since"), literal(0).label("waiting"))
    found = tx.session.execute(union_all(clock, heard, behind)).all()
    database_now = next(row.since for row in found if row.source == "")
    return [
        _age(source, [row for row in found if row.source == source], database_now, now) for source in SOURCES
    ]


def lag(ages: list[Age]) -> Age | None:
    """The source that lags most, when that is more than a reader should not be told of."""
    late = [each for each in ages if each.seconds is not None and each.seconds > LAGGING_SECONDS]
    return max(late, key=lambda each: each.seconds or 0.0, default=None)


def _age(source: str, rows: list[object], database_now: datetime, now: datetime) -> Age:
    waiting = sum(row.waiting for row in rows)  # type: ignore[attr-defined]
    since = min((row.since for row in rows), default=None)  # type: ignore[attr-defined]
    if since is None:
        return Age(source, None, None, waiting)
    seconds = max(0.0, (database_now - since).total_seconds())
    return Age(source, now - timedelta(seconds=seconds), seconds, waiting)
