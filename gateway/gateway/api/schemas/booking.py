"""Orders, offers and sessions."""

from __future__ import annotations

from contracts.scheduling.rpc import Candidate, LeftOut
from marshmallow import Schema, fields

from gateway.api.base import page_of
from gateway.api.schemas.parts import an_id, count, moment, text


class OrderWindow(Schema):
    """A stretch of time in which the session may lie."""

    starts_at = moment()
    ends_at = moment()


class OrderEntry(Schema):
    """An order in a list."""

    order_id = an_id()
    organisation_id = an_id()
    organisation_name = text()
    organisation_name_en = text()
    district_id = an_id()
    topic_id = an_id(none=True)
    title = text()
    form = text()
    duration_minutes = count()
    windows = fields.List(fields.Nested(OrderWindow), required=True)
    online = fields.Boolean(required=True)
    venue_id = an_id(none=True)
    venue_name = text(none=True)
    group_id = an_id(none=True)
    group_name = text(none=True)
    audience = text()
    head_count = count()
    placed_at = moment()
    state = text()
    unmet_reason = text(none=True)
    asked = count()
    session_id = an_id(none=True)
    lecturer_id = an_id(none=True)
    lecturer_name = text(none=True)


class OfferEntry(Schema):
    """An offer in a list."""

    offer_id = an_id()
    order_id = an_id()
    organisation_id = an_id()
    organisation_name = text()
    organisation_name_en = text()
    lender_id = an_id()
    lender_name = text()
    lender_name_en = text()
    lecturer_id = an_id()
    lecturer_name = text(none=True)
    agreement_id = an_id(none=True)
    rank = count()
    title = text()
    starts_at = moment()
    ends_at = moment()
    venue_id = an_id(none=True)
    venue_name = text()
    address = text()
    online = fields.Boolean(required=True)
    state = text()
    needs_approval = fields.Boolean(required=True)
    deadline = moment(none=True)
    reason = text(none=True)
    session_id = an_id(none=True)
    made_at = moment()
    answered_at = moment(none=True)


class NamedCandidate(Candidate):
    """A candidate, with the names of the lecturer and the home organisation."""

    lecturer_name = text(none=True)
    organisation_name = text(none=True)


class NamedLeftOut(LeftOut):
    """A lecturer who cannot be asked, with names."""

    lecturer_name = text(none=True)
    organisation_name = text(none=True)


class NamedSuggestions(Schema):
    """Candidates, best first, and those left out."""

    candidates = fields.List(fields.Nested(NamedCandidate), required=True)
    left_out = fields.List(fields.Nested(NamedLeftOut), required=True)


class SessionPlace(Schema):
    """When and where a session was to be before it was last moved."""

    starts_at = moment()
    ends_at = moment()
    venue_id = an_id(none=True)
    venue_name = text()
    address = text()
    online = fields.Boolean(required=True)


class SessionEntry(Schema):
    """A session with its figures."""

    session_id = an_id()
    order_id = an_id(none=True)
    organisation_id = an_id()
    organisation_name = text()
    organisation_name_en = text()
    district_id = an_id()
    topic_id = an_id(none=True)
    title = text()
    form = text()
    lecturer_id = an_id()
    lecturer_name = text(none=True)
    lender_id = an_id()
    lender_name = text()
    lender_name_en = text()
    venue_id = an_id(none=True)
    venue_name = text()
    address = text()
    online = fields.Boolean(required=True)
    audience = text()
    starts_at = moment()
    ends_at = moment()
    capacity = count()
    state = text()
    before = fields.Nested(SessionPlace, required=True, allow_none=True)
    cancel_reason = text(none=True)
    held_at = moment(none=True)
    taken = count()
    waiting = count()
    attended = count()
    free = count()
    evaluation = text(none=True)
    evaluation_closes_at = moment(none=True)
    result_published = fields.Boolean(required=True)


OrderPage = page_of(OrderEntry, name="OrderPage")
OfferPage = page_of(OfferEntry, name="OfferPage")
SessionPage = page_of(SessionEntry, name="SessionPage")
