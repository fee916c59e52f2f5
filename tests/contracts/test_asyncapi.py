"""The AsyncAPI document: official schema satisfied, every event in it, the same as what is in docs/."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from contracts import asyncapi, catalogue

ROOT = Path(__file__).parent.parent.parent
OFFICIAL = json.loads((Path(__file__).parent / "vendor" / "asyncapi-3.0.0.json").read_text("utf-8"))


def problems(document: dict[str, Any]) -> list[str]:
    return [error.json_path for error in jsonschema.Draft7Validator(OFFICIAL).iter_errors(document)]


def pointed_at(document: dict[str, Any], reference: str) -> Any:
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        here = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return here + [each for inner in value.values() for each in references(inner)]
    if isinstance(value, list):
        return [each for inner in value for each in references(inner)]
    return []


def test_the_document_in_docs_is_what_the_code_says() -> None:
    kept = (ROOT / "docs" / "asyncapi.yaml").read_text("utf-8")
    assert kept == asyncapi.text(), "run python -m contracts.asyncapi"
    assert asyncapi.main(["--check"]) == 0


def test_the_yaml_says_the_same_as_the_document() -> None:
    assert yaml.safe_load(asyncapi.text()) == json.loads(json.dumps(asyncapi.document()))


def test_the_document_satisfies_the_official_schema() -> None:
    assert problems(yaml.safe_load(asyncapi.text())) == []


@pytest.mark.parametrize(
    ("where", "value"),
    [("asyncapi", "9.9.9"), ("info", {}), ("channels", {"x": {"adress": "typo"}}), ("surprise", 1)],
)
def test_the_official_schema_notices_mistakes(where: str, value: Any) -> None:
    assert problems({**asyncapi.document(), where: value}) != []


def test_every_event_has_its_channel_message_schema_and_example() -> None:
    document = asyncapi.document()
    names = set(catalogue.events())
    assert set(document["channels"]) == names
    assert set(document["components"]["messages"]) == names
    assert set(document["components"]["schemas"]) == {"envelope", *names}
    for name, event in catalogue.events().items():
        assert document["channels"][name]["address"] == event.routing_key
        [example] = document["components"]["messages"][name]["examples"]
        assert example["payload"]["type"] == name


def test_every_reference_leads_somewhere() -> None:
    document = asyncapi.document()
    found = references(document)
    assert found
    for reference in found:
        assert pointed_at(document, reference)


@pytest.mark.parametrize("name", sorted(catalogue.events()))
def test_every_example_satisfies_its_message(name: str) -> None:
    document = asyncapi.document()
    message = document["components"]["messages"][name]
    schema = {**message["payload"], "components": document["components"]}
    validator = jsonschema.Draft7Validator(schema)
    [example] = message["examples"]
    assert list(validator.iter_errors(example["payload"])) == []
    assert list(validator.iter_errors({**example["payload"], "type": "another"}))
    assert list(validator.iter_errors({**example["payload"], "data": {}}))


def test_an_outdated_document_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(asyncapi, "PLACE", tmp_path / "docs" / "asyncapi.yaml")
    assert asyncapi.main(["--check"]) == 1
    assert "run python -m contracts.asyncapi" in capsys.readouterr().err
    assert asyncapi.main([]) == 0
    assert asyncapi.main(["--check"]) == 0
