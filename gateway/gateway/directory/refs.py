"""What the directory says about its entries, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class DistrictRef:
    """A district."""

    id: str
    code: str
    name: str
    name_en: str
    timezone: str = "Asia/Shanghai"


@dataclass(frozen=True)
class OrganisationRef:
    """An organisation with the tenant it belongs to."""

    id: str
    code: str
    name: str
    name_en: str
    kind: str
    district_id: str
    parent_id: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True)
class PersonRef:
    """A person; the name and the address are for those who may see them."""

    id: str
    code: str
    name: str
    email: str | None
    organisation_id: str
    district_id: str


@dataclass(frozen=True)
class OrganisationName:
    """How an organisation is shown; `en` falls back to the Chinese name."""

    zh: str
    en: str
    code: str
    kind: str
    district_id: str


@dataclass(frozen=True)
class Member:
    """A person as a line of an organisation's register."""

    person_id: str
    code: str
    name: str
    audience: str
    roles: tuple[str, ...]
    active: bool


@dataclass(frozen=True)
class RowResult:
    """What became of a row of an import; `ref` is the entry as it now is, or in a dry run would be."""

    row: int
    outcome: str
    zh: str = ""
    en: str = ""
    id: str | None = None
    code: str | None = None
    ref: DistrictRef | OrganisationRef | PersonRef | None = None

    def answer(self) -> dict[str, Any]:
        """As `contracts.imports.RowAnswer`."""
        return {"row": self.row, "outcome": self.outcome, "zh": self.zh, "en": self.en}
