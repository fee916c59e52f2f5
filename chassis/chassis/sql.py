"""Two constructs that PostgreSQL and SQLite spell differently.

`database_time` is the database's own time, so that leases and backoff agree between processes whose clocks do
not. `listed` compares a number with a list that travels as one parameter, so that the statement is the same,
and prepared once, whatever the list's length.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Float, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean, String, TypeDecorator, TypeEngine

from chassis.types import Instant


class database_time(FunctionElement[datetime]):
    """Now, or so many seconds from now: `database_time(30)`, `database_time("name of a parameter")`."""

    inherit_cache = True
    type = Instant()

    def __init__(self, seconds: float | str = 0.0) -> None:
        if isinstance(seconds, str):
            super().__init__(bindparam(seconds, type_=Float()))
        elif seconds:
            super().__init__(bindparam(None, float(seconds), type_=Float()))
        else:
            super().__init__()


@compiles(database_time, "postgresql")
def _time_in_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    if not len(element.clauses):
        return "clock_timestamp()"
    return f"(clock_timestamp() + make_interval(secs => {compiler.process(element.clauses, **options)}))"


@compiles(database_time, "sqlite")
def _time_in_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    if not len(element.clauses):
        return "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
    seconds = compiler.process(element.clauses, **options)
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', {seconds} || ' seconds')"


class _Numbers(TypeDecorator[Sequence[int]]):
    """A list of numbers as one parameter: an array, or JSON text where there are no arrays."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(BigInteger()) if dialect.name == "postgresql" else String())

    def process_bind_param(self, value: Sequence[int] | None, dialect: Dialect) -> Any:
        return list(value or ()) if dialect.name == "postgresql" else json.dumps(list(value or ()))


class listed(FunctionElement[bool]):
    """Whether the column is in the list given as a parameter of this name."""

    inherit_cache = True
    type = Boolean()

    def __init__(self, column: ColumnElement[int], parameter: str) -> None:
        super().__init__(column, bindparam(parameter, type_=_Numbers()))


@compiles(listed, "postgresql")
def _listed_in_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY({values})"


@compiles(listed, "sqlite")
def _listed_in_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"
