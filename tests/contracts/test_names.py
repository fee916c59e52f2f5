"""The rules of the registry: what contracts are called, where they stand, what they may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from contracts.registry import EVENTS, EventData, EventType, Request, Response, Rpc, command, event
from marshmallow import EXCLUDE, RAISE, Schema, fields

from contracts import catalogue

ROOT = Path(__file__).parent.parent.parent
EVENT_TYPES = list(catalogue.events().values())
RPCS = list(catalogue.rpcs().values())
NAME = re.compile(r"^[a-z_]+\.[a-z_]+\.[a-z_]+\.v[1-9][0-9]*$")
# What a person is called or reached by stays in the directory and in notifications' contacts.
PERSONAL = {"email", "phone", "mobile", "id_number", "birthday", "person_name", "lecturer_name", "full_name"}
# Names of places and organisations are not personal.
MAY_HAVE_A_NAME = {
    "directory.organisation.listed.v1",
    "scheduling.venue.listed.v1",
    "scheduling.group.listed.v1",
}


def schemas_within(schema: type[Schema]) -> Iterator[type[Schema]]:
    yield schema
    for field in schema().fields.values():
        inner: fields.Field = field
        while isinstance(inner, fields.List):
            inner = inner.inner
        if isinstance(inner, fields.Nested):
            yield from schemas_within(type(inner.schema))


def by_name(found: EventType | Rpc) -> str:
    return found.name


@pytest.mark.parametrize("event_type", EVENT_TYPES, ids=by_name)
def test_an_event_is_named_by_service_subject_and_past_tense(event_type: EventType) -> None:
    assert NAME.match(event_type.name)
    assert "event" not in event_type.name
    service, subject, verb, version = event_type.name.split(".")
    assert (event_type.source, f"v{event_type.version}") == (service, version)
    assert event_type.schema.__module__ == f"contracts.{service}.events"
    expected = "".join(word.capitalize() for word in [*subject.split("_"), *verb.split("_")])
    suffix = "" if event_type.version == 1 else version.upper()
    assert event_type.schema.__name__ == expected + suffix


@pytest.mark.parametrize("event_type", EVENT_TYPES, ids=by_name)
def test_the_constant_and_the_schema_of_an_event_share_its_name(event_type: EventType) -> None:
    module = __import__(event_type.schema.__module__, fromlist=["*"])
    _, subject, verb, version = event_type.name.upper().split(".")
    suffix = "" if event_type.version == 1 else f"_{version}"
    assert getattr(module, f"{subject}_{verb}{suffix}") is event_type


@pytest.mark.parametrize("event_type", EVENT_TYPES, ids=by_name)
def test_an_event_can_be_routed_by_its_aggregate(event_type: EventType) -> None:
    assert re.match(r"^[a-z_]+$", event_type.aggregate)
    assert event_type.binding == f"{event_type.source}.{event_type.aggregate}.#"
    assert event_type.routing_key.startswith(event_type.binding.removesuffix("#"))
    assert event_type.routing_key.endswith(event_type.name.split(".", 2)[2])


def test_routing_keys_are_not_shared() -> None:
    keys = [event_type.routing_key for event_type in EVENT_TYPES]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("event_type", EVENT_TYPES, ids=by_name)
def test_an_event_is_described_tolerant_and_without_persons(event_type: EventType) -> None:
    for schema in schemas_within(event_type.schema):
        assert issubclass(schema, EventData)
        assert schema().unknown == EXCLUDE
        assert schema.__doc__
        assert not PERSONAL & set(schema().fields)
        if event_type.name not in MAY_HAVE_A_NAME:
            assert "name" not in schema().fields


@pytest.mark.parametrize("rpc", RPCS, ids=by_name)
def test_an_rpc_is_strict_when_asked_and_tolerant_when_answered(rpc: Rpc) -> None:
    assert re.match(r"^[a-z_]+\.[a-z_]+$", rpc.name)
    for schema in schemas_within(rpc.request):
        assert issubclass(schema, Request)
        assert schema().unknown == RAISE
        assert schema.__doc__
    for schema in schemas_within(rpc.response):
        # A window in an answer is the window of the request.
        assert issubclass(schema, Response | Request)
        assert schema.__doc__
    assert issubclass(rpc.response, Response)
    assert rpc.response().unknown == EXCLUDE


@pytest.mark.parametrize("rpc", RPCS, ids=by_name)
def test_an_rpc_stands_in_the_package_of_its_service(rpc: Rpc) -> None:
    module = __import__(f"contracts.{rpc.service}.rpc", fromlist=["*"])
    assert getattr(module, rpc.method.upper()) is rpc


def test_every_module_of_contracts_is_in_the_catalogue() -> None:
    package = ROOT / "contracts" / "contracts"
    found = {
        f"contracts.{path.parent.name}.{path.stem}"
        for path in package.glob("*/*.py")
        if path.stem != "__init__"
    }
    assert found == set(catalogue.MODULES)


def test_a_name_is_registered_once() -> None:
    name = EVENT_TYPES[0].name
    with pytest.raises(ValueError, match="registered twice"):
        event(name, aggregate="x", schema=EventData)
    with pytest.raises(ValueError, match="registered twice"):
        command(RPCS[0].service, RPCS[0].method, Request, Response)
    assert EVENTS[name] is EVENT_TYPES[0]


@pytest.mark.parametrize("folder", ["examples", "schemas"])
def test_there_is_one_file_for_each_contract_and_no_other(folder: str) -> None:
    wanted = {*catalogue.events(), *catalogue.rpcs()}
    if folder == "schemas":
        wanted |= {"envelope", *catalogue.rows()}
    assert {path.stem for path in (ROOT / "contracts" / folder).iterdir()} == wanted
