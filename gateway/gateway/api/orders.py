"""Orders: place, look at, dispatch, cancel."""

from __future__ import annotations

from typing import Any

from contracts.fields import NOTE, Id, Text, one_of
from contracts.registry import Request
from contracts.scheduling import rpc
from flask import url_for
from marshmallow import fields, validate

from gateway import auth, clients
from gateway.api import exact, reading, schemas
from gateway.api.base import PREFIX, Blueprint, operation, paged
from gateway.api.fields import PageArgs, optional_id
from gateway.directory import names
from gateway.parts import directory_tx, views_tx
from gateway.views import queries

blueprint = Blueprint("orders", __name__, url_prefix=PREFIX, description="Orders (点单)")
STATES = ("placed", "offering", "scheduled", "unmet", "cancelled", "delivered")
LOCATION = {"Location": {"description": "where it is now", "schema": {"type": "string"}}}


class OrderArgs(PageArgs):
    """Which orders."""

    state = fields.List(one_of(*STATES), load_default=list, validate=validate.Length(max=len(STATES)))
    organisation_id = optional_id("orders of this organisation (operators)")


class DispatchBody(Request):
    """Whom to ask, in this sequence; none named lets the ranking decide."""

    lecturer_ids = fields.List(Id(), load_default=list, validate=validate.Length(max=50))


class ReasonBody(Request):
    """Why; everyone concerned is told."""

    reason = Text(NOTE, required=True)


@blueprint.route("/orders")
@operation(blueprint, 200, schemas.OrderPage, roles=reading.READERS, page=True)
@blueprint.arguments(OrderArgs, location="query")
def orders(args: dict[str, Any]) -> Any:
    """The orders of the own organisation (operators: of the district), newest first."""
    asked = {**args, "states": tuple(args["state"])}
    asked.pop("state")
    with views_tx() as tx:
        page = queries.orders(tx, actor=auth.current_actor(), **asked)
    return paged(reading.with_names(page.items, "lecturer"), page.total, args)


@blueprint.route("/orders", methods=["POST"])
@operation(blueprint, 201, rpc.OrderAnswer, writes=True, found=True, headers=LOCATION)
@blueprint.arguments(rpc.PlaceOrder)
def place_order(body: dict[str, Any], idempotency: str) -> Any:
    """Order a topic of the menu, or name one that it lacks."""
    order = clients.call(rpc.PLACE_ORDER, body, idempotency=idempotency)
    return order, 201, {"Location": url_for("api_orders.order", order_id=order["order_id"])}


@blueprint.route("/orders/<id:order_id>")
@operation(blueprint, 200, rpc.OrderAnswer, found=True)
def order(order_id: str) -> dict[str, Any]:
    """One order with its offers, in the sequence of asking."""
    return exact.order(order_id)


@blueprint.route("/orders/<id:order_id>/suggestions")
@operation(blueprint, 200, schemas.NamedSuggestions, found=True)
def suggestions(order_id: str) -> dict[str, Any]:
    """Who can give it, best first, with reasons; and who cannot, with the reasons why."""
    found = clients.call(rpc.SUGGEST, {"order_id": order_id})
    everybody = found["candidates"] + found["left_out"]
    with directory_tx() as tx:
        people = names.people(tx, [each["lecturer_id"] for each in everybody])
        organisations = names.organisations(tx, [each["organisation_id"] for each in everybody])
    for each in everybody:
        home = organisations.get(each["organisation_id"])
        each["lecturer_name"] = people.get(each["lecturer_id"])
        each["organisation_name"] = home.zh if home else None
    return found


@blueprint.route("/orders/<id:order_id>/dispatch", methods=["POST"])
@operation(blueprint, 200, rpc.OrderAnswer, writes=True, found=True)
@blueprint.arguments(DispatchBody)
def dispatch(body: dict[str, Any], order_id: str, idempotency: str) -> dict[str, Any]:
    """Ask the best candidates one after the other, or those named in their sequence."""
    return clients.call(rpc.DISPATCH_ORDER, {**body, "order_id": order_id}, idempotency=idempotency)


@blueprint.route("/orders/<id:order_id>/cancel", methods=["POST"])
@operation(blueprint, 200, rpc.OrderAnswer, writes=True, found=True)
@blueprint.arguments(ReasonBody)
def cancel(body: dict[str, Any], order_id: str, idempotency: str) -> dict[str, Any]:
    """Take an order back; a booked session is cancelled with it."""
    return clients.call(rpc.CANCEL_ORDER, {**body, "order_id": order_id}, idempotency=idempotency)
