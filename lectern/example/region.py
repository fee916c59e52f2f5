"""The files of `examples/region` into the databases, by the code that imports everybody's files.

Their dates are written relative to the day of loading, which the importer itself does not know:
`today`, `today+30d`, `today-200d` and `year-start` become dates here.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from gateway.importing import files
from gateway.importing.run import Report, run
from gateway.importing.sheets import Cell, FileRow, Workbook

from lectern.example.stage import Stage
from lectern.importing.local import taker

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "region"


class ExampleIsRefused(Exception):
    """A row of the example is not as it should be: it must be loaded whole or not at all."""


def read(*, today: date, folder: Path = FOLDER) -> Workbook:
    """The region's files, dated around `today`."""
    workbook = files.read_path(folder)
    sheets = tuple(
        replace(
            sheet,
            rows=tuple(
                FileRow(row.number, tuple(_dated(cell, today=today) for cell in row.cells))
                for row in sheet.rows
            ),
        )
        for sheet in workbook.sheets
    )
    return replace(workbook, sheets=sheets)


def take_in(stage: Stage, *, today: date) -> Report:
    """Import the region; a row that is refused is a mistake in the example."""
    take = taker(stage.directory, stage.embedded.rpc, stage.settings.secret)
    report = run(read(today=today), take=take, dry_run=False)
    for sheet in report.sheets:
        for refused in sheet.refused:
            raise ExampleIsRefused(f"{sheet.sheet.source} row {refused.row.number}: {refused.en}")
    return report


def _dated(cell: Cell, *, today: date) -> Cell:
    """A relative date as a date; every other cell as it is."""
    if not isinstance(cell, str):
        return cell
    if cell == "year-start":
        return today.replace(month=1, day=1).isoformat()
    match = re.fullmatch(r"today(?:([+-]\d+)d)?", cell)
    return (today + timedelta(days=int(match[1] or 0))).isoformat() if match else cell
