"""Seats, check-in and study hours."""

from __future__ import annotations

from typing import Any

from contracts.enrollment import rpc
from contracts.fields import Id, one_of
from contracts.registry import Request
from marshmallow import fields, validate

from gateway import clients, limits
from gateway.api import reading, schemas
from gateway.api.base import PREFIX, Blueprint, operation, paged
from gateway.api.fields import PageArgs
from gateway.api.organisations import DayArgs
from gateway.parts import views_tx
from gateway.views import queries

blueprint = Blueprint("seats", __name__, url_prefix=PREFIX, description="Seats, check-in, study hours")


class SeatArgs(PageArgs):
    """Which seats."""

    when = one_of("upcoming", "past", load_default=None)


class SeatBody(Request):
    """Whom to enrol: oneself, or (for staff) a learner of the own organisation."""

    person_id = Id(load_default=None, allow_none=True)


class CodeBody(Request):
    """The six digits shown at the door."""

    code = fields.String(required=True, validate=validate.Regexp(r"^[0-9]{6}\Z"))


class MemberBody(Request):
    """A learner who is there."""

    person_id = Id(required=True)


@blueprint.route("/seats")
@operation(blueprint, 200, schemas.SeatPage, page=True)
@blueprint.arguments(SeatArgs, location="query")
def seats(args: dict[str, Any]) -> Any:
    """The bearer's seats: what is to come first."""
    person_id = reading.person_id()
    with views_tx() as tx:
        page = queries.my_seats(tx, person_id=person_id, now=reading.now(), **args)
    return paged(reading.with_names(page.items, "lecturer"), page.total, args)


@blueprint.route("/seats/<id:seat_id>", methods=["DELETE"])
@operation(blueprint, 200, rpc.SeatAnswer, writes=True, found=True)
def cancel_seat(seat_id: str, idempotency: str) -> dict[str, Any]:
    """Give a seat back; the first on the waiting list for whom it is open moves up."""
    return clients.call(rpc.CANCEL_SEAT, {"seat_id": seat_id}, idempotency=idempotency)


@blueprint.route("/sessions/<id:session_id>/seats", methods=["POST"])
@operation(blueprint, 201, rpc.SeatAnswer, writes=True, found=True)
@blueprint.arguments(SeatBody)
def enrol(body: dict[str, Any], session_id: str, idempotency: str) -> dict[str, Any]:
    """Take a seat, or a place on the waiting list when the session is full."""
    return clients.call(rpc.ENROL, {**body, "session_id": session_id}, idempotency=idempotency)


@blueprint.route("/sessions/<id:session_id>/seats/mine")
@operation(blueprint, 200, rpc.MySeatAnswer, found=True)
def my_seat(session_id: str) -> dict[str, Any]:
    """The bearer's seat, if any, and what is left."""
    return clients.call(rpc.MY_SEAT, {"session_id": session_id})


@blueprint.route("/sessions/<id:session_id>/check-ins", methods=["POST"])
@operation(blueprint, 201, rpc.AttendanceAnswer, writes=True, found=True)
@blueprint.arguments(CodeBody)
def check_in(body: dict[str, Any], session_id: str, idempotency: str) -> dict[str, Any]:
    """Check in with the code at the door; again is answered by the first time."""
    limits.count_check_in()
    return clients.call(rpc.CHECK_IN, {**body, "session_id": session_id}, idempotency=idempotency)


@blueprint.route("/sessions/<id:session_id>/check-ins/members", methods=["POST"])
@operation(blueprint, 201, rpc.AttendanceAnswer, writes=True, found=True)
@blueprint.arguments(MemberBody)
def check_in_member(body: dict[str, Any], session_id: str, idempotency: str) -> dict[str, Any]:
    """The host's staff tick a learner who is there."""
    return clients.call(rpc.CHECK_IN_MEMBER, {**body, "session_id": session_id}, idempotency=idempotency)


@blueprint.route("/hours")
@operation(blueprint, 200, schemas.Hours)
@blueprint.arguments(DayArgs, location="query")
def hours(args: dict[str, Any]) -> dict[str, int]:
    """The bearer's person-times and study minutes within a stretch of local days."""
    reading.stretch(args["on_from"], args["on_before"], most_days=3660)
    with views_tx() as tx:
        return queries.my_hours(tx, person_id=reading.person_id(), **args)
