"""Tables of orders. The order's row is locked by whoever changes it, its offers or its session."""

from __future__ import annotations

from datetime import datetime

from chassis.types import Id, JsonText
from contracts.fields import NOTE, TITLE
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from scheduling.base import Base

_OPEN = text("state IN ('awaiting_approval', 'offered')")


class Order(Base):
    """A school asks for a topic, at one of several times. `sequence` is the staff's own order of asking."""

    __tablename__ = "orders"
    __table_args__ = (CheckConstraint("head_count > 0", name="head_count"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[str] = mapped_column(Id, index=True)
    district_id: Mapped[str] = mapped_column(Id)
    topic_id: Mapped[str | None] = mapped_column(Id)
    title: Mapped[str] = mapped_column(String(TITLE))
    form: Mapped[str] = mapped_column(String(20))
    duration_minutes: Mapped[int]
    online: Mapped[bool]
    venue_id: Mapped[str | None] = mapped_column(Id)
    group_id: Mapped[str | None] = mapped_column(Id)
    audience: Mapped[str] = mapped_column(String(20))
    head_count: Mapped[int]
    shares: Mapped[list[dict[str, object]]] = mapped_column(JsonText)
    note: Mapped[str] = mapped_column(String(NOTE))
    state: Mapped[str] = mapped_column(String(10))
    unmet_reason: Mapped[str | None] = mapped_column(String(20))
    sequence: Mapped[list[str] | None] = mapped_column(JsonText)
    placed_by: Mapped[str | None] = mapped_column(Id)
    placed_at: Mapped[datetime]
    session_id: Mapped[str | None] = mapped_column(Id)


class OrderWindow(Base):
    """A stretch of time that suits the school; position 0 is the one it named first."""

    __tablename__ = "order_windows"
    __table_args__ = (CheckConstraint("starts_at < ends_at", name="period"),)

    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class Offer(Base):
    """The question put to one lecturer for one order. An order has one open offer at most."""

    __tablename__ = "offers"
    __table_args__ = (
        UniqueConstraint("order_id", "lecturer_id"),
        UniqueConstraint("order_id", "rank"),
        Index("ix_offers_one_open", "order_id", unique=True, postgresql_where=_OPEN, sqlite_where=_OPEN),
        Index("ix_offers_due", "deadline", postgresql_where=_OPEN, sqlite_where=_OPEN),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"))
    organisation_id: Mapped[str] = mapped_column(Id)
    lender_id: Mapped[str] = mapped_column(Id)
    lecturer_id: Mapped[str] = mapped_column(Id, index=True)
    agreement_id: Mapped[str | None] = mapped_column(Id)
    rank: Mapped[int]
    state: Mapped[str] = mapped_column(String(20))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    deadline: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(NOTE))
    made_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    session_id: Mapped[str | None] = mapped_column(Id)
