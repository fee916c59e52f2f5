"""What lists and reads of the API answer. Answers of the services themselves are in `contracts`."""

from __future__ import annotations

from contracts.enrollment.rpc import Door, RosterSeat
from contracts.fields import Id
from contracts.scheduling.rpc import Candidate, LeftOut
from marshmallow import Schema, fields

from gateway.api.base import page_of
from gateway.api.fields import Moment


def _text(*, none: bool = False) -> fields.String:
    return fields.String(required=True, allow_none=none)


def _count() -> fields.Integer:
    return fields.Integer(required=True)


def _id(*, none: bool = False) -> Id:
    return Id(required=True, allow_none=none)


def _moment(*, none: bool = False) -> Moment:
    return Moment(required=True, allow_none=none)


class Membership(Schema):
    """An organisation in which a person holds roles."""

    organisation_id = _id()
    organisation_name = _text()
    organisation_name_en = _text()
    kind = _text()
    district_id = _id()
    district_name = _text()
    roles = fields.List(fields.String(), required=True)


class Bearer(Schema):
    """Who bears the token; a partner's key has no person."""

    person_id = _id(none=True)
    name = _text(none=True)
    organisation_id = _id(none=True)
    district_id = _id(none=True)
    roles = fields.List(fields.String(), required=True)
    memberships = fields.List(fields.Nested(Membership), required=True)


class Token(Schema):
    """A bearer token, good until `expires_at` unless its account is closed or gets a new password."""

    token = _text()
    expires_at = _moment()
    bearer = fields.Nested(Bearer, required=True)


class Topic(Schema):
    """A topic of the course menu."""

    topic_id = _id()
    organisation_id = _id()
    organisation_name = _text()
    organisation_name_en = _text()
    district_id = _id()
    code = _text()
    title = _text()
    summary = _text()
    category = _text()
    form = _text()
    duration_minutes = _count()
    audiences = fields.List(fields.String(), required=True)
    published = fields.Boolean(required=True)
    lecturers = fields.Integer(required=True, metadata={"description": "how many can give it"})
    held = fields.Integer(required=True, metadata={"description": "how often it was given"})
    rating = fields.Float(required=True, allow_none=True)
    answers = _count()


class Venue(Schema):
    """A place of the district."""

    venue_id = _id()
    organisation_id = _id()
    organisation_name = _text()
    organisation_name_en = _text()
    name = _text()
    address = _text()
    latitude = fields.Float(required=True, allow_none=True)
    longitude = fields.Float(required=True, allow_none=True)
    capacity = _count()


class Group(Schema):
    """An audience group of the own organisation."""

    group_id = _id()
    name = _text()
    audience = _text()
    size = _count()


class Agreement(Schema):
    """A sharing agreement of the own organisation, and how much of it is used."""

    agreement_id = _id()
    code = _text()
    lender_id = _id()
    lender_name = _text()
    lender_name_en = _text()
    borrower_id = _id()
    borrower_name = _text()
    borrower_name_en = _text()
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)
    quota_sessions = _count()
    used = _count()
    approval = _text()


class Lecturer(Schema):
    """A lecturer whom the own organisation may ask."""

    lecturer_id = _id()
    lecturer_name = _text()
    organisation_id = _id()
    organisation_name = _text()
    organisation_name_en = _text()
    kind = _text()
    monthly_cap = _count()
    active = fields.Boolean(required=True)
    topic_ids = fields.List(Id(), required=True)
    lent = fields.Boolean(required=True)
    rating = fields.Float(required=True, allow_none=True)
    answers = _count()


class WeekEntry(Schema):
    """A session or offer of a lecturer; `busy` where only the time may be told."""

    kind = _text()
    starts_at = _moment()
    ends_at = _moment()
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

    lecturer_id = _id()
    lecturer_name = _text()
    starts_from = _moment()
    starts_before = _moment()
    entries = fields.List(fields.Nested(WeekEntry), required=True)


class OrganisationEntry(Schema):
    """An organisation of the district."""

    organisation_id = _id()
    name = _text()
    name_en = _text()
    kind = _text()
    parent_id = _id(none=True)


class MemberEntry(Schema):
    """A person who holds a role in the own organisation."""

    person_id = _id()
    code = _text()
    name = _text()
    audience = _text()
    roles = fields.List(fields.String(), required=True)
    active = fields.Boolean(required=True)


class Counts(Schema):
    """What an organisation ordered, hosted, lent and learned within a stretch of days."""

    organisation_id = _id()
    name = _text()
    name_en = _text()
    kind = _text()
    orders = _count()
    unmet = _count()
    hosted = _count()
    held = _count()
    lent = _count()
    person_times = _count()
    minutes = _count()
    learners = _count()


class UnmetTopic(Schema):
    """A topic that was ordered in vain."""

    topic_id = _id(none=True)
    title = _text()
    orders = _count()
    organisations = _count()
    head_count = _count()
    last_placed_at = _moment()


class OrderWindow(Schema):
    """A stretch of time in which the session may lie."""

    starts_at = _moment()
    ends_at = _moment()


class OrderEntry(Schema):
    """An order in a list."""

    order_id = _id()
    organisation_id = _id()
    organisation_name = _text()
    organisation_name_en = _text()
    district_id = _id()
    topic_id = _id(none=True)
    title = _text()
    form = _text()
    duration_minutes = _count()
    windows = fields.List(fields.Nested(OrderWindow), required=True)
    online = fields.Boolean(required=True)
    venue_id = _id(none=True)
    venue_name = _text(none=True)
    group_id = _id(none=True)
    group_name = _text(none=True)
    audience = _text()
    head_count = _count()
    placed_at = _moment()
    state = _text()
    unmet_reason = _text(none=True)
    asked = _count()
    session_id = _id(none=True)
    lecturer_id = _id(none=True)
    lecturer_name = _text(none=True)


class OfferEntry(Schema):
    """An offer in a list."""

    offer_id = _id()
    order_id = _id()
    organisation_id = _id()
    organisation_name = _text()
    organisation_name_en = _text()
    lender_id = _id()
    lender_name = _text()
    lender_name_en = _text()
    lecturer_id = _id()
    lecturer_name = _text(none=True)
    agreement_id = _id(none=True)
    rank = _count()
    title = _text()
    starts_at = _moment()
    ends_at = _moment()
    venue_id = _id(none=True)
    venue_name = _text()
    address = _text()
    online = fields.Boolean(required=True)
    state = _text()
    needs_approval = fields.Boolean(required=True)
    deadline = _moment(none=True)
    reason = _text(none=True)
    session_id = _id(none=True)
    made_at = _moment()
    answered_at = _moment(none=True)


class SessionPlace(Schema):
    """When and where a session was to be before it was last moved."""

    starts_at = _moment()
    ends_at = _moment()
    venue_id = _id(none=True)
    venue_name = _text()
    address = _text()
    online = fields.Boolean(required=True)


class SessionEntry(Schema):
    """A session with its figures."""

    session_id = _id()
    order_id = _id(none=True)
    organisation_id = _id()
    organisation_name = _text()
    organisation_name_en = _text()
    district_id = _id()
    topic_id = _id(none=True)
    title = _text()
    form = _text()
    lecturer_id = _id()
    lecturer_name = _text(none=True)
    lender_id = _id()
    lender_name = _text()
    lender_name_en = _text()
    venue_id = _id(none=True)
    venue_name = _text()
    address = _text()
    online = fields.Boolean(required=True)
    audience = _text()
    starts_at = _moment()
    ends_at = _moment()
    capacity = _count()
    state = _text()
    before = fields.Nested(SessionPlace, required=True, allow_none=True)
    cancel_reason = _text(none=True)
    held_at = _moment(none=True)
    taken = _count()
    waiting = _count()
    attended = _count()
    free = _count()
    evaluation = _text(none=True)
    evaluation_closes_at = _moment(none=True)
    result_published = fields.Boolean(required=True)


class SeatEntry(Schema):
    """A seat of the bearer's, with what is known of its session."""

    seat_id = _id()
    session_id = _id()
    state = _text()
    position = fields.Integer(required=True, allow_none=True)
    minutes = fields.Integer(required=True, allow_none=True)
    title = _text()
    starts_at = _moment()
    ends_at = _moment()
    session_state = _text(none=True)
    organisation_id = _id(none=True)
    organisation_name = _text()
    organisation_name_en = _text()
    lecturer_id = _id(none=True)
    lecturer_name = _text(none=True)
    venue_name = _text(none=True)
    address = _text(none=True)
    online = fields.Boolean(required=True, allow_none=True)
    evaluation = _text(none=True)
    evaluation_closes_at = _moment(none=True)


class Hours(Schema):
    """Person-times and study minutes of the bearer within a stretch of days."""

    person_times = _count()
    minutes = _count()


class NamedCandidate(Candidate):
    """A candidate, with the names of the lecturer and the home organisation."""

    lecturer_name = _text(none=True)
    organisation_name = _text(none=True)


class NamedLeftOut(LeftOut):
    """A lecturer who cannot be asked, with names."""

    lecturer_name = _text(none=True)
    organisation_name = _text(none=True)


class NamedSuggestions(Schema):
    """Candidates, best first, and those left out."""

    candidates = fields.List(fields.Nested(NamedCandidate), required=True)
    left_out = fields.List(fields.Nested(NamedLeftOut), required=True)


class NamedRosterSeat(RosterSeat):
    """A line of the roster, with the learner's name."""

    person_name = _text(none=True)


class NamedDoor(Door):
    """The door of a session, its roster with names."""

    roster = fields.List(fields.Nested(NamedRosterSeat), required=True)


class QuestionEntry(Schema):
    """The mean of one question."""

    question = _text()
    mean = fields.Float(required=True)


class ResultEntry(Schema):
    """A published result in a list."""

    session_id = _id()
    title = _text()
    organisation_id = _id()
    organisation_name = _text()
    organisation_name_en = _text()
    lecturer_id = _id()
    lecturer_name = _text(none=True)
    lender_id = _id()
    topic_id = _id(none=True)
    answers = _count()
    overall = fields.Float(required=True)
    questions = fields.List(fields.Nested(QuestionEntry), required=True)
    starts_at = _moment(none=True)
    published_at = _moment()


class ApiKeyEntry(Schema):
    """An API key without its secret."""

    key_id = _id()
    public_id = _text()
    name = _text()
    organisation_id = _id()
    roles = fields.List(fields.String(), required=True)
    created_at = _moment()
    expires_at = _moment()
    revoked_at = _moment(none=True)


class NewApiKeyEntry(ApiKeyEntry):
    """A new API key. `key` is shown now (and to a repeat with the same Idempotency-Key) only."""

    key = _text()


class Venues(Schema):
    items = fields.List(fields.Nested(Venue), required=True)


class Groups(Schema):
    items = fields.List(fields.Nested(Group), required=True)


class Agreements(Schema):
    items = fields.List(fields.Nested(Agreement), required=True)


class Lecturers(Schema):
    items = fields.List(fields.Nested(Lecturer), required=True)


class OrganisationEntries(Schema):
    items = fields.List(fields.Nested(OrganisationEntry), required=True)


TopicPage = page_of(Topic, name="TopicPage")
MemberPage = page_of(MemberEntry, name="MemberPage")
UnmetTopicPage = page_of(UnmetTopic, name="UnmetTopicPage")
OrderPage = page_of(OrderEntry, name="OrderPage")
OfferPage = page_of(OfferEntry, name="OfferPage")
SessionPage = page_of(SessionEntry, name="SessionPage")
SeatPage = page_of(SeatEntry, name="SeatPage")
ResultPage = page_of(ResultEntry, name="ResultPage")
ApiKeyPage = page_of(ApiKeyEntry, name="ApiKeyPage")
