"""Commands and queries that enrollment answers."""

from __future__ import annotations

from marshmallow import fields, validate

from contracts.fields import MAX_PEOPLE, Id, Instant, Whole, one_of
from contracts.registry import Request, Response, command, query

SERVICE = "enrollment"


class Enrol(Request):
    """Take a seat for the actor; staff name a learner of their own organisation in `person_id`."""

    session_id = Id(required=True)
    person_id = Id(load_default=None, allow_none=True)


class SeatAnswer(Response):
    """A seat as it stands; `position` is the place on the waiting list, 1 is next."""

    seat_id = Id(required=True)
    session_id = Id(required=True)
    person_id = Id(required=True)
    organisation_id = Id(required=True)
    state = one_of("seated", "waiting", "cancelled", "attended", "missed", required=True)
    position = fields.Integer(required=True, allow_none=True)


class SeatRequest(Request):
    """One seat of the actor (staff: of a learner of their organisation)."""

    seat_id = Id(required=True)


class CheckIn(Request):
    """The actor is at the door and types, or scanned, the six digits shown there."""

    session_id = Id(required=True)
    code = fields.String(required=True, validate=validate.Regexp(r"^[0-9]{6}$"))


class CheckInMember(Request):
    """The host's staff tick a learner who is there."""

    session_id = Id(required=True)
    person_id = Id(required=True)


class AttendanceAnswer(Response):
    """An attendance; checking in again answers the first one."""

    session_id = Id(required=True)
    person_id = Id(required=True)
    at = Instant(required=True)
    method = one_of("code", "staff", required=True)


class SessionSeats(Request):
    """One session (the host's staff)."""

    session_id = Id(required=True)


class RosterSeat(Response):
    """A line of the roster."""

    seat_id = Id(required=True)
    person_id = Id(required=True)
    organisation_id = Id(required=True)
    state = one_of("seated", "waiting", "cancelled", "attended", "missed", required=True)
    position = fields.Integer(required=True, allow_none=True)


class ShareAnswer(Response):
    """Seats kept for an organisation, and how many of them are taken."""

    organisation_id = Id(required=True)
    seats = fields.Integer(required=True)
    taken = fields.Integer(required=True)


class Door(Response):
    """What the host's staff see at the door: code, times, roster, figures."""

    session_id = Id(required=True)
    state = one_of("open", "held", "cancelled", required=True)
    code = fields.String(required=True)
    opens_at = Instant(required=True)
    closes_at = Instant(required=True)
    capacity = fields.Integer(required=True)
    taken = fields.Integer(required=True)
    waiting = fields.Integer(required=True)
    attended = fields.Integer(required=True)
    shares = fields.List(fields.Nested(ShareAnswer), required=True)
    roster = fields.List(fields.Nested(RosterSeat), required=True)


class NewShare(Request):
    """Seats kept for one organisation."""

    organisation_id = Id(required=True)
    seats = Whole(0, MAX_PEOPLE, required=True)


class SetShares(Request):
    """Share out the seats of a session anew; what is not shared is open to all."""

    session_id = Id(required=True)
    shares = fields.List(fields.Nested(NewShare), required=True, validate=validate.Length(max=200))


class MySeat(Request):
    """The actor's seat in a session."""

    session_id = Id(required=True)


class MySeatAnswer(Response):
    """The actor's seat, if any, and what the session has left for the actor's organisation."""

    seat = fields.Nested(SeatAnswer, required=True, allow_none=True)
    free_for_me = fields.Integer(required=True)
    waiting = fields.Integer(required=True)
    taken = fields.Integer(load_default=None, allow_none=True)


ENROL = command(SERVICE, "enrol", Enrol, SeatAnswer)
CANCEL_SEAT = command(SERVICE, "cancel_seat", SeatRequest, SeatAnswer)
CHECK_IN = command(SERVICE, "check_in", CheckIn, AttendanceAnswer)
CHECK_IN_MEMBER = command(SERVICE, "check_in_member", CheckInMember, AttendanceAnswer)
DOOR = query(SERVICE, "door", SessionSeats, Door)
MY_SEAT = query(SERVICE, "my_seat", MySeat, MySeatAnswer)
SET_SHARES = command(SERVICE, "set_shares", SetShares, Door)
