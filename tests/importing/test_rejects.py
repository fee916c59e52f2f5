"""Bad rows come back in the shape they came in, with number and reason, and go in again when corrected."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date, time
from pathlib import Path

from gateway.importing import files, rejects
from gateway.importing.run import Report, Take, run
from python_calamine import CalamineWorkbook

from .conftest import REGION, refusals
from .files import csv_folder, workbook_bytes

PEOPLE = ["代码", "单位代码", "姓名", "备注", "手机"]
ROWS = [
    PEOPLE,
    ["N1", "LD-C1", "陈永强", "好的", "10001"],
    ["N2", "NOWHERE", "=HYPERLINK(A1)", "+1", "10002"],
    [],
    ["N3", "LD-C1", "", "@x", ""],
]


def records(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_csv_rows_come_back_as_csv(region: Report, take: Take, tmp_path: Path) -> None:
    folder = csv_folder(tmp_path / "in", 人员=ROWS, venues=REGION["venues"])
    report = run(files.read_path(folder), take=take, dry_run=False)
    paths = rejects.write(report, tmp_path / "out")
    assert paths == [tmp_path / "out" / "人员.csv"]
    reason_2 = "没有代码为“NOWHERE”的单位。 / There is no organisation with the code “NOWHERE”."
    assert records(paths[0].read_bytes()) == [
        [*PEOPLE, "row / 行号", "reason / 原因"],
        ["N2", "NOWHERE", "'=HYPERLINK(A1)", "+1", "10002", "3", reason_2],
        ["N3", "LD-C1", "", "'@x", "", "5", "姓名（name）：没有填 / name: is empty"],
    ]


def test_corrected_rejects_go_in_as_they_are(region: Report, take: Take, tmp_path: Path) -> None:
    report = run(files.read_path(csv_folder(tmp_path / "in", people=ROWS)), take=take, dry_run=False)
    [path] = rejects.write(report, tmp_path / "out")
    text = path.read_text("utf-8-sig").replace("NOWHERE", "LD-C1").replace("N3,LD-C1,,", "N3,LD-C1,罗雨桐,")
    text = text.replace("10002", "10005")
    path.write_text(text, "utf-8-sig")
    again = run(files.read_path(tmp_path / "out"), take=take, dry_run=False)
    assert dict(again.counts) == {"created": 2}, refusals(again)
    assert [remark.en for remark in again.remarks] == [
        "Column “备注” of sheet “people” is unknown and was left out."
    ]
    name = again.sheets[0].sheet.values(again.sheets[0].sheet.rows[0])["name"]
    assert name == "=HYPERLINK(A1)"


def test_rejected_twice_has_one_reason(region: Report, take: Take, tmp_path: Path) -> None:
    report = run(files.read_path(csv_folder(tmp_path / "in", people=ROWS)), take=take, dry_run=False)
    rejects.write(report, tmp_path / "out")
    again = run(files.read_path(tmp_path / "out"), take=take, dry_run=False)
    [path] = rejects.write(again, tmp_path / "out again")
    header, first, second = records(path.read_bytes())
    assert header == [*PEOPLE, "row / 行号", "reason / 原因"]
    assert [first[-2], second[-2]] == ["2", "3"]


def test_a_workbook_comes_back_as_a_workbook(
    region: Report, hand_in: Callable[..., Report], tmp_path: Path
) -> None:
    availability = [
        ["person", "kind", "on", "starts", "ends"],
        ["X9", "away", date(2026, 3, 4), time(18, 30), 0.875],
        ["L2", "away", date(2026, 3, 4), None, None],
    ]
    report = hand_in({"people": ROWS, "availability": availability})
    [path] = rejects.write(report, tmp_path / "out" / "rejects.xlsx")
    book = CalamineWorkbook.from_path(str(path))
    assert book.sheet_names == ["people", "availability"]
    header, second, third = book.get_sheet_by_name("people").to_python()
    assert header == [*PEOPLE, "row / 行号", "reason / 原因"]
    assert second[:6] == ["N2", "NOWHERE", "=HYPERLINK(A1)", "+1", "10002", 3.0]
    assert third[:6] == ["N3", "LD-C1", "", "@x", "", 5.0]
    _, away = book.get_sheet_by_name("availability").to_python()
    assert away[:6] == ["X9", "away", date(2026, 3, 4), time(18, 30), 0.875, 2.0]
    assert b"<f>" not in whole(path)


def test_a_corrected_workbook_goes_in_as_it_is(
    region: Report, hand_in: Callable[..., Report], take: Take, tmp_path: Path
) -> None:
    report = hand_in({"people": ROWS})
    [path] = rejects.write(report, tmp_path / "rejects.xlsx")
    book = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("people").to_python()
    book[1][1], book[1][4], book[2][2] = "LD-C1", 10005, "罗雨桐"
    path.write_bytes(workbook_bytes({"people": book}))
    again = run(files.read_path(path), take=take, dry_run=False)
    assert dict(again.counts) == {"created": 2}, refusals(again)


def test_nothing_is_written_when_nothing_was_refused(
    region: Report, hand_in: Callable[..., Report], tmp_path: Path
) -> None:
    assert rejects.write(hand_in({"people": ROWS[:2]}), tmp_path / "out.xlsx") == []
    assert list(tmp_path.glob("out*")) == []


def test_a_cell_too_long_comes_back_whole(region: Report, take: Take, tmp_path: Path) -> None:
    rows = [PEOPLE, ["N1", "LD-C1", "王" * 40_000, "", ""]]
    report = run(files.read_path(csv_folder(tmp_path / "in", people=rows)), take=take, dry_run=False)
    assert refusals(report) == [("people", 2, "name: is longer than 32767 characters")]
    [path] = rejects.write(report, tmp_path / "out")
    assert records(path.read_bytes())[1][2] == "王" * 40_000


def whole(path: Path) -> bytes:
    """All parts of a workbook, unpacked."""
    with zipfile.ZipFile(path) as packed:
        return b"".join(packed.read(name) for name in packed.namelist())
