"""Take a batch of rows of one sheet: the good ones are kept, each bad one says why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chassis.tx import Tx
from contracts.errors import Refusal
from contracts.registry import Request
from contracts.scheduling.rpc import IMPORT_SCHEMAS

from scheduling.importing import agreements, availability, lecturers, listed
from scheduling.importing.rows import Key, Row, load_rows, refuse_repeats, take_turn


class SheetIsUnknown(Refusal):
    """There is no such sheet."""

    status = 422
    zh = "没有这张表。可用的有：{sheets}。"
    en = "There is no such sheet. There are: {sheets}."


class Take(Protocol):
    """Plans the rows of a sheet, and unless it is a dry run writes them."""

    def __call__(self, tx: Tx, rows: Sequence[Row], *, dry_run: bool) -> None: ...


@dataclass(frozen=True)
class Sheet:
    schema: type[Request]
    key: Callable[[dict[str, Any]], Key]
    take: Take


SHEETS = {
    "topics": Sheet(IMPORT_SCHEMAS["topics"], listed.key_of, listed.take_topics),
    "venues": Sheet(IMPORT_SCHEMAS["venues"], listed.key_of, listed.take_venues),
    "groups": Sheet(IMPORT_SCHEMAS["groups"], listed.key_of, listed.take_groups),
    "lecturers": Sheet(IMPORT_SCHEMAS["lecturers"], lecturers.key_of, lecturers.take_lecturers),
    "agreements": Sheet(IMPORT_SCHEMAS["agreements"], agreements.key_of, agreements.take_agreements),
    "availability": Sheet(
        IMPORT_SCHEMAS["availability"], availability.key_of, availability.take_availability
    ),
}


def import_rows(tx: Tx, *, sheet: str, rows: list[dict[str, Any]], dry_run: bool) -> dict[str, Any]:
    """One answer for each row, in the same sequence."""
    tx.actor.needs("operator")
    chosen = SHEETS.get(sheet)
    if chosen is None:
        raise SheetIsUnknown(sheets=", ".join(SHEETS), errors={"sheet": ["unknown"]})
    loaded = load_rows(rows, schema=chosen.schema)
    take_turn(tx)
    refuse_repeats(loaded, key=chosen.key)
    chosen.take(tx, loaded, dry_run=dry_run)
    return {"results": [row.answer() for row in loaded]}
