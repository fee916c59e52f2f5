"""Tables of notifications.

What is known of people and sessions is copied from events, only as much as is needed to say who is told
and in which words. `messages` is unique by occasion and person: whatever comes twice, or by two ways, is
told once. `deliveries` are the copies that leave the house.
"""

from __future__ import annotations

from datetime import datetime

from chassis.types import ANNOTATIONS, NAMING, Id
from contracts.fields import NAME, TITLE
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = ANNOTATIONS


metadata = Base.metadata


class Organisation(Base):
    """What an organisation is called."""

    __tablename__ = "organisations"

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME))
    name_en: Mapped[str] = mapped_column(String(NAME))


class Person(Base):
    """A person of the directory; who is not active is told nothing."""

    __tablename__ = "people"

    person_id: Mapped[str] = mapped_column(Id, primary_key=True)
    district_id: Mapped[str] = mapped_column(Id)
    active: Mapped[bool]


class RoleHolder(Base):
    """A role that a person holds in an organisation."""

    __tablename__ = "role_holders"
    __table_args__ = (Index("ix_role_holders_person_id", "person_id"),)

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)
    person_id: Mapped[str] = mapped_column(Id, primary_key=True)


class Contact(Base):
    """How a person is called and reached: the only place of this service with a name in it."""

    __tablename__ = "contacts"

    person_id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME))
    email: Mapped[str | None] = mapped_column(String(320))


class Venue(Base):
    """What a venue is called and where it is."""

    __tablename__ = "venues"

    venue_id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME))
    address: Mapped[str] = mapped_column(String(TITLE))


class Order(Base):
    """Who placed an order, and whether it became a session (whose own events then tell)."""

    __tablename__ = "orders"

    order_id: Mapped[str] = mapped_column(Id, primary_key=True)
    placed_by: Mapped[str | None] = mapped_column(Id)
    scheduled: Mapped[bool]


class Offer(Base):
    """Whom an offer waits for, and where the session would be."""

    __tablename__ = "offers"
    __table_args__ = (CheckConstraint("asked IN ('liaison', 'lecturer')", name="asked"),)

    offer_id: Mapped[str] = mapped_column(Id, primary_key=True)
    asked: Mapped[str] = mapped_column(String(10))
    venue_id: Mapped[str | None] = mapped_column(Id)
    online: Mapped[bool]


class Session(Base):
    """What is known of a session. The row may be there before its first own event: it is also the lock
    under which events from different services about one session are handled one after the other.
    """

    __tablename__ = "sessions"
    __table_args__ = (CheckConstraint("state IN ('unknown', 'scheduled', 'cancelled')", name="state"),)

    session_id: Mapped[str] = mapped_column(Id, primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    order_id: Mapped[str | None] = mapped_column(Id)
    organisation_id: Mapped[str | None] = mapped_column(Id)
    lecturer_id: Mapped[str | None] = mapped_column(Id)
    lender_id: Mapped[str | None] = mapped_column(Id)
    title: Mapped[str | None] = mapped_column(String(TITLE))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    venue_name: Mapped[str] = mapped_column(String(NAME))
    address: Mapped[str] = mapped_column(String(TITLE))
    online: Mapped[bool | None]
    reason: Mapped[str | None] = mapped_column(Text)
    form_closes_at: Mapped[datetime | None]


class Audience(Base):
    """A learner of a session; `released` by its cancellation, which is told by the session's own event."""

    __tablename__ = "audiences"
    __table_args__ = (
        CheckConstraint("state IN ('seated', 'waiting', 'attended', 'released')", name="state"),
    )

    session_id: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(Id, primary_key=True)
    state: Mapped[str] = mapped_column(String(10))


class Message(Base):
    """What a person was told; `occasion` is what for, so that it is told once."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("occasion", "person_id"),
        Index("ix_messages_person_id_created_at_id", "person_id", "created_at", "id"),
        Index(
            "ix_messages_unread",
            "person_id",
            postgresql_where=text("read_at IS NULL"),
            sqlite_where=text("read_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(Id)
    occasion: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(80))
    subject_zh: Mapped[str] = mapped_column(Text)
    subject_en: Mapped[str] = mapped_column(Text)
    body_zh: Mapped[str] = mapped_column(Text)
    body_en: Mapped[str] = mapped_column(Text)
    link: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class Delivery(Base):
    """A message's way out by e-mail. `next_at` is both lease and backoff."""

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'sent', 'failed')", name="state"),
        CheckConstraint("channel IN ('email')", name="channel"),
        Index(
            "ix_deliveries_queued",
            "next_at",
            postgresql_where=text("state = 'queued'"),
            sqlite_where=text("state = 'queued'"),
        ),
    )

    message_id: Mapped[str] = mapped_column(Id, ForeignKey("messages.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(Integer)
    next_at: Mapped[datetime]
    reason: Mapped[str | None] = mapped_column(String(200))
