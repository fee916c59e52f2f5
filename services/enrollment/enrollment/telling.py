"""What events of enrollment say: a session's facts, the learner's, and the figures after it.

They belong to the session's aggregate and to the organisation that hosts it.
"""

from __future__ import annotations

from typing import Any

from chassis.tx import Tx
from contracts.registry import EventType


def tell(tx: Tx, event: EventType, *, session: Any, data: dict[str, Any]) -> None:
    """Announce a fact about a session."""
    tx.record(
        event,
        aggregate=session.session_id,
        organisation=session.host_id,
        district=session.district_id,
        data={"session_id": session.session_id, "host_id": session.host_id, **data},
    )


def seat_facts(
    session: Any, *, seat_id: str, person_id: str, organisation_id: str, taken: int, waiting: int
) -> dict[str, Any]:
    """What every event of a seat says."""
    return {
        "seat_id": seat_id,
        "person_id": person_id,
        "organisation_id": organisation_id,
        "title": session.title,
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
        "taken": taken,
        "waiting": waiting,
    }
