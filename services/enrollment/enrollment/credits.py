"""Study hours: one credit per learner and session that was held."""

from __future__ import annotations

from datetime import tzinfo

from chassis.tx import Tx
from contracts.enrollment import events

from enrollment.rules.hours import study_date, study_minutes
from enrollment.tables import CourseSession, Credit, Seat
from enrollment.telling import tell


def credit(tx: Tx, *, session: CourseSession, seat: Seat, zone: tzinfo) -> None:
    """Write the person-time and the minutes of one who was there."""
    on = study_date(starts_at=session.starts_at, zone=zone)
    minutes = study_minutes(starts_at=session.starts_at, ends_at=session.ends_at)
    tx.session.add(
        Credit(
            session_id=session.session_id,
            person_id=seat.person_id,
            organisation_id=seat.organisation_id,
            host_id=session.host_id,
            on=on,
            minutes=minutes,
        )
    )
    tell(
        tx,
        events.HOURS_CREDITED,
        session=session,
        data={
            "person_id": seat.person_id,
            "organisation_id": seat.organisation_id,
            "on": on,
            "minutes": minutes,
        },
    )
