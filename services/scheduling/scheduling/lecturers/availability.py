"""The availability rules of lecturers, read for decisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from chassis.tx import Tx
from sqlalchemy import select

from scheduling.rules.availability import Rule
from scheduling.tables import Availability


def rules_of(tx: Tx, *, lecturer_ids: Iterable[str]) -> dict[str, tuple[Rule, ...]]:
    """The rules of each of these lecturers that has any."""
    found: dict[str, list[Rule]] = defaultdict(list)
    rows = tx.session.scalars(
        select(Availability).where(Availability.lecturer_id.in_(sorted(set(lecturer_ids))))
    )
    for row in rows:
        found[row.lecturer_id].append(Rule(row.kind, row.weekday, row.on_date, row.starts, row.ends))
    return {lecturer_id: tuple(rules) for lecturer_id, rules in found.items()}
