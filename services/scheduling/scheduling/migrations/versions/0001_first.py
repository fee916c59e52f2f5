"""Tables of scheduling, with those of the messaging core.

On PostgreSQL the database's owner must be able to create the extension btree_gist (a trusted one since 13):
the wall against double booking compares a resource's id and a range in one constraint.
"""

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
    _register()
    _menu()
    _lecturers()
    _places()
    _sharing()
    _orders()
    _sessions()
    _booking()


def _register() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", Id, nullable=False),
        sa.Column("district_id", Id, nullable=False),
        sa.Column("parent_id", Id, nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_organisations"),
    )
    op.create_index("ix_organisations_parent_id", "organisations", ["parent_id"])
    op.create_table(
        "absent_people",
        sa.Column("person_id", Id, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_absent_people"),
    )


def _menu() -> None:
    op.create_table(
        "topics",
        sa.Column("id", Id, nullable=False),
        sa.Column("district_id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.String(length=2000), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("audiences", JsonText, nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_topics"),
        sa.UniqueConstraint("district_id", "code", name="uq_topics_district_id_code"),
    )
    op.create_index("ix_topics_code", "topics", ["code"])


def _lecturers() -> None:
    op.create_table(
        "lecturers",
        sa.Column("id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("district_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("monthly_cap", sa.Integer(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("listed_active", sa.Boolean(), nullable=False),
        sa.Column("person_active", sa.Boolean(), nullable=False),
        sa.Column("rating_mean", sa.Double(), nullable=True),
        sa.Column("rating_answers", sa.Integer(), nullable=False),
        sa.CheckConstraint("monthly_cap >= 0", name="ck_lecturers_monthly_cap"),
        sa.CheckConstraint("rating_answers >= 0", name="ck_lecturers_rating_answers"),
        sa.PrimaryKeyConstraint("id", name="pk_lecturers"),
    )
    op.create_index("ix_lecturers_district_id", "lecturers", ["district_id"])
    op.create_index("ix_lecturers_organisation_id", "lecturers", ["organisation_id"])
    op.create_table(
        "lecturer_topics",
        sa.Column("lecturer_id", Id, nullable=False),
        sa.Column("topic_id", Id, nullable=False),
        sa.ForeignKeyConstraint(["lecturer_id"], ["lecturers.id"], name="fk_lecturer_topics_lecturer_id"),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name="fk_lecturer_topics_topic_id"),
        sa.PrimaryKeyConstraint("lecturer_id", "topic_id", name="pk_lecturer_topics"),
    )
    op.create_index("ix_lecturer_topics_topic_id", "lecturer_topics", ["topic_id"])
    op.create_table(
        "availability",
        sa.Column("id", Id, nullable=False),
        sa.Column("lecturer_id", Id, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=4), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=True),
        sa.Column("on_date", sa.Date(), nullable=True),
        sa.Column("starts", sa.Time(), nullable=True),
        sa.Column("ends", sa.Time(), nullable=True),
        sa.ForeignKeyConstraint(["lecturer_id"], ["lecturers.id"], name="fk_availability_lecturer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_availability"),
        sa.UniqueConstraint("lecturer_id", "code", name="uq_availability_lecturer_id_code"),
    )
    op.create_table(
        "lecturer_ratings",
        sa.Column("session_id", Id, nullable=False),
        sa.Column("lecturer_id", Id, nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("overall", sa.Double(), nullable=False),
        sa.CheckConstraint("answers > 0", name="ck_lecturer_ratings_answers"),
        sa.PrimaryKeyConstraint("session_id", name="pk_lecturer_ratings"),
    )
    op.create_index("ix_lecturer_ratings_lecturer_id", "lecturer_ratings", ["lecturer_id"])


def _places() -> None:
    op.create_table(
        "venues",
        sa.Column("id", Id, nullable=False),
        sa.Column("district_id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.CheckConstraint("capacity > 0", name="ck_venues_capacity"),
        sa.PrimaryKeyConstraint("id", name="pk_venues"),
        sa.UniqueConstraint("district_id", "code", name="uq_venues_district_id_code"),
    )
    op.create_index("ix_venues_organisation_id", "venues", ["organisation_id"])
    op.create_table(
        "audience_groups",
        sa.Column("id", Id, nullable=False),
        sa.Column("district_id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audience_groups"),
        sa.UniqueConstraint("district_id", "code", name="uq_audience_groups_district_id_code"),
    )
    op.create_index("ix_audience_groups_organisation_id", "audience_groups", ["organisation_id"])


def _sharing() -> None:
    op.create_table(
        "agreements",
        sa.Column("id", Id, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("lender_id", Id, nullable=False),
        sa.Column("borrower_id", Id, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("quota_sessions", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("approval", sa.String(length=10), nullable=False),
        sa.CheckConstraint("lender_id <> borrower_id", name="ck_agreements_two_sides"),
        sa.CheckConstraint("starts_on <= ends_on", name="ck_agreements_period"),
        sa.CheckConstraint("used BETWEEN 0 AND quota_sessions", name="ck_agreements_quota"),
        sa.PrimaryKeyConstraint("id", name="pk_agreements"),
        sa.UniqueConstraint(
            "lender_id", "borrower_id", "code", name="uq_agreements_lender_id_borrower_id_code"
        ),
    )
    op.create_index("ix_agreements_borrower_id", "agreements", ["borrower_id"])


def _orders() -> None:
    still_open = sa.text("state IN ('awaiting_approval', 'offered')")
    op.create_table(
        "orders",
        sa.Column("id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("district_id", Id, nullable=False),
        sa.Column("topic_id", Id, nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("venue_id", Id, nullable=True),
        sa.Column("group_id", Id, nullable=True),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("head_count", sa.Integer(), nullable=False),
        sa.Column("shares", JsonText, nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("unmet_reason", sa.String(length=20), nullable=True),
        sa.Column("sequence", JsonText, nullable=True),
        sa.Column("placed_by", Id, nullable=True),
        sa.Column("placed_at", Instant(), nullable=False),
        sa.Column("session_id", Id, nullable=True),
        sa.CheckConstraint("head_count > 0", name="ck_orders_head_count"),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
    )
    op.create_index("ix_orders_organisation_id", "orders", ["organisation_id"])
    op.create_table(
        "order_windows",
        sa.Column("order_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name="ck_order_windows_period"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_order_windows_order_id"),
        sa.PrimaryKeyConstraint("order_id", "position", name="pk_order_windows"),
    )
    op.create_table(
        "offers",
        sa.Column("id", Id, nullable=False),
        sa.Column("order_id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("lender_id", Id, nullable=False),
        sa.Column("lecturer_id", Id, nullable=False),
        sa.Column("agreement_id", Id, nullable=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("deadline", Instant(), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("approved_at", Instant(), nullable=True),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("session_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_offers_order_id"),
        sa.PrimaryKeyConstraint("id", name="pk_offers"),
        sa.UniqueConstraint("order_id", "lecturer_id", name="uq_offers_order_id_lecturer_id"),
        sa.UniqueConstraint("order_id", "rank", name="uq_offers_order_id_rank"),
    )
    op.create_index(
        "ix_offers_due", "offers", ["deadline"], postgresql_where=still_open, sqlite_where=still_open
    )
    op.create_index("ix_offers_lecturer_id", "offers", ["lecturer_id"])
    op.create_index(
        "ix_offers_one_open",
        "offers",
        ["order_id"],
        unique=True,
        postgresql_where=still_open,
        sqlite_where=still_open,
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", Id, nullable=False),
        sa.Column("order_id", Id, nullable=True),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("district_id", Id, nullable=False),
        sa.Column("topic_id", Id, nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("lecturer_id", Id, nullable=False),
        sa.Column("lender_id", Id, nullable=False),
        sa.Column("agreement_id", Id, nullable=True),
        sa.Column("venue_id", Id, nullable=True),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("group_id", Id, nullable=True),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("held_at", Instant(), nullable=True),
        sa.CheckConstraint("capacity > 0", name="ck_sessions_capacity"),
        sa.CheckConstraint("starts_at < ends_at", name="ck_sessions_period"),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("order_id", name="uq_sessions_order_id"),
    )
    op.create_index("ix_sessions_due", "sessions", ["state", "ends_at"])
    op.create_index("ix_sessions_lecturer", "sessions", ["lecturer_id", "starts_at"])
    op.create_table(
        "session_shares",
        sa.Column("session_id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_session_shares_session_id"),
        sa.PrimaryKeyConstraint("session_id", "organisation_id", name="pk_session_shares"),
    )


def _booking() -> None:
    op.create_table(
        "bookings",
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("resource_id", Id, nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("session_id", Id, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('lecturer', 'venue', 'group')", name="ck_bookings_kind"),
        sa.CheckConstraint("starts_at < ends_at", name="ck_bookings_period"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_bookings_session_id"),
        sa.PrimaryKeyConstraint("id", name="pk_bookings"),
    )
    op.create_index("ix_bookings_resource", "bookings", ["kind", "resource_id", "starts_at"])
    op.create_index("ix_bookings_session_id", "bookings", ["session_id"])
    op.create_table(
        "booking_slots",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("resource_id", Id, nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("booking_id", Id, nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name="fk_booking_slots_booking_id"),
        sa.PrimaryKeyConstraint("kind", "resource_id", "slot", name="pk_booking_slots"),
    )
    op.create_index("ix_booking_slots_booking_id", "booking_slots", ["booking_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        op.execute(
            "ALTER TABLE bookings ADD CONSTRAINT ex_bookings_overlap EXCLUDE USING gist"
            " (kind WITH =, resource_id WITH =, tstzrange(starts_at, ends_at, '[)') WITH &&) WHERE (active)"
        )
