"""Codes into ids: the rows of a sheet as the service that owns it wants them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chassis.access import Actor
from chassis.ids import command_id
from chassis.tx import Tx

from gateway.directory import districts, organisations, people
from gateway.directory.refs import DistrictRef, OrganisationRef, PersonRef
from gateway.importing.planned import Planned


class Unresolved(Exception):
    """A code of the row leads nowhere, or to somebody else's."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh = zh
        self.en = en
        super().__init__(en)


@dataclass(frozen=True)
class Resolved:
    """A row with ids, the district whose operator may write it, and its number."""

    district_id: str
    row: dict[str, Any]


class Codes:
    """What the codes of a batch mean, the planned ones of a preview included; a handful of queries."""

    def __init__(self, tx: Tx, *, actor: Actor, rows: Iterable[Mapping[str, Any]], planned: Planned) -> None:
        rows = list(rows)
        self._actor = actor
        self.districts = planned_districts(tx, planned)
        named = {row.get("district", "") for row in rows} | set(self.districts)
        self._district_ids = {
            code: ref.id for code, ref in {**self.districts, **districts.by_codes(tx, named - {""})}.items()
        }
        codes = {row.get(name, "") for row in rows for name in ("organisation", "lender", "borrower")}
        codes |= set(planned.people.values())
        self.organisations = planned_organisations(tx, planned, self.districts)
        self._organisations = {**self.organisations, **organisations.by_codes(tx, codes - {""})}
        self._people = self._find_people(tx, {row.get("person", "") for row in rows} - {""}, planned)

    def _find_people(self, tx: Tx, codes: set[str], planned: Planned) -> dict[str, list[PersonRef]]:
        found: dict[str, list[PersonRef]] = defaultdict(list)
        if codes:
            for ref in people.by_codes(tx, codes, None if self._actor.is_system else self._actor.district_id):
                found[ref.code].append(ref)
        for code, organisation in planned.people.items():
            home = self._organisations.get(organisation)
            if home is not None and all(ref.district_id != home.district_id for ref in found[code]):
                id_ = command_id("planned", "person", home.district_id, code)
                found[code].append(PersonRef(id_, code, code, None, home.id, home.district_id))
        return found

    def organisation(self, code: str, *, abroad: bool = False) -> OrganisationRef:
        """The organisation of a code; `abroad` lets those of other districts pass."""
        ref = self._organisations.get(code)
        if ref is None or not (abroad or self._actor.is_system or ref.district_id == self._actor.district_id):
            raise Unresolved(
                f"您的区域里没有代码为“{code}”的单位",
                f"your district has no organisation with the code “{code}”",
            )
        return ref

    def person(self, code: str, district: str | None) -> PersonRef:
        """The person of a code, in the named district or in the only one that has the code."""
        found = self._people.get(code, [])
        if district is not None:
            found = [ref for ref in found if ref.district_id == self._district_ids.get(district)]
        if not found:
            raise Unresolved(f"没有代码为“{code}”的人员", f"there is no person with the code “{code}”")
        if len(found) > 1:
            raise Unresolved(
                f"几个区域都有代码“{code}”，请填区域代码（district）一列",
                f"several districts have a person with the code “{code}”; fill in the column district",
            )
        return found[0]


def resolve(codes: Codes, sheet: str, row: Mapping[str, Any]) -> Resolved:
    """The row as the owning service wants it; raises Unresolved."""
    rest = dict(row)
    if sheet in {"lecturers", "availability"}:
        person = codes.person(rest.pop("person"), rest.pop("district", None))
        rest["lecturer_id"] = person.id
        if sheet == "lecturers":
            rest.setdefault("topics", [])
            rest.update(organisation_id=person.organisation_id, district_id=person.district_id)
        return Resolved(person.district_id, rest)
    if sheet == "agreements":
        lender = codes.organisation(rest.pop("lender"))
        borrower = codes.organisation(rest.pop("borrower"), abroad=True)
        return Resolved(lender.district_id, {**rest, "lender_id": lender.id, "borrower_id": borrower.id})
    home = codes.organisation(rest.pop("organisation"))
    rest.update(organisation_id=home.id, district_id=home.district_id)
    return Resolved(home.district_id, rest)


def planned_districts(tx: Tx, planned: Planned) -> dict[str, DistrictRef]:
    """The districts that a preview would make, and those it refers to, by code."""
    codes = planned.districts | set(planned.organisations.values())
    refs = {
        code: DistrictRef(command_id("planned", "district", code), code, code, "")
        for code in planned.districts
    }
    return {**refs, **districts.by_codes(tx, codes)}


def planned_organisations(
    tx: Tx, planned: Planned, homes: Mapping[str, DistrictRef]
) -> dict[str, OrganisationRef]:
    """The organisations that a preview would make, by code."""
    return {
        code: OrganisationRef(
            command_id("planned", "organisation", code), code, code, "", "branch", homes[district].id
        )
        for code, district in planned.organisations.items()
        if district in homes
    }
