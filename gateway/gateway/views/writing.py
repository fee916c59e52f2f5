"""Writing a row that may be there already: one statement, on both databases, built once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from chassis.tx import Tx
from sqlalchemy import Table, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import ColumnElement

_DIALECTS: dict[str, Any] = {"postgresql": postgresql, "sqlite": sqlite}


def put(tx: Tx, table: Table, row: dict[str, Any], *, keep: tuple[str, ...] = ()) -> None:
    """Insert the row, or overwrite the one with the same primary key; columns in `keep` stay as they are."""
    tx.session.connection().execute(_putting(tx.dialect, table, tuple(row), keep), row)


def change(tx: Tx, table: Table, *where: ColumnElement[bool], **values: Any) -> None:
    """Change the rows that match."""
    tx.session.connection().execute(update(table).where(*where).values(values))


def drop(tx: Tx, table: Table, *where: ColumnElement[bool]) -> None:
    """Delete the rows that match."""
    tx.session.connection().execute(delete(table).where(*where))


def add_all(tx: Tx, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows whose keys were dropped before."""
    if rows:
        tx.session.connection().execute(table.insert(), rows)


def columns_of(table: Table, data: dict[str, Any]) -> dict[str, Any]:
    """The part of an event's data that the table keeps; a newer contract may say more."""
    return {name: value for name, value in data.items() if name in table.c}


@lru_cache(maxsize=256)
def _putting(dialect: str, table: Table, names: tuple[str, ...], keep: tuple[str, ...]) -> Any:
    keys = [column.name for column in table.primary_key.columns]
    changes = [name for name in names if name not in keys and name not in keep]
    statement = _DIALECTS[dialect].insert(table)
    if not changes:
        return statement.on_conflict_do_nothing(index_elements=keys)
    new = {name: statement.excluded[name] for name in changes}
    return statement.on_conflict_do_update(index_elements=keys, set_=new)
