"""Which database errors mean "ask again" and which mean "the program is wrong".

Nothing was done whenever `is_transient` says yes: the transaction was rolled back. The one exception, a
connection that broke while COMMIT was on its way, is `CommitUnknown` and is never called transient: only
the command log or the inbox position can tell what happened.
"""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chassis.turns import TurnTimeout

# Serialization failure, deadlock, lock not available, statement cancelled by its time-out; connection lost;
# server shutting down or starting; out of connections or memory; disk full.
_SQLSTATES = ("40001", "40P01", "55P03", "57014", "57P")
_SQLSTATE_CLASSES = ("08", "53")
_SQLITE_CODES = frozenset({5, 6, 10, 13})  # busy, locked, input/output error, disk full


class CommitUnknown(Exception):
    """The connection broke during COMMIT: the change may or may not be there."""


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed when it is tried again, nothing having been done."""
    if isinstance(error, TurnTimeout | PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state.startswith(_SQLSTATES) or state[:2] in _SQLSTATE_CLASSES
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return (code & 0xFF) in _SQLITE_CODES
    # psycopg gives no state when there was no server to give one (refused, reset, shut down).
    return isinstance(error, OperationalError | InterfaceError)


def lost_connection(error: BaseException) -> bool:
    """Whether the server was gone, so that a COMMIT's fate is unknown."""
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) is None
