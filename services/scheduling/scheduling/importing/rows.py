"""What all sheets share: check each row by itself, compare it with what is there, write what differs.

A sheet is planned first and written afterwards, in as many statements for a thousand rows as for one. With
`dry_run` the plan is all there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from chassis.tx import Tx
from contracts.registry import Request
from marshmallow import ValidationError
from sqlalchemy import insert, text, update

from scheduling.base import Base

Key = tuple[Any, ...]
_MOST_ROWS = 10_000_000
_LONGEST = 500


@dataclass
class Row:
    """One row on its way: as loaded, and what becomes of it."""

    number: int
    data: dict[str, Any] = field(default_factory=dict)
    outcome: str = ""
    zh: str = ""
    en: str = ""

    def refuse(self, zh: str, en: str) -> None:
        self.outcome, self.zh, self.en = "refused", zh, en

    @property
    def refused(self) -> bool:
        return self.outcome == "refused"

    def answer(self) -> dict[str, Any]:
        return {"row": self.number, "outcome": self.outcome, "zh": self.zh, "en": self.en}


@dataclass
class Plan:
    """What to write: new rows, changed rows with their new values, and the entries to announce."""

    created: list[dict[str, Any]] = field(default_factory=list)
    updated: list[dict[str, Any]] = field(default_factory=list)
    listed: list[dict[str, Any]] = field(default_factory=list)


def load_rows(raw: Sequence[dict[str, Any]], *, schema: type[Request]) -> list[Row]:
    """Each row checked by the sheet's schema; those that fail say which field is wrong."""
    loader = schema()
    rows = []
    for position, values in enumerate(raw, start=1):
        row = Row(number=_number(values, position))
        try:
            row.data = loader.load(values)
        except ValidationError as error:
            wrong = _in_one_line(error.normalized_messages())
            row.refuse(f"填写不对：{wrong}", f"Not right: {wrong}")
        rows.append(row)
    return rows


def refuse_repeats(rows: Iterable[Row], *, key: Callable[[dict[str, Any]], Key]) -> None:
    """A key stands for one entry; a second row with it must say the same, or it is refused."""
    first: dict[Key, Row] = {}
    for row in rows:
        if row.refused:
            continue
        earlier = first.setdefault(key(row.data), row)
        if earlier is row:
            continue
        if _same(earlier.data, row.data):
            row.outcome = "unchanged"
        else:
            row.refuse(
                f"与第 {earlier.number} 行是同一项，但内容不同，请只留一行。",
                f"Row {earlier.number} is the same entry with other values. Keep one of them.",
            )


def plan_rows(
    tx: Tx,
    rows: Iterable[Row],
    *,
    existing: dict[Key, dict[str, Any]],
    key: Callable[[dict[str, Any]], Key],
    values: Callable[[dict[str, Any]], dict[str, Any]],
    defaults: dict[str, Any],
    has_id: bool = False,
) -> Plan:
    """Compare each row with what is there under its key. `values` are the columns that a row sets."""
    plan = Plan()
    for row in rows:
        if row.outcome:
            continue
        wanted = values(row.data)
        there = existing.get(key(row.data))
        if there is None:
            row.outcome = "created"
            entry = {**defaults, **wanted, "id": wanted["id"] if has_id else tx.new_id()}
            plan.created.append(entry)
        elif all(there[name] == value for name, value in wanted.items()):
            row.outcome = "unchanged"
            continue
        else:
            row.outcome = "updated"
            entry = {**there, **wanted}
            plan.updated.append({**wanted, "id": there["id"]})
        plan.listed.append(entry)
    return plan


def write(tx: Tx, *, model: type[Base], plan: Plan) -> None:
    """One statement for all new rows, one for all changed ones."""
    columns = set(model.__table__.columns.keys())
    if plan.created:
        tx.session.execute(insert(model), [_only(columns, entry) for entry in plan.created])
    if plan.updated:
        tx.session.execute(update(model), [_only(columns, entry) for entry in plan.updated])


def take_turn(tx: Tx) -> None:
    """One import at a time: two that create the same entry would otherwise meet at its unique key."""
    if tx.dialect == "postgresql":
        tx.session.execute(text("SELECT pg_advisory_xact_lock(hashtext('scheduling.import'))"))


def _only(columns: set[str], entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name in columns}


def _number(values: dict[str, Any], position: int) -> int:
    number = values.get("row")
    if isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= _MOST_ROWS:
        return number
    return position


def _same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return {**a, "row": 0} == {**b, "row": 0}


def _in_one_line(messages: Any) -> str:
    """marshmallow's messages, field by field. Names of unknown fields are the file's own: kept printable."""
    line = "; ".join(_each_message(messages))
    printable = "".join(character if character.isprintable() else "?" for character in line)
    return printable if len(printable) <= _LONGEST else printable[:_LONGEST] + "…"


def _each_message(messages: Any, path: str = "") -> Iterator[str]:
    if isinstance(messages, dict):
        for name, value in messages.items():
            yield from _each_message(value, f"{path}.{name}" if path else str(name))
    else:
        yield f"{path}: {' '.join(str(message) for message in messages)}"
