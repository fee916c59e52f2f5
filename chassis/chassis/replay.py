"""Send again from the outbox: the broker is disposable.

Clearing the mark lets the relay publish the rows again, to everybody, in order of id; consumers drop what
they have. With `consumer` the rows go to the queue of that service alone, for example one whose database was
rebuilt, while nobody else is bothered.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, true, update

from chassis.broker import Broker, Message
from chassis.store import Store
from chassis.tables import outbox

BATCH = 300


def replay(
    store: Store,
    *,
    since: datetime | None = None,
    aggregate: str | None = None,
    type: str | None = None,
    consumer: str | None = None,
    broker: Broker | None = None,
) -> int:
    """Publish again what matches all of the arguments; returns how many events.

    `since` compares with the time of recording, `aggregate` with the aggregate's id, `type` with the whole
    name of the event type. `consumer` needs `broker`, and returns when its queue has everything.
    """
    chosen = _chosen(since, aggregate, type)
    if consumer is not None:
        if broker is None:
            raise ValueError("a replay to one consumer needs the broker")
        return _send(store, chosen, consumer, broker)
    with store.turn(), store.engine.begin() as connection:
        count = connection.execute(
            update(outbox).where(chosen, outbox.c.published_at.is_not(None)).values(published_at=None)
        ).rowcount
    for wake in store.on_commit:
        wake()
    return count


def count(
    store: Store, *, since: datetime | None = None, aggregate: str | None = None, type: str | None = None
) -> int:
    """How many events `replay` would send, for a question before it does."""
    with store.reading() as tx:
        query = select(func.count()).select_from(outbox).where(_chosen(since, aggregate, type))
        return int(tx.session.connection().scalar(query) or 0)


def _chosen(since: datetime | None, aggregate: str | None, type: str | None) -> ColumnElement[bool]:
    conditions: list[Any] = [true()]
    if since is not None:
        conditions.append(outbox.c.recorded_at >= since)
    if aggregate is not None:
        conditions.append(outbox.c.aggregate == aggregate)
    if type is not None:
        conditions.append(outbox.c.type == type)
    return and_(*conditions)


def _send(store: Store, chosen: ColumnElement[bool], consumer: str, broker: Broker) -> int:
    publisher = broker.publisher()
    sent = last = 0
    try:
        while True:
            with store.reading() as tx:
                rows = (
                    tx.session.connection()
                    .execute(
                        select(outbox).where(chosen, outbox.c.id > last).order_by(outbox.c.id).limit(BATCH)
                    )
                    .all()
                )
            if not rows:
                return sent
            publisher.publish(
                [
                    Message(routing_key=r.routing_key, body=r.body.encode(), id=r.event_id, type=r.type)
                    for r in rows
                ],
                only_to=consumer,
            )
            sent, last = sent + len(rows), rows[-1].id
    finally:
        publisher.close()
