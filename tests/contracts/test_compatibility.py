"""What was released is kept: old examples load today, and today's words satisfy the stored schemas.

The last tests change a schema in every way that breaks somebody, field by field, and see that it is noticed.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from contracts.envelope import validate_envelope
from contracts.fields import Whole
from contracts.registry import EventData, EventType, Rpc
from contracts.scheduling.events import OfferLapsed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marshmallow import fields

from contracts import catalogue, snapshots
from contracts.schemas import json_schema
from tests.contracts.made_up import json_of

ROOT = Path(__file__).parent.parent.parent
EVENT_TYPES = catalogue.events()
RPCS = catalogue.rpcs()
STORED = snapshots.stored()


def example(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "contracts" / "examples" / f"{name}.json").read_text("utf-8"))
    return found


def satisfies(value: Any, schema: dict[str, Any]) -> None:
    jsonschema.validate(value, schema, cls=jsonschema.Draft202012Validator)


def by_name(found: EventType | Rpc) -> str:
    return found.name


@pytest.mark.parametrize("event_type", EVENT_TYPES.values(), ids=by_name)
def test_an_old_event_loads_today_and_loses_nothing(event_type: EventType) -> None:
    old = example(event_type.name)
    envelope = validate_envelope(old)
    assert envelope["type"] == event_type.name
    assert envelope["source"] == f"/{event_type.source}"
    assert envelope["subject"].startswith(f"{event_type.aggregate}/")
    dumped = event_type.dump(event_type.load(old["data"]))
    assert old["data"].items() <= dumped.items()


@pytest.mark.parametrize("event_type", EVENT_TYPES.values(), ids=by_name)
def test_todays_event_satisfies_the_stored_schema(event_type: EventType) -> None:
    old = example(event_type.name)
    satisfies(old, STORED["envelope"])
    satisfies(event_type.dump(event_type.load(old["data"])), STORED[event_type.name])


@pytest.mark.parametrize("event_type", EVENT_TYPES.values(), ids=by_name)
def test_an_event_with_fields_of_a_newer_release_loads(event_type: EventType) -> None:
    old = example(event_type.name)
    newer = {**old["data"], "a_later_field": {"deep": [1]}}
    assert event_type.load(newer) == event_type.load(old["data"])
    assert validate_envelope({**old, "traceparent": "00-1-2-3"})["id"] == old["id"]


@pytest.mark.parametrize("event_type", EVENT_TYPES.values(), ids=by_name)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_today_can_say_satisfies_the_stored_schema(event_type: EventType, data: Any) -> None:
    said = data.draw(json_of(event_type.schema))
    dumped = event_type.dump(event_type.load(said))
    satisfies(dumped, STORED[event_type.name])
    satisfies(dumped, json_schema(event_type.schema))
    assert event_type.load(dumped) == event_type.load(said)


@pytest.mark.parametrize("rpc", RPCS.values(), ids=by_name)
def test_an_old_request_and_an_old_answer_are_understood_today(rpc: Rpc) -> None:
    old = example(rpc.name)
    assert rpc.request().validate(old["request"]) == {}
    assert rpc.response().validate(old["response"]) == {}
    loaded = rpc.response().load(old["response"])
    answered = rpc.response().dump(loaded)
    assert {name: answered[name] for name in old["response"]} == old["response"]
    satisfies(old["request"], STORED[rpc.name]["request"])
    satisfies(answered, STORED[rpc.name]["response"])


@pytest.mark.parametrize("name", sorted(STORED))
def test_todays_schema_keeps_what_was_released(name: str) -> None:
    assert snapshots.breaks(STORED[name], snapshots.current()[name], name) == []


@pytest.mark.parametrize("name", sorted(STORED))
def test_the_snapshot_is_complete(name: str) -> None:
    """A new optional field is stored too, so that from its release on it cannot be taken away."""
    assert STORED[name] == snapshots.current()[name], "run python -m contracts.snapshots --write"


# Every way to break a schema, tried on every field of every event.


def objects_in(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """This object's schema and those of the objects in its fields, in place."""
    if "properties" in schema:
        yield schema
        for field in schema["properties"].values():
            yield from objects_in(field)
    if "items" in schema:
        yield from objects_in(schema["items"])


def changed(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The schema with one thing broken, and what that was."""
    for number, found in enumerate(objects_in(STORED[name])):
        for field in found["properties"]:
            for how in (_remove, _retype, _require, _relax, _narrow, _allow_nothing):
                schema = copy.deepcopy(STORED[name])
                if how(list(objects_in(schema))[number], field):
                    yield f"{how.__name__} {field}", schema
        schema = copy.deepcopy(STORED[name])
        grown = list(objects_in(schema))[number]
        grown["properties"]["fresh"] = {"type": "string"}
        grown.setdefault("required", []).append("fresh")
        yield "require a new field", schema


def _remove(schema: dict[str, Any], field: str) -> bool:
    del schema["properties"][field]
    schema["required"] = [name for name in schema.get("required", []) if name != field]
    return True


def _retype(schema: dict[str, Any], field: str) -> bool:
    schema["properties"][field]["type"] = "null"
    return True


def _require(schema: dict[str, Any], field: str) -> bool:
    if field in schema.get("required", []):
        return False
    schema.setdefault("required", []).append(field)
    return True


def _relax(schema: dict[str, Any], field: str) -> bool:
    if field not in schema.get("required", []):
        return False
    schema["required"].remove(field)
    return True


def _narrow(schema: dict[str, Any], field: str) -> bool:
    for keyword in ("maxLength", "maximum"):
        if keyword in schema["properties"][field]:
            schema["properties"][field][keyword] -= 1
            return True
    return bool(schema["properties"][field].get("enum") and schema["properties"][field]["enum"].pop())


def _allow_nothing(schema: dict[str, Any], field: str) -> bool:
    if isinstance(schema["properties"][field]["type"], list):
        return False
    schema["properties"][field]["type"] = [schema["properties"][field]["type"], "null"]
    return True


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_every_broken_promise_is_noticed(name: str) -> None:
    unnoticed = [how for how, schema in changed(name) if not snapshots.breaks(STORED[name], schema)]
    assert unnoticed == []


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_new_optional_fields_and_better_words_are_welcome(name: str) -> None:
    schema = copy.deepcopy(STORED[name])
    for found in list(objects_in(schema)):
        found["description"] = "better words"
        found["properties"]["fresh"] = {"type": "string", "default": ""}
    assert snapshots.breaks(STORED[name], schema) == []


def test_a_class_that_loses_or_retypes_a_field_is_noticed() -> None:
    """The whole way round, from a changed marshmallow class to the sentence."""

    class Lost(OfferLapsed):
        class Meta(EventData.Meta):
            exclude = ("waiting_for",)

    class Retyped(OfferLapsed):
        waiting_for = Whole(0, 1, required=True)  # type: ignore[assignment]

    class Demanding(OfferLapsed):
        since = fields.Date(required=True)

    class Grown(OfferLapsed):
        since = fields.Date(load_default=None, allow_none=True)

    old = STORED["scheduling.offer.lapsed.v1"]
    assert snapshots.breaks(old, json_schema(Lost)) == [
        "it: field waiting_for was removed",
        "it: field waiting_for is no longer required",
    ]
    assert "it.waiting_for.type: was 'string', is 'integer'" in snapshots.breaks(old, json_schema(Retyped))
    assert snapshots.breaks(old, json_schema(Demanding)) == ["it: field since is newly required"]
    assert snapshots.breaks(old, json_schema(Grown)) == []
