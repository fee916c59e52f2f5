"""Every write carries a key: asked again it is done once."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from chassis.ids import new_id

from .conftest import API, World


def _order(world: World, **changes: Any) -> dict[str, Any]:
    return {
        "organisation_id": world.org["S"],
        "topic_id": world.topic,
        "windows": [world.a_window()],
        "venue_id": world.venue,
        "head_count": 20,
        **changes,
    }


def test_the_same_key_is_the_same_order(world: World) -> None:
    staff, body, key = world.api("s-staff"), _order(world), new_id()
    first, second = staff.post("/orders", body, key=key), staff.post("/orders", body, key=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    assert first.headers["Location"] == f"{API}/orders/{first.json['order_id']}"
    assert staff.get(first.headers["Location"].removeprefix(API)).json["order_id"] == first.json["order_id"]


def test_the_same_key_for_another_content_is_refused(world: World) -> None:
    staff, body, key = world.api("s-staff"), _order(world), new_id()
    assert staff.post("/orders", body, key=key).status_code == 201
    other = staff.post("/orders", {**body, "head_count": 21}, key=key)
    assert (other.status_code, other.json["code"]) == (422, "command_reused")


def test_keys_of_different_people_have_nothing_to_do_with_each_other(world: World) -> None:
    body, key = _order(world), new_id()
    mine = world.api("s-staff").post("/orders", body, key=key)
    yours = world.api("s-principal").post("/orders", {**body, "head_count": 9}, key=key)
    assert (mine.status_code, yours.status_code) == (201, 201)
    assert mine.json["order_id"] != yours.json["order_id"]


def test_ten_at_once_with_one_key_are_one_order(world: World) -> None:
    staff, body, key = world.api("s-staff"), _order(world), new_id()
    token = staff.token
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: world.api(token=token).post("/orders", body, key=key), range(10)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["order_id"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "idempotency_key_missing"),
        ("with space", "idempotency_key_unusable"),
        ("é", "idempotency_key_unusable"),
        ("k" * 129, "idempotency_key_unusable"),
    ],
)
def test_a_write_without_a_usable_key_is_refused(world: World, key: str | None, code: str) -> None:
    answer = world.api("s-staff").post("/orders", _order(world), key=key)
    assert (answer.status_code, answer.json["code"]) == (400, code)


def test_every_write_but_the_token_demands_a_key(world: World) -> None:
    document = json.loads(world.app.test_client().get(f"{API}/openapi.json").data)
    writes = {
        (path, method)
        for path, methods in document["paths"].items()
        for method in methods
        if method in ("post", "put", "patch", "delete")
    }
    demanding = {
        (path, method)
        for path, method in writes
        for parameter in document["paths"][path][method].get("parameters", [])
        if parameter.get("name") == "Idempotency-Key" and parameter["required"]
    }
    assert writes - demanding == {(f"{API}/tokens", "post")}
    for path, method in demanding:
        filled = re.sub(r"\{\w+\}", new_id(), path.removeprefix(API))
        bare = world.api("s-operator").request(method.upper(), filled, key=None)
        assert (bare.status_code, bare.json["code"]) == (400, "idempotency_key_missing"), path
