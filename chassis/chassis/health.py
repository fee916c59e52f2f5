"""What an operator or an orchestrator asks a process: is it alive, may it be sent work, what is wrong.

Liveness looks at the process alone, never at a database or the broker: restarting a process does not bring
those back. Readiness asks the database and the migrations. The report adds what is behind: the oldest event
not yet published, the oldest not yet handled, what is parked, and since when no confirm has come.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from chassis import migrate
from chassis.broker import Broker
from chassis.engine import Engine
from chassis.sql import database_time
from chassis.store import Store
from chassis.tables import inbox, outbox, pulses
from chassis.tx import Tx

STUCK_SECONDS = 120.0


def alive(engine: Engine) -> bool:
    """Whether every thread of the engine is there and comes round."""
    return not engine.stuck(STUCK_SECONDS)


def ready(stores: Sequence[Store], packages: dict[str, str]) -> dict[str, str]:
    """By database: `ok`, or what keeps it from work. `packages` names who holds its migrations."""
    return {store.name: _readiness(store, packages.get(store.name)) for store in stores}


def _readiness(store: Store, package: str | None) -> str:
    try:
        missing = migrate.pending(package, store.url) if package else []
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        return f"unreachable: {str(error)[:200]}"
    return f"migrations missing: {', '.join(missing)}" if missing else "ok"


def report(store: Store, *, broker: Broker | None = None, engine: Engine | None = None) -> dict[str, Any]:
    """Figures of one database and of what runs on it; `reachable` is False when the database is not."""
    try:
        with store.reading() as tx:
            figures = {"reachable": True, **_outbox(tx), **_inbox(tx)}
    except Exception as error:  # noqa: BLE001 - a report says what is wrong instead of failing
        figures = {"reachable": False, "error": str(error)[:200]}
    if broker is not None:
        figures["broker"] = broker.reachable()
    if engine is not None:
        figures["breaker_open_seconds"] = round(engine.breaker.open_for, 1)
        figures["leads"] = [relay.name for relay in engine.relays if relay.leads]
        figures["stuck"] = engine.stuck(STUCK_SECONDS)
    return figures


def _outbox(tx: Tx) -> dict[str, Any]:
    connection = tx.session.connection()
    unpublished = outbox.c.published_at.is_(None)
    oldest, count = connection.execute(
        select(func.min(outbox.c.recorded_at), func.count()).where(unpublished)
    ).one()
    lag = max(0.0, (tx.now - oldest).total_seconds()) if oldest is not None else 0.0
    return {"unpublished": count, "relay_lag_seconds": round(lag, 3)}


def _inbox(tx: Tx) -> dict[str, Any]:
    connection = tx.session.connection()
    open_states = ("new", "waiting", "parked")
    rows = connection.execute(
        select(inbox.c.state, func.count(), func.min(inbox.c.received_at))
        .where(inbox.c.state.in_(open_states))
        .group_by(inbox.c.state)
    ).all()
    now: datetime = connection.scalar(select(database_time())) or tx.now
    counts = dict.fromkeys(open_states, 0) | {row[0]: row[1] for row in rows}
    oldest = min((row[2] for row in rows if row[0] != "parked"), default=None)
    lag = max(0.0, (now - oldest).total_seconds()) if oldest is not None else 0.0
    return {**counts, "inbox_lag_seconds": round(lag, 3)}


def told_until(tx: Tx) -> dict[str, datetime]:
    """By source: everything that happened there before this moment has been handled here.

    The last pulse says so, unless some event of the source is still in the inbox, waiting or parked.
    """
    connection = tx.session.connection()
    heard = {row.source: row.source_time for row in connection.execute(select(pulses))}
    held = connection.execute(
        select(inbox.c.source, func.min(inbox.c.occurred_at))
        .where(inbox.c.state.in_(("new", "waiting", "parked")), inbox.c.occurred_at.is_not(None))
        .group_by(inbox.c.source)
    )
    for source, oldest in held:
        heard[source] = min(oldest, heard.get(source, oldest))
    return heard


def lag(tx: Tx, *, grace: timedelta = timedelta(seconds=30)) -> dict[str, timedelta]:
    """By source: how old the view of it is, where that is more than pulses explain."""
    ages = {source: tx.now - until for source, until in told_until(tx).items()}
    return {source: age for source, age in ages.items() if age > grace}
