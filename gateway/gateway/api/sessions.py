"""Sessions: the calendar, changes by the host, and the door."""

from __future__ import annotations

from typing import Any

from contracts.enrollment import rpc as enrollment
from contracts.fields import Id, Instant, one_of
from contracts.registry import Request
from contracts.scheduling import rpc
from marshmallow import fields, validate

from contracts import vocabulary
from gateway import auth, clients
from gateway.api import reading, schemas
from gateway.api.base import PREFIX, Blueprint, operation, paged
from gateway.api.fields import PageArgs, optional_id, search
from gateway.api.offers import EmptyBody
from gateway.api.orders import ReasonBody
from gateway.parts import views_tx
from gateway.views import queries

blueprint = Blueprint("sessions", __name__, url_prefix=PREFIX, description="Sessions and their doors")
STATES = ("scheduled", "held", "cancelled")


class CalendarArgs(PageArgs):
    """Which sessions: those that begin within a stretch of at most 400 days."""

    starts_from = Instant(required=True, data_key="from")
    starts_before = Instant(required=True, data_key="before")
    organisation_id = optional_id("hosted by this organisation")
    audience = one_of(*vocabulary.AUDIENCES, load_default=None)
    topic_id = optional_id("of this topic")
    category = one_of(*vocabulary.CATEGORIES, load_default=None)
    search = search()
    state = fields.List(
        one_of(*STATES), load_default=lambda: ["scheduled", "held"], validate=validate.Length(max=len(STATES))
    )


class RescheduleBody(Request):
    """New time, new place or both; what is left out stays."""

    starts_at = Instant(load_default=None, allow_none=True)
    ends_at = Instant(load_default=None, allow_none=True)
    venue_id = Id(load_default=None, allow_none=True)


class SharesBody(Request):
    """Seats kept for organisations; what is not shared is open to all."""

    shares = fields.List(fields.Nested(enrollment.NewShare), required=True, validate=validate.Length(max=200))


@blueprint.route("/sessions")
@operation(blueprint, 200, schemas.SessionPage, page=True)
@blueprint.arguments(CalendarArgs, location="query")
def sessions(args: dict[str, Any]) -> Any:
    """The calendar: sessions of the district, and others in which the bearer takes part, by time."""
    reading.stretch(args["starts_from"], args["starts_before"], most_days=400)
    asked = {**args, "states": tuple(args["state"])}
    asked.pop("state")
    with views_tx() as tx:
        page = queries.calendar_sessions(tx, actor=auth.current_actor(), **asked)
    return paged(reading.with_names(page.items, "lecturer"), page.total, args)


@blueprint.route("/sessions/<id:session_id>")
@operation(blueprint, 200, schemas.SessionEntry, found=True)
def session(session_id: str) -> dict[str, Any]:
    """One session with its figures."""
    with views_tx() as tx:
        row = reading.found(queries.session(tx, actor=auth.current_actor(), session_id=session_id))
    return reading.with_names([row], "lecturer")[0]


@blueprint.route("/sessions/<id:session_id>/reschedule", methods=["POST"])
@operation(blueprint, 200, rpc.SessionAnswer, writes=True, found=True)
@blueprint.arguments(RescheduleBody)
def reschedule(body: dict[str, Any], session_id: str, idempotency: str) -> dict[str, Any]:
    """Move a session; seats stay, and everyone concerned is told old and new."""
    return clients.call(rpc.RESCHEDULE_SESSION, {**body, "session_id": session_id}, idempotency=idempotency)


@blueprint.route("/sessions/<id:session_id>/cancel", methods=["POST"])
@operation(blueprint, 200, rpc.SessionAnswer, writes=True, found=True)
@blueprint.arguments(ReasonBody)
def cancel(body: dict[str, Any], session_id: str, idempotency: str) -> dict[str, Any]:
    """Cancel a session; what it held is free again."""
    return clients.call(rpc.CANCEL_SESSION, {**body, "session_id": session_id}, idempotency=idempotency)


@blueprint.route("/sessions/<id:session_id>/hold", methods=["POST"])
@operation(blueprint, 200, rpc.SessionAnswer, writes=True, found=True)
@blueprint.arguments(EmptyBody)
def hold(body: dict[str, Any], session_id: str, idempotency: str) -> dict[str, Any]:
    """Say that the session took place: hours are credited and the evaluation opens."""
    return clients.call(rpc.HOLD_SESSION, {**body, "session_id": session_id}, idempotency=idempotency)


@blueprint.route("/sessions/<id:session_id>/door")
@operation(blueprint, 200, schemas.NamedDoor, found=True)
def door(session_id: str) -> dict[str, Any]:
    """The code, the figures and the roster, for the host's staff."""
    return _named(clients.call(enrollment.DOOR, {"session_id": session_id}))


@blueprint.route("/sessions/<id:session_id>/shares", methods=["PUT"])
@operation(blueprint, 200, schemas.NamedDoor, writes=True, found=True)
@blueprint.arguments(SharesBody)
def shares(body: dict[str, Any], session_id: str, idempotency: str) -> dict[str, Any]:
    """Share out the seats anew."""
    asked = {**body, "session_id": session_id}
    return _named(clients.call(enrollment.SET_SHARES, asked, idempotency=idempotency))


def _named(door: dict[str, Any]) -> dict[str, Any]:
    return {**door, "roster": reading.with_names(door["roster"], "person")}
