"""Reads of booked time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from chassis.tx import Tx
from sqlalchemy import and_, or_, select

from scheduling.booking.tables import GROUP, LECTURER, VENUE
from scheduling.rules.periods import Period
from scheduling.rules.travel import ONLINE, Place, Stay
from scheduling.tables import Booking, Session, Venue

Resource = tuple[str, str]


def busy_periods(
    tx: Tx, *, resources: Iterable[Resource], within: Period, except_session: str | None = None
) -> dict[Resource, list[Period]]:
    """Booked time of each resource that overlaps a period."""
    wanted = [and_(Booking.kind == kind, Booking.resource_id == id_) for kind, id_ in sorted(set(resources))]
    found: dict[Resource, list[Period]] = defaultdict(list)
    if not wanted:
        return found
    query = select(Booking.kind, Booking.resource_id, Booking.starts_at, Booking.ends_at).where(
        Booking.active, or_(*wanted), Booking.starts_at < within.ends_at, Booking.ends_at > within.starts_at
    )
    if except_session is not None:
        query = query.where(Booking.session_id != except_session)
    for kind, id_, starts_at, ends_at in tx.session.execute(query.order_by(Booking.starts_at)):
        found[kind, id_].append(Period(starts_at, ends_at))
    return found


def stays(
    tx: Tx, *, lecturer_ids: Iterable[str], within: Period, except_session: str | None = None
) -> dict[str, list[Stay]]:
    """Booked time of lecturers with the places where they spend it."""
    query = (
        select(
            Booking.resource_id,
            Booking.starts_at,
            Booking.ends_at,
            Session.online,
            Venue.id,
            Venue.latitude,
            Venue.longitude,
        )
        .join(Session, Session.id == Booking.session_id)
        .outerjoin(Venue, Venue.id == Session.venue_id)
        .where(
            Booking.active,
            Booking.kind == LECTURER,
            Booking.resource_id.in_(sorted(set(lecturer_ids))),
            Booking.starts_at < within.ends_at,
            Booking.ends_at > within.starts_at,
        )
    )
    if except_session is not None:
        query = query.where(Booking.session_id != except_session)
    found: dict[str, list[Stay]] = defaultdict(list)
    for lecturer_id, starts_at, ends_at, online, venue_id, latitude, longitude in tx.session.execute(query):
        place = ONLINE if online else Place(venue_id, latitude, longitude)
        found[lecturer_id].append(Stay(Period(starts_at, ends_at), place))
    return found


def session_starts(
    tx: Tx, *, lecturer_ids: Iterable[str], within: Period, except_session: str | None = None
) -> dict[str, list[datetime]]:
    """When the sessions of lecturers begin, booked and held ones alike."""
    query = select(Session.lecturer_id, Session.starts_at).where(
        Session.lecturer_id.in_(sorted(set(lecturer_ids))),
        Session.starts_at >= within.starts_at,
        Session.starts_at < within.ends_at,
        Session.state != "cancelled",
    )
    if except_session is not None:
        query = query.where(Session.id != except_session)
    found: dict[str, list[datetime]] = defaultdict(list)
    for lecturer_id, starts_at in tx.session.execute(query):
        found[lecturer_id].append(starts_at)
    return found


def resources_of(*, lecturer_id: str, venue_id: str | None, group_id: str | None) -> list[Resource]:
    """What a session takes, in the order in which it is locked."""
    named = ((LECTURER, lecturer_id), (VENUE, venue_id), (GROUP, group_id))
    return [(kind, id_) for kind, id_ in named if id_ is not None]
