"""Reading what people hand in: a folder of CSV files, one CSV file, or an Excel workbook.

CSV may be UTF-8 with or without a byte order mark, GB18030 (what Excel writes on a Chinese Windows) or
UTF-16, separated by commas, semicolons or tabs.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from gateway.importing.sheets import MAX_CELL, CannotRead, Cell, NothingToImport, Sheet, Workbook, read_sheet
from gateway.importing.workbooks import read_workbook

MAX_BYTES = 64 * 1024 * 1024


class NoSuchFile(CannotRead):
    """There is no file or folder of this name."""

    zh = "找不到“{name}”。请检查路径。"
    en = "“{name}” was not found. Please check the path."


class NotASpreadsheet(CannotRead):
    """The file is neither CSV nor xlsx."""

    zh = "“{name}”不是 CSV 或 xlsx 文件。请在 Excel 或 WPS 里另存为 .xlsx 或 .csv。"
    en = "“{name}” is neither CSV nor xlsx. Please save it as .xlsx or .csv in Excel or WPS."


class FileIsTooLarge(CannotRead):
    """The file is larger than an import takes."""

    zh = "“{name}”超过 {most} MB。请分成几个文件导入。"
    en = "“{name}” is larger than {most} MB. Please import it in several files."


class NotText(CannotRead):
    """The CSV file is in an encoding we do not know, or no text at all."""

    zh = "“{name}”不是 UTF-8 或 GB18030 编码的文本。请另存为“CSV UTF-8”。"
    en = "“{name}” is no text in UTF-8 or GB18030. Please save it as “CSV UTF-8”."


class BrokenCsv(CannotRead):
    """A quotation mark is not closed, so the rest of the file runs into one cell."""

    zh = "“{name}”第 {row} 行读不下去：单元格太长，或者引号没有成对。"
    en = "“{name}” cannot be read at row {row}: a cell is too long, or a quotation mark is not closed."


def read_path(path: Path) -> Workbook:
    """A folder of CSV files, a CSV file or a workbook; raises CannotRead."""
    try:
        if path.is_dir():
            return _read_folder(path)
        if not path.is_file():
            raise NoSuchFile(name=path.name)
        if path.stat().st_size > MAX_BYTES:
            raise FileIsTooLarge(name=path.name, most=MAX_BYTES >> 20)
        return read_upload(path.name, path.read_bytes())
    except OSError as error:
        raise NoSuchFile(name=f"{path.name}: {error.strerror}") from error


def read_upload(name: str, content: bytes) -> Workbook:
    """One file as it was sent; the name decides what a CSV file is a sheet of."""
    if len(content) > MAX_BYTES:
        raise FileIsTooLarge(name=name, most=MAX_BYTES >> 20)
    suffix = Path(name).suffix.lower()
    if suffix in {".xlsx", ".xlsm"}:
        return _checked(read_workbook(name, content))
    if suffix != ".csv":
        raise NotASpreadsheet(name=name)
    sheet, remarks = read_sheet(Path(name).stem, read_csv(name, content))
    return _checked(Workbook(name, "csv", (sheet,) if sheet else (), tuple(remarks)))


def _read_folder(folder: Path) -> Workbook:
    sheets: list[Sheet] = []
    remarks = []
    total = 0
    for path in sorted(path for path in folder.iterdir() if path.suffix.lower() == ".csv"):
        total += path.stat().st_size
        if total > MAX_BYTES:
            raise FileIsTooLarge(name=folder.name, most=MAX_BYTES >> 20)
        sheet, more = read_sheet(path.stem, read_csv(path.name, path.read_bytes()))
        remarks += more
        if sheet is not None:
            sheets.append(sheet)
    return _checked(Workbook(folder.name, "csv", tuple(sheets), tuple(remarks)))


def _checked(workbook: Workbook) -> Workbook:
    if not workbook.sheets:
        raise NothingToImport()
    return workbook


def read_csv(name: str, content: bytes) -> Iterator[list[Cell]]:
    """The records of a CSV file, blank lines included, so that counting them gives Excel's row numbers."""
    text = _decode(name, content)
    csv.field_size_limit(4 * MAX_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    number = 0
    while True:
        number += 1
        try:
            record = next(reader, None)
        except csv.Error as error:
            raise BrokenCsv(name=name, row=number) from error
        if record is None:
            return
        yield [_unquoted(cell) for cell in record]


def _decode(name: str, content: bytes) -> str:
    is_utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if is_utf16 else ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise NotText(name=name)


def _delimiter(text: str) -> str:
    """The separator that the first line with text uses most; a comma where none is used."""
    first = next((line for line in io.StringIO(text) if line.strip()), "")
    return max((",", "\t", ";"), key=first.count)


def _unquoted(cell: str) -> str:
    """A cell without the mark that keeps a spreadsheet program from taking it for a formula."""
    return cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in FORMULA_STARTS else cell


FORMULA_STARTS = frozenset("=+-@\t\r＝＋－\uff20'")
