"""Who may read the result of a session."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

HOST_ROLES = frozenset({"principal", "vice_principal", "council_member", "school_staff"})


@dataclass(frozen=True)
class Concerned:
    """Whose session it was."""

    host_id: str
    lender_id: str
    lecturer_id: str
    district_id: str | None


def may_read_result(
    *,
    person_id: str | None,
    organisation_id: str | None,
    district_id: str | None,
    roles: Set[str],
    session: Concerned,
) -> bool:
    """The host's staff and council, the lecturer, the lending unit's liaisons, the district's operators."""
    if person_id is not None and person_id == session.lecturer_id:
        return True
    if organisation_id == session.host_id and roles & HOST_ROLES:
        return True
    if organisation_id == session.lender_id and "liaison" in roles:
        return True
    return "operator" in roles and district_id is not None and district_id == session.district_id
