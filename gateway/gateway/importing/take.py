"""Taking rows: the directory writes its own, the others go to the services that own them, by RPC.

A batch may be repeated at any time: what is there already is `unchanged`. If a service cannot be reached,
the error goes to the caller, and what the directory has taken until then stays taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from chassis.access import Actor
from chassis.store import Store
from contracts.notifications import rpc as notifications
from contracts.registry import Rpc
from contracts.scheduling import rpc as scheduling

from gateway.directory import districts, organisations, people
from gateway.directory.refs import PersonRef, RowResult
from gateway.importing.columns import SheetKind
from gateway.importing.planned import Planned
from gateway.importing.resolve import (
    Codes,
    Resolved,
    Unresolved,
    planned_districts,
    planned_organisations,
    resolve,
)
from gateway.importing.rows import BadRow, read_row

BATCH = 500
DIRECTORY = frozenset({"districts", "organisations", "people"})

Answer = dict[str, Any]


class Send(Protocol):
    """How a batch reaches a service; `part` tells the calls of one import request apart."""

    def __call__(self, rpc: Rpc, request: dict[str, Any], *, actor: Actor, part: str) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Desk:
    """Where rows are handed in: the directory's store, the way to the services, and who imports.

    An operator takes rows of its own district; the system (the command line on the same machine) takes all.
    """

    directory: Store
    actor: Actor
    send: Send

    def acting_in(self, district_id: str) -> Actor:
        """Who a service sees: the operator, or for the system an operator of the rows' district."""
        if not self.actor.is_system:
            return self.actor
        return Actor(None, None, district_id, frozenset({"operator"}), self.actor.via)


def take(
    desk: Desk, *, kind: SheetKind, rows: list[Mapping[str, Any]], dry_run: bool, planned: Planned
) -> list[Answer]:
    """Take up to `BATCH` rows of cells (`row` is the number) and answer each, in the same sequence."""
    desk.actor.needs("operator")
    answers: dict[int, Answer] = {}
    good: list[dict[str, Any]] = []
    for row in rows:
        number = row["row"]
        try:
            good.append(read_row(kind, number, {name: cell for name, cell in row.items() if name != "row"}))
        except BadRow as bad:
            answers[number] = refusal(number, bad.zh, bad.en)
    taken = _take_directory if kind.name in DIRECTORY else _take_scheduling
    for answer in taken(desk, kind.name, good, dry_run, planned) if good else ():
        answers[answer["row"]] = answer
    return [answers[row["row"]] for row in rows]


def refusal(row: int, zh: str, en: str) -> Answer:
    """The answer to a row that cannot be taken."""
    return {"row": row, "outcome": "refused", "zh": zh, "en": en}


def _take_directory(
    desk: Desk, sheet: str, rows: list[dict[str, Any]], dry_run: bool, planned: Planned
) -> list[Answer]:
    opened = (
        desk.directory.reading(actor=desk.actor) if dry_run else desk.directory.transaction(actor=desk.actor)
    )
    with opened as tx:
        if sheet == "districts":
            results = districts.import_rows(tx, rows=rows, dry_run=dry_run)
        elif sheet == "organisations":
            homes = planned_districts(tx, planned)
            known = [_without_planned_parent(row, planned) for row in rows]
            results = organisations.import_rows(tx, rows=known, dry_run=dry_run, planned=homes)
        else:
            known_at = planned_organisations(tx, planned, planned_districts(tx, planned))
            results = people.import_rows(tx, rows=rows, dry_run=dry_run, planned=known_at)
    if sheet == "people" and not dry_run:
        _tell_contacts(desk, results)
    return [result.answer() for result in results]


def _without_planned_parent(row: dict[str, Any], planned: Planned) -> dict[str, Any]:
    """In a preview, a parent of an earlier batch is as good as none."""
    return {**row, "parent": ""} if row.get("parent") in planned.organisations else row


def _tell_contacts(desk: Desk, results: list[RowResult]) -> None:
    """How the people are addressed and reached, to notifications. Unchanged ones too: a time-out may have
    kept it from notifications the first time."""
    by_district: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for result in results:
        if isinstance(result.ref, PersonRef):
            ref = result.ref
            by_district[ref.district_id].append(
                {"row": result.row, "person_id": ref.id, "name": ref.name, "email": ref.email}
            )
    for district_id, contacts in by_district.items():
        request = {"sheet": "contacts", "rows": contacts, "dry_run": False}
        desk.send(
            notifications.IMPORT_ROWS,
            request,
            actor=desk.acting_in(district_id),
            part=f"contacts:{district_id}",
        )


def _take_scheduling(
    desk: Desk, sheet: str, rows: list[dict[str, Any]], dry_run: bool, planned: Planned
) -> list[Answer]:
    answers: list[Answer] = []
    by_district: dict[str, list[Resolved]] = defaultdict(list)
    with desk.directory.reading(actor=desk.actor) as tx:
        codes = Codes(tx, actor=desk.actor, rows=rows, planned=planned)
    for row in rows:
        try:
            if dry_run and sheet == "availability" and row["person"] in planned.lecturers:
                codes.person(row["person"], row.get("district"))
                answers.append({"row": row["row"], "outcome": "created", "zh": "", "en": ""})
                continue
            resolved = resolve(codes, sheet, row)
        except Unresolved as unknown:
            answers.append(refusal(row["row"], unknown.zh, unknown.en))
            continue
        if dry_run and sheet == "lecturers":
            resolved.row["topics"] = [code for code in resolved.row["topics"] if code not in planned.topics]
        by_district[resolved.district_id].append(resolved)
    for district_id, batch in by_district.items():
        request = {"sheet": sheet, "rows": [resolved.row for resolved in batch], "dry_run": dry_run}
        answer = desk.send(
            scheduling.IMPORT_ROWS, request, actor=desk.acting_in(district_id), part=f"{sheet}:{district_id}"
        )
        answers += [_strict(result) if dry_run else result for result in answer["results"]]
    return answers


def _strict(answer: Answer) -> Answer:
    """In a preview scheduling lets references to unknown things pass with a note, since they may stand in
    the same file; those that do were taken out of the batch, so what is noted is unknown indeed."""
    if answer["outcome"] != "refused" and answer.get("zh"):
        return {**answer, "outcome": "refused"}
    return answer
