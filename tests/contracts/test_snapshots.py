"""The tool that stores schemas: it takes what is new and refuses what is broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contracts import snapshots

NAME = "enrollment.hours.credited.v1"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = tmp_path / "schemas"
    monkeypatch.setattr(snapshots, "FOLDER", found)
    assert snapshots.main(["--write"]) == 0
    return found


def edit(folder: Path, name: str, **fields: object) -> str:
    path = folder / f"{name}.json"
    schema = json.loads(path.read_text("utf-8"))
    schema["properties"] |= fields
    path.write_text(json.dumps(schema), "utf-8")
    return path.read_text("utf-8")


def test_what_is_stored_is_in_order(folder: Path) -> None:
    assert snapshots.main([]) == 0
    assert len(list(folder.iterdir())) == len(snapshots.current())


def test_a_schema_without_snapshot_is_missed_and_stored(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / f"{NAME}.json").unlink()
    assert snapshots.main([]) == 1
    assert f"{NAME}: not stored as it is" in capsys.readouterr().err
    assert snapshots.main(["--write"]) == 0
    assert snapshots.main([]) == 0


def test_what_breaks_a_promise_is_not_stored(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = edit(folder, NAME, teacher={"type": "string"})
    for arguments in ([], ["--write"]):
        assert snapshots.main(arguments) == 1
        assert f"{NAME}: it: field teacher was removed" in capsys.readouterr().err
    assert (folder / f"{NAME}.json").read_text("utf-8") == kept


def test_a_released_contract_that_is_gone_is_missed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / f"{NAME}.json").rename(folder / "enrollment.hours.lost.v1.json")
    assert snapshots.main(["--write"]) == 1
    assert "enrollment.hours.lost.v1: was released and is gone" in capsys.readouterr().err
