"""What earlier rows of the same preview would make.

A preview keeps nothing, so the rows that refer to rows before them would find nothing. Whoever runs the
preview remembers what was accepted, and sends along the part of it that a batch refers to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Planned:
    """By code: districts; organisations with their district; people with their organisation; and so on."""

    districts: set[str] = field(default_factory=set)
    organisations: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    topics: set[str] = field(default_factory=set)
    lecturers: set[str] = field(default_factory=set)

    def add(self, sheet: str, row: Mapping[str, Any]) -> None:
        """Remember a row that the preview would create."""
        if sheet == "districts":
            self.districts.add(row["code"])
        elif sheet == "organisations":
            self.organisations[row["code"]] = row["district"]
        elif sheet == "people":
            self.people[row["code"]] = row["organisation"]
        elif sheet == "topics":
            self.topics.add(row["code"])
        elif sheet == "lecturers":
            self.lecturers.add(row["person"])

    def needed_by(self, rows: Iterable[Mapping[str, Any]]) -> Planned:
        """The part that these rows refer to, directly or through another."""
        people: set[str] = set()
        organisations: set[str] = set()
        districts: set[str] = set()
        topics: set[str] = set()
        for row in rows:
            people.update({row.get("person", "")})
            topics.update(row.get("topics", ()))
            districts.update({row.get("district", "")})
            organisations.update(
                row.get(name, "") for name in ("organisation", "parent", "lender", "borrower")
            )
            organisations.update(role.partition("@")[2] for role in row.get("roles", ()))
        part = Planned(
            people={code: self.people[code] for code in people & self.people.keys()},
            topics=topics & self.topics,
            lecturers=people & self.lecturers,
        )
        organisations.update(part.people.values())
        part.organisations = {
            code: self.organisations[code] for code in organisations & self.organisations.keys()
        }
        districts.update(part.organisations.values())
        part.districts = districts & self.districts
        return part

    def as_json(self) -> dict[str, Any]:
        return {
            "districts": sorted(self.districts),
            "organisations": self.organisations,
            "people": self.people,
            "topics": sorted(self.topics),
            "lecturers": sorted(self.lecturers),
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Planned:
        return cls(
            districts=set(body.get("districts", ())),
            organisations=dict(body.get("organisations", {})),
            people=dict(body.get("people", {})),
            topics=set(body.get("topics", ())),
            lecturers=set(body.get("lecturers", ())),
        )
