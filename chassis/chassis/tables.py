"""The tables that every service database has; their DDL is frozen in `chassis.migrations`.

outbox     what this service announced; rows stay, they are the source of every replay
aggregates the version of each aggregate; its row lock makes the order of versions the order of commits
inbox      what this service was told; body and tries until handled, the id for as long as repeats may come
positions  the last handled version per aggregate of another service; `waiting` says that some row of the
           inbox is ahead of it, so that finishing a row without followers costs no search for them
commands   commands that had their effect, with the answer, so that a repeat is answered and not done again
parked_actions  who did what to a parked message, and why
pulses     when each source was last heard

`inbox.next_at` is both lease and backoff: a row in state `new` is free from that moment on. A claim moves it
into the future, a retry moves it to the end of the backoff, and a clean stop moves it to now.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from chassis.types import NAMING, Id, Instant, JsonText, RowId

metadata = MetaData(naming_convention=NAMING)

outbox = Table(
    "outbox",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("event_id", Id, nullable=False, unique=True),
    Column("kind", String(40), nullable=False),
    Column("aggregate", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("type", String(120), nullable=False),
    Column("routing_key", String(160), nullable=False),
    Column("body", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("published_at", Instant),
    UniqueConstraint("kind", "aggregate", "version"),
)
Index(
    "ix_outbox_unpublished",
    outbox.c.id,
    postgresql_where=text("published_at IS NULL"),
    sqlite_where=text("published_at IS NULL"),
)
Index("ix_outbox_recorded_at", outbox.c.recorded_at)

aggregates = Table(
    "aggregates",
    metadata,
    Column("kind", String(40), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("source", String(40), nullable=False),
    Column("event_id", Id, nullable=False),
    Column("kind", String(40)),
    Column("aggregate", String(64)),
    Column("version", Integer),
    Column("type", String(120)),
    Column("body", LargeBinary),
    Column("headers", JsonText),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Instant, nullable=False),
    Column("duplicates", Integer, nullable=False),
    Column("reason", String(40)),
    Column("error", Text),
    Column("occurred_at", Instant),
    Column("received_at", Instant, nullable=False),
    Column("finished_at", Instant),
    UniqueConstraint("source", "event_id"),
)
Index(
    "ix_inbox_source_kind_aggregate_version",
    inbox.c.source,
    inbox.c.kind,
    inbox.c.aggregate,
    inbox.c.version,
)
Index(
    "ix_inbox_new",
    inbox.c.id,
    inbox.c.next_at,
    postgresql_where=text("state = 'new'"),
    sqlite_where=text("state = 'new'"),
)
Index(
    "ix_inbox_held",
    inbox.c.state,
    inbox.c.received_at,
    postgresql_where=text("state IN ('waiting', 'parked')"),
    sqlite_where=text("state IN ('waiting', 'parked')"),
)

positions = Table(
    "positions",
    metadata,
    Column("source", String(40), primary_key=True),
    Column("kind", String(40), primary_key=True),
    Column("aggregate", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("waiting", Boolean, nullable=False),
)

commands = Table(
    "commands",
    metadata,
    Column("id", Id, primary_key=True),
    Column("operation", String(80), nullable=False),
    Column("request_hash", String(64), nullable=False),
    Column("answer", Text, nullable=False),
    Column("actor", String(80)),
    Column("done_at", Instant, nullable=False, index=True),
)

parked_actions = Table(
    "parked_actions",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("inbox_id", RowId, nullable=False, index=True),
    Column("action", String(10), nullable=False),
    Column("actor", String(80), nullable=False),
    Column("note", Text, nullable=False),
    Column("body_before", LargeBinary),
    Column("at", Instant, nullable=False),
)

pulses = Table(
    "pulses",
    metadata,
    Column("source", String(40), primary_key=True),
    Column("heard_at", Instant, nullable=False),
    Column("source_time", Instant, nullable=False),
)
