"""Handing bad rows back in the shape they came in, with their row number and the reason.

What a person corrects there is imported again as it is: the two added columns are known and left out. Text
that a spreadsheet program would take for a formula stays text, in both forms.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter

from gateway.importing.columns import ADDED_HEADERS, REASON_HEADER, ROW_HEADER
from gateway.importing.files import FORMULA_STARTS
from gateway.importing.run import Report, SheetReport
from gateway.importing.sheets import MAX_CELL, Cell, as_json
from gateway.importing.words import plain

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_NO_FORMULAS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_WIDTH = 18
_WIDE = 60


def write(report: Report, target: Path) -> list[Path]:
    """Write the refused rows: into the folder `target` for CSV, as the file `target` for a workbook.

    Answers what was written, which is nothing when no row was refused.
    """
    refused = [sheet for sheet in report.sheets if sheet.refused]
    if not refused:
        return []
    if report.workbook.form == "xlsx":
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(workbook_bytes(report))
        return [target]
    target.mkdir(parents=True, exist_ok=True)
    paths = []
    for sheet in refused:
        path = target / f"{sheet.sheet.source}.csv"
        path.write_bytes(csv_bytes(sheet))
        paths.append(path)
    return paths


def csv_bytes(report: SheetReport) -> bytes:
    """The refused rows of one sheet as CSV that Excel opens rightly."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    for record in _records(report):
        writer.writerow([_quoted(cell) for cell in record])
    return text.getvalue().encode("utf-8-sig", errors="replace")


def workbook_bytes(report: Report) -> bytes:
    """The refused rows of all sheets as a workbook, dates and times as such."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, _NO_FORMULAS) as book:
        formats = {
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "datetime": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            "time": book.add_format({"num_format": "hh:mm"}),
            "header": book.add_format({"bold": True}),
        }
        for sheet in report.sheets:
            if not sheet.refused:
                continue
            page = book.add_worksheet(sheet.sheet.source)
            page.freeze_panes(1, 0)
            width = 0
            for at, record in enumerate(_records(sheet)):
                width = max(width, len(record))
                for column, cell in enumerate(record):
                    _write_cell(page, at, column, cell, formats)
            page.set_column(0, width - 3, _WIDTH)
            page.set_column(width - 1, width - 1, _WIDE)
    return content.getvalue()


def _records(report: SheetReport) -> Iterator[list[Cell]]:
    """The header and the refused rows as they came, with number and reason behind them."""
    sheet = report.sheet
    kept = [at for at, header in enumerate(sheet.headers) if plain(header) not in ADDED_HEADERS]
    yield [*(sheet.headers[at] for at in kept), ROW_HEADER, REASON_HEADER]
    for refused in report.refused:
        cells = refused.row.cells
        reason = f"{refused.zh} / {refused.en}"
        yield [*(cells[at] if at < len(cells) else None for at in kept), refused.row.number, reason]


def _quoted(cell: Cell) -> Any:
    """A CSV cell; a mark that `files` takes off again keeps text from being run as a formula."""
    if not isinstance(cell, str):
        return as_json(cell)
    if cell and cell[0] in FORMULA_STARTS and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def _write_cell(page: Any, row: int, column: int, cell: Cell, formats: dict[str, Any]) -> None:
    if isinstance(cell, str):
        page.write_string(row, column, cell[:MAX_CELL], formats["header"] if row == 0 else None)
    elif isinstance(cell, bool):
        page.write_boolean(row, column, cell)
    elif isinstance(cell, (int, float)):
        page.write_number(row, column, cell)
    elif isinstance(cell, datetime):
        page.write_datetime(row, column, cell, formats["datetime"])
    elif isinstance(cell, date):
        page.write_datetime(row, column, cell, formats["date"])
    elif isinstance(cell, (time, timedelta)):
        page.write_datetime(row, column, cell, formats["time"])
