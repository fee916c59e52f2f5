"""Tables of booked time.

PostgreSQL refuses two active bookings of one resource that overlap by an exclusion constraint. SQLite knows
no ranges: there each active booking has a row per five minutes, and a unique key over resource and slot
refuses the second. The slot rows are written on SQLite only.
"""

from __future__ import annotations

from datetime import datetime

from chassis.types import Id
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, func, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import column

from scheduling.base import Base

LECTURER, VENUE, GROUP = "lecturer", "venue", "group"


class Booking(Base):
    """A stretch of a resource's time. `kind` and `resource_id` say whose; inactive means given back."""

    __tablename__ = "bookings"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="period"),
        CheckConstraint("kind IN ('lecturer', 'venue', 'group')", name="kind"),
        Index("ix_bookings_resource", "kind", "resource_id", "starts_at"),
        ExcludeConstraint(
            (column("kind"), "="),
            (column("resource_id"), "="),
            (func.tstzrange(column("starts_at"), column("ends_at"), text("'[)'")), "&&"),
            where=text("active"),
            using="gist",
            name="ex_bookings_overlap",
        ).ddl_if(dialect="postgresql"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    resource_id: Mapped[str] = mapped_column(Id)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), index=True)
    active: Mapped[bool]


class BookingSlot(Base):
    """Five minutes of a resource's time, on SQLite."""

    __tablename__ = "booking_slots"

    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    resource_id: Mapped[str] = mapped_column(Id, primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    booking_id: Mapped[str] = mapped_column(ForeignKey("bookings.id"), index=True)
