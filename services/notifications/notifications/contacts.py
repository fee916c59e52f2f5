"""Contacts: how people are called and reached, imported beside the directory's people."""

from __future__ import annotations

from typing import Any

from chassis.tx import Tx
from contracts.errors import InvalidRequest
from contracts.notifications import rpc
from marshmallow import ValidationError
from sqlalchemy import select

from notifications.tables import Contact, Person

ANOTHER_DISTRICT = (
    "这个人不属于您的地区，不能修改。",
    "This person does not belong to your district and cannot be changed.",
)
TWICE = (
    "这个人在同一批里出现了两次，只采用了前一行。",
    "This person stands twice in the batch; only the earlier row was taken.",
)


def import_rows(
    tx: Tx, *, sheet: str, rows: list[dict[str, Any]], dry_run: bool
) -> dict[str, list[dict[str, Any]]]:
    """Take the good rows, answer every row; two reads and one write for the whole batch."""
    tx.actor.needs("operator")
    if sheet not in rpc.IMPORT_SCHEMAS:
        raise InvalidRequest(errors={"sheet": [f"must be one of: {', '.join(rpc.IMPORT_SCHEMAS)}"]})
    schema = rpc.IMPORT_SCHEMAS[sheet]()
    loaded = [_load(schema, row) for row in rows]
    ids = sorted({row["person_id"] for row, _ in loaded if row is not None})
    known = {
        contact.person_id: contact
        for contact in tx.session.scalars(select(Contact).where(Contact.person_id.in_(ids)))
    }
    foreign = _of_another_district(tx, ids)
    answers, seen = [], set()
    for number, (row, problem) in zip(rows, loaded, strict=True):
        if row is None:
            answers.append(_refused(number.get("row"), problem))
        elif row["person_id"] in foreign:
            answers.append(_refused(row["row"], ANOTHER_DISTRICT))
        elif row["person_id"] in seen:
            answers.append(_refused(row["row"], TWICE))
        else:
            seen.add(row["person_id"])
            answers.append(_write(tx, row=row, contact=known.get(row["person_id"]), dry_run=dry_run))
    return {"results": answers}


def _load(schema: Any, row: dict[str, Any]) -> tuple[dict[str, Any] | None, tuple[str, str]]:
    try:
        return schema.load(row), ("", "")
    except ValidationError as error:
        fields = "; ".join(
            f"{name}: {_first(words)}" for name, words in sorted(error.normalized_messages().items())
        )
        return None, (f"这些栏填写不对：{fields}", f"These fields are not right: {fields}")


def _first(words: Any) -> str:
    return str(words[0] if isinstance(words, list) and words else words)


def _of_another_district(tx: Tx, ids: list[str]) -> set[str]:
    """People known to belong elsewhere than to the operator's district."""
    if tx.actor.is_system:
        return set()
    people = select(Person.person_id).where(
        Person.person_id.in_(ids), Person.district_id.is_distinct_from(tx.actor.district_id)
    )
    return set(tx.session.scalars(people))


def _write(tx: Tx, *, row: dict[str, Any], contact: Contact | None, dry_run: bool) -> dict[str, Any]:
    if contact is None:
        if not dry_run:
            tx.session.add(Contact(person_id=row["person_id"], name=row["name"], email=row["email"]))
        return {"row": row["row"], "outcome": "created"}
    if (contact.name, contact.email) == (row["name"], row["email"]):
        return {"row": row["row"], "outcome": "unchanged"}
    if not dry_run:
        contact.name, contact.email = row["name"], row["email"]
    return {"row": row["row"], "outcome": "updated"}


def _refused(row: Any, sentence: tuple[str, str]) -> dict[str, Any]:
    zh, en = sentence
    number = row if isinstance(row, int) and not isinstance(row, bool) and row >= 1 else 1
    return {"row": number, "outcome": "refused", "zh": zh, "en": en}
