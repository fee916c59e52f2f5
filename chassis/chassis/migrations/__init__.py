"""Frozen DDL of the chassis tables, called by each service's own Alembic migrations.

A function here is never edited once released: a change is `messaging_v2` beside it, called by a new migration
of each service. `chassis.tables` shows the sum.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from chassis.types import Id, Instant, JsonText, RowId


def messaging_v1(op: Any) -> None:
    """Create outbox, aggregates, inbox, positions, commands, parked_actions and pulses."""
    _create_outbox(op)
    _create_inbox(op)
    op.create_table(
        "commands",
        sa.Column("id", Id, nullable=False),
        sa.Column("operation", sa.String(80), nullable=False),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(80)),
        sa.Column("done_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_commands"),
    )
    op.create_index("ix_commands_done_at", "commands", ["done_at"])
    op.create_table(
        "parked_actions",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("inbox_id", RowId, nullable=False),
        sa.Column("action", sa.String(10), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("body_before", sa.LargeBinary()),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_parked_actions"),
    )
    op.create_index("ix_parked_actions_inbox_id", "parked_actions", ["inbox_id"])
    op.create_table(
        "pulses",
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("heard_at", Instant(), nullable=False),
        sa.Column("source_time", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_pulses"),
    )


def _create_outbox(op: Any) -> None:
    op.create_table(
        "outbox",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("event_id", Id, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("aggregate", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(120), nullable=False),
        sa.Column("routing_key", sa.String(160), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("published_at", Instant()),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("event_id", name="uq_outbox_event_id"),
        sa.UniqueConstraint("kind", "aggregate", "version", name="uq_outbox_kind_aggregate_version"),
    )
    unpublished = sa.text("published_at IS NULL")
    op.create_index(
        "ix_outbox_unpublished", "outbox", ["id"], postgresql_where=unpublished, sqlite_where=unpublished
    )
    op.create_index("ix_outbox_recorded_at", "outbox", ["recorded_at"])
    op.create_table(
        "aggregates",
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", name="pk_aggregates"),
    )


def _create_inbox(op: Any) -> None:
    op.create_table(
        "inbox",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("event_id", Id, nullable=False),
        sa.Column("kind", sa.String(40)),
        sa.Column("aggregate", sa.String(64)),
        sa.Column("version", sa.Integer()),
        sa.Column("type", sa.String(120)),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("headers", JsonText),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(40)),
        sa.Column("error", sa.Text()),
        sa.Column("occurred_at", Instant()),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant()),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
        sa.UniqueConstraint("source", "event_id", name="uq_inbox_source_event_id"),
    )
    op.create_index(
        "ix_inbox_source_kind_aggregate_version", "inbox", ["source", "kind", "aggregate", "version"]
    )
    new, held = sa.text("state = 'new'"), sa.text("state IN ('waiting', 'parked')")
    op.create_index("ix_inbox_new", "inbox", ["id", "next_at"], postgresql_where=new, sqlite_where=new)
    op.create_index(
        "ix_inbox_held", "inbox", ["state", "received_at"], postgresql_where=held, sqlite_where=held
    )
    op.create_table(
        "positions",
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("aggregate", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("source", "kind", "aggregate", name="pk_positions"),
    )
