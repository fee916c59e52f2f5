"""A file as read: sheets of rows of raw cells, with the row numbers that a spreadsheet program shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from contracts.errors import Refusal

from gateway.importing.columns import ADDED_HEADERS, Column, SheetKind, sheet_of
from gateway.importing.words import plain

MAX_ROWS = 200_000
MAX_COLUMNS = 200
MAX_CELL = 32_767  # what a cell of Excel can hold
_HEADER_WITHIN = 10  # a title may stand above the header

Cell = str | int | float | bool | date | time | datetime | timedelta | None


class CannotRead(Refusal):
    """The file as a whole cannot be read; nothing of it was taken."""

    status = 422


class TooManyRows(CannotRead):
    """One sheet holds more rows than an import takes at once."""

    zh = "“{sheet}”超过 {most} 行。请分成几个文件导入。"
    en = "“{sheet}” has more than {most} rows. Please import it in several files."


class NothingToImport(CannotRead):
    """No sheet of the file is one that an import knows."""

    zh = "没有找到可导入的表。文件名或工作表名应为 districts、organisations、people 等，或其中文名。"
    en = "No sheet to import was found. Name files or tabs districts, organisations, people and so on."


@dataclass(frozen=True)
class Remark:
    """Something about the file that the person who imports it should know; no row is refused for it."""

    zh: str
    en: str


@dataclass(frozen=True)
class FileRow:
    """One row of a file: its number as the spreadsheet program shows it, and its cells as they were read."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Sheet:
    """One sheet that an import knows, with the file's own headers and name."""

    kind: SheetKind
    source: str
    headers: tuple[str, ...]
    columns: tuple[Column | None, ...]
    rows: tuple[FileRow, ...]

    def values(self, row: FileRow) -> dict[str, Any]:
        """The cells of the known columns that are not blank, as JSON values by column name."""
        found: dict[str, Any] = {}
        for column, cell in zip(self.columns, row.cells, strict=False):
            if column is not None and column.name not in found and not is_blank(cell):
                found[column.name] = as_json(cell)
        return found


@dataclass(frozen=True)
class Workbook:
    """What was read, and in which form the rejects go back."""

    name: str
    form: Literal["csv", "xlsx"]
    sheets: tuple[Sheet, ...]
    remarks: tuple[Remark, ...] = field(default=())


def is_blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def as_json(cell: Cell) -> str | int | float | bool | None:
    """A cell as JSON: dates as 2025-11-26, times as 18:30, a date with a time as both."""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "minutes")
    if isinstance(cell, time):
        return cell.isoformat("minutes")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        minutes = round(cell.total_seconds() / 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    return cell


def read_sheet(source: str, records: Iterable[Iterable[Cell]]) -> tuple[Sheet | None, list[Remark]]:
    """A sheet out of its records, blank ones included; None when its name or its header is unknown."""
    kind = sheet_of(source)
    if kind is None:
        return None, [
            Remark(f"不认识的表“{source}”，没有导入。", f"Sheet “{source}” is unknown and was left out.")
        ]
    numbered = _numbered(source, records)
    header = _find_header(kind, numbered)
    if header is None:
        return None, [
            Remark(
                f"表“{source}”没有找到表头，没有导入。第一行应为列名。",
                f"Sheet “{source}” has no header and was left out. Its first row must name the columns.",
            )
        ]
    headers = tuple("" if is_blank(cell) else str(cell).strip() for cell in header.cells[:MAX_COLUMNS])
    columns, remarks = _columns_of(kind, source, headers)
    rows = tuple(FileRow(row.number, row.cells[:MAX_COLUMNS]) for row in numbered)
    return Sheet(kind, source, headers, columns, rows), remarks


def _numbered(source: str, records: Iterable[Iterable[Cell]]) -> Iterator[FileRow]:
    taken = 0
    for number, record in enumerate(records, start=1):
        cells = tuple(record)
        if all(is_blank(cell) for cell in cells):
            continue
        taken += 1
        if taken > MAX_ROWS:
            raise TooManyRows(sheet=source, most=MAX_ROWS)
        yield FileRow(number, cells)


def _find_header(kind: SheetKind, rows: Iterator[FileRow]) -> FileRow | None:
    """The first row that names at least two columns; what stands above it is a title."""
    for _ in range(_HEADER_WITHIN):
        row = next(rows, None)
        if row is None:
            return None
        named = {kind.column_of(str(cell)) for cell in row.cells[:MAX_COLUMNS] if not is_blank(cell)}
        if len(named - {None}) >= min(2, len(kind.columns)):
            return row
    return None


def _columns_of(
    kind: SheetKind, source: str, headers: tuple[str, ...]
) -> tuple[tuple[Column | None, ...], list[Remark]]:
    columns: list[Column | None] = []
    remarks: list[Remark] = []
    for header in headers:
        column = kind.column_of(header) if header else None
        if column is not None and column in columns:
            remarks.append(
                Remark(
                    f"表“{source}”里“{header}”一列重复，只用第一列。",
                    f"Sheet “{source}” has column “{header}” twice; only the first is used.",
                )
            )
            column = None
        elif header and column is None and plain(header) not in ADDED_HEADERS:
            remarks.append(
                Remark(
                    f"表“{source}”里不认识的列“{header}”，没有导入。",
                    f"Column “{header}” of sheet “{source}” is unknown and was left out.",
                )
            )
        columns.append(column)
    missing = [column for column in kind.columns if column.required and column not in columns]
    if missing:
        zh = "、".join(f"{column.title}（{column.name}）" for column in missing)
        en = ", ".join(column.name for column in missing)
        remarks.append(
            Remark(f"表“{source}”缺少必填的列：{zh}。", f"Sheet “{source}” lacks required columns: {en}.")
        )
    return tuple(columns), remarks
