"""One row: from cells by column name to values, or all that is wrong with it in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway.importing.cells import BadCell, read_cell
from gateway.importing.columns import Column, SheetKind
from gateway.importing.sheets import MAX_CELL


class BadRow(Exception):
    """The row cannot be taken; `zh` and `en` name every cell that is wrong and why."""

    def __init__(self, *problems: BadCell) -> None:
        self.zh = "；".join(problem.zh for problem in problems)
        self.en = "; ".join(problem.en for problem in problems)
        super().__init__(self.en)

    @classmethod
    def because(cls, zh: str, en: str) -> BadRow:
        """A row refused for one reason that is no single cell's."""
        return cls(BadCell(zh, en))


def read_row(kind: SheetKind, number: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """The row's values by column name, with its number as `row`; blank optional cells are absent.

    Raises BadRow.
    """
    problems: list[BadCell] = []
    row: dict[str, Any] = {"row": number}
    known = {column.name: column for column in kind.columns}
    for name in values:
        if name not in known:
            problems.append(BadCell(f"不认识的列“{_shown(name)}”", f"unknown column “{_shown(name)}”"))
    for column in kind.columns:
        cell = values.get(column.name)
        if cell is None or (isinstance(cell, str) and not cell.strip()) or cell == []:
            if column.required:
                problems.append(_about(column, BadCell("没有填", "is empty")))
            continue
        try:
            if isinstance(cell, str) and len(cell) > MAX_CELL:
                raise BadCell(f"超过 {MAX_CELL} 字", f"is longer than {MAX_CELL} characters")
            row[column.name] = read_cell(column, cell)
        except BadCell as problem:
            problems.append(_about(column, problem))
    if not problems:
        problems = [problem for check in _CHECKS.get(kind.name, ()) for problem in check(row)]
    if problems:
        raise BadRow(*problems)
    return row


def _shown(name: str) -> str:
    """A name from outside as it can be shown: short, and without what cannot be printed."""
    return "".join(character if character.isprintable() else "\ufffd" for character in name[:40])


def key_of(kind: SheetKind, row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What makes two rows of a sheet speak of the same thing."""
    return tuple(row.get(name) for name in kind.key)


def _about(column: Column, problem: BadCell) -> BadCell:
    return BadCell(f"{column.title}（{column.name}）：{problem.zh}", f"{column.name}: {problem.en}")


def _both_coordinates(row: dict[str, Any]) -> list[BadCell]:
    if ("latitude" in row) == ("longitude" in row):
        return []
    return [BadCell("纬度和经度要么都填，要么都不填", "latitude and longitude go together")]


def _period(row: dict[str, Any]) -> list[BadCell]:
    if row["ends_on"] >= row["starts_on"]:
        return []
    return [BadCell("结束日期早于开始日期", "ends_on is before starts_on")]


def _two_sides(row: dict[str, Any]) -> list[BadCell]:
    if row["lender"] != row["borrower"]:
        return []
    return [BadCell("出借单位和借用单位相同", "lender and borrower are the same")]


def _one_kind_of_day(row: dict[str, Any]) -> list[BadCell]:
    if ("weekday" in row) != ("on" in row):
        return []
    return [BadCell("星期和日期要填一个，且只填一个", "fill in either weekday or on")]


def _hours(row: dict[str, Any]) -> list[BadCell]:
    if "starts" in row and "ends" in row:
        if row["ends"] > row["starts"]:
            return []
        return [BadCell("结束时间不晚于开始时间", "ends is not after starts")]
    if "starts" not in row and "ends" not in row and row["kind"] == "away" and "on" in row:
        return []
    return [
        BadCell("要填开始和结束时间（整天请假可都不填）", "fill in starts and ends (a day away needs none)")
    ]


_CHECKS: dict[str, tuple[Callable[[dict[str, Any]], list[BadCell]], ...]] = {
    "organisations": (_both_coordinates,),
    "venues": (_both_coordinates,),
    "lecturers": (_both_coordinates,),
    "agreements": (_period, _two_sides),
    "availability": (_one_kind_of_day, _hours),
}
