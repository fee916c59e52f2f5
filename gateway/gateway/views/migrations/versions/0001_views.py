"""The read model as first released."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from chassis.migrations import messaging_v1
from chassis.types import Id, Instant, JsonText

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    messaging_v1(op)
    _create_directory()
    _create_menu()
    _create_orders()
    _create_offers()
    _create_sessions()
    _create_seats()
    _create_feedback()


def _create_directory() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", Id, nullable=False),
        sa.Column("district_id", Id, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("parent_id", Id),
        sa.PrimaryKeyConstraint("id", name="pk_organisations"),
    )
    op.create_index("ix_organisations_district_id", "organisations", ["district_id"])
    op.create_table(
        "people",
        sa.Column("id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("district_id", Id, nullable=False),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("learner", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
    )
    op.create_index("ix_people_organisation_id", "people", ["organisation_id"])


def _create_menu() -> None:
    op.create_table(
        "topics",
        sa.Column("id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("district_id", Id, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("audiences", JsonText, nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_topics"),
    )
    op.create_index("ix_topics_district_id", "topics", ["district_id"])
    op.create_table(
        "lecturers",
        sa.Column("id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("district_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("monthly_cap", sa.Integer(), nullable=False),
        sa.Column("topic_ids", JsonText, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lecturers"),
    )
    op.create_index("ix_lecturers_organisation_id", "lecturers", ["organisation_id"])
    op.create_table(
        "lecturer_topics",
        sa.Column("topic_id", Id, nullable=False),
        sa.Column("lecturer_id", Id, nullable=False),
        sa.PrimaryKeyConstraint("topic_id", "lecturer_id", name="pk_lecturer_topics"),
    )
    op.create_index("ix_lecturer_topics_lecturer_id", "lecturer_topics", ["lecturer_id"])
    op.create_table(
        "venues",
        sa.Column("id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("district_id", Id, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("latitude", sa.Float()),
        sa.Column("longitude", sa.Float()),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_venues"),
    )
    op.create_index("ix_venues_district_id", "venues", ["district_id"])
    op.create_table(
        "groups",
        sa.Column("id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_groups"),
    )
    op.create_index("ix_groups_organisation_id", "groups", ["organisation_id"])
    op.create_table(
        "agreements",
        sa.Column("id", Id, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("lender_id", Id, nullable=False),
        sa.Column("borrower_id", Id, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("quota_sessions", sa.Integer(), nullable=False),
        sa.Column("approval", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_agreements"),
    )
    op.create_index("ix_agreements_borrower_id", "agreements", ["borrower_id"])
    op.create_index("ix_agreements_lender_id", "agreements", ["lender_id"])


def _create_orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("district_id", Id, nullable=False),
        sa.Column("topic_id", Id),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("windows", JsonText, nullable=False),
        sa.Column("first_window_at", Instant(), nullable=False),
        sa.Column("last_window_at", Instant(), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("venue_id", Id),
        sa.Column("group_id", Id),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("head_count", sa.Integer(), nullable=False),
        sa.Column("placed_by", Id),
        sa.Column("placed_at", Instant(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("unmet_reason", sa.String(length=20)),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("session_id", Id),
        sa.Column("lecturer_id", Id),
        sa.Column("cancel_reason", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
    )
    op.create_index("ix_orders_district_id_placed_at", "orders", ["district_id", "placed_at"])
    op.create_index("ix_orders_organisation_id_placed_at", "orders", ["organisation_id", "placed_at"])


def _create_offers() -> None:
    op.create_table(
        "offers",
        sa.Column("id", Id, nullable=False),
        sa.Column("order_id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("lender_id", Id, nullable=False),
        sa.Column("lecturer_id", Id, nullable=False),
        sa.Column("agreement_id", Id),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("venue_id", Id),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("deadline", Instant(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("session_id", Id),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("answered_at", Instant()),
        sa.PrimaryKeyConstraint("id", name="pk_offers"),
    )
    op.create_index("ix_offers_lecturer_id_state", "offers", ["lecturer_id", "state"])
    op.create_index("ix_offers_lender_id_state", "offers", ["lender_id", "state"])
    op.create_index(
        "ix_offers_open",
        "offers",
        ["order_id"],
        postgresql_where=sa.text("state IN ('awaiting_approval', 'offered')"),
        sqlite_where=sa.text("state IN ('awaiting_approval', 'offered')"),
    )
    op.create_index("ix_offers_order_id", "offers", ["order_id"])


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", Id, nullable=False),
        sa.Column("order_id", Id),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("district_id", Id, nullable=False),
        sa.Column("topic_id", Id),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("lecturer_id", Id, nullable=False),
        sa.Column("lender_id", Id, nullable=False),
        sa.Column("agreement_id", Id),
        sa.Column("venue_id", Id),
        sa.Column("venue_name", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("group_id", Id),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("before", JsonText),
        sa.Column("cancel_reason", sa.Text()),
        sa.Column("held_at", Instant()),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_agreement_id", "sessions", ["agreement_id"])
    op.create_index("ix_sessions_district_id_starts_at", "sessions", ["district_id", "starts_at"])
    op.create_index("ix_sessions_lecturer_id_starts_at", "sessions", ["lecturer_id", "starts_at"])
    op.create_index("ix_sessions_lender_id_starts_at", "sessions", ["lender_id", "starts_at"])
    op.create_index("ix_sessions_organisation_id_starts_at", "sessions", ["organisation_id", "starts_at"])
    op.create_index("ix_sessions_topic_id", "sessions", ["topic_id"])
    op.create_table(
        "session_shares",
        sa.Column("session_id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "organisation_id", name="pk_session_shares"),
    )
    op.create_table(
        "session_figures",
        sa.Column("session_id", Id, nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("attended", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_session_figures"),
    )


def _create_seats() -> None:
    op.create_table(
        "seats",
        sa.Column("id", Id, nullable=False),
        sa.Column("session_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("host_id", Id, nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_seats"),
    )
    op.create_index("ix_seats_person_id_starts_at", "seats", ["person_id", "starts_at"])
    op.create_index("ix_seats_session_id_state_sequence", "seats", ["session_id", "state", "sequence"])
    op.create_table(
        "hours",
        sa.Column("session_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("host_id", Id, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "person_id", name="pk_hours"),
    )
    op.create_index("ix_hours_organisation_id_on", "hours", ["organisation_id", "on"])
    op.create_index("ix_hours_person_id_on", "hours", ["person_id", "on"])


def _create_feedback() -> None:
    op.create_table(
        "forms",
        sa.Column("session_id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("closes_at", Instant()),
        sa.PrimaryKeyConstraint("session_id", name="pk_forms"),
    )
    op.create_table(
        "results",
        sa.Column("session_id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("lecturer_id", Id, nullable=False),
        sa.Column("lender_id", Id, nullable=False),
        sa.Column("topic_id", Id),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("overall", sa.Float(), nullable=False),
        sa.Column("questions", JsonText, nullable=False),
        sa.Column("published_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_results"),
    )
    op.create_index("ix_results_lecturer_id", "results", ["lecturer_id"])
    op.create_index("ix_results_lender_id", "results", ["lender_id"])
    op.create_index("ix_results_organisation_id", "results", ["organisation_id"])
    op.create_index("ix_results_topic_id", "results", ["topic_id"])
    op.create_table(
        "unread_messages",
        sa.Column("id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_unread_messages"),
    )
    op.create_index("ix_unread_messages_person_id", "unread_messages", ["person_id"])
