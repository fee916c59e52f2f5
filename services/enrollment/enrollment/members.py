"""The member register: who may take seats, and for which organisation."""

from __future__ import annotations

from typing import Any

from chassis.tx import Tx
from sqlalchemy.dialects import postgresql, sqlite

from enrollment.tables import members

_WRITABLE = ("organisation_id", "district_id", "audience", "active")


def list_member(
    tx: Tx, *, person_id: str, organisation_id: str, district_id: str, audience: str, active: bool
) -> None:
    """Write the entry of a person as the directory has it now. Seats that were taken stay as they are."""
    entry = {
        "person_id": person_id,
        "organisation_id": organisation_id,
        "district_id": district_id,
        "audience": audience,
        "active": active,
    }
    tx.session.execute(_WRITE[tx.dialect], entry)


def _write(dialect: Any) -> Any:
    statement = dialect.insert(members)
    return statement.on_conflict_do_update(
        index_elements=["person_id"], set_={name: statement.excluded[name] for name in _WRITABLE}
    )


_WRITE = {"postgresql": _write(postgresql), "sqlite": _write(sqlite)}
