"""Cells and rows: what people type becomes values, or a sentence that names the cell."""

from __future__ import annotations

from typing import Any

import pytest
from gateway.importing.cells import BadCell, read_cell
from gateway.importing.columns import BY_NAME, SHEETS, Column
from gateway.importing.rows import BadRow, read_row
from gateway.importing.words import BOOKS


def column(sheet: str, name: str) -> Column:
    return next(column for column in BY_NAME[sheet].columns if column.name == name)


@pytest.mark.parametrize(
    ("sheet", "name", "cell", "value"),
    [
        ("people", "code", " LD－001 ", "LD-001"),
        ("people", "code", 17.0, "17"),
        ("people", "name", "\u3000孟 \n 晓彤\u200b", "孟 晓彤"),
        ("people", "phone", 13800138000.0, "13800138000"),
        ("people", "phone", "+86 (021) 5686-0000", "+8602156860000"),
        (
            "people",
            "roles",
            "学员；校委会委员@LD-SCHOOL, lecturer",
            ["learner", "council_member@LD-SCHOOL", "lecturer"],
        ),
        ("people", "roles", ["learner", "learner"], ["learner"]),
        ("people", "audience", "“两新”组织党员", "two_new"),
        ("people", "email", " A.b@example.org ", "A.b@example.org"),
        ("people", "login", "LD-Staff", "ld-staff"),
        ("people", "active", "否", False),
        ("topics", "form", "专题讲座", "lecture"),
        ("topics", "form", "Site Teaching", "site_teaching"),
        ("topics", "duration_minutes", "９０分钟", 90),
        ("topics", "audiences", "农村、社区", ["rural", "community"]),
        ("topics", "published", 1.0, True),
        ("topics", "summary", "第一段\n第二段", "第一段\n第二段"),
        ("venues", "capacity", "1,200", 1200),
        ("venues", "latitude", "31\uff0e4139", 31.4139),
        ("agreements", "starts_on", "2025年3月1日", "2025-03-01"),
        ("agreements", "starts_on", "2025/3/1", "2025-03-01"),
        ("agreements", "starts_on", "20250301", "2025-03-01"),
        ("agreements", "starts_on", 45717.0, "2025-03-01"),
        ("agreements", "starts_on", "2025-03-01 00:00", "2025-03-01"),
        ("availability", "starts", "18：30", "18:30"),
        ("availability", "starts", "下午6点30分", "18:30"),
        ("availability", "starts", "9时", "09:00"),
        ("availability", "starts", 0.7708333333, "18:30"),
        ("availability", "starts", "18:30:00", "18:30"),
        ("availability", "weekday", "周日", 7),
        ("availability", "weekday", 3.0, 3),
        ("availability", "kind", "请假", "away"),
        ("lecturers", "topics", "LD-T01；LD-T02;LD-T01", ["LD-T01", "LD-T02"]),
    ],
)
def test_a_cell_says(sheet: str, name: str, cell: Any, value: Any) -> None:
    found = read_cell(column(sheet, name), cell)
    assert found == value
    assert type(found) is type(value)
    assert read_cell(column(sheet, name), found) == value  # what was read may be sent and read again


@pytest.mark.parametrize(
    ("sheet", "name", "cell", "why"),
    [
        ("people", "code", "A B", "a code has no blank, comma, semicolon, @ or /"),
        ("people", "code", "x" * 65, "is longer than 64 characters"),
        ("people", "name", "王\0", "holds characters that cannot be kept"),
        ("people", "name", "\ud800", "holds characters that cannot be kept"),
        ("people", "name", "#N/A", "the cell holds a formula error"),
        ("people", "name", {"a": 1}, "is neither text nor a number"),
        ("people", "name", "王" * 121, "is longer than 120 characters"),
        ("people", "roles", "校长大人", "“校长大人” is none of: operator, principal, vice_principal,"),
        ("people", "roles", "learner@", "an organisation's code must follow the @"),
        ("people", "email", "nobody", "must be an e-mail address"),
        ("people", "phone", "call me", "must be a telephone number"),
        ("people", "login", "x", "a login has 3 to 64 characters and no blank"),
        ("topics", "duration_minutes", "1.5", "must be a whole number"),
        ("topics", "duration_minutes", True, "must be a whole number"),
        ("topics", "duration_minutes", 9000, "must lie between 5 and 720"),
        ("venues", "latitude", "nan", "must be a number"),
        ("venues", "latitude", 91, "must lie between -90 and 90"),
        ("agreements", "starts_on", "today-30d", "must be a date such as 2025-11-26"),
        ("agreements", "starts_on", "2025-02-30", "must be a date such as 2025-11-26"),
        ("availability", "starts", "25:00", "must be a time such as 18:30"),
        ("availability", "starts", "half past six", "must be a time such as 18:30"),
        ("availability", "weekday", 8, "“8” is none of: 1, 2, 3, 4, 5, 6, 7"),
    ],
)
def test_a_cell_that_says_nothing_useful(sheet: str, name: str, cell: Any, why: str) -> None:
    with pytest.raises(BadCell) as bad:
        read_cell(column(sheet, name), cell)
    assert bad.value.en.startswith(why)
    assert bad.value.zh != bad.value.en


def test_a_row_names_every_cell_that_is_wrong() -> None:
    cells = {"code": "P1", "name": "", "email": "nobody", "shoe": 41}
    with pytest.raises(BadRow) as bad:
        read_row(BY_NAME["people"], 7, cells)
    assert bad.value.en == (
        "unknown column “shoe”; organisation: is empty; name: is empty; email: must be an e-mail address"
    )
    assert bad.value.zh == (
        "不认识的列“shoe”；单位代码（organisation）：没有填；姓名（name）：没有填；邮箱（email）：应是电子邮箱"
    )


AVAILABLE = {"person": "P1", "kind": "free", "weekday": "3", "starts": "18:30", "ends": "21:30"}


@pytest.mark.parametrize(
    ("sheet", "cells", "why"),
    [
        ("availability", AVAILABLE | {"on": "2025-11-26"}, "fill in either weekday or on"),
        ("availability", AVAILABLE | {"weekday": ""}, "fill in either weekday or on"),
        ("availability", AVAILABLE | {"ends": "18:30"}, "ends is not after starts"),
        ("availability", AVAILABLE | {"ends": ""}, "fill in starts and ends (a day away needs none)"),
        (
            "agreements",
            {
                "code": "A1",
                "lender": "X",
                "borrower": "X",
                "starts_on": "2025-02-01",
                "ends_on": "2025-01-01",
                "quota_sessions": 3,
                "approval": "automatic",
            },
            "ends_on is before starts_on; lender and borrower are the same",
        ),
        (
            "venues",
            {"code": "R", "organisation": "O", "name": "n", "capacity": 5, "latitude": 31},
            "latitude and longitude go together",
        ),
    ],
)
def test_cells_that_do_not_go_together(sheet: str, cells: dict[str, Any], why: str) -> None:
    with pytest.raises(BadRow) as bad:
        read_row(BY_NAME[sheet], 2, cells)
    assert bad.value.en == why


def test_a_whole_day_away_needs_no_hours() -> None:
    cells = {"person": "P1", "kind": "away", "on": "2025-11-26"}
    assert read_row(BY_NAME["availability"], 2, cells) == {"row": 2, **cells}


def test_every_header_of_a_sheet_names_one_column() -> None:
    for sheet in SHEETS:
        for known in sheet.columns:
            assert sheet.column_of(known.name) is known
            assert sheet.column_of(known.title) is known, (sheet.name, known.title)
            assert not known.book or known.book in BOOKS
