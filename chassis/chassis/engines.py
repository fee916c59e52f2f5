"""How a database connection is opened: everything that must hold on each one, in one place.

PostgreSQL: a lock is waited for 3 s and a statement runs 30 s at most, so that one stuck row cannot exhaust
the pool; both travel as start-up options and cost no round trip. SQLite: the driver's own transaction
control is switched off and a write begins with `BEGIN IMMEDIATE`, because a transaction that reads first and
writes later cannot wait for the lock and fails at once. WAL with synchronous=FULL survives a power cut.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, Connection, make_url

LOCK_TIMEOUT_MS = 3_000
STATEMENT_TIMEOUT_MS = 30_000
BUSY_TIMEOUT_MS = 5_000
_BEGIN = "sqlite_begin"


def normal_url(url: str | URL) -> URL:
    """The URL with the driver we use: `postgres://` and `postgresql://` mean psycopg 3."""
    parsed = make_url(url)
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed


def open_engine(url: str | URL, *, pool_size: int = 12) -> Engine:
    """An engine whose connections are set up as the module says."""
    parsed = normal_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, pool_size)
    options = (
        f"-c lock_timeout={LOCK_TIMEOUT_MS} -c statement_timeout={STATEMENT_TIMEOUT_MS}"
        " -c idle_in_transaction_session_timeout=60000 -c timezone=UTC -c client_encoding=UTF8"
    )
    return create_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=4,
        pool_timeout=5,
        pool_recycle=1800,
        connect_args={
            "options": options,
            "connect_timeout": 5,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        },
    )


def _sqlite(url: URL, pool_size: int) -> Engine:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url, pool_size=pool_size, max_overflow=4, pool_timeout=5, connect_args={"check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN IMMEDIATE"))

    return engine


def reading_engine(engine: Engine) -> Engine:
    """The same pool, for transactions that see one snapshot and change nothing."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{_BEGIN: "BEGIN"})
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
