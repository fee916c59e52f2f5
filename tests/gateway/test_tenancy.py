"""Ids of other organisations answer like ids that do not exist; roles reach as far as they should.

The operations are taken from the OpenAPI document, so that a new one with an id cannot be forgotten here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from chassis.ids import new_id

from .conftest import API, World, eventually

WRITES = ("post", "put", "delete")
BODIES: dict[str, Any] = {
    "/orders/{order_id}/cancel": {"reason": "x"},
    "/sessions/{session_id}/cancel": {"reason": "x"},
    "/sessions/{session_id}/shares": {"shares": []},
    "/sessions/{session_id}/check-ins": {"code": "000000"},
    "/sessions/{session_id}/check-ins/members": {"person_id": new_id()},
    "/sessions/{session_id}/evaluation": {
        "ratings": {"ideology": 1, "practice": 1, "profession": 1, "overall": 1}
    },
    "/sessions/{session_id}/reschedule": {
        "starts_at": "2026-12-01T10:00:00+00:00",
        "ends_at": "2026-12-01T11:30:00+00:00",
    },
}
QUERIES = {
    "/lecturers/{lecturer_id}/week": "?from=2026-03-01T00:00:00Z&before=2026-03-08T00:00:00Z",
    "/lecturers/{lecturer_id}/free-busy": "?from=2026-03-01T00:00:00Z&before=2026-03-08T00:00:00Z",
    "/organisations/{organisation_id}/counts": "?from=2026-03-01&before=2026-03-08",
}


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for path, methods in document["paths"].items():
        for method in methods:
            if "{" in path and method in ("get", *WRITES):
                yield path.removeprefix(API), method


@pytest.fixture(scope="module")
def things(world: World) -> dict[str, str]:
    """One of each thing of the school that has an id."""
    session = world.a_session()
    staff = world.api("s-staff")
    order = staff.get(f"/orders/{session['order_id']}").json
    seat = world.api("s-learner3").post(f"/sessions/{session['session_id']}/seats").json
    key = staff.post(
        "/api-keys", {"name": "k", "roles": ["school_staff"], "expires_at": "2026-12-01T00:00:00Z"}
    ).json
    return {
        "session_id": session["session_id"],
        "order_id": order["order_id"],
        "offer_id": order["offers"][0]["offer_id"],
        "seat_id": seat["seat_id"],
        "topic_id": world.topic,
        "lecturer_id": world.person["s-lecturer"],
        "organisation_id": world.org["S"],
        "key_id": key["key_id"],
    }


def _ask(world: World, login: str, path: str, method: str, ids: dict[str, str]) -> tuple[int, str]:
    filled = re.sub(r"\{(\w+)\}", lambda name: ids[name[1]], path) + QUERIES.get(path, "")
    rest: dict[str, Any] = {"json": BODIES.get(path, {})} if method in ("post", "put") else {}
    answer = world.api(login).request(
        method.upper(), filled, headers={"X-Request-ID": "the-same-for-all"}, **rest
    )
    return answer.status_code, answer.text


@pytest.mark.parametrize("login", ["x-staff", "x-operator", "x-learner"])
def test_another_district_sees_nothing_at_all(world: World, things: dict[str, str], login: str) -> None:
    document = json.loads(world.app.test_client().get(f"{API}/openapi.json").data)
    asked = list(_operations(document))
    assert {name for path, _ in asked for name in re.findall(r"\{(\w+)\}", path)} == set(things)
    nowhere = {name: new_id() for name in things}
    for path, method in asked:
        real = _ask(world, login, path, method, things)
        random = _ask(world, login, path, method, nowhere)
        assert real == random, (path, method)
        assert real[0] in (403, 404), (path, method, real)


@pytest.mark.parametrize("login", ["s2-staff", "p-liaison"])
@pytest.mark.parametrize(
    "path",
    [
        "/orders/{order_id}",
        "/orders/{order_id}/suggestions",
        "/sessions/{session_id}/door",
        "/sessions/{session_id}/result",
        "/organisations/{organisation_id}/counts",
    ],
)
def test_another_organisation_of_the_district_sees_no_insides(
    world: World, things: dict[str, str], login: str, path: str
) -> None:
    nowhere = {name: new_id() for name in things}
    assert _ask(world, login, path, "get", things) == _ask(world, login, path, "get", nowhere)
    assert _ask(world, login, path, "get", things)[0] in (403, 404)


@pytest.mark.parametrize("login", ["s2-staff", "s-learner1"])
@pytest.mark.parametrize("path", ["/orders/{order_id}/cancel", "/sessions/{session_id}/cancel"])
def test_nobody_else_cancels(world: World, things: dict[str, str], login: str, path: str) -> None:
    assert _ask(world, login, path, "post", things)[0] in (403, 404)
    assert world.api("s-staff").get(f"/sessions/{things['session_id']}").json["state"] == "scheduled"


def test_operators_reach_their_whole_district(world: World, things: dict[str, str]) -> None:
    operator = world.api("s-operator")
    order = world.an_order(login="s2-staff", organisation_id=world.org["S2"], venue_id=None, online=True)
    eventually(lambda: operator.get(f"/orders/{order['order_id']}").status_code == 200)
    counts = f"/organisations/{world.org['P']}/counts{QUERIES['/organisations/{organisation_id}/counts']}"
    assert operator.get(counts).json["organisation_id"] == world.org["P"]
    assert operator.get(counts.replace(world.org["P"], world.org["X"])).status_code == 404


def test_lists_hold_nothing_of_others(world: World, things: dict[str, str]) -> None:
    stranger = world.api("x-staff")
    everything = "?from=2026-01-01T00:00:00Z&before=2026-12-31T00:00:00Z"
    for path in (
        f"/sessions{everything}",
        "/orders",
        "/topics",
        "/venues",
        "/groups",
        "/agreements",
        "/lecturers",
        "/offers?role=lender",
        "/results",
        "/unmet-topics",
        "/api-keys",
    ):
        assert stranger.get(path).json["items"] == [], path
    assert [each["organisation_id"] for each in stranger.get("/organisations").json["items"]] == [
        world.org["X"]
    ]
    assert {each["person_id"] for each in stranger.get("/members").json["items"]} == {
        world.person["x-staff"],
        world.person["x-operator"],
        world.person["x-learner"],
    }


@pytest.mark.parametrize(
    "path",
    [
        "/orders",
        "/groups",
        "/agreements",
        "/lecturers",
        "/members",
        "/offers?role=lender",
        "/unmet-topics",
        "/api-keys",
    ],
)
def test_learners_do_not_see_the_office(world: World, path: str) -> None:
    answer = world.api("s-learner1").get(path)
    assert (answer.status_code, answer.json["code"]) == (403, "not_allowed")


def test_learners_do_not_order(world: World) -> None:
    body = {
        "organisation_id": world.org["S"],
        "topic_id": world.topic,
        "windows": [world.a_window()],
        "venue_id": world.venue,
        "head_count": 5,
    }
    assert world.api("s-learner1").post("/orders", body).status_code == 403
    assert world.api("s-council").post("/orders", body).status_code == 403
    assert world.api("s2-staff").post("/orders", body).status_code == 404
