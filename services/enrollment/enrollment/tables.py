"""The tables that enrollment owns.

The row of `course_sessions` owns the limit: whoever gives, frees or counts seats locks it first, so its
counters are exact, and the checks on them are the last word. `seats.place` numbers the requests of a session
in the sequence in which they were accepted. A learner's row in `members` owns that person's time: it is
locked before the session, so that two overlapping seats cannot be taken at once.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import cast

from chassis.types import ANNOTATIONS, NAMING, Id
from sqlalchemy import CheckConstraint, ForeignKey, Index, MetaData, String, Table, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = ANNOTATIONS


class Member(Base):
    """A person of the region, as the directory announced it; no name."""

    __tablename__ = "members"

    person_id: Mapped[str] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[str] = mapped_column(Id)
    district_id: Mapped[str] = mapped_column(Id)
    audience: Mapped[str] = mapped_column(String(20))
    active: Mapped[bool]


class CourseSession(Base):
    """A session as scheduling announced it, with the figures of its seats."""

    __tablename__ = "course_sessions"
    __table_args__ = (
        CheckConstraint("capacity > 0", name="has_seats"),
        CheckConstraint("taken BETWEEN 0 AND capacity", name="not_oversold"),
        CheckConstraint("shared >= 0 AND open_taken BETWEEN 0 AND capacity - shared", name="shares_kept"),
        CheckConstraint("waiting >= 0", name="waiting"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        # The counters change with every seat: room in the page keeps those updates out of the indexes.
        {"postgresql_with": {"fillfactor": 50}},
    )

    session_id: Mapped[str] = mapped_column(Id, primary_key=True)
    host_id: Mapped[str] = mapped_column(Id)
    district_id: Mapped[str] = mapped_column(Id)
    lecturer_id: Mapped[str] = mapped_column(Id)
    title: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10))  # open | held | cancelled
    check_in_code: Mapped[str] = mapped_column(String(6))
    capacity: Mapped[int]
    shared: Mapped[int]
    taken: Mapped[int]
    open_taken: Mapped[int]
    waiting: Mapped[int]
    last_place: Mapped[int]


class SeatShare(Base):
    """Seats of a session kept for one organisation; `seated` counts its learners beyond the share too."""

    __tablename__ = "seat_shares"
    __table_args__ = (
        CheckConstraint("seats > 0", name="has_seats"),
        CheckConstraint("seated >= 0", name="seated"),
    )

    session_id: Mapped[str] = mapped_column(Id, ForeignKey("course_sessions.session_id"), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    seats: Mapped[int]
    seated: Mapped[int]


class Seat(Base):
    """A learner's seat or place on the waiting list; one that was given back stays as a record."""

    __tablename__ = "seats"
    __table_args__ = (
        Index(
            "uq_seats_session_id_person_id",
            "session_id",
            "person_id",
            unique=True,
            postgresql_where=text("state <> 'cancelled'"),
            sqlite_where=text("state <> 'cancelled'"),
        ),
        Index("ix_seats_person_id", "person_id"),
        Index(
            "ix_seats_waiting",
            "session_id",
            "place",
            postgresql_where=text("state = 'waiting'"),
            sqlite_where=text("state = 'waiting'"),
        ),
    )

    seat_id: Mapped[str] = mapped_column(Id, primary_key=True)
    session_id: Mapped[str] = mapped_column(Id, ForeignKey("course_sessions.session_id"))
    person_id: Mapped[str] = mapped_column(Id, ForeignKey("members.person_id"))
    organisation_id: Mapped[str] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(10))  # seated | waiting | cancelled | attended | missed
    place: Mapped[int]
    taken_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Attendance(Base):
    """A learner was there."""

    __tablename__ = "attendance"

    session_id: Mapped[str] = mapped_column(Id, ForeignKey("course_sessions.session_id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]
    method: Mapped[str] = mapped_column(String(5))  # code | staff


class Credit(Base):
    """A person-time and study minutes; `on` is the local date of the session."""

    __tablename__ = "credits"
    __table_args__ = (
        CheckConstraint("minutes BETWEEN 0 AND 1440", name="within_a_day"),
        Index("ix_credits_person_id_on", "person_id", "on"),
    )

    session_id: Mapped[str] = mapped_column(Id, ForeignKey("course_sessions.session_id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[str] = mapped_column(Id)
    host_id: Mapped[str] = mapped_column(Id)
    on: Mapped[date]
    minutes: Mapped[int]


class CheckInTries(Base):
    """How often somebody typed a wrong code for a session."""

    __tablename__ = "check_in_tries"
    __table_args__ = (CheckConstraint("wrong >= 0", name="wrong"),)

    session_id: Mapped[str] = mapped_column(Id, ForeignKey("course_sessions.session_id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(Id, primary_key=True)
    wrong: Mapped[int]


# The same tables without their mapping, for statements that are built once and run often.
members = cast(Table, Member.__table__)
course_sessions = cast(Table, CourseSession.__table__)
seat_shares = cast(Table, SeatShare.__table__)
seats = cast(Table, Seat.__table__)
