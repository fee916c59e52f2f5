"""`lectern import` as it is typed: exit codes, previews, rejects beside the file, JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chassis.config import Settings
from chassis.store import Store
from click.testing import CliRunner, Result
from gateway.directory.tables import Person
from sqlalchemy import func, select

from lectern.cli import main

from .conftest import PASSWORD, REGION, ROWS
from .files import csv_folder, workbook_bytes

PEOPLE = REGION["people"]
BAD = ["N1", "NOWHERE", "陈永强", None, None, None]


@pytest.fixture
def lectern(settings: Settings) -> Callable[..., Result]:
    """Runs the command line on this test's installation."""

    def run(*arguments: object, **environment: str) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments], env=environment)

    return run


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    path = tmp_path / "region.xlsx"
    path.write_bytes(workbook_bytes(REGION))
    return path


def people_in(settings: Settings) -> int:
    store = Store("directory", settings.database_url("directory"))
    with store.reading() as tx:
        count = tx.session.scalar(select(func.count()).select_from(Person)) or 0
    store.dispose()
    return count


def test_all_taken_is_0(lectern: Callable[..., Result], workbook: Path, settings: Settings) -> None:
    result = lectern("import", workbook, "--yes")
    assert result.exit_code == 0, result.output
    assert people_in(settings) == 5
    assert sorted(path.name for path in workbook.parent.iterdir()) == ["home", "region.xlsx"]
    again = lectern("import", workbook, "--yes", "--json")
    assert again.exit_code == 0
    assert json.loads(again.stdout)["counts"] == {
        "created": 0,
        "updated": 0,
        "unchanged": ROWS,
        "refused": 0,
    }


def test_some_refused_is_1_and_they_lie_beside_the_file(
    lectern: Callable[..., Result], tmp_path: Path
) -> None:
    folder = csv_folder(tmp_path / "in", **{**REGION, "people": [*PEOPLE, BAD]})
    for name in ("in-rejects", "in-rejects-2"):
        result = lectern("import", folder, "--yes")
        assert result.exit_code == 1
        assert "people row 7: There is no organisation with the code “NOWHERE”." in result.output
        assert (tmp_path / name / "people.csv").exists()


def test_rejects_go_where_one_says(lectern: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    path.write_bytes(workbook_bytes({"people": [PEOPLE[0], BAD]}))
    result = lectern("import", path, "--yes", "--rejects", tmp_path / "bad.xlsx", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["rejects"] == [str(tmp_path / "bad.xlsx")]
    assert found["sheets"][0]["refused"][0]["row"] == 2
    assert lectern("import", path, "--yes", "--rejects", path).exit_code == 2


def test_a_dry_run_keeps_nothing(lectern: Callable[..., Result], workbook: Path, settings: Settings) -> None:
    result = lectern("import", workbook, "--dry-run", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["counts"]["created"] == ROWS
    assert people_in(settings) == 0


def test_without_a_terminal_nothing_is_taken_unasked(
    lectern: Callable[..., Result], workbook: Path, settings: Settings
) -> None:
    result = lectern("import", workbook)
    assert result.exit_code == 2
    assert "Add --yes" in result.output
    assert people_in(settings) == 0


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("people.pdf", b"%PDF", "is neither CSV nor xlsx"),
        ("region.xlsx", b"PK", "cannot be opened"),
        ("notes.csv", b"a,b\n1,2\n", "No sheet to import was found"),
    ],
)
def test_what_cannot_be_read_is_2(
    lectern: Callable[..., Result], tmp_path: Path, name: str, content: bytes, why: str
) -> None:
    (tmp_path / name).write_bytes(content)
    result = lectern("import", tmp_path / name, "--yes")
    assert result.exit_code == 2
    assert why in " ".join(result.output.split())


def test_nothing_there_is_2(lectern: Callable[..., Result], tmp_path: Path) -> None:
    assert lectern("import", tmp_path / "nowhere").exit_code == 2
    assert lectern("import").exit_code == 2


def test_over_the_api(lectern: Callable[..., Result], address: str, tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    good = ["N2", "LD-S", "罗雨桐", None, None, None]
    path.write_bytes(workbook_bytes({"people": [PEOPLE[0], BAD, good]}))
    login: list[Any] = ["--url", address, "--login", "ld-operator"]
    result = lectern("import", path, "--yes", "--json", *login, LECTERN_PASSWORD=PASSWORD)
    assert result.exit_code == 1, result.output
    assert json.loads(result.stdout)["counts"]["created"] == 1
    assert lectern("import", path, "--url", address).exit_code == 2
    wrong = lectern("import", path, *login, LECTERN_PASSWORD="wrong")
    assert wrong.exit_code == 2
    assert "Login or password is wrong" in " ".join(wrong.output.split())
