"""Who bears the token of a request: a person's token or a partner's key."""

from __future__ import annotations

from chassis.access import Actor
from contracts.errors import NotSignedIn
from flask import request

from gateway.auth import tokens
from gateway.partners import keys
from gateway.parts import directory_tx, parts

_LONGEST = 1000


def authenticate() -> Actor:
    """The actor of `Authorization: Bearer …`, looked up anew each time; refuses everything else alike."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > _LONGEST or not token.isascii():
        raise NotSignedIn()
    with directory_tx() as tx:
        if token.startswith(keys.PREFIX):
            actor = keys.bearer(tx, text=token)
        else:
            person = tokens.bearer(tx, token=token, secret=parts().secret)
            actor = person.actor(via="api") if person else None
    if actor is None:
        raise NotSignedIn()
    return actor
