"""Events of the invented service `origin`, as bytes, and what the sample service made of them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from chassis.broker import Message
from chassis.ids import new_id
from chassis.store import Store
from chassis.tables import inbox, positions
from contracts.registry import EventType
from sqlalchemy import select

from chassis import envelope
from sample import contracts as said
from sample.tables import Heard

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@cache
def id_of(thing: str, version: int) -> str:
    """Time-ordered, as real ids are."""
    return new_id()


def told(
    thing: str,
    version: int,
    *,
    mood: str = "fine",
    event_type: EventType = said.THING_CHANGED,
    **changes: Any,
) -> Message:
    """An event about a thing; the same thing and version are the same event."""
    event_id = id_of(thing, version)
    body = envelope.wrap(
        event_type,
        id=event_id,
        time=AT,
        aggregate=thing,
        data={"mood": mood},
        district=None,
        organisation=None,
        actor=None,
        correlation="c",
        causation=None,
        hops=0,
    )
    body |= {"sequence": version, **changes}
    return Message(event_type.routing_key, envelope.dumps(body).encode(), event_id, event_type.name)


def heard(store: Store) -> list[tuple[str, int]]:
    """Aggregate and version of what the handler kept, in the order of handling."""
    with store.reading() as tx:
        rows = tx.session.execute(select(Heard.aggregate, Heard.version).order_by(Heard.id))
        return [(row.aggregate, row.version) for row in rows]


def states(store: Store) -> dict[tuple[str, int], str]:
    """The state of each event of the inbox."""
    with store.reading() as tx:
        rows = tx.session.execute(select(inbox.c.aggregate, inbox.c.version, inbox.c.state))
        return {(row.aggregate, row.version): row.state for row in rows}


def position(store: Store, thing: str) -> tuple[int, bool]:
    """The position of a thing and whether somebody waits for it."""
    with store.reading() as tx:
        row = tx.session.execute(
            select(positions.c.version, positions.c.waiting).where(positions.c.aggregate == thing)
        ).one()
        return row.version, row.waiting
