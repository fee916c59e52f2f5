"""What can be ordered, from whom and where."""

from __future__ import annotations

from contracts.fields import Id
from marshmallow import Schema, fields

from gateway.api.base import page_of
from gateway.api.fields import Moment
from gateway.api.schemas.parts import an_id, count, moment, text


class Topic(Schema):
    """A topic of the course menu."""

    topic_id = an_id()
    organisation_id = an_id()
    organisation_name = text()
    organisation_name_en = text()
    district_id = an_id()
    code = text()
    title = text()
    summary = text()
    category = text()
    form = text()
    duration_minutes = count()
    audiences = fields.List(fields.String(), required=True)
    published = fields.Boolean(required=True)
    lecturers = fields.Integer(required=True, metadata={"description": "how many can give it"})
    held = fields.Integer(required=True, metadata={"description": "how often it was given"})
    rating = fields.Float(required=True, allow_none=True)
    answers = count()


class Venue(Schema):
    """A place of the district."""

    venue_id = an_id()
    organisation_id = an_id()
    organisation_name = text()
    organisation_name_en = text()
    name = text()
    address = text()
    latitude = fields.Float(required=True, allow_none=True)
    longitude = fields.Float(required=True, allow_none=True)
    capacity = count()


class Venues(Schema):
    items = fields.List(fields.Nested(Venue), required=True)


class Group(Schema):
    """An audience group of the own organisation."""

    group_id = an_id()
    name = text()
    audience = text()
    size = count()


class Groups(Schema):
    items = fields.List(fields.Nested(Group), required=True)


class Agreement(Schema):
    """A sharing agreement of the own organisation, and how much of it is used."""

    agreement_id = an_id()
    code = text()
    lender_id = an_id()
    lender_name = text()
    lender_name_en = text()
    borrower_id = an_id()
    borrower_name = text()
    borrower_name_en = text()
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)
    quota_sessions = count()
    used = count()
    approval = text()


class Agreements(Schema):
    items = fields.List(fields.Nested(Agreement), required=True)


class Lecturer(Schema):
    """A lecturer whom the own organisation may ask."""

    lecturer_id = an_id()
    lecturer_name = text()
    organisation_id = an_id()
    organisation_name = text()
    organisation_name_en = text()
    kind = text()
    monthly_cap = count()
    active = fields.Boolean(required=True)
    topic_ids = fields.List(Id(), required=True)
    lent = fields.Boolean(required=True)
    rating = fields.Float(required=True, allow_none=True)
    answers = count()


class Lecturers(Schema):
    items = fields.List(fields.Nested(Lecturer), required=True)


class WeekEntry(Schema):
    """A session or offer of a lecturer; `busy` where only the time may be told."""

    kind = text()
    starts_at = moment()
    ends_at = moment()
    mine = fields.Boolean(required=True)
    id = Id()
    title = fields.String()
    state = fields.String()
    organisation_id = Id()
    organisation_name = fields.String(allow_none=True)
    venue_name = fields.String(allow_none=True)
    deadline = Moment(allow_none=True)


class Week(Schema):
    """A lecturer's sessions and open offers, by time."""

    lecturer_id = an_id()
    lecturer_name = text()
    starts_from = moment()
    starts_before = moment()
    entries = fields.List(fields.Nested(WeekEntry), required=True)


TopicPage = page_of(Topic, name="TopicPage")
