"""Bearer tokens of people: twelve hours, for one organisation, ended early with the account's epoch."""

from __future__ import annotations

from chassis.tx import Tx
from itsdangerous import BadData, URLSafeTimedSerializer

from gateway.auth import signed_in
from gateway.auth.signed_in import SignedIn

PREFIX = "lectern_token_"
SECONDS = 12 * 3600


def issue(person: SignedIn, *, secret: str) -> str:
    """A token that lets its bearer act as this person for the organisation it now acts for."""
    return PREFIX + _signer(secret).dumps([person.account_id, person.epoch, person.organisation_id])


def bearer(tx: Tx, *, token: str, secret: str) -> SignedIn | None:
    """The person of a token, or None: forged, too old, ended, or no longer of that organisation."""
    try:
        account_id, epoch, organisation_id = _signer(secret).loads(
            token.removeprefix(PREFIX), max_age=SECONDS
        )
    except (BadData, ValueError, TypeError):
        return None
    found = signed_in.load(tx, account_id=account_id, epoch=epoch, organisation_id=organisation_id)
    return found if found is not None and found.organisation_id == organisation_id else None


def _signer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="lectern.token")
