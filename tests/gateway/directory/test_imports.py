"""Districts, organisations and people from sheets, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from chassis.access import SYSTEM, Actor
from chassis.ids import new_id
from chassis.store import Store
from chassis.tables import outbox
from chassis.testing import temporary_store
from gateway.directory import audit, districts, memberships, names, organisations, people
from gateway.directory.tables import Account, AuditLine, Membership, Person
from sqlalchemy import event, func, select


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A directory with two districts and three organisations."""
    made = temporary_store("gateway.directory", database_url, name="directory")
    with made.transaction(actor=SYSTEM) as tx:
        rows = [{"row": 2, "code": "RED", "name": "红街"}, {"row": 3, "code": "RIV", "name": "河畔"}]
        districts.import_rows(tx, rows=rows)
        organisations.import_rows(
            tx,
            rows=[
                _organisation(2, "S", kind="street_school"),
                _organisation(3, "P", kind="partner_unit"),
                _organisation(4, "X", district="RIV"),
            ],
        )
    yield made
    made.dispose()


def _organisation(row: int, code: str, **changes: Any) -> dict[str, Any]:
    return {"row": row, "district": "RED", "code": code, "name": f"单位{code}", "kind": "branch", **changes}


def _person(row: int, code: str, **changes: Any) -> dict[str, Any]:
    return {"row": row, "organisation": "S", "code": code, "name": f"人{code}", **changes}


def _take(store: Store, *rows: dict[str, Any], actor: Actor = SYSTEM, what: Any = people) -> list[Any]:
    with store.transaction(actor=actor) as tx:
        found: list[Any] = what.import_rows(tx, rows=list(rows))
    return found


def _refs(results: list[Any]) -> dict[str, Any]:
    return {each.code: each.ref for each in results}


def _announced(store: Store, kind: str = "person") -> list[str]:
    with store.reading() as tx:
        query = select(outbox.c.aggregate).where(outbox.c.kind == kind).order_by(outbox.c.id)
        return list(tx.session.scalars(query))


def _roles(store: Store, person_id: str) -> set[tuple[str, str]]:
    with store.reading() as tx:
        found = tx.session.execute(
            select(Membership.organisation_id, Membership.role).where(Membership.person_id == person_id)
        )
        by_id = {ref.id: ref.code for ref in organisations.all(tx)}
        return {(by_id[row.organisation_id], row.role) for row in found}


@contextmanager
def _counted(store: Store) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(store.engine, "before_cursor_execute", note)


def test_a_repeated_sheet_changes_and_announces_nothing(store: Store) -> None:
    rows = [_person(2, "p1", email="a@b.cn", phone="13800001234"), _person(3, "p2", login="P2")]
    assert [each.outcome for each in _take(store, *rows)] == ["created", "created"]
    announced = _announced(store)
    assert len(announced) == 2
    assert [each.outcome for each in _take(store, *rows)] == ["unchanged", "unchanged"]
    assert _announced(store) == announced
    again = _take(store, {**rows[0], "name": "新名字"}, rows[1])
    assert [each.outcome for each in again] == ["updated", "unchanged"]
    assert _announced(store) == announced, "a name is told to nobody"
    moved = _take(store, {**rows[0], "name": "新名字", "organisation": "P"})
    assert [each.outcome for each in moved] == ["updated"]
    assert _announced(store) == [*announced, moved[0].id]


def test_roles_are_replaced_within_the_district(store: Store) -> None:
    (made,) = _take(store, _person(2, "p1", roles=["lecturer", "learner", "liaison@P"]))
    assert _roles(store, made.id) == {("S", "lecturer"), ("S", "learner"), ("P", "liaison")}
    with store.transaction(actor=SYSTEM) as tx:
        elsewhere = organisations.by_codes(tx, ["X"])["X"].id
        memberships.grant(tx, person_id=made.id, organisation_id=elsewhere, role="lecturer")
    _take(store, _person(2, "p1", roles=["learner"]))
    assert _roles(store, made.id) == {("S", "learner"), ("X", "lecturer")}
    _take(store, _person(2, "p1", roles=[]))
    assert _roles(store, made.id) == {("X", "lecturer")}


def test_every_bad_row_is_told_why_and_stops_no_other(store: Store) -> None:
    rows = [
        _person(2, "p1"),
        _person(3, "p2", organisation="NOWHERE"),
        _person(4, "p3", roles=["king"]),
        _person(5, "p4", email="not an address"),
        _person(6, "p1"),
        _person(7, "p5", roles=["liaison@X"]),
        _person(8, "p6", login="p1-login"),
        _person(9, "p7", login="p1-login"),
        _person(10, "p8", wrong=1),
        {"row": 11},
        _person(12, "p9", name="   "),
    ]
    found = _take(store, *rows)
    assert [each.row for each in found] == [each["row"] for each in rows]
    wanted = {2: "created", 8: "created"}
    assert {each.row: each.outcome for each in found if each.outcome != "refused"} == wanted
    for each in found:
        assert bool(each.zh and each.en) == (each.outcome == "refused"), each
    assert "第 2 行" in found[4].zh
    with store.reading() as tx:
        assert tx.session.scalar(select(func.count()).select_from(Person)) == 2


def test_an_operator_writes_its_own_district_only(store: Store) -> None:
    with store.reading() as tx:
        red = districts.by_codes(tx, ["RED"])["RED"].id
    operator = Actor(new_id(), new_id(), red, frozenset({"operator"}))
    staff = Actor(new_id(), new_id(), red, frozenset({"school_staff"}))
    found = _take(store, _person(2, "p1"), _person(3, "p2", organisation="X"), actor=operator)
    assert [each.outcome for each in found] == ["created", "refused"]
    assert [each.outcome for each in _take(store, _person(4, "p3"), actor=staff)] == ["refused"]
    found = _take(
        store,
        _organisation(2, "N"),
        _organisation(3, "N2", district="RIV"),
        _organisation(4, "X"),
        actor=operator,
        what=organisations,
    )
    assert [each.outcome for each in found] == ["created", "refused", "refused"]
    rows = [{"row": 2, "code": "RED", "name": "红街区"}, {"row": 3, "code": "NEW", "name": "新区"}]
    assert [each.outcome for each in _take(store, *rows, actor=operator, what=districts)] == [
        "updated",
        "refused",
    ]


def test_a_dry_run_keeps_nothing_and_plans_ahead(store: Store) -> None:
    with store.transaction(actor=SYSTEM) as tx:
        new_districts = districts.import_rows(
            tx, rows=[{"row": 2, "code": "NEW", "name": "新区"}], dry_run=True
        )
        planned = _refs(new_districts)
        homes = organisations.import_rows(
            tx, rows=[_organisation(2, "N", district="NEW")], dry_run=True, planned=planned
        )
        found = people.import_rows(
            tx,
            rows=[_person(2, "p1", organisation="N", login="someone")],
            dry_run=True,
            planned=_refs(homes),
        )
    assert [each.outcome for each in (*new_districts, *homes, *found)] == ["created"] * 3
    with store.reading() as tx:
        assert "NEW" not in districts.by_codes(tx, ["NEW"])
        assert tx.session.scalar(select(func.count()).select_from(Person)) == 0
        assert tx.session.scalar(select(func.count()).select_from(Account)) == 0
    assert _announced(store) == []


def test_parents_may_stand_anywhere_but_not_in_a_circle(store: Store) -> None:
    found = _take(
        store,
        _organisation(2, "A", parent="B"),
        _organisation(3, "B", parent="S"),
        _organisation(4, "C", parent="D"),
        _organisation(5, "D", parent="C"),
        _organisation(6, "E", parent="NOWHERE"),
        _organisation(7, "F", parent="E"),
        what=organisations,
    )
    assert [each.outcome for each in found] == ["created", "created", *["refused"] * 4]
    with store.reading() as tx:
        known = organisations.by_codes(tx, ["A", "B", "S"])
    assert known["A"].parent_id == known["B"].id
    assert known["B"].parent_id == known["S"].id
    (circle,) = _take(store, _organisation(2, "S", kind="street_school", parent="A"), what=organisations)
    assert (circle.outcome, circle.en) == ("refused", "The parent organisations form a circle.")


def test_a_batch_costs_the_same_number_of_statements_whatever_its_size(store: Store) -> None:
    def rows(count: int, start: int) -> list[dict[str, Any]]:
        return [
            _person(at + 2, f"n{start + at}", login=f"n{start + at}", roles=["learner", "liaison@P"])
            for at in range(count)
        ]

    small: list[str]
    with _counted(store) as small:
        _take(store, *rows(10, 0))
    with _counted(store) as large:
        _take(store, *rows(1000, 1000))
    batched = 3 if store.dialect == "postgresql" else 0  # the driver may send a long insert in parts
    assert len(large) <= len(small) + batched * 10, large[:5]
    assert len(small) < 30


def test_a_login_belongs_to_one_person(store: Store) -> None:
    (first,) = _take(store, _person(2, "p1", login="same"))
    (second,) = _take(store, _person(2, "p2", login=" SAME "))
    assert (first.outcome, second.outcome) == ("created", "refused")
    (renamed,) = _take(store, _person(2, "p1", login="other"))
    assert renamed.outcome == "updated"
    assert _take(store, _person(2, "p2", login="same"))[0].outcome == "created"


def test_memberships_are_given_and_taken_with_an_event_each(store: Store) -> None:
    (made,) = _take(store, _person(2, "p1"))
    with store.reading() as tx:
        partner = organisations.by_codes(tx, ["P"])["P"].id
    for _ in range(2):
        with store.transaction(actor=SYSTEM) as tx:
            memberships.grant(tx, person_id=made.id, organisation_id=partner, role="liaison")
    assert _announced(store) == [made.id] * 2
    for _ in range(2):
        with store.transaction(actor=SYSTEM) as tx:
            memberships.revoke(tx, person_id=made.id, organisation_id=partner)
    assert _announced(store) == [made.id] * 3
    assert _roles(store, made.id) == {("S", "learner")}


def test_reads_cost_one_query_and_search_means_what_it_says(store: Store) -> None:
    made = _take(
        store, *(_person(at, f"p{at}", name=name) for at, name in enumerate(["甲%", "乙_", "丙"], 2))
    )
    with store.reading() as tx:
        with _counted(store) as statements:
            found = names.people(tx, [each.id for each in made] + [None, new_id()])
        assert sorted(found.values()) == ["丙", "乙_", "甲%"]
        assert len([each for each in statements if each.startswith("SELECT")]) == 1
        school = organisations.by_codes(tx, ["S"])["S"]
        searches = {"%": "甲%", "_": "乙_", "P2": "甲%", "p2": "甲%", " 丙 ": "丙"}
        for search, wanted in searches.items():
            page, total = people.members(tx, organisation_id=school.id, search=search)
            assert ([each.name for each in page], total) == ([wanted], 1)
        page, total = people.members(tx, organisation_id=school.id, limit=1, offset=1)
        assert ([each.code for each in page], total) == (["p3"], 3)
        assert names.organisations(tx, [school.id])[school.id].en == "单位S"


def test_what_was_done_is_noted(store: Store) -> None:
    _take(store, _person(2, "p1"))
    with store.transaction(actor=SYSTEM) as tx:
        audit.note(tx, action="test.done", subject="something")
    with store.reading() as tx:
        lines = tx.session.scalars(select(AuditLine).order_by(AuditLine.id)).all()
    assert [line.action for line in lines] == [
        "districts.imported",
        "organisations.imported",
        "people.imported",
        "test.done",
    ]
    assert "人" not in repr([line.detail for line in lines])
