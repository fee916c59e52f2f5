"""Asking the services: one call, as the actor of this request."""

from __future__ import annotations

import re
import uuid
from datetime import date, datetime
from typing import Any

from chassis.access import Actor
from chassis.ids import command_id
from contracts.errors import Refusal
from contracts.registry import Rpc, schema_of

from gateway import auth
from gateway.correlation import correlation_id
from gateway.directory import desk
from gateway.parts import parts

TIMEOUT = 5.0
_KEY = re.compile(r"[\x21-\x7e]{1,128}")


class IdempotencyKeyMissing(Refusal):
    """A write without a key could not be asked for again safely."""

    status = 400
    zh = "缺少 Idempotency-Key。每次新的操作请用一个新的值（例如 UUID），重试时用同一个值。"
    en = "Idempotency-Key is missing. Use a fresh value (a UUID, say) for each operation, the same to retry."


class IdempotencyKeyUnusable(Refusal):
    """A key is 1 to 128 printable ASCII characters without spaces."""

    status = 400
    zh = "Idempotency-Key 要有 1 到 128 个 ASCII 字符，不含空格。"
    en = "An Idempotency-Key has 1 to 128 printable ASCII characters and no spaces."


def new_idempotency_key() -> str:
    """A key for a form's hidden field: made when the form is shown, so that it is sent once."""
    return str(uuid.uuid4())


def usable_key(key: str | None) -> str:
    """The key, refused when missing or unusable."""
    if not key:
        raise IdempotencyKeyMissing()
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyUnusable()
    return key


def command_id_for(actor: Actor, operation: str, key: str) -> str:
    """The same key of the same actor for the same operation is the same command, and no one else's."""
    return command_id(actor.organisation_id or "", actor.person_id or actor.via, operation, key)


def call(
    rpc: Rpc,
    request: dict[str, Any],
    *,
    idempotency: str | None = None,
    actor: Actor | None = None,
    timeout: float = TIMEOUT,
) -> dict[str, Any]:
    """The service's answer as Python values.

    `request` may hold dates and aware datetimes. A command needs the key that recognises a repeat. Raises
    contracts.errors.Refused, or chassis.rpc's ServiceUnavailable, OutcomeUnknown and RemoteError.
    """
    actor = actor or auth.current_actor()
    command = command_id_for(actor, rpc.name, usable_key(idempotency)) if rpc.is_command else None
    way = parts().desk if rpc.service == desk.SERVICE else parts().rpc
    data = way.call(
        rpc,
        actor=actor,
        request=_as_json(request),
        command_id=command,
        correlation=correlation_id(),
        timeout=timeout,
    )
    loaded: dict[str, Any] = schema_of(rpc.response).load(data)
    return loaded


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(each) for each in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value
