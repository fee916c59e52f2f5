"""schemathesis against the running gateway: whatever is sent, no 5xx and no answer outside the document.

Half of the ids are those of real things, so that requests come further than a 404. What a valid request
may be refused for is the services' word, so `positive_data_acceptance` is left out.
`LECTERN_FUZZ_EXAMPLES` asks each operation more often than the few times of a usual run.
"""

from __future__ import annotations

import os
import random
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.schemas import OpenApiSchema

from .conftest import API, World

CHECKS: list[Any] = [
    schemathesis.checks.not_a_server_error,
    *(
        schemathesis.checks.CHECKS.get_one(name)
        for name in (
            "status_code_conformance",
            "content_type_conformance",
            "response_headers_conformance",
            "response_schema_conformance",
            "negative_data_rejection",
            "missing_required_header",
            "unsupported_method",
            "allow_header_conformance",
            "ignored_auth",
        )
    ),
]
EXAMPLES = int(os.environ.get("LECTERN_FUZZ_EXAMPLES", "5"))


@pytest.fixture(scope="module")
def known(world: World) -> dict[str, list[str]]:
    """Ids of real things by the name of their parameter."""
    sessions = [world.a_session() for _ in range(3)]
    staff = world.api("s-staff")
    orders = [staff.get(f"/orders/{each['order_id']}").json for each in sessions]
    asked = world.an_order(dispatch=True)
    seat = world.api("s-learner3").post(f"/sessions/{sessions[0]['session_id']}/seats").json
    return {
        "session_id": [each["session_id"] for each in sessions],
        "order_id": [each["order_id"] for each in (*orders, asked)],
        "offer_id": [each["offers"][0]["offer_id"] for each in (*orders, asked)],
        "seat_id": [seat["seat_id"]],
        "topic_id": [world.topic],
        "venue_id": [world.venue],
        "group_id": [world.group],
        "lecturer_id": [world.person["s-lecturer"], world.person["p-lecturer"]],
        "person_id": [world.person["s-learner1"], world.person["p-learner"]],
        "organisation_id": [world.org["S"], world.org["P"]],
    }


def _with_known(value: Any, known: dict[str, list[str]], chance: random.Random) -> Any:
    if isinstance(value, dict):
        return {
            name: chance.choice(known[name])
            if name in known and isinstance(each, str) and chance.random() < 0.5
            else _with_known(each, known, chance)
            for name, each in value.items()
        }
    return [_with_known(each, known, chance) for each in value] if isinstance(value, list) else value


def _document(world: World, known: dict[str, list[str]]) -> OpenApiSchema:
    """The document as it is served, for the application in this process; `known` ids take part."""
    generation = {"deterministic": True, "database": "none", "with-security-parameters": False}
    config = SchemathesisConfig.from_dict({"generation": generation})
    schema = schemathesis.openapi.from_wsgi(f"{API}/openapi.json", world.app, config=config)
    chance = random.Random(4)

    @schema.hook
    def map_path_parameters(_context: Any, parameters: Any) -> Any:
        return _with_known(parameters, known, chance)

    @schema.hook
    def map_body(_context: Any, body: Any) -> Any:
        return _with_known(body, known, chance)

    return schema


def _fuzz(world: World, document: OpenApiSchema, *, login: str, mode: GenerationMode) -> int:
    """Ask every operation a few things; fails with everything that was found. Returns how often it asked."""
    token = world.api(login).token
    found: list[str] = []
    asked = 0
    for result in document.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: schemathesis.Case) -> None:
            nonlocal asked
            asked += 1
            case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)

        try:
            ask()
        except Unsatisfiable:
            continue  # nothing can be wrong with a request that has no arguments
        except Exception as failure:  # noqa: BLE001 - all operations are looked at before the test fails
            found.append(f"{operation.label}\n{failure}")
    assert not found, "\n\n".join(found)
    return asked


@pytest.mark.parametrize("login", ["s-staff", "s-learner1", "s-operator"])
def test_what_the_document_allows_is_answered_as_it_says(
    world: World, known: dict[str, list[str]], login: str
) -> None:
    assert _fuzz(world, _document(world, known), login=login, mode=GenerationMode.POSITIVE) > 150


def test_what_the_document_forbids_is_refused(world: World) -> None:
    assert _fuzz(world, _document(world, {}), login="s-staff", mode=GenerationMode.NEGATIVE) > 150
