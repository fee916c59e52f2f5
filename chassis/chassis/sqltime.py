"""The database's own time, so that leases and backoff agree between processes whose clocks do not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Float, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from chassis.types import Instant


class database_time(FunctionElement[datetime]):
    """Now, or so many seconds from now: `database_time(30)`, `database_time("name of a parameter")`."""

    inherit_cache = True
    type = Instant()

    def __init__(self, seconds: float | str = 0.0) -> None:
        if isinstance(seconds, str):
            super().__init__(bindparam(seconds, type_=Float()))
        else:
            super().__init__(bindparam(None, float(seconds), type_=Float()))


@compiles(database_time, "postgresql")
def _postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"(clock_timestamp() + make_interval(secs => {compiler.process(element.clauses, **options)}))"


@compiles(database_time, "sqlite")
def _sqlite(element: Any, compiler: Any, **options: Any) -> str:
    seconds = compiler.process(element.clauses, **options)
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', {seconds} || ' seconds')"
