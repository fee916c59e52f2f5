"""Seats, doors and results."""

from __future__ import annotations

from contracts.enrollment.rpc import Door, RosterSeat
from marshmallow import Schema, fields

from gateway.api.base import page_of
from gateway.api.schemas.parts import an_id, count, moment, text


class SeatEntry(Schema):
    """A seat of the bearer's, with what is known of its session."""

    seat_id = an_id()
    session_id = an_id()
    state = text()
    position = fields.Integer(required=True, allow_none=True)
    minutes = fields.Integer(required=True, allow_none=True)
    title = text()
    starts_at = moment()
    ends_at = moment()
    session_state = text(none=True)
    organisation_id = an_id(none=True)
    organisation_name = text()
    organisation_name_en = text()
    lecturer_id = an_id(none=True)
    lecturer_name = text(none=True)
    venue_name = text(none=True)
    address = text(none=True)
    online = fields.Boolean(required=True, allow_none=True)
    evaluation = text(none=True)
    evaluation_closes_at = moment(none=True)


class NamedRosterSeat(RosterSeat):
    """A line of the roster, with the learner's name."""

    person_name = text(none=True)


class NamedDoor(Door):
    """The door of a session, its roster with names."""

    roster = fields.List(fields.Nested(NamedRosterSeat), required=True)


class QuestionEntry(Schema):
    """The mean of one question."""

    question = text()
    mean = fields.Float(required=True)


class ResultEntry(Schema):
    """A published result in a list."""

    session_id = an_id()
    title = text()
    organisation_id = an_id()
    organisation_name = text()
    organisation_name_en = text()
    lecturer_id = an_id()
    lecturer_name = text(none=True)
    lender_id = an_id()
    topic_id = an_id(none=True)
    answers = count()
    overall = fields.Float(required=True)
    questions = fields.List(fields.Nested(QuestionEntry), required=True)
    starts_at = moment(none=True)
    published_at = moment()


SeatPage = page_of(SeatEntry, name="SeatPage")
ResultPage = page_of(ResultEntry, name="ResultPage")
