"""Events of scheduling."""

from __future__ import annotations

from marshmallow import fields

from contracts import vocabulary
from contracts.fields import (
    CODE,
    MAX_PEOPLE,
    NAME,
    NOTE,
    TITLE,
    Id,
    Instant,
    Text,
    Whole,
    latitude,
    longitude,
    one_of,
)
from contracts.registry import EventData, event


class Window(EventData):
    """A half-open stretch of time: starts_at belongs to it, ends_at does not."""

    starts_at = Instant(required=True)
    ends_at = Instant(required=True)


class Share(EventData):
    """Seats of a session kept for the learners of one organisation."""

    organisation_id = Id(required=True)
    seats = Whole(0, MAX_PEOPLE, required=True)


class TopicListed(EventData):
    """The menu entry of a topic was written: this is its full state."""

    topic_id = Id(required=True)
    organisation_id = Id(required=True)
    district_id = Id(required=True)
    code = Text(CODE, required=True)
    title = Text(TITLE, required=True)
    summary = Text(NOTE, least=0, load_default="")
    category = one_of(*vocabulary.CATEGORIES, required=True)
    form = one_of(*vocabulary.FORMS, required=True)
    duration_minutes = Whole(5, 1440, required=True)
    audiences = fields.List(one_of(*vocabulary.AUDIENCES), required=True)
    published = fields.Boolean(required=True)


class LecturerListed(EventData):
    """The register entry of a lecturer was written. A lecturer's id is the person's id."""

    lecturer_id = Id(required=True)
    organisation_id = Id(required=True)
    district_id = Id(required=True)
    kind = one_of(*vocabulary.LECTURER_KINDS, required=True)
    topic_ids = fields.List(Id(), required=True)
    monthly_cap = Whole(0, 200, required=True)
    active = fields.Boolean(required=True)


class VenueListed(EventData):
    """The entry of a venue was written."""

    venue_id = Id(required=True)
    organisation_id = Id(required=True)
    district_id = Id(required=True)
    name = Text(NAME, required=True)
    address = Text(TITLE, least=0, load_default="")
    latitude = latitude(load_default=None)
    longitude = longitude(load_default=None)
    capacity = Whole(1, MAX_PEOPLE, required=True)


class GroupListed(EventData):
    """The entry of an audience group (who comes together) was written."""

    group_id = Id(required=True)
    organisation_id = Id(required=True)
    district_id = Id(required=True)
    name = Text(NAME, required=True)
    audience = one_of(*vocabulary.AUDIENCES, required=True)
    size = Whole(1, MAX_PEOPLE, required=True)


class AgreementListed(EventData):
    """The entry of a sharing agreement was written."""

    agreement_id = Id(required=True)
    code = Text(CODE, required=True)
    lender_id = Id(required=True)
    borrower_id = Id(required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)
    quota_sessions = Whole(0, 10_000, required=True)
    approval = one_of(*vocabulary.APPROVALS, required=True)


class OrderPlaced(EventData):
    """A school ordered a topic. `topic_id` is empty where the menu does not have it."""

    order_id = Id(required=True)
    organisation_id = Id(required=True)
    district_id = Id(required=True)
    topic_id = Id(required=True, allow_none=True)
    title = Text(TITLE, required=True)
    form = one_of(*vocabulary.FORMS, required=True)
    duration_minutes = Whole(5, 1440, required=True)
    windows = fields.List(fields.Nested(Window), required=True)
    online = fields.Boolean(required=True)
    venue_id = Id(required=True, allow_none=True)
    group_id = Id(required=True, allow_none=True)
    audience = one_of(*vocabulary.AUDIENCES, required=True)
    head_count = Whole(1, MAX_PEOPLE, required=True)
    placed_by = Id(required=True, allow_none=True)


class OrderDispatched(EventData):
    """The order went out to lecturers, the best first (`automatic`) or in the staff's own sequence."""

    order_id = Id(required=True)
    organisation_id = Id(required=True)
    automatic = fields.Boolean(required=True)


class OrderUnmet(EventData):
    """Nobody is left to ask."""

    order_id = Id(required=True)
    organisation_id = Id(required=True)
    topic_id = Id(required=True, allow_none=True)
    title = Text(TITLE, required=True)
    reason = one_of("topic_missing", "no_candidate", "all_refused", "window_passed", required=True)
    asked = Whole(0, 1000, required=True)


class OrderScheduled(EventData):
    """A lecturer accepted and the session is booked."""

    order_id = Id(required=True)
    organisation_id = Id(required=True)
    session_id = Id(required=True)
    lecturer_id = Id(required=True)


class OrderCancelled(EventData):
    """The school took the order back, or its session was cancelled."""

    order_id = Id(required=True)
    organisation_id = Id(required=True)
    title = Text(TITLE, required=True)
    reason = Text(NOTE, least=0, required=True)


class OrderDelivered(EventData):
    """The ordered session was held."""

    order_id = Id(required=True)
    organisation_id = Id(required=True)
    session_id = Id(required=True)


class OfferFacts(EventData):
    """What every event of an offer tells, so that each can be understood alone."""

    order_id = Id(required=True)
    offer_id = Id(required=True)
    organisation_id = Id(required=True, metadata={"description": "the school that asks"})
    lender_id = Id(required=True, metadata={"description": "the lecturer's home organisation"})
    lecturer_id = Id(required=True)
    title = Text(TITLE, required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)


class OfferMade(OfferFacts):
    """The next candidate is asked; with `needs_approval` the lending unit's liaison first."""

    agreement_id = Id(required=True, allow_none=True)
    rank = Whole(1, 1000, required=True)
    venue_id = Id(required=True, allow_none=True)
    online = fields.Boolean(required=True)
    needs_approval = fields.Boolean(required=True)
    deadline = Instant(required=True)


class OfferApproved(OfferFacts):
    """The lending unit agreed; now the lecturer is asked."""

    deadline = Instant(required=True)


class OfferRefused(OfferFacts):
    """The lending unit said no."""

    reason = Text(NOTE, least=0, required=True)


class OfferAccepted(OfferFacts):
    """The lecturer said yes; the session's event follows."""

    session_id = Id(required=True)


class OfferDeclined(OfferFacts):
    """The lecturer said no."""

    reason = Text(NOTE, least=0, required=True)


class OfferLapsed(OfferFacts):
    """Nobody answered by the deadline."""

    waiting_for = one_of("liaison", "lecturer", required=True)


class OfferWithdrawn(OfferFacts):
    """The question no longer stands: the order was cancelled, or the time is taken."""

    reason = one_of("order_cancelled", "time_taken", "rules_changed", required=True)


class SessionFacts(EventData):
    """What every event of a session tells."""

    session_id = Id(required=True)
    organisation_id = Id(required=True, metadata={"description": "the host"})
    title = Text(TITLE, required=True)
    lecturer_id = Id(required=True)
    lender_id = Id(required=True, metadata={"description": "the lecturer's home organisation"})
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)


class SessionScheduled(SessionFacts):
    """A session is booked: lecturer, venue, audience and time are taken."""

    district_id = Id(required=True)
    order_id = Id(required=True, allow_none=True)
    topic_id = Id(required=True, allow_none=True)
    form = one_of(*vocabulary.FORMS, required=True)
    agreement_id = Id(required=True, allow_none=True)
    venue_id = Id(required=True, allow_none=True)
    venue_name = Text(NAME, least=0, required=True)
    address = Text(TITLE, least=0, required=True)
    online = fields.Boolean(required=True)
    group_id = Id(required=True, allow_none=True)
    audience = one_of(*vocabulary.AUDIENCES, required=True)
    capacity = Whole(1, MAX_PEOPLE, required=True)
    shares = fields.List(fields.Nested(Share), required=True)


class Place(EventData):
    """When and where, for telling old from new."""

    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    venue_id = Id(required=True, allow_none=True)
    venue_name = Text(NAME, least=0, required=True)
    address = Text(TITLE, least=0, load_default="")
    online = fields.Boolean(required=True)


class SessionRescheduled(SessionFacts):
    """Time or place changed; starts_at and ends_at of the facts are the new ones."""

    before = fields.Nested(Place, required=True)
    after = fields.Nested(Place, required=True)


class SessionCancelled(SessionFacts):
    """The session will not take place; what it held is free again."""

    reason = Text(NOTE, least=0, required=True)


class SessionHeld(SessionFacts):
    """The session took place."""

    order_id = Id(required=True, allow_none=True)
    topic_id = Id(required=True, allow_none=True)
    held_at = Instant(required=True)


TOPIC_LISTED = event("scheduling.topic.listed.v1", aggregate="topic", schema=TopicListed)
LECTURER_LISTED = event("scheduling.lecturer.listed.v1", aggregate="lecturer", schema=LecturerListed)
VENUE_LISTED = event("scheduling.venue.listed.v1", aggregate="venue", schema=VenueListed)
GROUP_LISTED = event("scheduling.group.listed.v1", aggregate="group", schema=GroupListed)
AGREEMENT_LISTED = event("scheduling.agreement.listed.v1", aggregate="agreement", schema=AgreementListed)
ORDER_PLACED = event("scheduling.order.placed.v1", aggregate="order", schema=OrderPlaced)
ORDER_DISPATCHED = event("scheduling.order.dispatched.v1", aggregate="order", schema=OrderDispatched)
ORDER_UNMET = event("scheduling.order.unmet.v1", aggregate="order", schema=OrderUnmet)
ORDER_SCHEDULED = event("scheduling.order.scheduled.v1", aggregate="order", schema=OrderScheduled)
ORDER_CANCELLED = event("scheduling.order.cancelled.v1", aggregate="order", schema=OrderCancelled)
ORDER_DELIVERED = event("scheduling.order.delivered.v1", aggregate="order", schema=OrderDelivered)
OFFER_MADE = event("scheduling.offer.made.v1", aggregate="order", schema=OfferMade)
OFFER_APPROVED = event("scheduling.offer.approved.v1", aggregate="order", schema=OfferApproved)
OFFER_REFUSED = event("scheduling.offer.refused.v1", aggregate="order", schema=OfferRefused)
OFFER_ACCEPTED = event("scheduling.offer.accepted.v1", aggregate="order", schema=OfferAccepted)
OFFER_DECLINED = event("scheduling.offer.declined.v1", aggregate="order", schema=OfferDeclined)
OFFER_LAPSED = event("scheduling.offer.lapsed.v1", aggregate="order", schema=OfferLapsed)
OFFER_WITHDRAWN = event("scheduling.offer.withdrawn.v1", aggregate="order", schema=OfferWithdrawn)
SESSION_SCHEDULED = event("scheduling.session.scheduled.v1", aggregate="session", schema=SessionScheduled)
SESSION_RESCHEDULED = event(
    "scheduling.session.rescheduled.v1", aggregate="session", schema=SessionRescheduled
)
SESSION_CANCELLED = event("scheduling.session.cancelled.v1", aggregate="session", schema=SessionCancelled)
SESSION_HELD = event("scheduling.session.held.v1", aggregate="session", schema=SessionHeld)
