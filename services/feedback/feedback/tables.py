"""Tables of feedback.

Who may answer and whether they did is in `participants`; what was answered is in `boxes`. A box is ONE row
for a whole form, on purpose: with a row for each answer, or even for each mark, PostgreSQL's hidden `xmin`
would tell which transaction wrote it, and `participants` carries the same number beside the person. The one
row of a box is rewritten by every answer and bears only the last one's number, which says who answered last
but not what. Nothing in a box names a person, a time or an order.

`results` is what was published, kept apart so that reading it again and again never shows a single answer
come in.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chassis.types import ANNOTATIONS, NAMING, Id
from contracts.fields import TITLE
from sqlalchemy import CheckConstraint, Float, Index, Integer, MetaData, String, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = ANNOTATIONS


metadata = Base.metadata


class Form(Base):
    """The evaluation form of a session that was held; `answers` counts, `published` of them are shown."""

    __tablename__ = "forms"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'closed')", name="state"),
        CheckConstraint("published BETWEEN 0 AND answers", name="published"),
        CheckConstraint("threshold >= 1", name="threshold"),
        Index(
            "ix_forms_open",
            "closes_at",
            postgresql_where=text("state = 'open'"),
            sqlite_where=text("state = 'open'"),
        ),
    )

    session_id: Mapped[str] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[str] = mapped_column(Id)
    district_id: Mapped[str | None] = mapped_column(Id)
    lecturer_id: Mapped[str] = mapped_column(Id)
    lender_id: Mapped[str] = mapped_column(Id)
    topic_id: Mapped[str | None] = mapped_column(Id)
    title: Mapped[str] = mapped_column(String(TITLE))
    opened_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10))
    threshold: Mapped[int] = mapped_column(Integer)
    answers: Mapped[int] = mapped_column(Integer)
    published: Mapped[int] = mapped_column(Integer)


class Participant(Base):
    """One who attended; `answered` is all that is kept of the answering. May come before the form."""

    __tablename__ = "participants"

    session_id: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(Id, primary_key=True)
    answered: Mapped[bool]


class BallotBox(Base):
    """The answers of an open form: counts by question and mark, comments sorted by text."""

    __tablename__ = "boxes"

    session_id: Mapped[str] = mapped_column(Id, primary_key=True)
    counts: Mapped[dict[str, Any]]
    comments: Mapped[list[Any]]


class Result(Base):
    """The result as it was last published."""

    __tablename__ = "results"
    __table_args__ = (CheckConstraint("answers >= 1", name="answers"),)

    session_id: Mapped[str] = mapped_column(Id, primary_key=True)
    answers: Mapped[int] = mapped_column(Integer)
    overall: Mapped[float] = mapped_column(Float)
    questions: Mapped[list[Any]]
    comments: Mapped[list[Any]]
    published_at: Mapped[datetime]
