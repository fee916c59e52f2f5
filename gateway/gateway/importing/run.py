"""A whole file, from the first sheet to the last, through any `take`: in this process or over the REST API.

Rows are checked here before they are sent, so that an owner sees each thing once and in the right sequence:
sheets by what refers to what, parents before children, the first of two rows that speak of the same thing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway.importing.columns import SHEETS, SheetKind
from gateway.importing.planned import Planned
from gateway.importing.rows import BadRow, key_of, read_row
from gateway.importing.sheets import FileRow, Remark, Sheet, Workbook

OUTCOMES = ("created", "updated", "unchanged", "refused")


class Take(Protocol):
    """Hands a batch of rows of one sheet to their owner and answers each of them."""

    def __call__(
        self, kind: SheetKind, rows: list[dict[str, Any]], *, dry_run: bool, planned: Planned
    ) -> list[dict[str, Any]]: ...


@dataclass(frozen=True)
class RefusedRow:
    """A row of the file that was not taken, and why."""

    row: FileRow
    zh: str
    en: str


@dataclass
class SheetReport:
    """What became of the rows of one sheet."""

    sheet: Sheet
    counts: Counter[str] = field(default_factory=Counter)
    refused: list[RefusedRow] = field(default_factory=list)


@dataclass
class Report:
    """What became of a file; with `dry_run`, what would."""

    workbook: Workbook
    dry_run: bool
    sheets: list[SheetReport] = field(default_factory=list)

    @property
    def counts(self) -> Counter[str]:
        return sum((sheet.counts for sheet in self.sheets), Counter())

    @property
    def remarks(self) -> tuple[Remark, ...]:
        return self.workbook.remarks


Progress = Callable[[Sheet, int], None]


def run(
    workbook: Workbook,
    *,
    take: Take,
    dry_run: bool,
    batch: int = 500,
    progress: Progress = lambda sheet, rows: None,
) -> Report:
    """Take the good rows of every sheet and tell what became of each row.

    `progress` hears how many more rows of a sheet are done. An exception of `take` ends the run; rows taken
    until then stay taken, and the same file may be run again.
    """
    report = Report(workbook, dry_run)
    planned = Planned()
    seen: dict[str, dict[tuple[Any, ...], tuple[Sheet, int]]] = {kind.name: {} for kind in SHEETS}
    for sheet in sorted(workbook.sheets, key=lambda sheet: SHEETS.index(sheet.kind)):
        of_sheet = SheetReport(sheet)
        report.sheets.append(of_sheet)
        rows = _readable(sheet, of_sheet, seen[sheet.kind.name])
        progress(sheet, of_sheet.counts["refused"])
        file_rows = {row.number: row for row in sheet.rows}
        for some in _batches(_parents_first(sheet.kind, rows), batch):
            part = planned.needed_by(some) if dry_run else Planned()
            answers = take(sheet.kind, some, dry_run=dry_run, planned=part)
            _count(of_sheet, some, answers, file_rows, planned)
            progress(sheet, len(some))
        of_sheet.refused.sort(key=lambda refused: refused.row.number)
    return report


def _readable(
    sheet: Sheet, report: SheetReport, seen: dict[tuple[Any, ...], tuple[Sheet, int]]
) -> list[dict[str, Any]]:
    """The rows that say something and say it first; the others go into the report."""
    rows = []
    for file_row in sheet.rows:
        try:
            row = read_row(sheet.kind, file_row.number, sheet.values(file_row))
            first = seen.setdefault(key_of(sheet.kind, row), (sheet, file_row.number))
            if first != (sheet, file_row.number):
                raise _said_before(sheet, *first)
            rows.append(row)
        except BadRow as bad:
            report.refused.append(RefusedRow(file_row, bad.zh, bad.en))
            report.counts["refused"] += 1
    return rows


def _said_before(sheet: Sheet, other: Sheet, number: int) -> BadRow:
    where_zh = f"第 {number} 行" if other is sheet else f"表“{other.source}”第 {number} 行"
    where_en = f"row {number}" if other is sheet else f"row {number} of sheet “{other.source}”"
    return BadRow.because(f"与{where_zh}重复", f"is the same thing as {where_en}")


def _parents_first(kind: SheetKind, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Organisations after those above them; where that is a circle, the directory says so."""
    if kind.name != "organisations":
        return rows
    parents = {row["code"]: row.get("parent") for row in rows}

    def depth(code: str) -> int:
        above: set[str] = set()
        at: str | None = code
        while at is not None and at in parents and at not in above:
            above.add(at)
            at = parents[at]
        return len(above)

    return sorted(rows, key=lambda row: depth(row["code"]))


def _batches(rows: list[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _count(
    report: SheetReport,
    rows: list[dict[str, Any]],
    answers: list[dict[str, Any]],
    file_rows: dict[int, FileRow],
    planned: Planned,
) -> None:
    by_row = {row["row"]: row for row in rows}
    for answer in answers:
        report.counts[answer["outcome"]] += 1
        if answer["outcome"] == "refused":
            report.refused.append(RefusedRow(file_rows[answer["row"]], answer["zh"], answer["en"]))
        elif answer["outcome"] == "created":
            planned.add(report.sheet.kind.name, by_row[answer["row"]])
