"""One evaluation each, only by those who attended, only while the form is open."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from chassis.access import Actor
from chassis.ids import new_id
from contracts.errors import Refused
from contracts.feedback import rpc
from feedback.tables import BallotBox, Form

GOOD = {"ideology": 5, "practice": 4, "profession": 5, "overall": 5}
POOR = {"ideology": 1, "practice": 1, "profession": 1, "overall": 1}


def refusal(world: Any, actor: Actor, **arguments: Any) -> str:
    with pytest.raises(Refused) as refused:
        world.evaluate(actor, **arguments)
    return f"{refused.value.status} {refused.value.code}"


def box_of(world: Any) -> tuple[int, dict[str, list[int]], list[str]]:
    with world.harness.store.reading() as tx:
        form = tx.session.get_one(Form, world.session)
        box = tx.session.get_one(BallotBox, world.session)
        return form.answers, box.counts, box.comments


def test_an_answer_is_counted(world: Any) -> None:
    world.hold()
    world.evaluate(world.attend(), ratings=GOOD, comment=" 很受启发 \n")
    world.evaluate(world.attend(), ratings=POOR)
    assert box_of(world) == (
        2,
        {
            "ideology": [1, 0, 0, 0, 1],
            "practice": [1, 0, 0, 1, 0],
            "profession": [1, 0, 0, 0, 1],
            "overall": [1, 0, 0, 0, 1],
        },
        ["很受启发"],
    )


def test_an_answer_announces_nothing(world: Any) -> None:
    world.hold()
    world.evaluate(world.attend())
    assert world.types() == ["feedback.form.opened.v1"]


def test_a_second_answer_is_refused_and_changes_nothing(world: Any) -> None:
    world.hold()
    learner = world.attend()
    world.evaluate(learner, ratings=GOOD)
    before = box_of(world)
    assert refusal(world, learner, ratings=POOR, comment="again") == "409 already_evaluated"
    assert box_of(world) == before
    assert world.form(learner)["answered"] is True
    assert world.form(learner)["may_answer"] is False


def test_the_same_command_again_gets_the_same_answer_and_counts_once(world: Any) -> None:
    world.hold()
    learner = world.attend()
    command_id = new_id()
    first = world.evaluate(learner, command_id=command_id)
    assert world.evaluate(learner, command_id=command_id) == first
    assert box_of(world)[0] == 1


def test_of_two_answers_at_the_same_moment_one_is_refused(world: Any) -> None:
    world.hold()
    for _ in range(5):
        learner = world.attend()
        together = Barrier(2)

        def answer(ratings: dict[str, int], learner: Actor = learner, together: Barrier = together) -> str:
            together.wait(timeout=10)
            try:
                world.evaluate(learner, ratings=ratings)
            except Refused as refused:
                return refused.code
            return "accepted"

        with ThreadPoolExecutor(2) as pool:
            outcomes = sorted(pool.map(answer, [GOOD, POOR]))
        assert outcomes == ["accepted", "already_evaluated"]
    answers, counts, _ = box_of(world)
    assert answers == 5
    assert [sum(marks) for marks in counts.values()] == [5, 5, 5, 5]


def test_many_at_once_are_all_counted(world: Any) -> None:
    world.hold()
    learners = [world.attend() for _ in range(12)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda learner: world.evaluate(learner, comment=f"c{learner.person_id}"), learners))
    answers, counts, comments = box_of(world)
    assert answers == 12
    assert counts["overall"] == [0, 0, 0, 0, 12]
    assert comments == sorted(f"c{learner.person_id}" for learner in learners)


def test_answering_and_closing_at_the_same_moment_agree(world: Any) -> None:
    world.hold()
    learners = [world.attend() for _ in range(6)]
    world.pass_time(days=7, seconds=-1)
    together = Barrier(2)

    def answer() -> list[str]:
        together.wait(timeout=10)
        outcomes = []
        for learner in learners:
            try:
                world.evaluate(learner)
            except Refused as refused:
                outcomes.append(refused.code)
            else:
                outcomes.append("accepted")
        return outcomes

    def close() -> None:
        together.wait(timeout=10)
        world.pass_time(seconds=1)
        world.tend()

    with ThreadPoolExecutor(2) as pool:
        answering = pool.submit(answer)
        pool.submit(close).result()
    world.tend()
    outcomes = answering.result()
    assert set(outcomes) <= {"accepted", "evaluation_closed"}
    with world.harness.store.reading() as tx:
        form = tx.session.get_one(Form, world.session)
        assert (form.state, form.answers) == ("closed", outcomes.count("accepted"))


def test_who_was_not_there_is_refused_as_if_there_were_no_session(world: Any) -> None:
    world.hold()
    stranger = Actor(new_id(), world.host, world.district, frozenset({"learner"}))
    problems = []
    for session_id in (world.session, new_id()):
        with pytest.raises(Refused) as refused:
            world.harness.call(
                rpc.EVALUATE, actor=stranger, request={"session_id": session_id, "ratings": GOOD}
            )
        problems.append(refused.value.problem)
    assert problems[0] == problems[1]
    assert (problems[0]["code"], problems[0]["status"]) == ("not_attended", 404)


def test_before_the_session_was_held_nobody_answers(world: Any) -> None:
    assert refusal(world, world.attend()) == "404 not_attended"


def test_after_closing_nobody_answers(world: Any) -> None:
    world.hold()
    learner = world.attend()
    world.pass_time(days=7)
    assert refusal(world, learner) == "409 evaluation_closed"
    world.tend()
    assert refusal(world, learner) == "409 evaluation_closed"


def test_nobody_evaluates_their_own_teaching(world: Any) -> None:
    world.hold()
    lecturer = world.attend(world.lecturer)
    assert refusal(world, lecturer) == "409 own_session"
    assert world.form(lecturer)["may_answer"] is False


def test_a_key_is_nobody(world: Any) -> None:
    world.hold()
    key = Actor(None, world.host, world.district, frozenset({"school_staff"}), "key:1")
    assert refusal(world, key) == "403 not_allowed"


@pytest.mark.parametrize(
    "request_",
    [
        {"ratings": {**GOOD, "overall": 6}},
        {"ratings": {**GOOD, "overall": 0}},
        {"ratings": {**GOOD, "overall": "5"}},
        {"ratings": {**GOOD, "overall": 4.5}},
        {"ratings": {**GOOD, "overall": True}},
        {"ratings": {"overall": 5}},
        {"ratings": {**GOOD, "humour": 5}},
        {"ratings": GOOD, "comment": "x" * 2001},
        {"ratings": GOOD, "comment": "\x00"},
        {"ratings": GOOD, "person_id": "ce1b1b3e-0000-4000-8000-000000000000"},
        {"ratings": GOOD, "comment": None},
        {},
    ],
)
def test_bad_answers_are_refused_by_field(world: Any, request_: dict[str, Any]) -> None:
    world.hold()
    learner = world.attend()
    with pytest.raises(Refused) as refused:
        world.harness.call(rpc.EVALUATE, actor=learner, request={"session_id": world.session, **request_})
    assert (refused.value.status, refused.value.code) == (422, "invalid_request")
    assert refused.value.problem["errors"]
    assert box_of(world)[0] == 0
