"""Nothing that is kept or announced ties an answer to a person.

The attacker of these tests holds a dump of the whole database, outbox, inbox and command log included, and
PostgreSQL's hidden transaction numbers.
"""

from __future__ import annotations

import itertools
import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from chassis.access import Actor
from contracts.errors import Refused
from feedback.tables import metadata
from sqlalchemy import text

from chassis import tables as chassis_tables

ALL = [*metadata.tables.values(), *chassis_tables.metadata.tables.values()]
# When something happened by the machine's clock differs from run to run and says nothing of answers.
MACHINE_TIMES = {"received_at", "finished_at", "next_at"}
UUIDS = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
ANSWERS = [
    ({"ideology": 5, "practice": 4, "profession": 5, "overall": 5}, "讲得真好，想再听"),
    ({"ideology": 1, "practice": 2, "profession": 1, "overall": 1}, "听不清"),
    ({"ideology": 3, "practice": 3, "profession": 3, "overall": 3}, ""),
    ({"ideology": 2, "practice": 5, "profession": 4, "overall": 4}, "too long"),
]


def person(number: int) -> str:
    return str(uuid.UUID(int=number))


def dump(world: Any) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, ids made by chance replaced by the order in which they appear."""
    with world.harness.store.reading() as tx:
        connection = tx.session.connection()
        return {
            table.name: [dict(row._mapping) for row in connection.execute(table.select())] for table in ALL
        }


def without_chance(found: dict[str, list[dict[str, Any]]], known: set[str]) -> dict[str, list[str]]:
    """Rows as sorted text, without machine times and without ids that were drawn at random."""

    def mask(match: re.Match[str]) -> str:
        return match[0] if match[0] in known else "chance"

    return {
        name: sorted(
            UUIDS.sub(
                mask,
                json.dumps(
                    {key: value for key, value in row.items() if key not in MACHINE_TIMES | {"id"}},
                    default=str,
                    sort_keys=True,
                ),
            )
            for row in rows
        )
        for name, rows in found.items()
    }


def play(make: Callable[..., Any], answers: list[int], order: list[int], *, publish: bool) -> dict[str, Any]:
    """Four learners answer: `answers[i]` is the answer that person i gives, `order` who comes when."""
    world = make(threshold=4)
    fixed = ["district", "host", "lender", "lecturer", "topic", "session"]
    for number, name in enumerate(fixed, start=100):
        setattr(world, name, person(number))
    world.hold()
    learners = {}
    for number in range(4):
        world.attend(person(number + 1))
        learners[number] = Actor(person(number + 1), None, world.district, frozenset({"learner"}))
    for number in order:
        ratings, comment = ANSWERS[answers[number]]
        world.evaluate(learners[number], ratings=ratings, comment=comment, command_id=person(number + 200))
    if publish:
        world.tend()
    known = {person(number) for number in [*range(1, 5), *range(100, 106), *range(200, 204)]}
    return without_chance(dump(world), known)


@pytest.mark.parametrize("publish", [False, True])
def test_who_gave_which_answer_leaves_no_trace(fresh_world: Any, publish: bool) -> None:
    dumps = [
        play(fresh_world, answers, [0, 1, 2, 3], publish=publish)
        for answers in ([0, 1, 2, 3], [1, 0, 2, 3], [3, 2, 1, 0], [2, 3, 0, 1])
    ]
    assert dumps[0]["commands"]
    assert dumps[0]["results" if publish else "boxes"]
    for other in dumps[1:]:
        assert other == dumps[0]


def test_the_order_of_answering_is_not_in_the_answers(fresh_world: Any) -> None:
    dumps = [play(fresh_world, [0, 1, 2, 3], order, publish=True) for order in ([0, 1, 2, 3], [3, 1, 0, 2])]
    assert dumps[0] == dumps[1]


def test_comments_stand_in_the_order_of_their_text(fresh_world: Any) -> None:
    said = ["b 一般", "a 很好", "c"]
    seen = set()
    for order in itertools.permutations(said):
        world = fresh_world(threshold=3)
        world.hold()
        for comment in order:
            world.evaluate(world.attend(), comment=comment)
        world.tend()
        seen.add(tuple(world.result(world.staff())["comments"]))
    assert seen == {("a 很好", "b 一般", "c")}


def test_no_person_stands_in_any_answer_table_or_event(world: Any) -> None:
    world.hold()
    learners = [world.attend() for _ in range(3)]
    for learner in learners:
        world.evaluate(learner, comment="words")
    world.tend()
    world.pass_time(days=7)
    world.tend()
    found = dump(world)
    where = {
        name
        for name, rows in found.items()
        for learner in learners
        if str(learner.person_id) in json.dumps(rows, default=str)
    }
    assert where == {"participants", "commands"}
    assert world.types() == [
        "feedback.form.opened.v1",
        "feedback.result.published.v1",
        "feedback.form.closed.v1",
    ]
    assert {event.actor for event in world.harness.events()[1:]} == {"system"}
    participants = metadata.tables["participants"]
    assert set(participants.c.keys()) == {"session_id", "person_id", "answered"}


def test_transaction_numbers_tell_who_answered_last_and_not_what(postgres_world: Any) -> None:
    world = postgres_world
    world.hold()
    learners = [world.attend() for _ in range(4)]
    for learner, (ratings, comment) in zip(learners, ANSWERS, strict=True):
        world.evaluate(learner, ratings=ratings, comment=comment)
    with world.harness.store.reading() as tx:
        connection = tx.session.connection()
        answered = connection.execute(
            text("SELECT person_id::text AS person, xmin::text AS number FROM participants")
        )
        person_of = {row.number: row.person for row in answered}
        touched = {
            (table.name, person_of[number])
            for table in ALL
            for number in connection.scalars(text(f"SELECT xmin::text FROM {table.name}"))
            if number in person_of and table.name not in {"participants", "commands"}
        }
        rows = {name: connection.scalar(text(f"SELECT count(*) FROM {name}")) for name, _ in touched}
    assert len(person_of) == 4
    last = learners[-1].person_id
    assert touched == {("boxes", last), ("forms", last)}
    assert rows == {"boxes": 1, "forms": 1}


def test_nothing_of_an_answer_is_logged(world: Any, capfd: pytest.CaptureFixture[str]) -> None:
    world.hold()
    learner = world.attend()
    world.evaluate(learner, comment="a secret word")
    with pytest.raises(Refused):
        world.evaluate(learner, comment="a secret word")
    with pytest.raises(Refused):
        world.evaluate(learner, ratings={"overall": 77, "a secret mark": 1}, comment="a secret word" * 999)
    printed = capfd.readouterr()
    assert "secret word" not in printed.out + printed.err
