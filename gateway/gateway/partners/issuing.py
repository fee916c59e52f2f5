"""Issuing and ending keys in a request: pages and the API alike."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gateway import auth, clients
from gateway.directory import desk
from gateway.partners import keys
from gateway.parts import parts


def issue(*, name: str, roles: list[str], expires_at: datetime, idempotency: str) -> dict[str, Any]:
    """Make a key of the actor's organisation; `key` in the answer is shown now and never again.

    The same idempotency key gives the same answer, the key included.
    """
    command_id = clients.command_id_for(
        auth.current_actor(), desk.CREATE_API_KEY.name, clients.usable_key(idempotency)
    )
    new = keys.derive(secret=parts().secret, command_id=command_id)
    made = clients.call(
        desk.CREATE_API_KEY,
        {
            "name": name,
            "roles": roles,
            "expires_at": expires_at,
            "public_id": new.public_id,
            "secret_hash": new.secret_hash,
        },
        idempotency=idempotency,
    )
    return {**made, "key": new.text}


def revoke(*, key_id: str, idempotency: str) -> dict[str, Any]:
    """End a key of the actor's organisation at once."""
    return clients.call(desk.REVOKE_API_KEY, {"key_id": key_id}, idempotency=idempotency)
