"""People and sessions to measure with: learners in bulk, sessions by the event that scheduling would send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.ids import new_id
from contracts.directory import events as directory_events
from contracts.scheduling import events as scheduling
from gateway.auth import tokens
from gateway.auth.signed_in import MembershipChoice, SignedIn
from gateway.directory.tables import Account, District, Membership, Organisation, Person
from sqlalchemy import insert

from benchmarks.installation import Installation

CHUNK = 2000


@dataclass
class Region:
    """A district with one school, its learners (person and account ids) and what they may enrol in."""

    district_id: str = field(default_factory=new_id)
    school_id: str = field(default_factory=new_id)
    learners: list[tuple[str, str]] = field(default_factory=list)


def make_region(installed: Installation, *, learners: int) -> Region:
    """Learners with accounts in the directory and in the member register.

    They are written in bulk, without announcing each: their events are not what is measured here.
    """
    region = Region(learners=[(new_id(), new_id()) for _ in range(learners)])
    people = [
        {
            "id": person_id,
            "district_id": region.district_id,
            "organisation_id": region.school_id,
            "code": f"bench-{number}",
            "name": f"学员{number}",
            "audience": "all",
            "active": True,
        }
        for number, (person_id, _) in enumerate(region.learners)
    ]
    roles = [
        {"person_id": person_id, "organisation_id": region.school_id, "role": "learner"}
        for person_id, _ in region.learners
    ]
    now = datetime.now(UTC)
    accounts = [
        {
            "id": account_id,
            "person_id": person_id,
            "login": f"bench-{number}",
            "epoch": 1,
            "disabled": False,
            "created_at": now,
        }
        for number, (person_id, account_id) in enumerate(region.learners)
    ]
    with installed.store("directory").transaction() as tx:
        _list_school(tx, region)
        for table, rows in ((Person, people), (Membership, roles), (Account, accounts)):
            _insert(tx, table, rows)
    register(installed, region)
    return region


def register(installed: Installation, region: Region) -> None:
    """The learners in enrollment's member register."""
    from enrollment.tables import Member

    members = [
        {
            "person_id": person_id,
            "organisation_id": region.school_id,
            "district_id": region.district_id,
            "audience": "all",
            "active": True,
        }
        for person_id, _ in region.learners
    ]
    with installed.store("enrollment").transaction() as tx:
        _insert(tx, Member, members)


def announce_sessions(
    installed: Installation, region: Region, *, count: int, capacity: int, starts_in: timedelta
) -> list[str]:
    """Sessions an hour long, all at the same time, announced as scheduling would."""
    ids = [new_id() for _ in range(count)]
    for first in range(0, count, CHUNK):
        with installed.store("scheduling").transaction(
            district=region.district_id, organisation=region.school_id
        ) as tx:
            for session_id in ids[first : first + CHUNK]:
                data = _session(region, session_id, capacity=capacity, starts_in=starts_in)
                tx.record(scheduling.SESSION_SCHEDULED, aggregate=session_id, data=data)
    return ids


def token_of(installed: Installation, region: Region, number: int) -> str:
    """The bearer token that this learner would get at /api/v1/tokens."""
    person_id, account_id = region.learners[number]
    school = MembershipChoice(
        organisation_id=region.school_id,
        organisation_name="",
        organisation_name_en="",
        kind="town_school",
        district_id=region.district_id,
        district_name="",
        roles=frozenset({"learner"}),
    )
    person = SignedIn(
        account_id=account_id,
        epoch=1,
        login=f"bench-{number}",
        person_id=person_id,
        name="",
        memberships=(school,),
        active=school,
    )
    return tokens.issue(person, secret=installed.settings.secret)


def _list_school(tx: Any, region: Region) -> None:
    tx.session.add(
        District(
            id=region.district_id, code="bench", name="测试区", name_en="Bench", timezone="Asia/Shanghai"
        )
    )
    tx.session.flush()
    tx.session.add(
        Organisation(
            id=region.school_id,
            district_id=region.district_id,
            code="bench-school",
            name="测试社区党校",
            name_en="Bench School",
            kind="town_school",
        )
    )
    tx.session.flush()
    tx.record(
        directory_events.ORGANISATION_LISTED,
        aggregate=region.school_id,
        organisation=region.school_id,
        district=region.district_id,
        data={
            "organisation_id": region.school_id,
            "district_id": region.district_id,
            "name": "测试社区党校",
            "kind": "town_school",
        },
    )


def _session(region: Region, session_id: str, *, capacity: int, starts_in: timedelta) -> dict[str, Any]:
    starts_at = (datetime.now(UTC) + starts_in).replace(minute=0, second=0, microsecond=0)
    return {
        "session_id": session_id,
        "organisation_id": region.school_id,
        "title": "党史专题讲座",
        "lecturer_id": new_id(),
        "lender_id": region.school_id,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=1),
        "district_id": region.district_id,
        "order_id": None,
        "topic_id": None,
        "form": "lecture",
        "agreement_id": None,
        "venue_id": None,
        "venue_name": "阵地一",
        "address": "罗太路 352 号",
        "online": False,
        "group_id": None,
        "audience": "all",
        "capacity": capacity,
        "shares": [],
    }


def _insert(tx: Any, table: type, rows: Sequence[dict[str, Any]]) -> None:
    for first in range(0, len(rows), CHUNK):
        tx.session.execute(insert(table), rows[first : first + CHUNK])
