"""Forms, participants, boxes, results and the messaging tables."""

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
    op.create_table(
        "forms",
        sa.Column("session_id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("district_id", Id),
        sa.Column("lecturer_id", Id, nullable=False),
        sa.Column("lender_id", Id, nullable=False),
        sa.Column("topic_id", Id),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("closes_at", Instant(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("published", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_forms"),
        sa.CheckConstraint("state IN ('open', 'closed')", name="ck_forms_state"),
        sa.CheckConstraint("published BETWEEN 0 AND answers", name="ck_forms_published"),
        sa.CheckConstraint("threshold >= 1", name="ck_forms_threshold"),
    )
    is_open = sa.text("state = 'open'")
    op.create_index("ix_forms_open", "forms", ["closes_at"], postgresql_where=is_open, sqlite_where=is_open)
    op.create_table(
        "participants",
        sa.Column("session_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "person_id", name="pk_participants"),
    )
    op.create_table(
        "boxes",
        sa.Column("session_id", Id, nullable=False),
        sa.Column("counts", JsonText, nullable=False),
        sa.Column("comments", JsonText, nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_boxes"),
    )
    op.create_table(
        "results",
        sa.Column("session_id", Id, nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("overall", sa.Float(), nullable=False),
        sa.Column("questions", JsonText, nullable=False),
        sa.Column("comments", JsonText, nullable=False),
        sa.Column("published_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_results"),
        sa.CheckConstraint("answers >= 1", name="ck_results_answers"),
    )
