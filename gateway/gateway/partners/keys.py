"""API keys: `lectern_live_<id>_<secret>_<crc>`, for one organisation, with roles, an expiry and an end.

The secret has 256 random-looking bits, so its plain SHA-256 is enough to keep; the checksum tells a mistyped
key from a wrong one without a look at the database, and lets scanners of leaked secrets recognise one. A key
is derived from the command that made it and the gateway's secret: repeating the command shows the same key,
although it is stored nowhere.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import zlib
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chassis.access import Actor
from chassis.tx import Tx
from contracts.errors import InvalidRequest, NotAllowed, NotFound
from sqlalchemy import func, select

from gateway.directory import audit
from gateway.directory.tables import ApiKey, Organisation

PREFIX = "lectern_live_"
ROLES = ("operator", "principal", "vice_principal", "council_member", "school_staff", "liaison")
MAKERS = ("operator", "principal", "vice_principal", "school_staff", "liaison")
LONGEST = timedelta(days=400)
_PATTERN = re.compile(r"lectern_live_([a-z2-7]{12})_([a-z2-7]{52})_([0-9a-f]{8})")


@dataclass(frozen=True)
class NewKey:
    """A key as it is shown once: its public id, the hash to keep, and the whole text."""

    public_id: str
    secret_hash: str
    text: str


def derive(*, secret: str, command_id: str) -> NewKey:
    """The key that this command makes."""
    public_id = _derived(secret, "id", command_id)[:12]
    key_secret = _derived(secret, "secret", command_id)
    start = f"{PREFIX}{public_id}_{key_secret}"
    return NewKey(public_id, _hash(key_secret), f"{start}_{_checksum(start)}")


def create(
    tx: Tx, *, name: str, roles: list[str], expires_at: datetime, public_id: str, secret_hash: str
) -> dict[str, Any]:
    """Keep a key of the actor's organisation; nobody hands out more than they hold."""
    actor = _maker(tx)
    if not actor.roles.issuperset(roles):
        raise NotAllowed()
    if not tx.now < expires_at <= tx.now + LONGEST:
        raise InvalidRequest(errors={"expires_at": [f"between now and {LONGEST.days} days from now"]})
    key = ApiKey(
        id=tx.new_id(),
        public_id=public_id,
        secret_hash=secret_hash,
        organisation_id=actor.organisation_id,
        name=name,
        roles=sorted(set(roles)),
        created_by=actor.label,
        created_at=tx.now,
        expires_at=expires_at,
        revoked_at=None,
    )
    tx.session.add(key)
    audit.note(tx, action="api_key.created", subject=key.id, detail={"roles": key.roles})
    return _shown(key)


def revoke(tx: Tx, *, key_id: str) -> dict[str, Any]:
    """End a key of the actor's organisation; its next request is refused. A repeat changes nothing."""
    actor = _maker(tx)
    key = tx.lock(ApiKey, [key_id]).get(key_id)
    if key is None or key.organisation_id != actor.organisation_id:
        raise NotFound()
    if key.revoked_at is None:
        key.revoked_at = tx.now
        audit.note(tx, action="api_key.revoked", subject=key.id)
    return _shown(key)


def of_organisation(
    tx: Tx, *, organisation_id: str, limit: int, offset: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of the organisation's keys, newest first, without their secrets."""
    mine = ApiKey.organisation_id == organisation_id
    total = tx.session.scalar(select(func.count()).select_from(ApiKey).where(mine)) or 0
    page = select(ApiKey).where(mine).order_by(ApiKey.created_at.desc(), ApiKey.id.desc())
    return [_shown(key) for key in tx.session.scalars(page.limit(limit).offset(offset))], total


def bearer(tx: Tx, *, text: str) -> Actor | None:
    """Who bears this key, or None: mistyped, unknown, expired or revoked."""
    parsed = _PATTERN.fullmatch(text)
    if parsed is None or _checksum(text.rpartition("_")[0]) != parsed[3]:
        return None
    row = tx.session.execute(
        select(ApiKey, Organisation.district_id)
        .join(Organisation, Organisation.id == ApiKey.organisation_id)
        .where(ApiKey.public_id == parsed[1])
    ).one_or_none()
    if row is None or not hmac.compare_digest(row.ApiKey.secret_hash, _hash(parsed[2])):
        return None
    key: ApiKey = row.ApiKey
    if key.revoked_at is not None or key.expires_at <= tx.now:
        return None
    return Actor(None, key.organisation_id, row.district_id, frozenset(key.roles), f"key:{key.public_id}")


def _maker(tx: Tx) -> Actor:
    """Keys are made and ended by people, not by keys."""
    actor = tx.actor
    if actor is None or actor.person_id is None or actor.organisation_id is None:
        raise NotAllowed()
    actor.needs(*MAKERS)
    return actor


def _shown(key: ApiKey) -> dict[str, Any]:
    return {
        "key_id": key.id,
        "public_id": key.public_id,
        "name": key.name,
        "organisation_id": key.organisation_id,
        "roles": list(key.roles),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    }


def _derived(secret: str, purpose: str, command_id: str) -> str:
    digest = hmac.new(secret.encode(), f"lectern.api-key.{purpose}.{command_id}".encode(), hashlib.sha256)
    return b32encode(digest.digest()).decode().rstrip("=").lower()


def _hash(key_secret: str) -> str:
    return hashlib.sha256(key_secret.encode()).hexdigest()


def _checksum(start: str) -> str:
    return f"{zlib.crc32(start.encode()):08x}"
