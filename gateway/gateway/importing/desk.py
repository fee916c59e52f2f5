"""The directory's own part of an import as a command, so that a repeated batch gets its first answer.

It is asked for in this process (the command line on the same machine included), so its schemas are no
contract between services.
"""

from __future__ import annotations

from typing import Any

from chassis.command import command
from chassis.rpc import LocalRpcClient
from chassis.store import Store
from chassis.tx import Tx
from contracts.fields import Id
from contracts.imports import ImportRows, RowAnswer
from contracts.registry import Response, Rpc
from marshmallow import fields

from gateway.directory import districts, organisations, people
from gateway.directory.refs import PersonRef, RowResult

SERVICE = "directory"


class Contact(Response):
    """How a person of the batch is addressed and reached."""

    row = fields.Integer(required=True)
    person_id = Id(required=True)
    district_id = Id(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)


class DirectoryRowsAnswer(Response):
    """One answer for each row, and for `people` what notifications needs to know."""

    results = fields.List(fields.Nested(RowAnswer), required=True)
    contacts = fields.List(fields.Nested(Contact), required=True)


IMPORT_ROWS = Rpc(SERVICE, "import_rows", ImportRows, DirectoryRowsAnswer, is_command=True)


class ImportDesk:
    """Takes the sheets that the directory owns."""

    name = SERVICE

    def __init__(self, store: Store, secret: str) -> None:
        self.store = store
        self.secret = secret

    @command(IMPORT_ROWS)
    def import_rows(self, tx: Tx, request: dict[str, Any]) -> dict[str, Any]:
        tx.actor.needs("operator")
        owner = {"districts": districts, "organisations": organisations, "people": people}[request["sheet"]]
        results: list[RowResult] = owner.import_rows(tx, rows=request["rows"])
        return {
            "results": [result.answer() for result in results],
            "contacts": [_contact(result.row, result.ref) for result in results if _is_person(result)],
        }


def client(store: Store, secret: str) -> LocalRpcClient:
    """The way to the desk."""
    return LocalRpcClient({SERVICE: ImportDesk(store, secret)}, secret)


def _is_person(result: RowResult) -> bool:
    return isinstance(result.ref, PersonRef)


def _contact(row: int, ref: Any) -> dict[str, Any]:
    return {
        "row": row,
        "person_id": ref.id,
        "district_id": ref.district_id,
        "name": ref.name,
        "email": ref.email,
    }
