"""Who is signed in, read anew for every request: what was taken away is gone on the next one."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.access import Actor
from chassis.tx import Tx
from flask_login import UserMixin
from sqlalchemy import bindparam, select

from gateway.directory.tables import Account, District, Membership, Organisation, Person


@dataclass(frozen=True)
class MembershipChoice:
    """An organisation in which the person holds roles, and which it may act for."""

    organisation_id: str
    organisation_name: str
    organisation_name_en: str
    kind: str
    district_id: str
    district_name: str
    roles: frozenset[str]


@dataclass(frozen=True)
class SignedIn(UserMixin):
    """A person with an account, acting for one of its organisations (or none, when it has none)."""

    account_id: str
    epoch: int
    login: str
    person_id: str
    name: str
    memberships: tuple[MembershipChoice, ...]
    active: MembershipChoice | None

    @property
    def organisation_id(self) -> str | None:
        return self.active.organisation_id if self.active else None

    @property
    def district_id(self) -> str | None:
        return self.active.district_id if self.active else None

    @property
    def roles(self) -> frozenset[str]:
        return self.active.roles if self.active else frozenset()

    def get_id(self) -> str:
        """What the cookie holds: the account, and the epoch in which it was signed in."""
        return f"{self.account_id}:{self.epoch}"

    def actor(self, *, via: str) -> Actor:
        """Who the services are told is asking."""
        return Actor(self.person_id, self.organisation_id, self.district_id, self.roles, via)


# Plain tables rather than mapped classes: this is asked once per request, and the mapper costs half of it.
_account, _person, _held, _organisation, _district = (
    each.__table__.c for each in (Account, Person, Membership, Organisation, District)
)
_QUERY = (
    select(
        _account.epoch,
        _account.login,
        _account.disabled,
        _person.id.label("person_id"),
        _person.name,
        _person.active,
        _person.organisation_id.label("home_id"),
        _held.organisation_id,
        _held.role,
        _organisation.name.label("organisation_name"),
        _organisation.name_en.label("organisation_name_en"),
        _organisation.kind,
        _organisation.district_id,
        _district.name.label("district_name"),
    )
    .select_from(Account.__table__)
    .join(Person.__table__, _person.id == _account.person_id)
    .outerjoin(Membership.__table__, _held.person_id == _person.id)
    .outerjoin(Organisation.__table__, _organisation.id == _held.organisation_id)
    .outerjoin(District.__table__, _district.id == _organisation.district_id)
    .where(_account.id == bindparam("account_id"))
    .order_by(_organisation.code, _held.role)
)


def load(
    tx: Tx, *, account_id: str, epoch: int | None = None, organisation_id: str | None = None
) -> SignedIn | None:
    """The account's person acting for the organisation, in one query.

    None when the account is disabled, its person is not active or its epoch is over. An organisation that
    the person no longer belongs to is replaced by the home organisation, or the first one.
    """
    rows = tx.session.connection().execute(_QUERY, {"account_id": account_id}).all()
    if not rows or rows[0].disabled or not rows[0].active:
        return None
    first = rows[0]
    if epoch is not None and first.epoch != epoch:
        return None
    roles: dict[str, set[str]] = {}
    for row in rows:
        if row.organisation_id is not None:
            roles.setdefault(row.organisation_id, set()).add(row.role)
    choices = {
        row.organisation_id: MembershipChoice(
            organisation_id=row.organisation_id,
            organisation_name=row.organisation_name,
            organisation_name_en=row.organisation_name_en or row.organisation_name,
            kind=row.kind,
            district_id=row.district_id,
            district_name=row.district_name,
            roles=frozenset(roles[row.organisation_id]),
        )
        for row in rows
        if row.organisation_id is not None
    }
    active = (
        choices.get(organisation_id or "") or choices.get(first.home_id) or next(iter(choices.values()), None)
    )
    return SignedIn(
        account_id=account_id,
        epoch=first.epoch,
        login=first.login,
        person_id=first.person_id,
        name=first.name,
        memberships=tuple(choices.values()),
        active=active,
    )
