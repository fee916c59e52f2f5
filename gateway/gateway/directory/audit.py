"""The audit log: who did what to the directory. Lines are added in the transaction of the change itself."""

from __future__ import annotations

from typing import Any

from chassis.tx import Tx
from sqlalchemy import insert

from gateway.directory.tables import AuditLine


def note(tx: Tx, *, action: str, subject: str, detail: dict[str, Any] | None = None) -> None:
    """Add a line. `subject` is an id, `detail` holds no names and no secrets."""
    actor = tx.actor
    tx.session.execute(
        insert(AuditLine).values(
            at=tx.now,
            actor=actor.label if actor else "unknown",
            organisation_id=actor.organisation_id if actor else None,
            district_id=actor.district_id if actor else None,
            action=action,
            subject=subject,
            correlation=tx.correlation,
            detail=detail or {},
        )
    )
