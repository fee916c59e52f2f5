"""Results appear at the threshold, grow by it, and are read by those whose session it was."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from chassis.access import Actor
from chassis.ids import new_id
from contracts.errors import Refused
from contracts.feedback import events
from feedback.tables import BallotBox


def ratings(mark: int, overall: int) -> dict[str, int]:
    return {"ideology": mark, "practice": mark, "profession": mark, "overall": overall}


def test_a_result_appears_at_the_threshold_and_not_before(world: Any) -> None:
    world.hold()
    staff = world.staff()
    for overall in (5, 4):
        world.evaluate(world.attend(), ratings=ratings(5, overall), comment=f"said {overall}")
    world.tend()
    waiting = world.result(staff)
    assert waiting == {
        "session_id": world.session,
        "title": "《长津湖》学习分享",
        "published": False,
        "closed": False,
        "threshold": 3,
        "answers": 2,
        "overall": None,
        "questions": [],
        "comments": [],
    }
    world.evaluate(world.attend(), ratings=ratings(4, 4))
    world.tend()
    means = [
        {"question": "ideology", "mean": 4.67},
        {"question": "practice", "mean": 4.67},
        {"question": "profession", "mean": 4.67},
        {"question": "overall", "mean": 4.33},
    ]
    assert world.result(staff) == {
        **waiting,
        "published": True,
        "answers": 3,
        "overall": 4.33,
        "questions": means,
        "comments": ["said 4", "said 5"],
    }
    published = world.harness.events(events.RESULT_PUBLISHED)
    assert [event.data for event in published] == [
        {
            "session_id": world.session,
            "organisation_id": world.host,
            "lecturer_id": world.lecturer,
            "lender_id": world.lender,
            "topic_id": world.topic,
            "title": "《长津湖》学习分享",
            "answers": 3,
            "overall": 4.33,
            "questions": means,
        }
    ]


def test_a_result_stands_still_until_a_threshold_of_new_answers_has_come(world: Any) -> None:
    world.hold()
    staff = world.staff()
    shown = []
    for _ in range(7):
        world.evaluate(world.attend(), comment="x")
        world.tend()
        world.tend()
        result = world.result(staff)
        shown.append((result["published"], result["answers"], len(result["comments"])))
    assert shown == [
        (False, 1, 0),
        (False, 2, 0),
        (True, 3, 3),
        (True, 3, 3),
        (True, 3, 3),
        (True, 6, 6),
        (True, 6, 6),
    ]
    published = world.harness.events(events.RESULT_PUBLISHED)
    assert [event.data["answers"] for event in published] == [3, 6]
    assert [event.version for event in published] == [2, 3]


@pytest.mark.parametrize(
    ("before", "after", "last"), [(5, 2, 5), (5, 3, 8), (5, 4, 9), (5, 0, 5), (4, 0, None)]
)
def test_at_the_closing_three_or_more_last_answers_are_added(
    make_world: Any, before: int, after: int, last: int | None
) -> None:
    world = make_world(threshold=5)
    world.hold()
    for _ in range(before):
        world.evaluate(world.attend())
    world.tend()
    for _ in range(after):
        world.evaluate(world.attend())
    world.pass_time(days=7)
    world.tend()
    published = [event.data["answers"] for event in world.harness.events(events.RESULT_PUBLISHED)]
    assert (published[-1] if published else None) == last
    closed = world.harness.events(events.FORM_CLOSED)
    assert [event.data["published"] for event in closed] == [last is not None]
    assert world.result(world.staff())["closed"] is True


def test_answers_too_few_to_be_shown_are_destroyed_at_the_closing(world: Any) -> None:
    world.hold()
    world.evaluate(world.attend(), comment="only me")
    world.pass_time(days=7)
    world.tend()
    with world.harness.store.reading() as tx:
        assert tx.session.get(BallotBox, world.session) is None
    result = world.result(world.staff())
    assert (result["published"], result["closed"], result["comments"]) == (False, True, [])


def test_the_threshold_of_a_form_is_the_one_it_was_opened_with(world: Any) -> None:
    world.hold()
    world.harness.service.threshold = 1
    world.evaluate(world.attend())
    world.tend()
    assert world.result(world.staff())["threshold"] == 3
    assert world.harness.events(events.RESULT_PUBLISHED) == []


def test_who_reads_a_result(world: Any) -> None:
    world.hold()
    for reader in (
        world.staff(),
        world.staff("principal"),
        world.staff("council_member"),
        world.staff("liaison", world.lender),
        world.staff("operator", new_id()),
        Actor(world.lecturer, world.lender, None, frozenset({"lecturer"})),
    ):
        assert world.result(reader)["published"] is False


def test_to_others_it_does_not_exist(world: Any) -> None:
    world.hold()
    attended = world.attend()
    for stranger in (
        attended,
        world.staff(organisation=new_id()),
        world.staff("liaison"),
        world.staff("school_staff", world.lender),
        Actor(new_id(), new_id(), new_id(), frozenset({"operator"})),
    ):
        problems = []
        for session_id in (world.session, new_id()):
            with pytest.raises(Refused) as refused:
                world.result(stranger, session_id)
            problems.append(refused.value.problem)
        assert problems[0] == problems[1]
        assert problems[0]["status"] == 404


def test_replicas_that_tend_at_the_same_moment_publish_once(world: Any) -> None:
    world.hold()
    for _ in range(3):
        world.evaluate(world.attend())
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: world.tend(), range(8)))
    assert [event.data["answers"] for event in world.harness.events(events.RESULT_PUBLISHED)] == [3]
