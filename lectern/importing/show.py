"""What is seen of an import: progress while it runs, a table of figures, the first bad rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gateway.importing.run import OUTCOMES, Progress, Report
from gateway.importing.sheets import Sheet, Workbook
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from lectern.words import choose, notes, out

_SHOWN = 10
_WORDS = {"created": "新增", "updated": "更新", "unchanged": "不变", "refused": "退回"}


@contextmanager
def progress(workbook: Workbook, zh: str, en: str) -> Iterator[Progress]:
    """A bar over all rows of a file."""
    bars = Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=notes,
        transient=True,
        disable=not notes.is_terminal,
    )
    total = sum(len(sheet.rows) for sheet in workbook.sheets)
    with bars:
        task = bars.add_task(choose(zh, en), total=total)

        def advance(sheet: Sheet, rows: int) -> None:
            bars.update(task, advance=rows, description=f"{choose(zh, en)} {name_of(sheet)}")

        yield advance


def name_of(sheet: Sheet) -> str:
    return choose(sheet.kind.headers.split("/", maxsplit=1)[0], sheet.kind.name)


def report(found: Report) -> None:
    """The figures of each sheet, what is odd about the file, and the first bad rows."""
    table = Table(box=None, padding=(0, 2), pad_edge=True)
    table.add_column(choose("表", "Sheet"))
    for outcome in OUTCOMES:
        table.add_column(choose(_WORDS[outcome], outcome), justify="right")
    for sheet in found.sheets:
        table.add_row(name_of(sheet.sheet), *(str(sheet.counts[outcome]) for outcome in OUTCOMES))
    out.print(table)
    for remark in found.remarks:
        out.print(f"• {choose(remark.zh, remark.en)}", markup=False)
    bad = [(sheet.sheet, refused) for sheet in found.sheets for refused in sheet.refused]
    for of_sheet, refused in bad[:_SHOWN]:
        number = refused.row.number
        where = choose(f"{of_sheet.source} 第 {number} 行", f"{of_sheet.source} row {number}")
        out.print(f"✗ {where}: {choose(refused.zh, refused.en)}", markup=False)
    if len(bad) > _SHOWN:
        rest = len(bad) - _SHOWN
        out.print(choose(f"  …… 还有 {rest} 行", f"  … and {rest} more"), markup=False)


def as_json(found: Report, rejects: list[Path]) -> dict[str, Any]:
    """The same for programs."""
    return {
        "dry_run": found.dry_run,
        "counts": {outcome: found.counts[outcome] for outcome in OUTCOMES},
        "sheets": [
            {
                "sheet": sheet.sheet.kind.name,
                "source": sheet.sheet.source,
                "counts": {outcome: sheet.counts[outcome] for outcome in OUTCOMES},
                "refused": [
                    {"row": refused.row.number, "zh": refused.zh, "en": refused.en}
                    for refused in sheet.refused
                ],
            }
            for sheet in found.sheets
        ],
        "remarks": [choose(remark.zh, remark.en) for remark in found.remarks],
        "rejects": [str(path) for path in rejects],
    }
