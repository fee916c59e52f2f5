"""Whole files handed in to the real services: what is taken, what is not, and what a second time does."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chassis.embedded import Embedded
from chassis.store import Store
from gateway.directory.tables import Person
from gateway.importing import files
from gateway.importing.run import Report, Take, run
from notifications.tables import Contact
from scheduling.tables import Agreement, Availability, Lecturer, LecturerTopic
from sqlalchemy import func, select

from chassis import tables

from .conftest import REGION, ROWS, refusals
from .files import csv_bytes

HandIn = Callable[..., Report]


def count(store: Store, table: Any) -> int:
    with store.reading() as tx:
        return tx.session.scalar(select(func.count()).select_from(table)) or 0


def test_a_preview_knows_what_the_file_would_create_and_keeps_nothing(
    hand_in: HandIn, services: Embedded
) -> None:
    preview = hand_in(REGION, dry_run=True)
    assert dict(preview.counts) == {"created": ROWS}, refusals(preview)
    assert [count(services.stores[name], tables.outbox) for name in ("directory", "scheduling")] == [0, 0]
    assert count(services.stores["directory"], Person) == 0


def test_previews_in_small_batches_see_what_earlier_batches_would_create(hand_in: HandIn) -> None:
    preview = hand_in(REGION, dry_run=True, batch=1)
    assert dict(preview.counts) == {"created": ROWS}, refusals(preview)


def test_a_file_is_taken_once_however_often_it_is_handed_in(
    region: Report, hand_in: HandIn, services: Embedded
) -> None:
    before = {name: count(store, tables.outbox) for name, store in services.stores.items()}
    assert dict(hand_in(REGION, dry_run=True).counts) == {"unchanged": ROWS}
    assert dict(hand_in(REGION).counts) == {"unchanged": ROWS}
    assert {name: count(store, tables.outbox) for name, store in services.stores.items()} == before


def test_everything_is_where_it_belongs(region: Report, services: Embedded) -> None:
    scheduling = services.stores["scheduling"]
    assert [count(scheduling, table) for table in (Lecturer, LecturerTopic, Agreement, Availability)] == [
        1
    ] * 4
    with services.stores["notifications"].reading() as tx:
        contacts = dict(tx.session.execute(select(Contact.name, Contact.email)).all())
    assert contacts == {
        "孟晓彤": "l1@example.org",
        "雷启明": None,
        "戴建国": None,
        "魏振宇": None,
        "潘静怡": None,
    }


def test_what_changed_is_updated_and_the_rest_is_not(region: Report, hand_in: HandIn) -> None:
    header, *people = REGION["people"]
    moved = ["L3", "LD-S", "戴建国", "l3@example.org", "learner", None]
    report = hand_in(
        {
            "people": [header, moved, people[0]],
            "venues": [*REGION["venues"][:1], ["R1", "LD-S", "报告厅", 90]],
        }
    )
    assert dict(report.counts) == {"updated": 2, "unchanged": 1}


def test_bad_rows_do_not_stop_the_good_ones(region: Report, hand_in: HandIn) -> None:
    header = REGION["people"][0]
    people = [
        header,
        ["N1", "LD-C1", "陈永强", None, None, None],
        [],
        ["N2", "NOWHERE", "罗雨桐", None, None, None],
        ["N3", "LD-C1", "", None, None, None],
        ["N1", "LD-C1", "贺素珍", None, None, None],
        ["N4", "LD-C1", "杜培元", "nobody", "learner@QS-S", None],
        ["N5", "LD-C1", "罗志远", None, "learner@QS-S", None],
        ["N6", "LD-C1", "郝巧玲", None, None, "LD-Operator"],
        ["N7", "LD-C1", "王" * 40_000, None, None, None],
    ]  # fmt: skip
    people[-1][2] = "王" * 30_000
    lecturers = [
        ["person", "kind", "topics", "district"],
        ["L2", "backbone", "T1；T9", None],
        ["X9", "backbone", "T1", None],
        ["Q2", "expert", "", "LD"],
        ["Q2", "expert", None, "QS"],
    ]
    report = hand_in({"people": people, "lecturers": lecturers})
    assert refusals(report) == [
        ("people", 4, "There is no organisation with the code “NOWHERE”."),
        ("people", 5, "name: is empty"),
        ("people", 6, "is the same thing as row 2"),
        ("people", 7, "email: must be an e-mail address"),
        ("people", 8, "“QS-S” is an organisation of another district."),
        ("people", 9, "The login “ld-operator” is taken."),
        ("people", 10, "name: is longer than 120 characters"),
        ("lecturers", 2, refusals(report)[7][2]),
        ("lecturers", 3, "there is no person with the code “X9”"),
        ("lecturers", 4, "there is no person with the code “Q2”"),
    ]
    assert "T9" in refusals(report)[7][2]
    assert dict(report.counts) == {"created": 2, "refused": 10}
    preview = hand_in({"people": people, "lecturers": lecturers}, dry_run=True)
    assert [row[:2] for row in refusals(preview)] == [row[:2] for row in refusals(report)]


def test_a_code_of_two_districts_needs_the_district(region: Report, hand_in: HandIn) -> None:
    header = REGION["people"][0]
    people = [header, ["P9", "LD-S", "陈永强", None, "lecturer", None]]
    hand_in({"people": people})
    people[1] = ["P9", "QS-S", "罗雨桐", None, "lecturer", None]
    lecturers = [["person", "kind", "district"], ["P9", "expert", None], ["P9", "expert", "QS"]]
    report = hand_in({"people": people, "lecturers": lecturers})
    assert refusals(report) == [
        ("lecturers", 2, "several districts have a person with the code “P9”; fill in the column district")
    ]
    assert dict(report.counts) == {"created": 2, "refused": 1}


def test_parents_may_stand_below_their_children_and_far_away(hand_in: HandIn) -> None:
    header = ["code", "district", "name", "kind", "parent"]
    chain = [[f"O{n}", "LD", f"单位{n}", "branch", f"O{n + 1}" if n < 29 else None] for n in range(30)]
    sheets = {"districts": REGION["districts"], "organisations": [header, *chain]}
    assert dict(hand_in(sheets, dry_run=True, batch=7).counts) == {"created": 32}
    assert dict(hand_in(sheets, batch=7).counts) == {"created": 32}
    assert dict(hand_in(sheets, batch=7).counts) == {"unchanged": 32}


def test_a_circle_of_parents_is_refused(hand_in: HandIn) -> None:
    header = ["code", "district", "name", "kind", "parent"]
    circle = [
        ["A", "LD", "甲", "branch", "B"],
        ["B", "LD", "乙", "branch", "A"],
        ["C", "LD", "丙", "branch", None],
    ]
    report = hand_in({"districts": REGION["districts"], "organisations": [header, *circle]})
    assert dict(report.counts) == {"created": 3, "refused": 2}


def test_names_that_look_like_formulas_stay_text(region: Report, hand_in: HandIn, services: Embedded) -> None:
    names = ["=1+1", "@SUM(A1)", "+86", "-丁", "＝cmd"]
    header = REGION["people"][0]
    rows = [[f"F{n}", "LD-C1", name, None, None, None] for n, name in enumerate(names)]
    assert dict(hand_in({"people": [header, *rows]}).counts) == {"created": len(names)}
    with services.stores["directory"].reading() as tx:
        kept = tx.session.scalars(select(Person.name).where(Person.code.like("F%")).order_by(Person.code))
        assert list(kept) == names


def test_an_empty_sheet_is_no_mistake(hand_in: HandIn) -> None:
    assert dict(hand_in({"people": REGION["people"][:1]}).counts) == {}


def test_ten_thousand_people(
    region: Report, take: Take, services: Embedded, capsys: pytest.CaptureFixture[str]
) -> None:
    header = ["code", "organisation", "name", "phone", "email", "audience", "roles"]
    people = [
        [f"N{n:05d}", "LD-C1", f"党员{n}", f"1000{n:07d}", f"n{n}@example.org", "社区党员", "学员"]
        for n in range(10_000)
    ]
    workbook = files.read_upload("people.csv", csv_bytes([header, *people], encoding="gb18030"))
    began = time.monotonic()
    preview = run(workbook, take=take, dry_run=True)
    previewed = time.monotonic()
    taken = run(workbook, take=take, dry_run=False)
    ended = time.monotonic()
    with capsys.disabled():
        print(f"\n10,000 people: preview {previewed - began:.1f} s, import {ended - previewed:.1f} s")
    assert dict(preview.counts) == dict(taken.counts) == {"created": 10_000}
    assert count(services.stores["directory"], Person) == 10_005
    assert count(services.stores["notifications"], Contact) == 10_005


def test_the_example_is_taken_whole_and_once(take: Take, tmp_path: Path) -> None:
    from datetime import date

    from lectern.example import region as example

    workbook = example.read(today=date(2026, 3, 4))
    rows = sum(len(sheet.rows) for sheet in workbook.sheets)
    assert dict(run(workbook, take=take, dry_run=True).counts) == {"created": rows}
    assert dict(run(workbook, take=take, dry_run=False).counts) == {"created": rows}
    assert dict(run(workbook, take=take, dry_run=False).counts) == {"unchanged": rows}
