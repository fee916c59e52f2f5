"""Commands and queries that scheduling answers."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from contracts import vocabulary
from contracts.fields import CODE, MAX_PEOPLE, NAME, NOTE, TITLE, Id, Instant, Text, Whole, one_of
from contracts.imports import ImportRows, ImportRowsAnswer
from contracts.registry import Request, Response, command, query

SERVICE = "scheduling"


class WindowRequest(Request):
    """A stretch of time in which the session may lie."""

    starts_at = Instant(required=True)
    ends_at = Instant(required=True)

    @validates_schema
    def _not_reversed(self, data: dict[str, Any], **_: Any) -> None:
        if data["ends_at"] <= data["starts_at"]:
            raise ValidationError("ends before it starts", "ends_at")


class ShareRequest(Request):
    """Seats kept for the learners of one organisation."""

    organisation_id = Id(required=True)
    seats = Whole(0, MAX_PEOPLE, required=True)


class PlaceOrder(Request):
    """A school orders a topic of the menu, or names one that the menu lacks.

    With `dispatch` the best candidate is asked at once; otherwise the order waits for the staff.
    """

    organisation_id = Id(required=True)
    topic_id = Id(load_default=None, allow_none=True)
    missing_topic = Text(TITLE, load_default=None, allow_none=True)
    form = one_of(*vocabulary.FORMS, load_default="lecture")
    windows = fields.List(
        fields.Nested(WindowRequest), required=True, validate=validate.Length(min=1, max=10)
    )
    online = fields.Boolean(load_default=False)
    venue_id = Id(load_default=None, allow_none=True)
    group_id = Id(load_default=None, allow_none=True)
    audience = one_of(*vocabulary.AUDIENCES, load_default="all")
    head_count = Whole(1, MAX_PEOPLE, required=True)
    shares = fields.List(fields.Nested(ShareRequest), load_default=list, validate=validate.Length(max=200))
    note = Text(NOTE, least=0, load_default="")
    dispatch = fields.Boolean(load_default=False)


class OfferAnswer(Response):
    """An offer as it stands."""

    offer_id = Id(required=True)
    order_id = Id(required=True)
    organisation_id = Id(required=True)
    lender_id = Id(required=True)
    lecturer_id = Id(required=True)
    agreement_id = Id(required=True, allow_none=True)
    rank = fields.Integer(required=True)
    state = one_of(
        "awaiting_approval",
        "offered",
        "accepted",
        "declined",
        "refused",
        "lapsed",
        "withdrawn",
        required=True,
    )
    title = fields.String(required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    deadline = Instant(required=True)
    reason = fields.String(required=True)
    session_id = Id(required=True, allow_none=True)


class OrderAnswer(Response):
    """An order as it stands, with its offers in the sequence of asking."""

    order_id = Id(required=True)
    organisation_id = Id(required=True)
    district_id = Id(required=True)
    topic_id = Id(required=True, allow_none=True)
    title = fields.String(required=True)
    form = fields.String(required=True)
    duration_minutes = fields.Integer(required=True)
    windows = fields.List(fields.Nested(WindowRequest), required=True)
    online = fields.Boolean(required=True)
    venue_id = Id(required=True, allow_none=True)
    group_id = Id(required=True, allow_none=True)
    audience = fields.String(required=True)
    head_count = fields.Integer(required=True)
    note = fields.String(required=True)
    state = one_of("placed", "offering", "scheduled", "unmet", "cancelled", "delivered", required=True)
    unmet_reason = fields.String(required=True, allow_none=True)
    session_id = Id(required=True, allow_none=True)
    offers = fields.List(fields.Nested(OfferAnswer), required=True)


class OrderRequest(Request):
    """One order of the actor's organisation."""

    order_id = Id(required=True)


class DispatchOrder(OrderRequest):
    """Ask candidates; `lecturer_ids` puts them in the staff's own sequence, else the ranking decides."""

    lecturer_ids = fields.List(Id(), load_default=list, validate=validate.Length(max=50))


class CancelOrder(OrderRequest):
    """Take an order back; a booked session is cancelled with it."""

    reason = Text(NOTE, required=True)


class Reason(Response):
    """One reason for or against a candidate, with its figures; texts in both languages."""

    code = fields.String(required=True)
    points = fields.Float(required=True)
    zh = fields.String(required=True)
    en = fields.String(required=True)


class Candidate(Response):
    """A lecturer who may, can and probably will: the time that fits first, and why."""

    lecturer_id = Id(required=True)
    organisation_id = Id(required=True)
    agreement_id = Id(required=True, allow_none=True)
    needs_approval = fields.Boolean(required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    score = fields.Float(required=True)
    reasons = fields.List(fields.Nested(Reason), required=True)


class LeftOut(Response):
    """A lecturer of the circle who cannot be asked, with every reason why."""

    lecturer_id = Id(required=True)
    organisation_id = Id(required=True)
    reasons = fields.List(fields.Nested(Reason), required=True)


class Suggestions(Response):
    """Candidates, best first, and those left out."""

    candidates = fields.List(fields.Nested(Candidate), required=True)
    left_out = fields.List(fields.Nested(LeftOut), required=True)


class OfferRequest(Request):
    """One offer that waits for the actor."""

    offer_id = Id(required=True)


class OfferNo(OfferRequest):
    """A no; the reason is seen by the asking school's staff."""

    reason = Text(NOTE, least=0, load_default="")


class SessionRequest(Request):
    """One session hosted by the actor's organisation."""

    session_id = Id(required=True)


class RescheduleSession(SessionRequest):
    """New time, new venue or both; what is left out stays."""

    starts_at = Instant(load_default=None, allow_none=True)
    ends_at = Instant(load_default=None, allow_none=True)
    venue_id = Id(load_default=None, allow_none=True)


class CancelSession(SessionRequest):
    """Cancel; the reason is told to everyone concerned."""

    reason = Text(NOTE, required=True)


class SessionAnswer(Response):
    """A session as it stands."""

    session_id = Id(required=True)
    order_id = Id(required=True, allow_none=True)
    organisation_id = Id(required=True)
    lecturer_id = Id(required=True)
    title = fields.String(required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    venue_id = Id(required=True, allow_none=True)
    online = fields.Boolean(required=True)
    capacity = fields.Integer(required=True)
    state = one_of("scheduled", "held", "cancelled", required=True)


class FreeBusyRequest(Request):
    """Busy time of a lecturer whom the actor may ask for; at most 62 days."""

    lecturer_id = Id(required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)


class BusyTime(Response):
    """When, never what."""

    starts_at = Instant(required=True)
    ends_at = Instant(required=True)


class FreeBusy(Response):
    """Busy stretches and stretches of availability, both sorted, both half-open."""

    busy = fields.List(fields.Nested(BusyTime), required=True)
    available = fields.List(fields.Nested(BusyTime), required=True)


class TopicRow(Request):
    """Sheet `topics`: a topic of the course menu."""

    row = Whole(1, 10_000_000, required=True)
    organisation_id = Id(required=True)
    district_id = Id(required=True)
    code = Text(CODE, required=True)
    title = Text(TITLE, required=True)
    summary = Text(NOTE, least=0, load_default="")
    category = one_of(*vocabulary.CATEGORIES, required=True)
    form = one_of(*vocabulary.FORMS, required=True)
    duration_minutes = Whole(5, 1440, required=True)
    audiences = fields.List(one_of(*vocabulary.AUDIENCES), load_default=lambda: ["all"])
    published = fields.Boolean(load_default=True)


class VenueRow(Request):
    """Sheet `venues`."""

    row = Whole(1, 10_000_000, required=True)
    organisation_id = Id(required=True)
    district_id = Id(required=True)
    code = Text(CODE, required=True)
    name = Text(NAME, required=True)
    address = Text(TITLE, least=0, load_default="")
    latitude = fields.Float(allow_none=True, load_default=None, validate=validate.Range(min=-90, max=90))
    longitude = fields.Float(allow_none=True, load_default=None, validate=validate.Range(min=-180, max=180))
    capacity = Whole(1, MAX_PEOPLE, required=True)


class GroupRow(Request):
    """Sheet `groups`: audience groups."""

    row = Whole(1, 10_000_000, required=True)
    organisation_id = Id(required=True)
    district_id = Id(required=True)
    code = Text(CODE, required=True)
    name = Text(NAME, required=True)
    audience = one_of(*vocabulary.AUDIENCES, required=True)
    size = Whole(1, MAX_PEOPLE, required=True)


class LecturerRow(Request):
    """Sheet `lecturers`: a person of the directory who lectures; topics by code within the region."""

    row = Whole(1, 10_000_000, required=True)
    lecturer_id = Id(required=True)
    organisation_id = Id(required=True)
    district_id = Id(required=True)
    kind = one_of(*vocabulary.LECTURER_KINDS, required=True)
    topics = fields.List(Text(CODE), required=True)
    monthly_cap = Whole(0, 200, load_default=4)
    latitude = fields.Float(allow_none=True, load_default=None, validate=validate.Range(min=-90, max=90))
    longitude = fields.Float(allow_none=True, load_default=None, validate=validate.Range(min=-180, max=180))
    active = fields.Boolean(load_default=True)


class AgreementRow(Request):
    """Sheet `agreements`: the lender lends up to `quota_sessions` within the period."""

    row = Whole(1, 10_000_000, required=True)
    code = Text(CODE, required=True)
    lender_id = Id(required=True)
    borrower_id = Id(required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)
    quota_sessions = Whole(0, 10_000, required=True)
    approval = one_of(*vocabulary.APPROVALS, required=True)


class AvailabilityRow(Request):
    """Sheet `availability`: a weekly rule (`weekday` 1 Monday to 7 Sunday) or one date (`on`).

    `kind` is free or away; times are local to the district, HH:MM; an away date may leave them out.
    """

    row = Whole(1, 10_000_000, required=True)
    lecturer_id = Id(required=True)
    kind = one_of("free", "away", required=True)
    weekday = Whole(1, 7, load_default=None, allow_none=True)
    on = fields.Date(load_default=None, allow_none=True)
    starts = fields.Time(load_default=None, allow_none=True, format="%H:%M")
    ends = fields.Time(load_default=None, allow_none=True, format="%H:%M")


IMPORT_SCHEMAS: dict[str, type[Request]] = {
    "topics": TopicRow,
    "venues": VenueRow,
    "groups": GroupRow,
    "lecturers": LecturerRow,
    "agreements": AgreementRow,
    "availability": AvailabilityRow,
}

PLACE_ORDER = command(SERVICE, "place_order", PlaceOrder, OrderAnswer)
DISPATCH_ORDER = command(SERVICE, "dispatch_order", DispatchOrder, OrderAnswer)
CANCEL_ORDER = command(SERVICE, "cancel_order", CancelOrder, OrderAnswer)
GET_ORDER = query(SERVICE, "get_order", OrderRequest, OrderAnswer)
SUGGEST = query(SERVICE, "suggest", OrderRequest, Suggestions)
APPROVE_OFFER = command(SERVICE, "approve_offer", OfferRequest, OfferAnswer)
REFUSE_OFFER = command(SERVICE, "refuse_offer", OfferNo, OfferAnswer)
ACCEPT_OFFER = command(SERVICE, "accept_offer", OfferRequest, OfferAnswer)
DECLINE_OFFER = command(SERVICE, "decline_offer", OfferNo, OfferAnswer)
GET_OFFER = query(SERVICE, "get_offer", OfferRequest, OfferAnswer)
GET_SESSION = query(SERVICE, "get_session", SessionRequest, SessionAnswer)
RESCHEDULE_SESSION = command(SERVICE, "reschedule_session", RescheduleSession, SessionAnswer)
CANCEL_SESSION = command(SERVICE, "cancel_session", CancelSession, SessionAnswer)
HOLD_SESSION = command(SERVICE, "hold_session", SessionRequest, SessionAnswer)
FREE_BUSY = query(SERVICE, "free_busy", FreeBusyRequest, FreeBusy)
IMPORT_ROWS = command(SERVICE, "import_rows", ImportRows, ImportRowsAnswer)
