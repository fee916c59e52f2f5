"""Messages that were set aside, and what an operator may do with them.

Parked: no event at all, unknown type or major version, refused by a rule, out of tries, or it killed the
worker. Nothing is lost: body, reason, error and tries are kept, and later events of the same aggregate wait
behind it. `retry` gives it all its tries again, `edit` replaces the body first, `skip` moves the aggregate's
position past it. Every action is written down with who did it and why.
"""

from __future__ import annotations

from typing import Any

from contracts.errors import NotFound, Refusal
from sqlalchemy import Connection, and_, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from chassis import envelope
from chassis.sql import database_time
from chassis.store import Store
from chassis.tables import inbox, parked_actions, positions


class BodyIsNoEvent(Refusal):
    """The new body cannot be read as an event."""

    status = 422
    zh = "新的内容不是有效的事件：{reason}。请改正后再试。"
    en = "The new body is not a valid event: {reason}. Correct it and try again."


class BodyIsAnotherEvent(Refusal):
    """An edit may correct an event, not turn it into another."""

    status = 422
    zh = "新的内容是另一个事件；编号、来源、对象和版本必须保持不变。"
    en = "The new body is another event; its id, source, subject and sequence must stay."


def list_parked(store: Store, *, reason: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
    """The parked messages, oldest first, without bodies; `waiting` counts the events behind each."""
    behind = inbox.alias("behind")
    waiting = (
        select(func.count())
        .select_from(behind)
        .where(
            behind.c.source == inbox.c.source,
            behind.c.kind == inbox.c.kind,
            behind.c.aggregate == inbox.c.aggregate,
            behind.c.state == "waiting",
        )
        .scalar_subquery()
    )
    columns = [column for column in inbox.c if column.name not in ("body", "headers")]
    query = select(*columns, waiting.label("waiting")).where(inbox.c.state == "parked")
    if reason is not None:
        query = query.where(inbox.c.reason == reason)
    with store.reading() as tx:
        rows = tx.session.connection().execute(query.order_by(inbox.c.received_at, inbox.c.id).limit(limit))
        return [dict(row._mapping) for row in rows]


def show(store: Store, parked_id: int) -> dict[str, Any]:
    """One parked message with its body as text and the actions taken on it."""
    with store.reading() as tx:
        connection = tx.session.connection()
        row = dict(_parked(connection, parked_id)._mapping)
        actions = connection.execute(
            select(*(parked_actions.c[name] for name in ("action", "actor", "note", "at")))
            .where(parked_actions.c.inbox_id == parked_id)
            .order_by(parked_actions.c.id)
        )
        row["body"] = (row["body"] or b"").decode("utf-8", "replace")
        row["actions"] = [dict(action._mapping) for action in actions]
    return row


def retry(store: Store, parked_id: int, *, actor: str, note: str) -> None:
    """Let the workers try it again, with all its tries."""
    with store.turn(), store.engine.begin() as connection:
        row = _parked(connection, parked_id, lock=True)
        _free(connection, row.id)
        _write_down(connection, row, action="retry", actor=actor, note=note)
    _wake(store)


def retry_all(store: Store, *, reason: str, actor: str, note: str) -> int:
    """Retry every message parked for this reason; returns how many."""
    with store.turn(), store.engine.begin() as connection:
        rows = connection.execute(
            select(inbox.c.id, inbox.c.body)
            .where(inbox.c.state == "parked", inbox.c.reason == reason)
            .with_for_update()
        ).all()
        for row in rows:
            _free(connection, row.id)
            _write_down(connection, row, action="retry", actor=actor, note=note)
    _wake(store)
    return len(rows)


def edit(store: Store, parked_id: int, *, body: str, actor: str, note: str) -> None:
    """Replace the body and retry. A malformed message may become any event, another only its better self."""
    try:
        event = envelope.read(body.encode())
    except (ValueError, OverflowError, TypeError) as error:
        raise BodyIsNoEvent(reason=str(error)[:300]) from None
    with store.turn(), store.engine.begin() as connection:
        row = _parked(connection, parked_id, lock=True)
        place = {
            "source": event.source,
            "event_id": event.id,
            "kind": event.kind,
            "aggregate": event.aggregate,
            "version": event.version,
        }
        if row.kind is not None and any(getattr(row, name) != value for name, value in place.items()):
            raise BodyIsAnotherEvent()
        connection.execute(
            update(inbox)
            .where(inbox.c.id == row.id)
            .values(body=body.encode(), type=event.type, occurred_at=event.time, **place)
        )
        _free(connection, row.id)
        _write_down(connection, row, action="edit", actor=actor, note=note, body_before=row.body)
    _wake(store)


def skip(store: Store, parked_id: int, *, actor: str, note: str) -> None:
    """Go on without it: the aggregate's position moves past it and what waited behind it is free."""
    with store.turn(), store.engine.begin() as connection:
        row = _parked(connection, parked_id, lock=True)
        if row.kind is not None:
            _move_past(connection, store.dialect, row)
        connection.execute(
            update(inbox).where(inbox.c.id == row.id).values(state="skipped", finished_at=database_time())
        )
        _write_down(connection, row, action="skip", actor=actor, note=note, body_before=row.body)
    _wake(store)


def _parked(connection: Connection, parked_id: int, *, lock: bool = False) -> Any:
    query = select(inbox).where(inbox.c.id == parked_id, inbox.c.state == "parked")
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound()
    return row


def _free(connection: Connection, row_id: int) -> None:
    connection.execute(
        update(inbox)
        .where(inbox.c.id == row_id)
        .values(state="new", attempts=0, next_at=database_time(), reason=None)
    )


def _move_past(connection: Connection, dialect: str, row: Any) -> None:
    """Only ever forward: somebody may have handled the event by another way meanwhile."""
    key = {"source": row.source, "kind": row.kind, "aggregate": row.aggregate}
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(positions)
    connection.execute(
        statement.values(version=row.version, waiting=False, **key).on_conflict_do_update(
            index_elements=list(positions.primary_key),
            set_={"version": statement.excluded.version, "waiting": False},
            where=positions.c.version == row.version - 1,
        )
    )
    connection.execute(
        update(inbox)
        .where(and_(*(inbox.c[name] == value for name, value in key.items())), inbox.c.state == "waiting")
        .values(state="new", next_at=database_time())
    )


def _write_down(
    connection: Connection, row: Any, *, action: str, actor: str, note: str, body_before: bytes | None = None
) -> None:
    connection.execute(
        insert(parked_actions).values(
            inbox_id=row.id,
            action=action,
            actor=actor,
            note=note,
            body_before=body_before,
            at=database_time(),
        )
    )


def _wake(store: Store) -> None:
    for wake in store.on_commit:
        wake()
