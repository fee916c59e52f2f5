"""Members, sessions, seats, attendance, hours, and the messaging tables."""

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
    _create_members_and_sessions()
    _create_seats()
    _create_attendance()


def downgrade() -> None:
    raise NotImplementedError("the first revision has nothing before it")


def _create_members_and_sessions() -> None:
    op.create_table(
        "members",
        sa.Column("person_id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("district_id", Id, nullable=False),
        sa.Column("audience", sa.String(20), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_members"),
    )
    op.create_table(
        "course_sessions",
        sa.Column("session_id", Id, nullable=False),
        sa.Column("host_id", Id, nullable=False),
        sa.Column("district_id", Id, nullable=False),
        sa.Column("lecturer_id", Id, nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("check_in_code", sa.String(6), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("shared", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("open_taken", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("last_place", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_course_sessions"),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_course_sessions_has_seats")),
        sa.CheckConstraint("taken BETWEEN 0 AND capacity", name=op.f("ck_course_sessions_not_oversold")),
        sa.CheckConstraint(
            "shared >= 0 AND open_taken BETWEEN 0 AND capacity - shared",
            name=op.f("ck_course_sessions_shares_kept"),
        ),
        sa.CheckConstraint("waiting >= 0", name=op.f("ck_course_sessions_waiting")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_course_sessions_ends_after_start")),
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "seat_shares",
        sa.Column("session_id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("seated", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "organisation_id", name="pk_seat_shares"),
        _of_session("seat_shares"),
        sa.CheckConstraint("seats > 0", name=op.f("ck_seat_shares_has_seats")),
        sa.CheckConstraint("seated >= 0", name=op.f("ck_seat_shares_seated")),
    )


def _create_seats() -> None:
    op.create_table(
        "seats",
        sa.Column("seat_id", Id, nullable=False),
        sa.Column("session_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("taken_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant()),
        sa.PrimaryKeyConstraint("seat_id", name="pk_seats"),
        _of_session("seats"),
        sa.ForeignKeyConstraint(["person_id"], ["members.person_id"], name="fk_seats_person_id"),
    )
    active, waiting = sa.text("state <> 'cancelled'"), sa.text("state = 'waiting'")
    op.create_index(
        "uq_seats_session_id_person_id",
        "seats",
        ["session_id", "person_id"],
        unique=True,
        postgresql_where=active,
        sqlite_where=active,
    )
    op.create_index("ix_seats_person_id", "seats", ["person_id"])
    op.create_index(
        "ix_seats_waiting", "seats", ["session_id", "place"], postgresql_where=waiting, sqlite_where=waiting
    )


def _create_attendance() -> None:
    op.create_table(
        "attendance",
        sa.Column("session_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("method", sa.String(5), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "person_id", name="pk_attendance"),
        _of_session("attendance"),
    )
    op.create_table(
        "credits",
        sa.Column("session_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("host_id", Id, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "person_id", name="pk_credits"),
        _of_session("credits"),
        sa.CheckConstraint("minutes BETWEEN 0 AND 1440", name=op.f("ck_credits_within_a_day")),
    )
    op.create_index("ix_credits_person_id_on", "credits", ["person_id", "on"])
    op.create_table(
        "check_in_tries",
        sa.Column("session_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "person_id", name="pk_check_in_tries"),
        _of_session("check_in_tries"),
        sa.CheckConstraint("wrong >= 0", name=op.f("ck_check_in_tries_wrong")),
    )


def _of_session(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["session_id"], ["course_sessions.session_id"], name=f"fk_{table}_session_id"
    )
