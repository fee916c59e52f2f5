"""`POST /api/v1/imports`: rows of one sheet, each answered; and the same for pages of this application."""

from __future__ import annotations

from collections import Counter
from typing import Any

from chassis.access import Actor
from contracts.fields import CODE, Text, Whole, one_of
from contracts.imports import RowAnswer
from contracts.registry import Request, Response
from marshmallow import INCLUDE, Schema, fields, validate

from gateway import auth
from gateway.api.base import Blueprint, operation
from gateway.clients import command_id_for
from gateway.correlation import correlation_id
from gateway.importing.columns import BY_NAME, SHEETS, SheetKind
from gateway.importing.planned import Planned
from gateway.importing.run import OUTCOMES, Take
from gateway.importing.take import BATCH, Intake, sender, take
from gateway.parts import parts

blueprint = Blueprint(
    "imports",
    __name__,
    url_prefix="/api/v1/imports",
    description="Rows of the sheets that `lectern import` reads from CSV and Excel",
)

_MOST = validate.Length(max=10 * BATCH)


def _codes() -> fields.List[str]:
    return fields.List(Text(CODE), load_default=list, validate=_MOST)


def _codes_of_codes() -> fields.Dict:
    return fields.Dict(keys=Text(CODE), values=Text(CODE), load_default=dict, validate=_MOST)


class ImportPlanned(Request):
    """By code: what earlier rows of the same preview would create, as far as these rows refer to it.

    Organisations come with the code of their district, people with the code of their organisation.
    """

    districts = _codes()
    organisations = _codes_of_codes()
    people = _codes_of_codes()
    topics = _codes()
    lecturers = _codes()


class ImportCells(Schema):
    """Cells by column name, and the number of the row in the file.

    A cell may be written as in a spreadsheet: numbers and dates as text, words in Chinese or as codes.
    """

    class Meta:
        unknown = INCLUDE

    row = Whole(1, 10_000_000, required=True)


class ImportBatch(Request):
    """Rows of one sheet. `planned` is looked at with `dry_run` only."""

    sheet = one_of(*(kind.name for kind in SHEETS), required=True)
    rows = fields.List(fields.Nested(ImportCells), required=True, validate=validate.Length(min=1, max=BATCH))
    dry_run = fields.Boolean(load_default=False)
    planned = fields.Nested(ImportPlanned, load_default=None, allow_none=True)


class ImportCounts(Response):
    """How many rows met which outcome."""

    created = fields.Integer(required=True)
    updated = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    refused = fields.Integer(required=True)


class ImportBatchAnswer(Response):
    """One answer for each row, in the same sequence; with `dry_run` what would become of it."""

    sheet = fields.String(required=True)
    dry_run = fields.Boolean(required=True)
    counts = fields.Nested(ImportCounts, required=True)
    results = fields.List(fields.Nested(RowAnswer), required=True)


@blueprint.route("", methods=["POST"])
@operation(blueprint, 200, ImportBatchAnswer, roles=("operator",), writes=True)
@blueprint.arguments(ImportBatch)
def import_rows(asked: dict[str, Any], *, idempotency: str) -> dict[str, Any]:
    """Take the rows that can be taken, and say of each what became of it."""
    planned = asked["planned"] if asked["dry_run"] else None
    results = take(
        _intake(auth.current_actor(), idempotency),
        kind=BY_NAME[asked["sheet"]],
        rows=asked["rows"],
        dry_run=asked["dry_run"],
        planned=Planned.from_json(planned or {}),
    )
    found = Counter(result["outcome"] for result in results)
    return {
        "sheet": asked["sheet"],
        "dry_run": asked["dry_run"],
        "counts": {outcome: found[outcome] for outcome in OUTCOMES},
        "results": results,
    }


def taker(*, actor: Actor, idempotency: str) -> Take:
    """`take` for `run` within a request of this application; a repeat needs the same key."""
    batches = 0

    def take_batch(
        kind: SheetKind, rows: list[dict[str, Any]], *, dry_run: bool, planned: Planned
    ) -> list[dict[str, Any]]:
        nonlocal batches
        batches += 1
        intake = _intake(actor, f"{idempotency}:{'preview' if dry_run else 'take'}:{batches}")
        return take(intake, kind=kind, rows=list(rows), dry_run=dry_run, planned=planned)

    return take_batch


def _intake(actor: Actor, key: str) -> Intake:
    here = parts()
    send = sender(
        here.directory,
        here.rpc,
        here.secret,
        command_id=lambda rpc, part: command_id_for(actor, rpc.name, f"{key}:{part}"),
        correlation=correlation_id(),
    )
    return Intake(here.directory, actor, send)
