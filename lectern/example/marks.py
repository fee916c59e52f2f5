"""What the directory remembers of the example: around which moment it is dated, and that it is complete.

Kept in the audit log of the directory, so that it goes where the data go.
"""

from __future__ import annotations

from datetime import UTC, datetime

from chassis.access import SYSTEM
from chassis.store import Store
from gateway.directory import audit
from gateway.directory.tables import AuditLine
from sqlalchemy import select

_BEGUN = "example.begun"
_LOADED = "example.loaded"
_SUBJECT = "example"


def is_loaded(directory: Store) -> bool:
    """Whether the example was loaded to its end."""
    return _find(directory, _LOADED) is not None


def is_begun(directory: Store) -> bool:
    """Whether loading the example was begun, to its end or not."""
    return _find(directory, _BEGUN) is not None


def begun_at(directory: Store, *, now: datetime) -> datetime:
    """The moment around which the example is dated: `now`, or what an interrupted load began with."""
    found = _find(directory, _BEGUN)
    if found is not None:
        return datetime.fromisoformat(found["at"])
    at = now.astimezone(UTC).replace(microsecond=0)
    with directory.transaction(actor=SYSTEM) as tx:
        audit.note(tx, action=_BEGUN, subject=_SUBJECT, detail={"at": at.isoformat()})
    return at


def finish(directory: Store) -> None:
    """Remember that everything is there."""
    with directory.transaction(actor=SYSTEM) as tx:
        audit.note(tx, action=_LOADED, subject=_SUBJECT)


def _find(directory: Store, action: str) -> dict[str, str] | None:
    with directory.reading() as tx:
        return tx.session.scalars(
            select(AuditLine.detail)
            .where(AuditLine.action == action, AuditLine.subject == _SUBJECT)
            .order_by(AuditLine.id)
        ).first()
