"""Evaluations: once each, anonymous; results from the threshold on."""

from __future__ import annotations

from typing import Any

from contracts.feedback import rpc
from contracts.fields import NOTE, Text
from contracts.registry import Request
from marshmallow import fields

from gateway import auth, clients
from gateway.api import reading, schemas
from gateway.api.base import PREFIX, Blueprint, operation, paged
from gateway.api.fields import PageArgs
from gateway.parts import views_tx
from gateway.views import queries

blueprint = Blueprint("evaluations", __name__, url_prefix=PREFIX, description="Evaluations and results")


class EvaluationBody(Request):
    """Marks from 1 (poor) to 5 (very good), and a comment."""

    ratings = fields.Nested(rpc.Ratings, required=True)
    comment = Text(NOTE, least=0, load_default="")


@blueprint.route("/sessions/<id:session_id>/evaluation")
@operation(blueprint, 200, rpc.FormAnswer, found=True)
def form(session_id: str) -> dict[str, Any]:
    """The form, and whether the bearer may still answer."""
    return clients.call(rpc.FORM, {"session_id": session_id})


@blueprint.route("/sessions/<id:session_id>/evaluation", methods=["POST"])
@operation(blueprint, 201, rpc.EvaluateAnswer, writes=True, found=True)
@blueprint.arguments(EvaluationBody)
def evaluate(body: dict[str, Any], session_id: str, idempotency: str) -> dict[str, Any]:
    """The bearer's one evaluation; who answered what is not kept."""
    return clients.call(rpc.EVALUATE, {**body, "session_id": session_id}, idempotency=idempotency)


@blueprint.route("/sessions/<id:session_id>/result")
@operation(blueprint, 200, rpc.ResultAnswer, found=True)
def result(session_id: str) -> dict[str, Any]:
    """The result; means and comments are empty until enough have answered."""
    return clients.call(rpc.RESULT, {"session_id": session_id})


@blueprint.route("/results")
@operation(blueprint, 200, schemas.ResultPage, page=True)
@blueprint.arguments(PageArgs, location="query")
def results(args: dict[str, Any]) -> Any:
    """Published results that the bearer may see, newest first."""
    with views_tx() as tx:
        page = queries.results(tx, actor=auth.current_actor(), **args)
    return paged(reading.with_names(page.items, "lecturer"), page.total, args)
