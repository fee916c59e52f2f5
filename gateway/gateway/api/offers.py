"""Offers: the lending unit's liaison approves or refuses, the lecturer accepts or declines."""

from __future__ import annotations

from typing import Any

from contracts.fields import NOTE, Text, one_of
from contracts.registry import Request, Rpc
from contracts.scheduling import rpc

from gateway import auth, clients
from gateway.api import exact, reading, schemas
from gateway.api.base import PREFIX, Blueprint, operation, paged
from gateway.api.fields import Flag, PageArgs
from gateway.parts import views_tx
from gateway.views import queries

blueprint = Blueprint("offers", __name__, url_prefix=PREFIX, description="Offers to lecturers")


class OfferArgs(PageArgs):
    """Which offers: to the bearer as a lecturer, or to lecturers of the bearer's organisation."""

    role = one_of("lecturer", "lender", load_default="lecturer")
    waiting_only = Flag(load_default=False)


class NoBody(Request):
    """Why not; the asking school's staff see it."""

    reason = Text(NOTE, least=0, load_default="")


class EmptyBody(Request):
    """Nothing need be said."""


@blueprint.route("/offers")
@operation(blueprint, 200, schemas.OfferPage, page=True)
@blueprint.arguments(OfferArgs, location="query")
def offers(args: dict[str, Any]) -> Any:
    """Offers that wait for the bearer, and those answered."""
    asked = {key: args[key] for key in ("waiting_only", "limit", "offset")}
    actor = auth.current_actor()
    if args["role"] == "lender":
        actor.needs(*reading.READERS)
    person_id = reading.person_id() if args["role"] == "lecturer" else None
    with views_tx() as tx:
        if person_id is not None:
            page = queries.offers_for_lecturer(tx, person_id=person_id, **asked)
        else:
            page = queries.offers_for_lender(tx, organisation_id=actor.organisation_id or "", **asked)
    return paged(reading.with_names(page.items, "lecturer"), page.total, args)


@blueprint.route("/offers/<id:offer_id>")
@operation(blueprint, 200, rpc.OfferAnswer, found=True)
def offer(offer_id: str) -> dict[str, Any]:
    """One offer."""
    return exact.offer(offer_id)


@blueprint.route("/offers/<id:offer_id>/approve", methods=["POST"])
@operation(blueprint, 200, rpc.OfferAnswer, writes=True, found=True)
@blueprint.arguments(EmptyBody)
def approve(body: dict[str, Any], offer_id: str, idempotency: str) -> dict[str, Any]:
    """The lending unit agrees: now the lecturer is asked."""
    return _answer(rpc.APPROVE_OFFER, offer_id, body, idempotency)


@blueprint.route("/offers/<id:offer_id>/refuse", methods=["POST"])
@operation(blueprint, 200, rpc.OfferAnswer, writes=True, found=True)
@blueprint.arguments(NoBody)
def refuse(body: dict[str, Any], offer_id: str, idempotency: str) -> dict[str, Any]:
    """The lending unit says no: the next candidate is asked."""
    return _answer(rpc.REFUSE_OFFER, offer_id, body, idempotency)


@blueprint.route("/offers/<id:offer_id>/accept", methods=["POST"])
@operation(blueprint, 200, rpc.OfferAnswer, writes=True, found=True)
@blueprint.arguments(EmptyBody)
def accept(body: dict[str, Any], offer_id: str, idempotency: str) -> dict[str, Any]:
    """The lecturer says yes: the session is booked. Accepting twice is one acceptance."""
    return _answer(rpc.ACCEPT_OFFER, offer_id, body, idempotency)


@blueprint.route("/offers/<id:offer_id>/decline", methods=["POST"])
@operation(blueprint, 200, rpc.OfferAnswer, writes=True, found=True)
@blueprint.arguments(NoBody)
def decline(body: dict[str, Any], offer_id: str, idempotency: str) -> dict[str, Any]:
    """The lecturer says no: the next candidate is asked."""
    return _answer(rpc.DECLINE_OFFER, offer_id, body, idempotency)


def _answer(command: Rpc, offer_id: str, body: dict[str, Any], idempotency: str) -> dict[str, Any]:
    return clients.call(command, {**body, "offer_id": offer_id}, idempotency=idempotency)
