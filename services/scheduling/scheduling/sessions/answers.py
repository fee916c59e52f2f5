"""Sessions as others see them: the RPC's answer and the facts of events."""

from __future__ import annotations

from typing import Any

from scheduling.tables import Session, Venue


def session_answer(session: Session) -> dict[str, Any]:
    return {
        "session_id": session.id,
        "order_id": session.order_id,
        "organisation_id": session.organisation_id,
        "lecturer_id": session.lecturer_id,
        "title": session.title,
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
        "venue_id": session.venue_id,
        "online": session.online,
        "capacity": session.capacity,
        "state": session.state,
    }


def session_facts(session: Session) -> dict[str, Any]:
    """What every event of a session tells."""
    return {
        "session_id": session.id,
        "organisation_id": session.organisation_id,
        "title": session.title,
        "lecturer_id": session.lecturer_id,
        "lender_id": session.lender_id,
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
    }


def place_facts(session: Session, venue: Venue | None) -> dict[str, Any]:
    """When and where, with the venue's name as it is now."""
    return {
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
        "venue_id": session.venue_id,
        "venue_name": venue.name if venue else "",
        "address": venue.address if venue else "",
        "online": session.online,
    }
