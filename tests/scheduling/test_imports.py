"""Importing sheets: bad rows do not stop good ones, a repeat changes nothing, the cost does not grow."""

from __future__ import annotations

from typing import Any

import pytest
from chassis.access import SYSTEM
from chassis.ids import new_id
from contracts.scheduling import events, rpc
from contracts.scheduling.rpc import TopicRow
from scheduling.importing.rows import load_rows
from scheduling.tables import Agreement, Availability, Lecturer, LecturerTopic, Topic
from sqlalchemy import func, select

from .conftest import NOWHERE, World, window

SHEETS = ("topics", "venues", "groups", "lecturers", "agreements", "availability")


def row_of(world: World, sheet: str, *, number: int = 1, **more: Any) -> dict[str, Any]:
    """A good row of a sheet; the number makes its key."""
    owned = {
        "organisation_id": world.school,
        "district_id": world.district,
        "code": f"{sheet[0].upper()}{number:04}",
    }
    person = f"20000000-0000-7000-8000-{number:012}"
    rows: dict[str, dict[str, Any]] = {
        "topics": {
            **owned,
            "title": f"党课 {number}",
            "category": "theory",
            "form": "lecture",
            "duration_minutes": 90,
        },
        "venues": {**owned, "name": f"教室 {number}", "capacity": 40},
        "groups": {**owned, "name": f"第 {number} 支部", "audience": "all", "size": 30},
        "lecturers": {
            "lecturer_id": person,
            "organisation_id": world.school,
            "district_id": world.district,
            "kind": "expert",
            "topics": [],
        },
        "agreements": {
            "code": f"A{number}",
            "lender_id": world.partner,
            "borrower_id": world.school,
            "starts_on": "2026-01-01",
            "ends_on": "2026-12-31",
            "quota_sessions": 5,
            "approval": "liaison",
        },
        "availability": {
            "lecturer_id": person,
            "kind": "free",
            "weekday": 3,
            "starts": "18:00",
            "ends": "21:00",
        },
    }
    return {**rows[sheet], **more}


CHANGES: dict[str, dict[str, Any]] = {
    "topics": {"title": "新题目"},
    "venues": {"capacity": 41, "latitude": 31.4, "longitude": 121.3},
    "groups": {"size": 31},
    "lecturers": {"monthly_cap": 9},
    "agreements": {"quota_sessions": 6},
    "availability": {"ends": "21:30"},
}


def outcomes(answers: list[dict[str, Any]]) -> list[str]:
    return [answer["outcome"] for answer in answers]


def prepare(world: World, sheet: str, *, count: int = 3) -> None:
    if sheet == "availability":
        world.rows("lecturers", *(row_of(world, "lecturers", number=n) for n in range(count)))


@pytest.mark.parametrize("sheet", SHEETS)
def test_a_sheet_is_taken_repeated_and_changed(world: World, sheet: str) -> None:
    prepare(world, sheet)
    rows = [row_of(world, sheet, number=number) for number in range(3)]
    before = len(world.harness.events())
    assert outcomes(world.rows(sheet, *rows, dry_run=True)) == ["created"] * 3
    assert len(world.harness.events()) == before
    assert outcomes(world.rows(sheet, *rows)) == ["created"] * 3
    told = len(world.harness.events())
    assert told - before == (0 if sheet == "availability" else 3)
    assert outcomes(world.rows(sheet, *rows)) == ["unchanged"] * 3
    assert len(world.harness.events()) == told
    changed = [rows[0], {**rows[1], **CHANGES[sheet]}, rows[2]]
    assert outcomes(world.rows(sheet, *changed, dry_run=True)) == ["unchanged", "updated", "unchanged"]
    assert outcomes(world.rows(sheet, *changed)) == ["unchanged", "updated", "unchanged"]
    assert outcomes(world.rows(sheet, *changed)) == ["unchanged"] * 3
    assert len(world.harness.events()) - told == (0 if sheet == "availability" else 1)


@pytest.mark.parametrize("sheet", SHEETS)
def test_one_bad_row_does_not_stop_the_others(sqlite_world: World, sheet: str) -> None:
    world = sqlite_world
    prepare(world, sheet)
    bad = row_of(world, sheet, number=1)
    del bad[next(iter(bad))]
    odd = row_of(world, sheet, number=1, colour="red")
    good = [row_of(world, sheet, number=0), row_of(world, sheet, number=2)]
    answers = world.rows(sheet, good[0], bad, odd, {}, good[1])
    assert outcomes(answers) == ["created", "refused", "refused", "refused", "created"]
    assert [answer["row"] for answer in answers] == [2, 3, 4, 5, 6]
    assert "colour" in answers[2]["zh"]
    assert "colour" in answers[2]["en"]


@pytest.mark.parametrize("sheet", SHEETS)
def test_an_entry_given_twice(sqlite_world: World, sheet: str) -> None:
    world = sqlite_world
    prepare(world, sheet)
    row = row_of(world, sheet, number=1)
    answers = world.rows(sheet, row, row, {**row, **CHANGES[sheet]})
    assert outcomes(answers) == ["created", "unchanged", "refused"]
    assert "2" in answers[2]["zh"]


@pytest.mark.parametrize("sheet", SHEETS)
def test_a_thousand_rows_cost_as_many_statements_as_ten(world: World, sheet: str) -> None:
    prepare(world, sheet, count=300)

    def statements(first: int, last: int, **more: Any) -> int:
        rows = [row_of(world, sheet, number=number, **more) for number in range(first, last)]
        with world.counting() as found:
            assert "refused" not in outcomes(world.rows(sheet, *rows))
        return len(found)

    few = statements(0, 10)
    assert statements(10, 300) == few <= 14
    few_changed = statements(0, 10, **CHANGES[sheet])
    assert statements(0, 290, **CHANGES[sheet]) <= few_changed + 3 <= 18


@pytest.mark.parametrize(
    ("sheet", "change"),
    [
        ("topics", {"duration_minutes": 92}),
        ("topics", {"duration_minutes": 725}),
        ("topics", {"category": "cooking"}),
        ("topics", {"audiences": ["nobody"]}),
        ("topics", {"code": ""}),
        ("venues", {"capacity": 0}),
        ("venues", {"latitude": 91}),
        ("venues", {"name": "长" * 121}),
        ("groups", {"size": "thirty"}),
        ("lecturers", {"topics": ["T-nowhere"]}),
        ("lecturers", {"monthly_cap": -1}),
        ("agreements", {"starts_on": "2027-01-01"}),
        ("agreements", {"starts_on": "yesterday"}),
        ("agreements", {"quota_sessions": -1}),
        ("availability", {"lecturer_id": NOWHERE}),
        ("availability", {"on": "2026-03-04"}),
        ("availability", {"weekday": None}),
        ("availability", {"weekday": 8}),
        ("availability", {"starts": None}),
        ("availability", {"ends": "17:00"}),
        ("availability", {"ends": "18:00"}),
        ("availability", {"starts": "25:00"}),
    ],
)
def test_rows_that_are_refused(sqlite_world: World, sheet: str, change: dict[str, Any]) -> None:
    world = sqlite_world
    prepare(world, sheet)
    [answer] = world.rows(sheet, row_of(world, sheet, **change))
    assert answer["outcome"] == "refused"
    assert answer["zh"]
    assert answer["en"]
    [answer] = world.rows(sheet, row_of(world, sheet))
    assert answer["outcome"] == "created"


def test_lender_and_borrower_are_two(sqlite_world: World) -> None:
    row = row_of(sqlite_world, "agreements", lender_id=sqlite_world.school)
    assert outcomes(sqlite_world.rows("agreements", row)) == ["refused"]


def test_a_quota_does_not_fall_below_what_is_booked(world: World) -> None:
    topic = world.topic()
    world.rows("agreements", row_of(world, "agreements", approval="automatic"))
    world.lecturer(organisation=world.partner, topic=topic)
    world.booked(topic)
    [answer] = world.rows("agreements", row_of(world, "agreements", quota_sessions=0))
    assert (answer["outcome"], answer["en"]) == (
        "refused",
        "Booked already: 1. The quota cannot be less than that.",
    )
    assert outcomes(world.rows("agreements", row_of(world, "agreements", quota_sessions=1))) == ["updated"]
    with world.harness.store.reading() as tx:
        agreement = tx.session.scalars(select(Agreement)).one()
    assert (agreement.used, agreement.quota_sessions, agreement.approval) == (1, 1, "liaison")


def test_topics_of_lecturers_are_found_by_code(world: World) -> None:
    mine = world.topic(code="T1")
    world.topic(code="T1", district=world.other_district, organisation=world.far_school)
    theirs = world.topic(code="T2", district=world.other_district, organisation=world.far_school)
    world.rows("lecturers", row_of(world, "lecturers", topics=["T2", "T1", "T1"]))
    assert world.last(events.LECTURER_LISTED)["topic_ids"] == sorted([mine, theirs])
    assert outcomes(world.rows("lecturers", row_of(world, "lecturers", topics=["T1", "T2"]))) == ["unchanged"]
    world.rows("lecturers", row_of(world, "lecturers", topics=["T2"]))
    with world.harness.store.reading() as tx:
        assert tx.session.scalars(select(LecturerTopic.topic_id)).all() == [theirs]


def test_a_dry_run_trusts_that_missing_entries_come_with_the_same_import(world: World) -> None:
    [answer] = world.rows("lecturers", row_of(world, "lecturers", topics=["T9"]), dry_run=True)
    assert (answer["outcome"], "T9" in answer["zh"], "T9" in answer["en"]) == ("created", True, True)
    [answer] = world.rows("availability", row_of(world, "availability"), dry_run=True)
    assert answer["outcome"] == "created"
    assert answer["zh"]
    with world.harness.store.reading() as tx:
        for model in (Lecturer, Availability):
            assert tx.session.scalar(select(func.count()).select_from(model)) == 0


def test_only_operators_import_and_only_for_their_district(sqlite_world: World) -> None:
    world = sqlite_world
    for role in ("principal", "school_staff", "liaison", "learner"):
        refused = lambda r=role: world.rows("topics", row_of(world, "topics"), actor=world.actor(r))  # noqa: E731
        assert world.refused(refused) == "not_allowed"
    elsewhere = world.actor("operator", district=world.other_district)
    world.rows("lecturers", row_of(world, "lecturers"))
    for sheet in ("topics", "venues", "groups", "lecturers", "availability", "agreements"):
        assert outcomes(world.rows(sheet, row_of(world, sheet), actor=elsewhere)) == ["refused"], sheet
    stolen = row_of(world, "lecturers", district_id=world.other_district, organisation_id=world.far_school)
    assert outcomes(world.rows("lecturers", stolen, actor=elsewhere)) == ["refused"]
    misplaced = row_of(world, "venues", organisation_id=world.far_school)
    assert outcomes(world.rows("venues", misplaced)) == ["refused"]
    unheard_of = row_of(world, "venues", organisation_id=new_id())
    assert outcomes(world.rows("venues", unheard_of)) == ["created"]
    assert outcomes(world.rows("topics", row_of(world, "topics"), actor=SYSTEM)) == ["created"]


def test_codes_of_two_districts_do_not_meet(world: World) -> None:
    world.rows("topics", row_of(world, "topics"))
    theirs = row_of(world, "topics", district_id=world.other_district, organisation_id=world.far_school)
    elsewhere = world.actor("operator", district=world.other_district)
    assert outcomes(world.rows("topics", theirs, actor=elsewhere)) == ["created"]
    with world.harness.store.reading() as tx:
        assert tx.session.scalar(select(func.count()).select_from(Topic)) == 2


def test_names_of_fields_that_no_database_could_keep(world: World) -> None:
    odd = row_of(world, "topics", **{"col\x00our": 1})
    many = row_of(world, "topics", **{f"field {number}": 0 for number in range(500)})
    answers = world.rows("topics", odd, many)
    assert outcomes(answers) == ["refused"] * 2
    assert "col?our" in answers[0]["zh"]
    assert len(answers[1]["zh"]) < 600
    [surrogate] = load_rows([{"\ud800": 1}], schema=TopicRow)
    assert surrogate.zh.encode()


def test_a_sheet_that_does_not_exist(sqlite_world: World) -> None:
    problem = sqlite_world.problem(lambda: sqlite_world.rows("songs", {}))
    assert (problem["code"], problem["status"]) == ("sheet_is_unknown", 422)


def test_too_many_rows_at_once(sqlite_world: World) -> None:
    assert sqlite_world.refused(lambda: sqlite_world.rows("topics", *([{}] * 1001))) == "invalid_request"


def test_a_whole_batch_may_be_empty_or_bad(sqlite_world: World) -> None:
    world = sqlite_world
    for sheet in SHEETS:
        assert world.rows(sheet) == []
        assert outcomes(world.rows(sheet, {}, {"row": -1}, {"row": True})) == ["refused"] * 3
        request = {"sheet": sheet, "rows": [{"row": -1}, {"row": "x"}, {}]}
        answer = world.call(rpc.IMPORT_ROWS, world.operator, **request)
        assert [each["row"] for each in answer["results"]] == [1, 2, 3]


def test_imported_availability_is_used(world: World) -> None:
    topic = world.topic()
    lecturer = world.lecturer(topic=topic)
    world.availability(lecturer, kind="free", weekday=3, starts="19:00", ends="21:00")
    world.availability(lecturer, kind="away", on="2026-03-04", starts="19:00", ends="19:30")
    order = world.dispatched(topic, windows=[window("18:00", "21:00")])
    assert order["offers"][0]["starts_at"] == "2026-03-04T11:30:00+00:00"
