"""Tables of the register of lecturers. A lecturer's id is the person's id."""

from __future__ import annotations

from datetime import date, time

from chassis.types import Id
from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scheduling.base import Base


class Lecturer(Base):
    """A lecturer; this row is locked by whoever books the person's time or counts the month's sessions."""

    __tablename__ = "lecturers"
    __table_args__ = (
        CheckConstraint("monthly_cap >= 0", name="monthly_cap"),
        CheckConstraint("rating_answers >= 0", name="rating_answers"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[str] = mapped_column(Id, index=True)
    district_id: Mapped[str] = mapped_column(Id, index=True)
    kind: Mapped[str] = mapped_column(String(20))
    monthly_cap: Mapped[int]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    listed_active: Mapped[bool]
    person_active: Mapped[bool]
    rating_mean: Mapped[float | None]
    rating_answers: Mapped[int] = mapped_column(default=0)

    @property
    def active(self) -> bool:
        """May be asked: the register says so, and the person is still there."""
        return self.listed_active and self.person_active


class LecturerTopic(Base):
    """A lecturer teaches a topic."""

    __tablename__ = "lecturer_topics"

    lecturer_id: Mapped[str] = mapped_column(ForeignKey("lecturers.id"), primary_key=True)
    topic_id: Mapped[str] = mapped_column(ForeignKey("topics.id"), primary_key=True, index=True)


class Availability(Base):
    """One rule of a lecturer's availability; `code` is its natural key within the lecturer."""

    __tablename__ = "availability"
    __table_args__ = (UniqueConstraint("lecturer_id", "code"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    lecturer_id: Mapped[str] = mapped_column(ForeignKey("lecturers.id"))
    code: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(4))
    weekday: Mapped[int | None]
    on_date: Mapped[date | None]
    starts: Mapped[time | None]
    ends: Mapped[time | None]


class LecturerRating(Base):
    """What one session's published result adds to a lecturer's rating; a later result replaces it."""

    __tablename__ = "lecturer_ratings"
    __table_args__ = (CheckConstraint("answers > 0", name="answers"),)

    session_id: Mapped[str] = mapped_column(Id, primary_key=True)
    lecturer_id: Mapped[str] = mapped_column(Id, index=True)
    answers: Mapped[int]
    overall: Mapped[float]
