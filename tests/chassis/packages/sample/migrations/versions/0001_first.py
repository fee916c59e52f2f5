"""The first tables."""

import sqlalchemy as sa
from alembic import op
from chassis.migrations import messaging_v1
from chassis.types import Id, Instant, RowId

revision, down_revision = "0001", None


def upgrade() -> None:
    messaging_v1(op)
    op.create_table(
        "notes",
        sa.Column("id", Id, nullable=False),
        sa.Column("text", sa.String(200), nullable=False),
        sa.Column("written_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
    )
    op.create_table(
        "sheets",
        sa.Column("id", Id, nullable=False),
        sa.Column("lines_left", sa.Integer(), nullable=False),
        sa.CheckConstraint("lines_left >= 0", name=op.f("ck_sheets_not_overfull")),
        sa.PrimaryKeyConstraint("id", name="pk_sheets"),
    )
    op.create_table(
        "heard",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("event_id", Id, nullable=False),
        sa.Column("aggregate", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_heard"),
    )
