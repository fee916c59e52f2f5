"""What people hand in: encodings, headers, row numbers, what Excel stores, and files made to do harm."""

from __future__ import annotations

import io
import zipfile
from datetime import date, time
from pathlib import Path

import pytest
from gateway.importing import files, sheets, workbooks
from gateway.importing.sheets import CannotRead, Workbook

from .files import csv_bytes, csv_folder, workbook_bytes

PEOPLE = ["代码", "单位代码", "姓名", "手机"]
PERSON = ["P1", "LD-C1", "孟晓彤", "10001000001"]


def only_sheet(workbook: Workbook) -> sheets.Sheet:
    assert len(workbook.sheets) == 1
    return workbook.sheets[0]


def table(workbook: Workbook) -> list[tuple[int, dict[str, object]]]:
    sheet = only_sheet(workbook)
    return [(row.number, sheet.values(row)) for row in sheet.rows]


EXPECTED = {"code": "P1", "organisation": "LD-C1", "name": "孟晓彤", "phone": "10001000001"}


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8-sig", ","), ("utf-8", ","), ("gb18030", ","), ("gbk", ";"), ("utf-16", "\t"), ("utf-8", "\t")],
)
def test_csv_in_the_encodings_that_spreadsheet_programs_write(encoding: str, delimiter: str) -> None:
    content = csv_bytes([PEOPLE, PERSON], encoding=encoding, delimiter=delimiter)
    assert table(files.read_upload("people.csv", content)) == [(2, EXPECTED)]


def test_sheet_and_headers_in_chinese_or_english_with_stars_and_notes() -> None:
    header = ["Code *", " 单位代码（必填）", "姓 名", "MOBILE"]
    assert table(files.read_upload("人员.csv", csv_bytes([header, PERSON]))) == [(2, EXPECTED)]


def test_row_numbers_are_those_of_the_spreadsheet_program() -> None:
    second = ["P2", "LD-C1", "两行\n名字", ""]
    third = ["P3", "LD-C1", "乐凤仪", ""]
    content = csv_bytes([PEOPLE, PERSON, [], ["", " ", "", ""], second, third])
    assert [number for number, _ in table(files.read_upload("people.csv", content))] == [2, 5, 6]


def test_row_numbers_of_a_workbook_with_a_title_and_blank_rows() -> None:
    content = workbook_bytes({"人员": [[], ["罗店镇党员名册"], PEOPLE, [], PERSON, [], ["P2"]]})
    assert [number for number, _ in table(files.read_upload("x.xlsx", content))] == [5, 7]


def test_excel_stores_numbers_dates_and_times_in_its_own_way() -> None:
    header = ["person", "kind", "weekday", "on", "starts", "ends"]
    row = [101, "free", 3, date(2025, 11, 26), time(18, 30), 0.875]
    content = workbook_bytes({"availability": [header, row]})
    assert table(files.read_upload("x.xlsx", content)) == [
        (
            2,
            {
                "person": 101.0,
                "kind": "free",
                "weekday": 3.0,
                "on": "2025-11-26",
                "starts": "18:30",
                "ends": 0.875,
            },
        )
    ]


def test_unknown_columns_and_sheets_are_told_and_left_out() -> None:
    content = workbook_bytes({"people": [[*PEOPLE, "血型"], [*PERSON, "A"]], "备忘": [["x"]]})
    workbook = files.read_upload("x.xlsx", content)
    assert table(workbook) == [(2, EXPECTED)]
    assert [remark.en for remark in workbook.remarks] == [
        "Column “血型” of sheet “people” is unknown and was left out.",
        "Sheet “备忘” is unknown and was left out.",
    ]


def test_a_doubled_and_a_missing_column_are_told() -> None:
    content = csv_bytes([["code", "代码", "name"], ["P1", "P2", "孟晓彤"]])
    workbook = files.read_upload("people.csv", content)
    assert table(workbook) == [(2, {"code": "P1", "name": "孟晓彤"})]
    assert [remark.en for remark in workbook.remarks] == [
        "Sheet “people” has column “代码” twice; only the first is used.",
        "Sheet “people” lacks required columns: organisation.",
    ]


def test_a_folder_holds_a_file_for_each_sheet(tmp_path: Path) -> None:
    folder = csv_folder(tmp_path / "in", people=[PEOPLE, PERSON], 片区=[["code", "name"], ["LD", "罗店镇"]])
    (folder / "notes.txt").write_text("not read")
    workbook = files.read_path(folder)
    assert [sheet.kind.name for sheet in workbook.sheets] == ["people", "districts"]
    assert workbook.form == "csv"


def test_text_that_looks_like_a_formula_is_text_and_loses_only_the_mark() -> None:
    names = ["=1+1", "'=1+1", "'普通", "+86 100", "-3"]
    content = csv_bytes([PEOPLE, *(["P", "O", name, ""] for name in names)])
    found = [values["name"] for _, values in table(files.read_upload("people.csv", content))]
    assert found == ["=1+1", "=1+1", "'普通", "+86 100", "-3"]
    content = workbook_bytes({"people": [PEOPLE, *(["P", "O", name, ""] for name in names)]})
    assert [values["name"] for _, values in table(files.read_upload("x.xlsx", content))] == names


def refused(name: str, content: bytes) -> str:
    with pytest.raises(CannotRead) as refusal:
        files.read_upload(name, content)
    problem = refusal.value.problem()
    assert problem["status"] == 422
    assert problem["zh"]
    return str(problem["code"])


def test_files_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    assert refused("people.pdf", b"%PDF") == "not_a_spreadsheet"
    assert refused("people.csv", b"\x00\x01\x02") == "not_text"
    assert refused("people.csv", b"\xff\xfe\x00\xd8") == "not_text"
    assert refused("people.csv", "代码,单位代码\n\ud800".encode("utf-8", "surrogatepass")) == "not_text"
    assert refused("people.csv", b"") == "nothing_to_import"
    assert refused("notes.csv", csv_bytes([PEOPLE, PERSON])) == "nothing_to_import"
    assert refused("people.csv", b'code,name\n"' + b"x" * 200_000) == "broken_csv"
    assert refused("x.xlsx", b"PK\x03\x04 nonsense") == "workbook_is_damaged"
    assert refused("x.xlsx", b"\xd0\xcf\x11\xe0" + bytes(600)) == "workbook_is_protected"
    with pytest.raises(files.NoSuchFile):
        files.read_path(tmp_path / "nowhere")


def test_a_file_beyond_the_limits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 1_000)
    assert refused("people.csv", csv_bytes([PEOPLE] + [PERSON] * 50)) == "file_is_too_large"
    monkeypatch.undo()
    monkeypatch.setattr(sheets, "MAX_ROWS", 20)
    assert refused("people.csv", csv_bytes([PEOPLE] + [PERSON] * 50)) == "too_many_rows"


def repacked(content: bytes, **parts: bytes) -> bytes:
    """A workbook with some of its parts replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            key = name.rpartition("/")[2].partition(".")[0]
            new.writestr(name, parts.get(key, old.read(name)))
    return out.getvalue()


def sheet_xml(cells: str) -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}"><sheetData>{cells}</sheetData></worksheet>'.encode()


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = repacked(workbook_bytes({"people": [PEOPLE]}), theme1=b"<a>" + b" " * 140_000_000 + b"</a>")
    assert len(bomb) < 200_000
    assert refused("x.xlsx", bomb) == "workbook_is_too_large"


def test_two_cells_in_opposite_corners_are_refused() -> None:
    corners = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    bomb = repacked(workbook_bytes({"people": [PEOPLE]}), sheet1=sheet_xml(corners))
    assert refused("x.xlsx", bomb) == "workbook_is_too_large"


def test_one_long_text_referred_to_very_often_is_refused() -> None:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    shared = f'<sst xmlns="{space}"><si><t>{"长" * 30_000}</t></si></sst>'.encode()
    cells = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, 5_001))
    bomb = repacked(workbook_bytes({"people": [PEOPLE]}), sheet1=sheet_xml(cells), sharedStrings=shared)
    assert refused("x.xlsx", bomb) == "workbook_is_too_large"


def test_a_document_type_is_refused() -> None:
    evil = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + sheet_xml("")
    bomb = repacked(workbook_bytes({"people": [PEOPLE]}), sheet1=evil)
    assert refused("x.xlsx", bomb) == "workbook_is_damaged"


def test_the_reader_gets_what_was_counted_whatever_the_directory_claims() -> None:
    """The sizes in a zip's directory are only claims; a reader that trusts the data would unpack more."""
    honest = workbook_bytes({"people": [PEOPLE, PERSON]})
    assert workbooks.read_workbook("x.xlsx", honest).sheets[0].rows[0].number == 2
    with zipfile.ZipFile(io.BytesIO(honest)) as packed:
        part = packed.getinfo("xl/worksheets/sheet1.xml")
    claimed = part.file_size.to_bytes(4, "little")
    lying = honest.replace(claimed, (part.file_size - 40).to_bytes(4, "little"))
    assert lying != honest
    assert refused("x.xlsx", lying) == "workbook_is_damaged"
