"""Tokens of people, and who bears one."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.errors import NotFound
from contracts.fields import Id
from flask import request
from marshmallow import fields, validate

from gateway import auth
from gateway.api import schemas
from gateway.api.base import PREFIX, Blueprint, operation
from gateway.api.fields import Strict
from gateway.auth import passwords, sessions, tokens
from gateway.auth.signed_in import SignedIn
from gateway.parts import directory_tx, parts

blueprint = Blueprint("tokens", __name__, url_prefix=PREFIX, description="Who asks")


class SignIn(Strict):
    """A login and its password; `organisation_id` chooses for which organisation the token acts."""

    login = fields.String(required=True, validate=validate.Length(min=1, max=254))
    password = fields.String(required=True, validate=validate.Length(min=1, max=passwords.MOST))
    organisation_id = Id(load_default=None, allow_none=True)


@blueprint.route("/tokens", methods=["POST"])
@operation(blueprint, 201, schemas.Token, public=True, found=True)
@blueprint.arguments(SignIn)
def make_token(body: dict[str, Any]) -> dict[str, Any]:
    """Get a bearer token.

    Nothing is stored, so there is no Idempotency-Key: ask again for another token. An organisation that the
    person does not belong to is a 404; without one the token acts for the home organisation.
    """
    person = sessions.check_password(**body)
    if body["organisation_id"] not in (None, person.organisation_id):
        raise NotFound()
    expires_at = datetime.now(UTC) + timedelta(seconds=tokens.SECONDS)
    return {
        "token": tokens.issue(person, secret=parts().secret),
        "expires_at": expires_at,
        "bearer": _person(person),
    }


@blueprint.route("/me")
@operation(blueprint, 200, schemas.Bearer)
def me() -> dict[str, Any]:
    """Who bears the token."""
    actor = auth.current_actor()
    if actor.person_id is not None:
        token = request.headers["Authorization"].partition(" ")[2].strip()
        with directory_tx() as tx:
            person = tokens.bearer(tx, token=token, secret=parts().secret)
        if person is not None:
            return _person(person)
    return {
        "person_id": None,
        "name": None,
        "organisation_id": actor.organisation_id,
        "district_id": actor.district_id,
        "roles": sorted(actor.roles),
        "memberships": [],
    }


def _person(person: SignedIn) -> dict[str, Any]:
    return {
        "person_id": person.person_id,
        "name": person.name,
        "organisation_id": person.organisation_id,
        "district_id": person.district_id,
        "roles": sorted(person.roles),
        "memberships": [{**asdict(choice), "roles": sorted(choice.roles)} for choice in person.memberships],
    }
