"""One relay per database, elected by a lock that dies with its holder.

On PostgreSQL a session advisory lock, held by the very connection on which the relay reads and marks: a relay
that lost its leadership cannot mark anything either. On SQLite an advisory lock on a file beside the
database. A leader that was cut off may still publish what it holds; consumers drop the repeats.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from chassis.store import Store

_TRY = text("SELECT pg_try_advisory_lock(:key)")
_FREE = text("SELECT pg_advisory_unlock(:key)")


@contextmanager
def lead(store: Store, role: str) -> Iterator[Connection | None]:
    """The leader's connection (each statement its own transaction), or None when another leads."""
    if store.dialect == "sqlite":
        with _lead_by_file(store, role) as connection:
            yield connection
        return
    key = zlib.crc32(f"lectern.{role}.{store.name}".encode())
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(_TRY, {"key": key}):
            yield None
            return
        try:
            yield connection
        except BaseException:
            connection.invalidate()  # whatever its state, the lock goes with it
            raise
        connection.execute(_FREE, {"key": key})


@contextmanager
def _lead_by_file(store: Store, role: str) -> Iterator[Connection | None]:
    file = os.open(f"{store.engine.url.database}.{role}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with store.engine.connect().execution_options(sqlite_begin="BEGIN") as connection:
            yield connection
    except BlockingIOError:
        yield None
    finally:
        os.close(file)
