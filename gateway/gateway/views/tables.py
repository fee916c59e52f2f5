"""The tables of the read model; every one of them can be dropped and built again from the events."""

from __future__ import annotations

from chassis.types import NAMING, Id, Instant, JsonText
from sqlalchemy import Boolean, Column, Date, Float, Index, Integer, MetaData, String, Table, Text, text

metadata = MetaData(naming_convention=NAMING)

organisations = Table(
    "organisations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("district_id", Id, nullable=False, index=True),
    Column("name", String(120), nullable=False),
    Column("name_en", String(120), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("parent_id", Id),
)

people = Table(
    "people",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, nullable=False),
    Column("district_id", Id, nullable=False),
    Column("audience", String(20), nullable=False),
    Column("learner", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Index("ix_people_organisation_id", "organisation_id"),
)

topics = Table(
    "topics",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, nullable=False),
    Column("district_id", Id, nullable=False, index=True),
    Column("code", String(64), nullable=False),
    Column("title", String(200), nullable=False),
    Column("summary", Text, nullable=False),
    Column("category", String(20), nullable=False),
    Column("form", String(20), nullable=False),
    Column("duration_minutes", Integer, nullable=False),
    Column("audiences", JsonText, nullable=False),
    Column("published", Boolean, nullable=False),
)

lecturers = Table(
    "lecturers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, nullable=False, index=True),
    Column("district_id", Id, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("monthly_cap", Integer, nullable=False),
    Column("topic_ids", JsonText, nullable=False),
    Column("active", Boolean, nullable=False),
)

lecturer_topics = Table(
    "lecturer_topics",
    metadata,
    Column("topic_id", Id, primary_key=True),
    Column("lecturer_id", Id, primary_key=True),
    Index("ix_lecturer_topics_lecturer_id", "lecturer_id"),
)

venues = Table(
    "venues",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, nullable=False),
    Column("district_id", Id, nullable=False, index=True),
    Column("name", String(120), nullable=False),
    Column("address", String(200), nullable=False),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("capacity", Integer, nullable=False),
)

groups = Table(
    "groups",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, nullable=False, index=True),
    Column("name", String(120), nullable=False),
    Column("audience", String(20), nullable=False),
    Column("size", Integer, nullable=False),
)

agreements = Table(
    "agreements",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(64), nullable=False),
    Column("lender_id", Id, nullable=False, index=True),
    Column("borrower_id", Id, nullable=False, index=True),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("quota_sessions", Integer, nullable=False),
    Column("approval", String(20), nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, nullable=False),
    Column("district_id", Id, nullable=False),
    Column("topic_id", Id),
    Column("title", String(200), nullable=False),
    Column("form", String(20), nullable=False),
    Column("duration_minutes", Integer, nullable=False),
    Column("windows", JsonText, nullable=False),
    Column("first_window_at", Instant, nullable=False),
    Column("last_window_at", Instant, nullable=False),
    Column("online", Boolean, nullable=False),
    Column("venue_id", Id),
    Column("group_id", Id),
    Column("audience", String(20), nullable=False),
    Column("head_count", Integer, nullable=False),
    Column("placed_by", Id),
    Column("placed_at", Instant, nullable=False),
    Column("state", String(12), nullable=False),
    Column("unmet_reason", String(20)),
    Column("asked", Integer, nullable=False),
    Column("session_id", Id),
    Column("lecturer_id", Id),
    Column("cancel_reason", Text),
    Index("ix_orders_organisation_id_placed_at", "organisation_id", "placed_at"),
    Index("ix_orders_district_id_placed_at", "district_id", "placed_at"),
)

offers = Table(
    "offers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("order_id", Id, nullable=False, index=True),
    Column("organisation_id", Id, nullable=False),
    Column("lender_id", Id, nullable=False),
    Column("lecturer_id", Id, nullable=False),
    Column("agreement_id", Id),
    Column("rank", Integer, nullable=False),
    Column("title", String(200), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("venue_id", Id),
    Column("online", Boolean, nullable=False),
    Column("needs_approval", Boolean, nullable=False),
    Column("state", String(20), nullable=False),
    Column("deadline", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("session_id", Id),
    Column("made_at", Instant, nullable=False),
    Column("answered_at", Instant),
    Index("ix_offers_lecturer_id_state", "lecturer_id", "state"),
    Index("ix_offers_lender_id_state", "lender_id", "state"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("order_id", Id),
    Column("organisation_id", Id, nullable=False),
    Column("district_id", Id, nullable=False),
    Column("topic_id", Id, index=True),
    Column("title", String(200), nullable=False),
    Column("form", String(20), nullable=False),
    Column("lecturer_id", Id, nullable=False),
    Column("lender_id", Id, nullable=False),
    Column("agreement_id", Id, index=True),
    Column("venue_id", Id),
    Column("venue_name", String(120), nullable=False),
    Column("address", String(200), nullable=False),
    Column("online", Boolean, nullable=False),
    Column("group_id", Id),
    Column("audience", String(20), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("before", JsonText),
    Column("cancel_reason", Text),
    Column("held_at", Instant),
    Index("ix_sessions_district_id_starts_at", "district_id", "starts_at"),
    Index("ix_sessions_organisation_id_starts_at", "organisation_id", "starts_at"),
    Index("ix_sessions_lecturer_id_starts_at", "lecturer_id", "starts_at"),
    Index("ix_sessions_lender_id_starts_at", "lender_id", "starts_at"),
)

session_shares = Table(
    "session_shares",
    metadata,
    Column("session_id", Id, primary_key=True),
    Column("organisation_id", Id, primary_key=True),
    Column("seats", Integer, nullable=False),
)

# Kept apart from `sessions`: enrollment's events may arrive before the session's own.
session_figures = Table(
    "session_figures",
    metadata,
    Column("session_id", Id, primary_key=True),
    Column("taken", Integer, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("attended", Integer, nullable=False),
)

seats = Table(
    "seats",
    metadata,
    Column("id", Id, primary_key=True),
    Column("session_id", Id, nullable=False),
    Column("person_id", Id, nullable=False),
    Column("organisation_id", Id, nullable=False),
    Column("host_id", Id, nullable=False),
    Column("title", String(200), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("state", String(10), nullable=False),
    # The version of the session's enrolment in which the learner queued: it orders the waiting list.
    Column("sequence", Integer, nullable=False),
    Index("ix_seats_session_id_state_sequence", "session_id", "state", "sequence"),
    Index("ix_seats_person_id_starts_at", "person_id", "starts_at"),
)

hours = Table(
    "hours",
    metadata,
    Column("session_id", Id, primary_key=True),
    Column("person_id", Id, primary_key=True),
    Column("organisation_id", Id, nullable=False),
    Column("host_id", Id, nullable=False),
    Column("on", Date, nullable=False),
    Column("minutes", Integer, nullable=False),
    Index("ix_hours_person_id_on", "person_id", "on"),
    Index("ix_hours_organisation_id_on", "organisation_id", "on"),
)

forms = Table(
    "forms",
    metadata,
    Column("session_id", Id, primary_key=True),
    Column("organisation_id", Id, nullable=False),
    Column("state", String(10), nullable=False),
    Column("closes_at", Instant),
)

results = Table(
    "results",
    metadata,
    Column("session_id", Id, primary_key=True),
    Column("organisation_id", Id, nullable=False, index=True),
    Column("lecturer_id", Id, nullable=False, index=True),
    Column("lender_id", Id, nullable=False, index=True),
    Column("topic_id", Id, index=True),
    Column("title", String(200), nullable=False),
    Column("answers", Integer, nullable=False),
    Column("overall", Float, nullable=False),
    Column("questions", JsonText, nullable=False),
    Column("published_at", Instant, nullable=False),
)

# A message is kept here only while it is unread: that is all the badge asks for.
unread_messages = Table(
    "unread_messages",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person_id", Id, nullable=False, index=True),
    Column("kind", String(80), nullable=False),
)

Index(
    "ix_offers_open",
    offers.c.order_id,
    postgresql_where=text("state IN ('awaiting_approval', 'offered')"),
    sqlite_where=text("state IN ('awaiting_approval', 'offered')"),
)
