"""Contacts are imported row by row: good rows are taken, bad ones come back with the reason."""

from __future__ import annotations

from typing import Any

import pytest
from chassis.access import Actor
from chassis.ids import new_id
from contracts.errors import Refused
from contracts.notifications import rpc
from notifications.tables import Contact
from sqlalchemy import event


def row(number: int, **values: Any) -> dict[str, Any]:
    return {"row": number, "person_id": new_id(), "name": "王老师", "email": None, **values}


def operator(world: Any) -> Actor:
    return Actor(new_id(), world.school, world.district, frozenset({"operator"}))


def outcomes(answers: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return [(answer["row"], answer["outcome"]) for answer in answers]


def contact(world: Any, person_id: str) -> tuple[str, str | None] | None:
    with world.harness.store.reading() as tx:
        found = tx.session.get(Contact, person_id)
        return None if found is None else (found.name, found.email)


def test_rows_are_created_updated_or_left(world: Any) -> None:
    rows = [row(2, email="wang@school.example"), row(3)]
    assert outcomes(world.import_contacts(rows, actor=operator(world))) == [(2, "created"), (3, "created")]
    assert outcomes(world.import_contacts(rows)) == [(2, "unchanged"), (3, "unchanged")]
    rows[1]["name"] = "王主任"
    assert outcomes(world.import_contacts(rows)) == [(2, "unchanged"), (3, "updated")]
    assert contact(world, rows[0]["person_id"]) == ("王老师", "wang@school.example")
    assert contact(world, rows[1]["person_id"]) == ("王主任", None)


def test_bad_rows_do_not_stop_good_ones(world: Any) -> None:
    good = row(5)
    answers = world.import_contacts(
        [
            row(1, email="no address"),
            row(2, name=""),
            row(3, person_id="x"),
            row(4, surprise=1),
            good,
            {**good, "row": 6},
            {"name": "nobody"},
        ]
    )
    assert outcomes(answers) == [
        (1, "refused"),
        (2, "refused"),
        (3, "refused"),
        (4, "refused"),
        (5, "created"),
        (6, "refused"),
        (1, "refused"),
    ]
    assert answers[0]["zh"] == "这些栏填写不对：email: Not a valid email address."
    assert answers[0]["en"] == "These fields are not right: email: Not a valid email address."
    assert "出现了两次" in answers[5]["zh"]
    assert contact(world, good["person_id"]) == ("王老师", None)


def test_a_dry_run_keeps_nothing(world: Any) -> None:
    known = row(1)
    world.import_contacts([known])
    changed, fresh = {**known, "name": "别名"}, row(2)
    answers = world.import_contacts([changed, fresh], dry_run=True)
    assert outcomes(answers) == [(1, "updated"), (2, "created")]
    assert contact(world, known["person_id"]) == ("王老师", None)
    assert contact(world, fresh["person_id"]) is None


def test_only_operators_import_and_only_their_own_district(world: Any) -> None:
    for role in ("principal", "school_staff", "liaison", "learner"):
        with pytest.raises(Refused) as refused:
            world.import_contacts(
                [row(1)], actor=Actor(new_id(), world.school, world.district, frozenset({role}))
            )
        assert refused.value.status == 403
    foreigner = new_id()
    world.list_person(foreigner, [(world.elsewhere, "learner")], district=new_id())
    answers = world.import_contacts([row(1, person_id=foreigner), row(2)], actor=operator(world))
    assert outcomes(answers) == [(1, "refused"), (2, "created")]
    assert contact(world, foreigner) is None


def test_an_unknown_sheet_is_refused(world: Any) -> None:
    with pytest.raises(Refused) as refused:
        world.harness.call(rpc.IMPORT_ROWS, actor=operator(world), request={"sheet": "venues", "rows": []})
    assert refused.value.problem["errors"] == {"sheet": ["must be one of: contacts"]}


def test_a_batch_takes_the_same_few_statements_whatever_its_size(world: Any) -> None:
    def statements(number: int) -> int:
        heard: list[str] = []

        def listen(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            heard.append(statement)

        engine = world.harness.store.engine
        event.listen(engine, "before_cursor_execute", listen)
        try:
            world.import_contacts([row(each + 1) for each in range(number)], actor=operator(world))
        finally:
            event.remove(engine, "before_cursor_execute", listen)
        return len(heard)

    assert statements(500) <= statements(2) + 2
