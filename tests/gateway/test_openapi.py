"""The OpenAPI document: valid, committed, complete, and shown by files of this site."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import gateway.api
import pytest
import schemathesis

from .conftest import API, World

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"
SWAGGER = Path(gateway.api.__file__).parent / "swagger"


@pytest.fixture(scope="module")
def document(world: World) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(world.app.test_client().get(f"{API}/openapi.json").data)
    return found


def test_it_is_a_valid_openapi_3_1_document(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    schemathesis.openapi.from_dict(document).validate()


def test_the_committed_document_is_this_one(world: World) -> None:
    served = world.app.test_client().get(f"{API}/openapi.json").text
    assert COMMITTED.read_text("utf-8") == served, "write it anew with `lectern documents`"


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [each for item in value.values() for each in references(item)]
        return [each for item in value for each in references(item)] if isinstance(value, list) else []

    for reference in set(references(document)):
        at: Any = document
        for step in reference.removeprefix("#/").split("/"):
            at = at[step]


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method == "parameters":
                continue
            where = (method, path)
            assert operation["summary"], where
            assert len(operation["tags"]) == 1, where
            assert operation["security"] == ([] if path == f"{API}/tokens" else [{"bearer": []}]), where
            answers = operation["responses"]
            assert any(status.startswith("2") for status in answers), where
            assert "default" in answers, where
            assert ("404" in answers) or "{" not in path, where
            for status, answer in answers.items():
                if not status.startswith("2"):
                    assert answer["$ref"].startswith("#/components/responses/Problem"), where


def test_ids_in_paths_are_uuids(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for parameter in methods.get("parameters", []):
            assert parameter["schema"] == {"type": "string", "format": "uuid"}, path


def test_swagger_ui_is_served_by_this_site(world: World) -> None:
    client = world.app.test_client()
    page = client.get(f"{API}/docs")
    assert page.status_code == 200
    assert "://" not in page.text
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "docs.js"):
        assert f"{API}/docs/files/{name}" in page.text
        assert client.get(f"{API}/docs/files/{name}", buffered=True).status_code == 200


def test_swagger_ui_is_the_one_that_was_vendored() -> None:
    for line in (SWAGGER / "HASHES.txt").read_text().splitlines():
        wanted, name = line.split()
        assert hashlib.sha256((SWAGGER / name).read_bytes()).hexdigest() == wanted, name
