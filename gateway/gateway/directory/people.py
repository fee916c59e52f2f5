"""People, and how they are listed: the sheet `people` of an import; `register` has the reads.

A batch is decided in memory between a handful of reads and a handful of writes.

The district is locked first, so that two imports of the same people wait for each other rather than meet at
a unique key. Rows that change nothing write nothing and announce nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chassis.tx import Tx
from sqlalchemy import Row, delete, insert, or_, select, tuple_, update

from gateway.directory import audit, organisations
from gateway.directory.refs import OrganisationRef, PersonRef, RowResult
from gateway.directory.register import (
    Held,
    all_memberships,
    by_codes,
    by_ids,
    members,
    names,
    record_listed,
    roles_in,
)
from gateway.directory.rows import PersonRow, Refusals, in_order, load, may_write, refused, without_doubles
from gateway.directory.tables import Account, District, Membership, Person

__all__ = ["by_codes", "by_ids", "import_rows", "members", "names", "roles_in"]

_SCHEMA = PersonRow()
_PERSON = Person.__table__.columns


@dataclass(frozen=True)
class _Found:
    """What the database knows of the people and logins that a batch names."""

    people: dict[tuple[str, str], Row[Any]]
    memberships: dict[str, set[Held]]
    account_of: dict[str, tuple[str, str]]
    holder_of: dict[str, str]


@dataclass
class _Changes:
    """What a batch will write."""

    made: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    joined: list[dict[str, Any]] = field(default_factory=list)
    left: list[tuple[str, str, str]] = field(default_factory=list)
    accounts: list[dict[str, Any]] = field(default_factory=list)
    renamed: list[dict[str, Any]] = field(default_factory=list)
    listed: list[tuple[dict[str, Any], set[Held]]] = field(default_factory=list)

    def memberships(self, person_id: str, before: set[Held], after: set[Held]) -> None:
        """Roles to add and to take away."""
        self.joined += [
            {"person_id": person_id, "organisation_id": held.organisation_id, "role": held.role}
            for held in sorted(after - before)
        ]
        self.left += [(person_id, held.organisation_id, held.role) for held in sorted(before - after)]

    def __bool__(self) -> bool:
        return any(vars(self).values())


def import_rows(
    tx: Tx,
    *,
    rows: list[dict[str, Any]],
    dry_run: bool = False,
    planned: Mapping[str, OrganisationRef] | None = None,
) -> list[RowResult]:
    """Write a batch of the sheet `people`.

    `planned` are the organisations, by code, that an earlier sheet of the same preview would make.
    """
    good, results = load(_SCHEMA, rows)
    codes = {code for row in good for code in (row["organisation"], *(at for _, at in row["roles"] if at))}
    known = {**(planned or {}), **organisations.by_codes(tx, codes)}
    good, refusals = _well_placed(tx, good, known)
    good, doubles = without_doubles(good, lambda row: (known[row["organisation"]].district_id, row["code"]))
    results += refusals + doubles
    if not dry_run:
        tx.lock(District, {known[row["organisation"]].district_id for row in good})
    found = _find(tx, good, known)
    changes = _Changes()
    for row in good:
        results.append(_plan(tx, row, known, found, changes))
    if not dry_run:
        _write(tx, changes)
    return in_order(rows, results)


def _well_placed(
    tx: Tx, rows: list[dict[str, Any]], known: Mapping[str, OrganisationRef]
) -> tuple[list[dict[str, Any]], list[RowResult]]:
    """The rows whose organisations exist, lie in one district and are the actor's to write."""
    good: list[dict[str, Any]] = []
    refusals: list[RowResult] = []
    for row in rows:
        codes = [row["organisation"], *(code for _, code in row["roles"] if code)]
        missing = [code for code in codes if code not in known]
        if missing:
            refusals.append(refused(row, Refusals.no_organisation, code=missing[0]))
            continue
        district = known[row["organisation"]].district_id
        abroad = [code for code in codes if known[code].district_id != district]
        if not may_write(tx.actor, district):
            refusals.append(refused(row, Refusals.not_yours))
        elif abroad:
            refusals.append(refused(row, Refusals.other_district, code=abroad[0]))
        else:
            good.append(row)
    return good, refusals


def _find(tx: Tx, rows: list[dict[str, Any]], known: Mapping[str, OrganisationRef]) -> _Found:
    districts = sorted({known[row["organisation"]].district_id for row in rows})
    codes = sorted({row["code"] for row in rows})
    query = select(*_PERSON).where(Person.district_id.in_(districts), Person.code.in_(codes))
    found = {(person.district_id, person.code): person for person in tx.session.execute(query)}
    ids = sorted(person.id for person in found.values())
    logins = sorted({row["login"] for row in rows if row["login"]})
    accounts = tx.session.execute(
        select(Account.id, Account.person_id, Account.login).where(
            or_(Account.person_id.in_(ids), Account.login.in_(logins))
        )
    ).all()
    return _Found(
        people=found,
        memberships=all_memberships(tx, ids),
        account_of={row.person_id: (row.id, row.login) for row in accounts},
        holder_of={row.login: row.person_id for row in accounts},
    )


def _plan(
    tx: Tx, row: dict[str, Any], known: Mapping[str, OrganisationRef], found: _Found, changes: _Changes
) -> RowResult:
    home = known[row["organisation"]]
    old = found.people.get((home.district_id, row["code"]))
    values = {
        "id": old.id if old else tx.new_id(),
        "district_id": home.district_id,
        "organisation_id": home.id,
        **{key: row[key] for key in ("code", "name", "email", "phone", "audience", "active")},
    }
    id_ = values["id"]
    if row["login"] and found.holder_of.get(row["login"], id_) != id_:
        return refused(row, Refusals.login_taken, login=row["login"])
    differs = old is not None and any(getattr(old, key) != value for key, value in values.items())
    if old is None:
        changes.made.append(values)
    elif differs:
        changes.changed.append(values)
    before = found.memberships.get(id_, set())
    after = _memberships(row, home, known, before)
    changes.memberships(id_, before, after)
    if old is None or before != after or _tells_more(old, values):
        changes.listed.append((values, after))
    new_login = _plan_account(tx, row["login"], id_, found, changes)
    updated = differs or before != after or new_login
    outcome = "created" if old is None else "updated" if updated else "unchanged"
    ref = PersonRef(id_, row["code"], row["name"], row["email"], home.id, home.district_id)
    return RowResult(row["row"], outcome, id=id_, code=row["code"], ref=ref)


def _memberships(
    row: dict[str, Any], home: OrganisationRef, known: Mapping[str, OrganisationRef], before: set[Held]
) -> set[Held]:
    """The row's roles, which replace those within the district; what other districts gave stays."""
    kept = {held for held in before if held.district_id != home.district_id}
    return kept | {
        Held(known[code].id if code else home.id, role, home.district_id) for role, code in row["roles"]
    }


def _tells_more(old: Row[Any], values: dict[str, Any]) -> bool:
    """Whether what the event tells has changed; a corrected name is nobody else's business."""
    return any(getattr(old, key) != values[key] for key in ("organisation_id", "audience", "active"))


def _plan_account(tx: Tx, login: str | None, id_: str, found: _Found, changes: _Changes) -> bool:
    account_id, old = found.account_of.get(id_, (None, None))
    if not login or old == login:
        return False
    found.holder_of[login] = id_
    if account_id is not None:
        changes.renamed.append({"id": account_id, "login": login})
        return True
    fresh = {"password_hash": None, "epoch": 1, "disabled": False, "created_at": tx.now}
    changes.accounts.append({"id": tx.new_id(), "person_id": id_, "login": login, **fresh})
    return True


def _write(tx: Tx, changes: _Changes) -> None:
    session = tx.session
    if changes.made:
        session.execute(insert(Person), changes.made)
    if changes.changed:
        session.execute(update(Person), changes.changed)
    if changes.left:
        key = tuple_(Membership.person_id, Membership.organisation_id, Membership.role)
        session.execute(delete(Membership).where(key.in_(changes.left)))
    if changes.joined:
        session.execute(insert(Membership), changes.joined)
    if changes.accounts:
        session.execute(insert(Account), changes.accounts)
    if changes.renamed:
        session.execute(update(Account), changes.renamed)
    for values, memberships in changes.listed:
        record_listed(
            tx,
            person_id=values["id"],
            organisation_id=values["organisation_id"],
            district_id=values["district_id"],
            audience=values["audience"],
            active=values["active"],
            memberships=memberships,
        )
    if changes:
        detail = {"created": len(changes.made), "updated": len(changes.changed)}
        audit.note(tx, action="people.imported", subject="people", detail=detail)
