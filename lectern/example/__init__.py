"""The example region: Luodian and Qingshuitang, with people, agreements and a few weeks of history.

`load` is run once, before the services start. It plays the history with the commands that people would have
given, at the times when they would have given them: an `Embedded` of its own runs on the installation's
databases with a clock that is moved from weeks ago to now.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chassis.config import Settings
from chassis.store import Store

from chassis import clock
from lectern.example import marks
from lectern.example.cast import DEMO_LOGINS, PASSWORD, Cast


@dataclass(frozen=True)
class DemoAccount:
    """Somebody to look around as."""

    role: str
    name: str
    login: str
    password: str
    organisation: str
    district: str


def load(settings: Settings, *, say: Callable[[str], Any] = lambda line: None) -> list[DemoAccount]:
    """Load the example and play its history, once; answers the demonstration accounts.

    The databases must be migrated and no service may run. Interrupted, it continues where it was: commands
    that were given before are recognised by their ids.
    """
    from lectern.example import region, story
    from lectern.example.stage import Stage

    directory = Store("directory", settings.database_url("directory"))
    try:
        if marks.is_loaded(directory):
            return accounts(settings)
        now = marks.begun_at(directory, now=clock.system().now())
    finally:
        directory.dispose()
    with Stage(settings, now=now - story.HISTORY) as stage:
        say("  罗店、清水塘：单位、人员、课程、协议 / organisations, people, topics, agreements")
        region.take_in(stage, today=now.astimezone(settings.timezone).date())
        stage.settle()
        say("  过去几周的课和接下来的安排 / the last weeks' sessions and what comes next")
        story.play(stage, Cast.read(stage), now=now)
        stage.settle()
        marks.finish(stage.directory)
    return accounts(settings)


def accounts(settings: Settings) -> list[DemoAccount]:
    """The demonstration accounts that exist, one per role and district."""
    directory = Store("directory", settings.database_url("directory"))
    try:
        return [DemoAccount(**found) for found in _found(directory)]
    finally:
        directory.dispose()


def _found(directory: Store) -> list[dict[str, str]]:
    from gateway.directory import districts, names
    from gateway.directory.tables import Account, Membership, Person
    from sqlalchemy import select

    with directory.reading() as tx:
        rows = tx.session.execute(
            select(Account.login, Person.name, Membership.role, Membership.organisation_id)
            .join(Person, Person.id == Account.person_id)
            .join(Membership, Membership.person_id == Person.id)
            .where(Account.login.in_(DEMO_LOGINS))
        ).all()
        homes = names.organisations(tx, [row.organisation_id for row in rows])
        of_district = {ref.id: ref.name for ref in districts.all(tx)}
    shown = {
        row.login: {
            "role": row.role,
            "name": row.name,
            "login": row.login,
            "password": PASSWORD,
            "organisation": homes[row.organisation_id].zh,
            "district": of_district[homes[row.organisation_id].district_id],
        }
        for row in rows
        if DEMO_LOGINS[row.login] == row.role
    }
    return [shown[login] for login in DEMO_LOGINS if login in shown]


__all__ = ["DemoAccount", "accounts", "load"]
