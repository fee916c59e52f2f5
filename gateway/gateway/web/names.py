"""The names of the people on a page, asked for all at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.directory import names
from gateway.parts import directory_tx

FIELDS = ("lecturer_id", "offer_lecturer_id", "person_id", "placed_by")


class Names(dict[str, str]):
    """Names by id; somebody unknown to the directory is a dash."""

    def __missing__(self, key: str) -> str:
        return "—"


def people_of(*rows_of: Iterable[Mapping[str, Any]]) -> Names:
    """The names of everybody whom these rows mention."""
    ids = {row.get(field) for rows in rows_of for row in rows for field in FIELDS}
    return people_by_id(ids)


def people_by_id(ids: Iterable[str | None]) -> Names:
    wanted = {id_ for id_ in ids if id_}
    if not wanted:
        return Names()
    with directory_tx() as tx:
        return Names(names.people(tx, wanted))
