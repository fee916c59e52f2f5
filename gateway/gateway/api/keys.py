"""API keys of the own organisation."""

from __future__ import annotations

from typing import Any

from contracts.fields import NAME, Instant, Text, one_of
from contracts.registry import Request
from marshmallow import fields, validate

from gateway import auth
from gateway.api import schemas
from gateway.api.base import PREFIX, Blueprint, operation, paged
from gateway.api.fields import PageArgs
from gateway.partners import issuing, keys
from gateway.parts import directory_tx

blueprint = Blueprint(
    "api-keys", __name__, url_prefix=PREFIX, description="Keys for partner units' own systems"
)


class KeyBody(Request):
    """A key with some of the maker's roles, for at most 400 days."""

    name = Text(NAME, required=True)
    roles = fields.List(one_of(*keys.ROLES), required=True, validate=validate.Length(min=1, max=6))
    expires_at = Instant(required=True)


@blueprint.route("/api-keys")
@operation(blueprint, 200, schemas.ApiKeyPage, roles=keys.MAKERS, page=True)
@blueprint.arguments(PageArgs, location="query")
def api_keys(args: dict[str, Any]) -> Any:
    """The organisation's keys, newest first."""
    with directory_tx() as tx:
        found, total = keys.of_organisation(
            tx, organisation_id=auth.current_actor().organisation_id or "", **args
        )
    return paged(found, total, args)


@blueprint.route("/api-keys", methods=["POST"])
@operation(blueprint, 201, schemas.NewApiKeyEntry, roles=keys.MAKERS, writes=True)
@blueprint.arguments(KeyBody)
def issue(body: dict[str, Any], idempotency: str) -> dict[str, Any]:
    """Make a key; keep the answer, the key is shown this once."""
    return issuing.issue(**body, idempotency=idempotency)


@blueprint.route("/api-keys/<id:key_id>", methods=["DELETE"])
@operation(blueprint, 200, schemas.ApiKeyEntry, roles=keys.MAKERS, writes=True, found=True)
def revoke(key_id: str, idempotency: str) -> dict[str, Any]:
    """End a key; its next request is refused."""
    return issuing.revoke(key_id=key_id, idempotency=idempotency)
