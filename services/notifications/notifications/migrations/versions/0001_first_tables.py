"""What is known of people and sessions, messages, deliveries and the messaging tables."""

import sqlalchemy as sa
from alembic import op
from chassis.migrations import messaging_v1
from chassis.types import Id, Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    messaging_v1(op)
    _create_directory()
    _create_orders()
    _create_sessions()
    _create_messages()


def _create_directory() -> None:
    op.create_table(
        "organisations",
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("name_en", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", name="pk_organisations"),
    )
    op.create_table(
        "people",
        sa.Column("person_id", Id, nullable=False),
        sa.Column("district_id", Id, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_people"),
    )
    op.create_table(
        "role_holders",
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "role", "person_id", name="pk_role_holders"),
    )
    op.create_index("ix_role_holders_person_id", "role_holders", ["person_id"])
    op.create_table(
        "contacts",
        sa.Column("person_id", Id, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("email", sa.String(320)),
        sa.PrimaryKeyConstraint("person_id", name="pk_contacts"),
    )
    op.create_table(
        "venues",
        sa.Column("venue_id", Id, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("venue_id", name="pk_venues"),
    )


def _create_orders() -> None:
    op.create_table(
        "orders",
        sa.Column("order_id", Id, nullable=False),
        sa.Column("placed_by", Id),
        sa.Column("scheduled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name="pk_orders"),
    )
    op.create_table(
        "offers",
        sa.Column("offer_id", Id, nullable=False),
        sa.Column("asked", sa.String(10), nullable=False),
        sa.Column("venue_id", Id),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("offer_id", name="pk_offers"),
        sa.CheckConstraint("asked IN ('liaison', 'lecturer')", name="ck_offers_asked"),
    )


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("session_id", Id, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("order_id", Id),
        sa.Column("organisation_id", Id),
        sa.Column("lecturer_id", Id),
        sa.Column("lender_id", Id),
        sa.Column("title", sa.String(200)),
        sa.Column("starts_at", Instant()),
        sa.Column("ends_at", Instant()),
        sa.Column("venue_name", sa.String(120), nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("online", sa.Boolean()),
        sa.Column("reason", sa.Text()),
        sa.Column("form_closes_at", Instant()),
        sa.PrimaryKeyConstraint("session_id", name="pk_sessions"),
        sa.CheckConstraint("state IN ('unknown', 'scheduled', 'cancelled')", name="ck_sessions_state"),
    )
    op.create_table(
        "audiences",
        sa.Column("session_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "person_id", name="pk_audiences"),
        sa.CheckConstraint(
            "state IN ('seated', 'waiting', 'attended', 'released')", name="ck_audiences_state"
        ),
    )


def _create_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("occasion", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column("subject_zh", sa.Text(), nullable=False),
        sa.Column("subject_en", sa.Text(), nullable=False),
        sa.Column("body_zh", sa.Text(), nullable=False),
        sa.Column("body_en", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("read_at", Instant()),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.UniqueConstraint("occasion", "person_id", name="uq_messages_occasion_person_id"),
    )
    op.create_index("ix_messages_person_id_created_at_id", "messages", ["person_id", "created_at", "id"])
    unread, queued = sa.text("read_at IS NULL"), sa.text("state = 'queued'")
    op.create_index(
        "ix_messages_unread", "messages", ["person_id"], postgresql_where=unread, sqlite_where=unread
    )
    op.create_table(
        "deliveries",
        sa.Column("message_id", Id, nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.Column("reason", sa.String(200)),
        sa.PrimaryKeyConstraint("message_id", "channel", name="pk_deliveries"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_deliveries_message_id"),
        sa.CheckConstraint("state IN ('queued', 'sent', 'failed')", name="ck_deliveries_state"),
        sa.CheckConstraint("channel IN ('email')", name="ck_deliveries_channel"),
    )
    op.create_index(
        "ix_deliveries_queued", "deliveries", ["next_at"], postgresql_where=queued, sqlite_where=queued
    )
