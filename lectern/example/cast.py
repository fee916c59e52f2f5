"""Who acts in the example: the people of the region as actors, and its things by code."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

from chassis.access import Actor
from gateway.auth import accounts
from gateway.directory import organisations
from gateway.directory.register import all_memberships
from gateway.directory.tables import Person
from scheduling.tables import AudienceGroup, Topic, Venue
from sqlalchemy import select

from lectern.example.stage import Stage

PASSWORD = "lectern-demo"

# Login -> the role that it shows; two districts, one of each role.
DEMO_LOGINS = {
    "ld-operator": "operator",
    "ld-principal": "principal",
    "ld-vice": "vice_principal",
    "ld-council": "council_member",
    "ld-staff": "school_staff",
    "ld-liaison": "liaison",
    "ld-lecturer": "lecturer",
    "ld-learner": "learner",
    "qs-operator": "operator",
    "qs-principal": "principal",
    "qs-vice": "vice_principal",
    "qs-council": "council_member",
    "qs-staff": "school_staff",
    "qs-liaison": "liaison",
    "qs-lecturer": "lecturer",
    "qs-learner": "learner",
}
# More of them, with the same password: experts who are lent, staff of a branch, second learners.
OTHER_LOGINS = ("ld-expert", "ld-branch", "ld-learner2", "qs-expert", "qs-branch", "qs-learner2")


@dataclass(frozen=True)
class Role:
    """A role that a person holds in an organisation."""

    person_id: str
    person_code: str
    organisation_id: str
    district_id: str
    role: str


class Cast:
    """The people by code and by role, and the ids of organisations, topics, venues and groups by code."""

    def __init__(
        self,
        *,
        roles: list[Role],
        organisation_ids: dict[str, str],
        topics: dict[str, str],
        venues: dict[str, str],
        groups: dict[str, str],
    ) -> None:
        self._roles = sorted(roles, key=lambda held: (held.person_code, held.organisation_id))
        self.organisations = organisation_ids
        self.topics = topics
        self.venues = venues
        self.groups = groups

    @classmethod
    def read(cls, stage: Stage) -> Cast:
        """Everybody and everything that was imported. The demonstration accounts get their password."""
        with stage.directory.transaction() as tx:
            for login in (*DEMO_LOGINS, *OTHER_LOGINS):
                account = accounts.by_login(tx, login=login)
                if account is not None and account.password_hash is None:
                    accounts.set_password(tx, account_id=account.id, password=PASSWORD)
            codes = dict(tx.session.execute(select(Person.id, Person.code)).all())
            memberships = all_memberships(tx, codes)
            ids = {ref.code: ref.id for ref in organisations.all(tx)}
        roles = [
            Role(person_id, codes[person_id], held.organisation_id, held.district_id, held.role)
            for person_id, found in memberships.items()
            for held in found
        ]
        with stage.scheduling.reading() as tx:
            topics, venues, groups = (
                dict(tx.session.execute(select(table.code, table.id)).all())
                for table in (Topic, Venue, AudienceGroup)
            )
        return cls(roles=roles, organisation_ids=ids, topics=topics, venues=venues, groups=groups)

    def staff(self, organisation: str) -> Actor:
        """One who orders for an organisation and stands at its door."""
        return self._first(role="school_staff", organisation_id=self.organisations[organisation])

    def liaison(self, organisation_id: str) -> Actor:
        """One who agrees for a lending organisation."""
        return self._first(role="liaison", organisation_id=organisation_id)

    def lecturer(self, person_id: str) -> Actor:
        """A lecturer, who answers offers as a person."""
        return self._first(role="lecturer", person_id=person_id)

    def person(self, code: str) -> str:
        """The id of a person by code."""
        return next(held.person_id for held in self._roles if held.person_code == code)

    def learners(self, *organisations: str) -> list[Actor]:
        """Those who learn in these organisations: the first of each, then the second of each, and so on."""
        by_organisation = [
            [held for held in self._roles if held.role == "learner" and held.organisation_id == id_]
            for id_ in (self.organisations[code] for code in organisations)
        ]
        turns = zip_longest(*by_organisation)
        return [_actor(held) for turn in turns for held in turn if held is not None]

    def _first(self, **wanted: str) -> Actor:
        for held in self._roles:
            if all(getattr(held, name) == value for name, value in wanted.items()):
                return _actor(held)
        raise LookupError(f"nobody in the example has {wanted}")


def _actor(held: Role) -> Actor:
    return Actor(held.person_id, held.organisation_id, held.district_id, frozenset({held.role}), "web")
