"""A page of rows together with how many there are, in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chassis.tx import Tx
from sqlalchemy import Select, func, select
from sqlalchemy.sql import ColumnElement

MOST = 100
_TOTAL = "total_rows"


@dataclass(frozen=True)
class Page:
    """Some of `total` rows, from `offset` on."""

    items: list[dict[str, Any]]
    total: int
    limit: int
    offset: int


def page(tx: Tx, statement: Select[Any], *, limit: int, offset: int) -> Page:
    """One page of a sorted statement; the total comes with the rows as a window function.

    Only a page beyond the end has no row to carry the total, and asks once more.
    """
    limit, offset = max(1, min(limit, MOST)), max(0, offset)
    counted = statement.add_columns(func.count().over().label(_TOTAL)).limit(limit).offset(offset)
    items = [dict(row) for row in tx.session.execute(counted).mappings()]
    totals = [item.pop(_TOTAL) for item in items]
    if totals or offset == 0:
        return Page(items, totals[0] if totals else 0, limit, offset)
    total = tx.session.scalar(select(func.count()).select_from(statement.order_by(None).subquery()))
    return Page([], total or 0, limit, offset)


def rows(tx: Tx, statement: Select[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in tx.session.execute(statement).mappings()]


def first(tx: Tx, statement: Select[Any]) -> dict[str, Any] | None:
    row = tx.session.execute(statement).mappings().first()
    return dict(row) if row is not None else None


def contains(column: ColumnElement[str], words: str) -> ColumnElement[bool]:
    """The column holds these words somewhere; `%` and `_` typed by a person mean themselves."""
    return column.icontains(words.strip()[:100], autoescape=True)
