"""Who acts: the gateway authenticates and passes a signed actor, every service checks it again.

The signature says that the gateway (or another holder of the secret) vouches for the roles; what a role may
do is decided by the service that owns the thing. Ids of another organisation answer like ids that do not
exist.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from contracts.errors import NotAllowed, NotFound, NotSignedIn, Refusal
from itsdangerous import BadData, URLSafeTimedSerializer

ROLES = (
    "operator",
    "principal",
    "vice_principal",
    "council_member",
    "school_staff",
    "liaison",
    "lecturer",
    "learner",
)
_EVERY_ROLE = "system"


@dataclass(frozen=True)
class Actor:
    """A person in one of its organisations, a partner's key, or the system itself."""

    person_id: str | None
    organisation_id: str | None
    district_id: str | None
    roles: frozenset[str] = field(default_factory=frozenset)
    via: str = "web"

    @property
    def label(self) -> str:
        """What events and logs say of the actor: an id, never a name."""
        return self.person_id or self.via

    @property
    def is_system(self) -> bool:
        return _EVERY_ROLE in self.roles

    def needs(self, *roles: str) -> None:
        """Refuse unless the actor holds one of these roles."""
        if not self.is_system and self.roles.isdisjoint(roles):
            raise NotAllowed()

    def inside(
        self, organisation_id: str | None, *, operators: bool = False, district_id: str | None = None
    ) -> None:
        """Refuse, as if it did not exist, what belongs to another organisation.

        With `operators=True` the operators of the thing's district may pass; `district_id` says which that
        is, and without it the exception does not apply.
        """
        if self.is_system or (organisation_id is not None and self.organisation_id == organisation_id):
            return
        in_charge = operators and "operator" in self.roles and self.district_id is not None
        if in_charge and self.district_id == district_id:
            return
        raise NotFound()


NOBODY = Actor(None, None, None, frozenset(), "nobody")
SYSTEM = Actor(None, None, None, frozenset({_EVERY_ROLE}), "system")


def system_actor(*, via: str, organisation: str | None, district: str | None) -> Actor:
    """The system acting within a tenant, for example on an event; `via` is what events will say."""
    return Actor(None, organisation, district, SYSTEM.roles, via)


@lru_cache(maxsize=4)
def _signer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="lectern.actor")


def sign(actor: Actor, secret: str) -> str:
    """The actor as a token that `verify` accepts for a few minutes."""
    return _signer(secret).dumps(
        [actor.person_id, actor.organisation_id, actor.district_id, sorted(actor.roles), actor.via]
    )


def verify(token: str | None, secret: str, max_age: int = 300) -> Actor:
    """The actor of a token; refuses what is forged, altered or too old."""
    try:
        person, organisation, district, roles, via = _signer(secret).loads(token or "", max_age=max_age)
        return Actor(person, organisation, district, frozenset(roles), via)
    except (BadData, ValueError, TypeError):
        raise NotSignedIn() from None


class LinkIsNotValid(Refusal):
    """The link without login is forged, altered or too old."""

    status = 404
    zh = "这个链接无效或已过期。请登录后从消息里打开。"
    en = "This link is not valid or too old. Please sign in and open it from your messages."


LINK_AGE = 30 * 24 * 3600


@lru_cache(maxsize=4)
def _link_signer(secret: str, purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt=f"lectern.link.{purpose}")


def sign_link(purpose: str, *ids: str, secret: str) -> str:
    """A token for a link that works without login, for one purpose and these ids only."""
    return _link_signer(secret, purpose).dumps(ids)


def verify_link(purpose: str, token: str, *, secret: str, max_age: int = LINK_AGE) -> tuple[str, ...]:
    """The ids in a link's token; refuses what is forged, altered, for another purpose or too old."""
    try:
        return tuple(str(each) for each in _link_signer(secret, purpose).loads(token, max_age=max_age))
    except (BadData, ValueError, TypeError):
        raise LinkIsNotValid() from None
