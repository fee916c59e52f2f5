"""The gateway with every real service behind it, in one process, and a small region to act in.

Two districts: Red Street (a night school with a branch, a partner unit that lends a lecturer, another school)
and Riverside (a school of its own). Everyone's login is `<organisation>-<role>`, all with one password. The
clock stands still on a Monday morning until a test moves it. The world is shared by the tests of a worker:
each test makes its own orders and sessions.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from chassis.access import SYSTEM, Actor
from chassis.clock import FixedClock
from chassis.embedded import Embedded
from chassis.ids import new_id
from contracts.scheduling import rpc as scheduling
from flask import Flask
from flask.testing import FlaskClient
from gateway.app import create_app
from gateway.auth import accounts
from gateway.directory import districts, organisations, people
from gateway.directory.tables import Account
from werkzeug.test import TestResponse

from chassis import config
from lectern.parts import DATABASES, service_classes

PASSWORD = "correct horse battery"
MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # nine in the morning in Shanghai
API = "/api/v1"
Found = TypeVar("Found")

ORGANISATIONS = [
    ("RED", "S", "红街夜校", "street_school", ""),
    ("RED", "B", "红街一支部", "branch", "S"),
    ("RED", "P", "共建单位", "partner_unit", ""),
    ("RED", "S2", "另一所学校", "town_school", ""),
    ("RIV", "X", "河畔学校", "town_school", ""),
]
PEOPLE = [
    ("S", "s-staff", ["school_staff"]),
    ("S", "s-principal", ["principal"]),
    ("S", "s-council", ["council_member"]),
    ("S", "s-operator", ["operator"]),
    ("S", "s-lecturer", ["lecturer"]),
    ("S", "s-learner1", ["learner"]),
    ("S", "s-learner2", ["learner"]),
    ("S", "s-learner3", ["learner"]),
    ("S", "s-many", ["school_staff", "liaison@P"]),
    ("P", "p-liaison", ["liaison"]),
    ("P", "p-lecturer", ["lecturer"]),
    ("P", "p-learner", ["learner"]),
    ("S2", "s2-staff", ["school_staff"]),
    ("X", "x-staff", ["school_staff"]),
    ("X", "x-operator", ["operator"]),
    ("X", "x-learner", ["learner"]),
]


def eventually(look: Callable[[], Found], *, seconds: float = 15) -> Found:
    """What `look` returns as soon as it is true."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"still {found!r} after {seconds} s"
        time.sleep(0.02)


def json_of(answer: TestResponse) -> dict[str, Any]:
    """The JSON object of an answer."""
    assert isinstance(answer.json, dict), answer.text
    return answer.json


@dataclass
class Api:
    """A client of the API with a bearer; every write gets a fresh key unless the test gives one."""

    client: FlaskClient
    token: str | None = None

    def request(
        self,
        method: str,
        path: str,
        *,
        key: str | None = "",
        headers: dict[str, str] | None = None,
        **rest: Any,
    ) -> TestResponse:
        sent = dict(headers or {})
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if method != "GET" and key is not None:
            sent["Idempotency-Key"] = key or new_id()
        return self.client.open(f"{API}{path}", method=method, headers=sent, **rest)

    def get(self, path: str, **rest: Any) -> TestResponse:
        return self.request("GET", path, **rest)

    def post(self, path: str, body: Any = None, **rest: Any) -> TestResponse:
        return self.request("POST", path, json={} if body is None else body, **rest)

    def put(self, path: str, body: Any, **rest: Any) -> TestResponse:
        return self.request("PUT", path, json=body, **rest)

    def delete(self, path: str, **rest: Any) -> TestResponse:
        return self.request("DELETE", path, **rest)


@dataclass
class World:
    """The running gateway, its clock, and the ids of the region by code."""

    app: Flask
    embedded: Embedded
    clock: FixedClock
    org: dict[str, str] = field(default_factory=dict)
    person: dict[str, str] = field(default_factory=dict)
    district: dict[str, str] = field(default_factory=dict)
    topic: str = ""
    venue: str = ""
    group: str = ""
    tokens: dict[str, str] = field(default_factory=dict)
    evenings: int = 0

    def api(self, login: str | None = None, *, token: str | None = None) -> Api:
        """A client signed in as this login, as this token, or not at all."""
        if login is not None and login not in self.tokens:
            answer = self.app.test_client().post(f"{API}/tokens", json={"login": login, "password": PASSWORD})
            assert answer.status_code == 201, answer.text
            self.tokens[login] = answer.json["token"]
        return Api(self.app.test_client(), self.tokens[login] if login else token)

    def actor(self, login: str, *roles: str) -> Actor:
        code = login.split("-", maxsplit=1)[0].upper()
        district = self.district["RIV" if code == "X" else "RED"]
        return Actor(self.person[login], self.org[code], district, frozenset(roles), "test")

    def a_window(self) -> dict[str, str]:
        """An evening that no other test has asked for: each call gives a later one."""
        self.evenings += 1
        evening = self.clock.now().replace(hour=11, minute=0) + timedelta(days=1 + self.evenings)
        return {"starts_at": evening.isoformat(), "ends_at": (evening + timedelta(hours=2)).isoformat()}

    def an_order(self, *, login: str = "s-staff", **changes: Any) -> dict[str, Any]:
        """An order as the school places it."""
        body = {
            "organisation_id": self.org["S"],
            "topic_id": self.topic,
            "windows": [self.a_window()],
            "venue_id": self.venue,
            "group_id": None,
            "head_count": 20,
            **changes,
        }
        answer = self.api(login).post("/orders", body)
        assert answer.status_code == 201, answer.text
        return json_of(answer)

    def a_session(self, **changes: Any) -> dict[str, Any]:
        """A booked session of the school with its own lecturer, known to enrollment and the views."""
        order = self.an_order(**changes)
        dispatched = self.api("s-staff").post(
            f"/orders/{order['order_id']}/dispatch", {"lecturer_ids": [self.person["s-lecturer"]]}
        )
        assert dispatched.status_code == 200, dispatched.text
        offer = dispatched.json["offers"][0]
        accepted = self.api("s-lecturer").post(f"/offers/{offer['offer_id']}/accept")
        assert accepted.status_code == 200, accepted.text
        session_id = accepted.json["session_id"]
        staff = self.api("s-staff")
        eventually(lambda: staff.get(f"/sessions/{session_id}/door").status_code == 200)
        eventually(lambda: staff.get(f"/sessions/{session_id}").status_code == 200)
        return json_of(staff.get(f"/sessions/{session_id}"))


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """The region, with all that its people need to act."""
    home = Path(tempfile.mkdtemp(prefix="lectern-gateway-"))
    settings = config.load(home=home)
    clock = FixedClock(MONDAY)
    embedded = Embedded(service_classes(), settings, clock=clock, packages=DATABASES)
    app = create_app(
        directory=embedded.stores["directory"],
        views=embedded.stores["views"],
        rpc=embedded.rpc,
        settings=settings,
    )
    app.testing = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    made = World(app, embedded, clock)
    _list(made)
    with embedded:
        _equip(made)
        yield made


@pytest.fixture
def app(world: World) -> Flask:
    """The application of the world."""
    return world.app


def _list(world: World) -> None:
    """The directory: districts, organisations, people, accounts."""
    with world.embedded.stores["directory"].transaction(actor=SYSTEM) as tx:
        named = [{"row": 1, "code": "RED", "name": "红街区"}, {"row": 2, "code": "RIV", "name": "河畔区"}]
        world.district = _ids(districts.import_rows(tx, rows=named))
        rows = [
            {"row": at, "district": district, "code": code, "name": name, "kind": kind, "parent": parent}
            for at, (district, code, name, kind, parent) in enumerate(ORGANISATIONS, start=1)
        ]
        world.org = _ids(organisations.import_rows(tx, rows=rows))
        rows = [
            {
                "row": at,
                "organisation": code,
                "code": login,
                "name": f"人 {login}",
                "roles": roles,
                "login": login,
            }
            for at, (code, login, roles) in enumerate(PEOPLE, start=1)
        ]
        world.person = _ids(people.import_rows(tx, rows=rows))
        first = accounts.by_login(tx, login="s-staff")
        assert first is not None
        accounts.set_password(tx, account_id=first.id, password=PASSWORD)
        tx.session.query(Account).update({"password_hash": first.password_hash})


def _equip(world: World) -> None:
    """Topics, places, groups, lecturers and an agreement, and the wait until everyone knows of them."""
    school = {"organisation_id": world.org["S"], "district_id": world.district["RED"]}
    topic = {"title": "党的历史", "category": "party_history", "form": "lecture", "duration_minutes": 90}
    lecturer = {"kind": "backbone", "topics": ["T1"], "monthly_cap": 200}
    sheets = {
        "topics": [{"row": 1, "code": "T1", **topic, **school}],
        "venues": [{"row": 1, "code": "V1", "name": "大讲堂", "capacity": 30, **school}],
        "groups": [{"row": 1, "code": "G1", "name": "一组", "audience": "all", "size": 25, **school}],
        "lecturers": [
            {"row": 1, "lecturer_id": world.person["s-lecturer"], **lecturer, **school},
            {
                "row": 2,
                "lecturer_id": world.person["p-lecturer"],
                "organisation_id": world.org["P"],
                "district_id": world.district["RED"],
                **lecturer,
            },
        ],
        "agreements": [
            {
                "row": 1,
                "code": "A1",
                "lender_id": world.org["P"],
                "borrower_id": world.org["S"],
                "starts_on": "2026-01-01",
                "ends_on": "2027-12-31",
                "quota_sessions": 50,
                "approval": "liaison",
            }
        ],
    }
    operator = world.actor("s-operator", "operator")

    def send(sheet: str) -> bool:
        asked = {"sheet": sheet, "rows": sheets[sheet]}
        answer = world.embedded.rpc.call(scheduling.IMPORT_ROWS, actor=operator, request=asked)
        return all(result["outcome"] != "refused" for result in answer["results"])

    for sheet in sheets:
        eventually(partial(send, sheet))
    staff = world.api("s-staff")
    world.topic = eventually(lambda: staff.get("/topics").json["items"])[0]["topic_id"]
    world.venue = eventually(lambda: staff.get("/venues").json["items"])[0]["venue_id"]
    world.group = eventually(lambda: staff.get("/groups").json["items"])[0]["group_id"]
    eventually(lambda: len(staff.get("/lecturers").json["items"]) == 2)
    learners = world.api("s-staff").get("/members?role=learner").json
    assert learners["total"] == 3


def _ids(results: list[Any]) -> dict[str, str]:
    assert all(result.outcome == "created" for result in results), results
    return {result.code: result.id for result in results}
