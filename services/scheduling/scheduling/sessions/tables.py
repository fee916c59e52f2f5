"""Tables of sessions."""

from __future__ import annotations

from datetime import datetime

from chassis.types import Id
from contracts.fields import NOTE, TITLE
from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from scheduling.base import Base


class Session(Base):
    """A lecture with lecturer, time and place."""

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="period"),
        CheckConstraint("capacity > 0", name="capacity"),
        Index("ix_sessions_lecturer", "lecturer_id", "starts_at"),
        Index("ix_sessions_due", "state", "ends_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    order_id: Mapped[str | None] = mapped_column(Id, unique=True)
    organisation_id: Mapped[str] = mapped_column(Id)
    district_id: Mapped[str] = mapped_column(Id)
    topic_id: Mapped[str | None] = mapped_column(Id)
    title: Mapped[str] = mapped_column(String(TITLE))
    form: Mapped[str] = mapped_column(String(20))
    lecturer_id: Mapped[str] = mapped_column(Id)
    lender_id: Mapped[str] = mapped_column(Id)
    agreement_id: Mapped[str | None] = mapped_column(Id)
    venue_id: Mapped[str | None] = mapped_column(Id)
    online: Mapped[bool]
    group_id: Mapped[str | None] = mapped_column(Id)
    audience: Mapped[str] = mapped_column(String(20))
    capacity: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(NOTE))
    held_at: Mapped[datetime | None]


class SessionShare(Base):
    """Seats of a session kept for one organisation, in the school's sequence."""

    __tablename__ = "session_shares"

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    position: Mapped[int]
    seats: Mapped[int]
