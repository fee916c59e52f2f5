"""Events of enrollment. Their aggregate is the session: all that happens to its seats is in one sequence."""

from __future__ import annotations

from marshmallow import fields

from contracts.fields import MAX_PEOPLE, TITLE, Id, Instant, Text, Whole, one_of
from contracts.registry import EventData, event


class SeatFacts(EventData):
    """What every event of a seat tells, with the session's figures after it."""

    session_id = Id(required=True)
    seat_id = Id(required=True)
    person_id = Id(required=True)
    organisation_id = Id(required=True, metadata={"description": "the learner's organisation"})
    host_id = Id(required=True)
    title = Text(TITLE, required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    taken = Whole(0, MAX_PEOPLE, required=True)
    waiting = Whole(0, 1_000_000, required=True)


class SeatConfirmed(SeatFacts):
    """A learner has a seat."""


class SeatWaitlisted(SeatFacts):
    """A learner stands on the waiting list at `position` (1 is next)."""

    position = Whole(1, 1_000_000, required=True)


class SeatPromoted(SeatFacts):
    """A learner moved from the waiting list to a seat."""


class SeatCancelled(SeatFacts):
    """A seat (`seated`) or a place on the waiting list (`waiting`) was given back."""

    was = one_of("seated", "waiting", required=True)
    by = one_of("learner", "staff", "session_cancelled", required=True)


class AttendanceRecorded(EventData):
    """A learner was there."""

    session_id = Id(required=True)
    person_id = Id(required=True)
    organisation_id = Id(required=True)
    host_id = Id(required=True)
    title = Text(TITLE, required=True)
    at = Instant(required=True)
    method = one_of("code", "staff", required=True)


class AttendanceMissed(EventData):
    """A learner had a seat and did not come."""

    session_id = Id(required=True)
    person_id = Id(required=True)
    organisation_id = Id(required=True)
    host_id = Id(required=True)


class HoursCredited(EventData):
    """A person-time and study minutes for one who attended a session that was held."""

    session_id = Id(required=True)
    person_id = Id(required=True)
    organisation_id = Id(required=True)
    host_id = Id(required=True)
    on = fields.Date(required=True, metadata={"description": "local date of the session"})
    minutes = Whole(0, 1440, required=True)


SEAT_CONFIRMED = event("enrollment.seat.confirmed.v1", aggregate="session", schema=SeatConfirmed)
SEAT_WAITLISTED = event("enrollment.seat.waitlisted.v1", aggregate="session", schema=SeatWaitlisted)
SEAT_PROMOTED = event("enrollment.seat.promoted.v1", aggregate="session", schema=SeatPromoted)
SEAT_CANCELLED = event("enrollment.seat.cancelled.v1", aggregate="session", schema=SeatCancelled)
ATTENDANCE_RECORDED = event(
    "enrollment.attendance.recorded.v1", aggregate="session", schema=AttendanceRecorded
)
ATTENDANCE_MISSED = event("enrollment.attendance.missed.v1", aggregate="session", schema=AttendanceMissed)
HOURS_CREDITED = event("enrollment.hours.credited.v1", aggregate="session", schema=HoursCredited)
