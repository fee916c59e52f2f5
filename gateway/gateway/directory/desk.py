"""The directory's own commands, with the command log that every service has.

They are asked for in this process, so their schemas are no contract between services and stand here.
"""

from __future__ import annotations

from typing import Any

from chassis.command import command
from chassis.rpc import LocalRpcClient
from chassis.store import Store
from chassis.tx import Tx
from contracts.fields import NAME, Id, Instant, Text, one_of
from contracts.registry import Request, Response, Rpc
from marshmallow import fields, validate

from gateway.partners import keys

SERVICE = "directory"


class NewApiKey(Request):
    """A key of the actor's organisation, already derived."""

    name = Text(NAME, required=True)
    roles = fields.List(one_of(*keys.ROLES), required=True, validate=validate.Length(min=1, max=6))
    expires_at = Instant(required=True)
    public_id = fields.String(required=True)
    secret_hash = fields.String(required=True)


class ApiKeyRequest(Request):
    """A key of the actor's organisation."""

    key_id = Id(required=True)


class ApiKeyAnswer(Response):
    """A key as it stands, without its secret."""

    key_id = Id(required=True)
    public_id = fields.String(required=True)
    name = fields.String(required=True)
    organisation_id = Id(required=True)
    roles = fields.List(fields.String(), required=True)
    created_at = Instant(required=True)
    expires_at = Instant(required=True)
    revoked_at = Instant(required=True, allow_none=True)


CREATE_API_KEY = Rpc(SERVICE, "create_api_key", NewApiKey, ApiKeyAnswer, is_command=True)
REVOKE_API_KEY = Rpc(SERVICE, "revoke_api_key", ApiKeyRequest, ApiKeyAnswer, is_command=True)


class Desk:
    """Answers the directory's commands."""

    name = SERVICE

    def __init__(self, store: Store, secret: str) -> None:
        self.store = store
        self.secret = secret

    @command(CREATE_API_KEY)
    def create_api_key(self, tx: Tx, request: dict[str, Any]) -> dict[str, Any]:
        return keys.create(tx, **request)

    @command(REVOKE_API_KEY)
    def revoke_api_key(self, tx: Tx, request: dict[str, Any]) -> dict[str, Any]:
        return keys.revoke(tx, **request)


def client(store: Store, secret: str) -> LocalRpcClient:
    """The way to the desk: signed actor, command log and refusals as everywhere."""
    return LocalRpcClient({SERVICE: Desk(store, secret)}, secret)
