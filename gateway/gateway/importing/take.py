"""Taking rows: the directory writes its own, the others go to the services that own them, by RPC.

A batch may be repeated at any time: what is there already is `unchanged`. If a service cannot be reached,
the error goes to the caller, and what the directory has taken until then stays taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from chassis.access import Actor
from chassis.ids import new_id
from chassis.rpc import RpcClient
from chassis.store import Store
from contracts.notifications import rpc as notifications
from contracts.registry import Rpc
from contracts.scheduling import rpc as scheduling

from gateway.directory import districts, organisations, people
from gateway.importing import desk
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
TIMEOUT = 30.0
DIRECTORY = frozenset({"districts", "organisations", "people"})

Answer = dict[str, Any]


class Send(Protocol):
    """How a batch reaches its owner; `part` tells the calls of one import request apart."""

    def __call__(self, to: Rpc, request: dict[str, Any], *, actor: Actor, part: str) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Intake:
    """Where rows are handed in: the directory's store, the way to the owners, and who imports.

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


def sender(
    directory: Store,
    rpc: RpcClient,
    secret: str,
    *,
    command_id: Callable[[Rpc, str], str] = lambda rpc, part: new_id(),
    correlation: str | None = None,
) -> Send:
    """The way to the owners over these clients; `command_id` makes a repeat recognisable."""
    own = desk.client(directory, secret)

    def send(to: Rpc, request: dict[str, Any], *, actor: Actor, part: str) -> dict[str, Any]:
        way: RpcClient = own if to.service == desk.SERVICE else rpc
        return way.call(
            to,
            actor=actor,
            request=request,
            command_id=command_id(to, part),
            correlation=correlation,
            timeout=TIMEOUT,
        )

    return send


def take(
    intake: Intake, *, kind: SheetKind, rows: list[Mapping[str, Any]], dry_run: bool, planned: Planned
) -> list[Answer]:
    """Take up to `BATCH` rows of cells (`row` is the number) and answer each, in the same sequence."""
    intake.actor.needs("operator")
    bad: dict[int, Answer] = {}  # by place: a caller may give two rows the same number
    good: dict[int, dict[str, Any]] = {}
    for place, row in enumerate(rows):
        number = row["row"]
        try:
            if number in good:
                raise BadRow.because("行号重复", "two rows have this number")
            cells = {name: cell for name, cell in row.items() if name != "row"}
            good[number] = read_row(kind, number, cells)
        except BadRow as why:
            bad[place] = refusal(number, why.zh, why.en)
    if kind.name not in DIRECTORY:
        taken = _take_scheduling(intake, kind.name, list(good.values()), dry_run, planned)
    elif dry_run:
        taken = _preview_directory(intake, kind.name, list(good.values()), planned)
    else:
        taken = _take_directory(intake, kind.name, list(good.values()))
    answers = {answer["row"]: answer for answer in taken}
    return [bad.get(place) or answers[row["row"]] for place, row in enumerate(rows)]


def refusal(row: int, zh: str, en: str) -> Answer:
    """The answer to a row that cannot be taken."""
    return {"row": row, "outcome": "refused", "zh": zh, "en": en}


def _take_directory(intake: Intake, sheet: str, rows: list[dict[str, Any]]) -> list[Answer]:
    """The directory's rows; people are then told to notifications, unchanged ones too, since a time-out
    may have kept them from it the first time."""
    if not rows:
        return []
    request: dict[str, Any] = {"sheet": sheet, "rows": rows}
    answer = intake.send(desk.IMPORT_ROWS, request, actor=intake.actor, part=sheet)
    by_district: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for contact in answer["contacts"]:
        by_district[contact.pop("district_id")].append(contact)
    for district_id, contacts in by_district.items():
        actor = intake.acting_in(district_id)
        request = {"sheet": "contacts", "rows": contacts, "dry_run": False}
        intake.send(notifications.IMPORT_ROWS, request, actor=actor, part=f"contacts:{district_id}")
    results: list[Answer] = answer["results"]
    return results


def _preview_directory(
    intake: Intake, sheet: str, rows: list[dict[str, Any]], planned: Planned
) -> list[Answer]:
    with intake.directory.reading(actor=intake.actor) as tx:
        homes = planned_districts(tx, planned)
        if sheet == "districts":
            results = districts.import_rows(tx, rows=rows, dry_run=True)
        elif sheet == "organisations":
            known = [_without_planned_parent(row, planned) for row in rows]
            results = organisations.import_rows(tx, rows=known, dry_run=True, planned=homes)
        else:
            known_at = planned_organisations(tx, planned, homes)
            results = people.import_rows(tx, rows=rows, dry_run=True, planned=known_at)
    return [result.answer() for result in results]


def _without_planned_parent(row: dict[str, Any], planned: Planned) -> dict[str, Any]:
    """In a preview, a parent of an earlier batch is as good as none."""
    return {**row, "parent": ""} if row.get("parent") in planned.organisations else row


def _take_scheduling(
    intake: Intake, sheet: str, rows: list[dict[str, Any]], dry_run: bool, planned: Planned
) -> list[Answer]:
    answers: list[Answer] = []
    by_district: dict[str, list[Resolved]] = defaultdict(list)
    with intake.directory.reading(actor=intake.actor) as tx:
        codes = Codes(tx, actor=intake.actor, rows=rows, planned=planned)
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
        actor = intake.acting_in(district_id)
        answer = intake.send(scheduling.IMPORT_ROWS, request, actor=actor, part=f"{sheet}:{district_id}")
        answers += [_strict(result) if dry_run else result for result in answer["results"]]
    return answers


def _strict(answer: Answer) -> Answer:
    """In a preview scheduling lets references to unknown things pass with a note, since they may stand in
    the same file; those that do were taken out of the batch, so what is noted is unknown indeed."""
    if answer["outcome"] != "refused" and answer.get("zh"):
        return {**answer, "outcome": "refused"}
    return answer
