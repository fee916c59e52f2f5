"""The inbox: one's own messages, newest first, marked as read when one has read them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from chassis.access import Actor
from chassis.ids import new_id
from contracts.errors import Refused
from contracts.notifications import events, rpc


def actor_of(world: Any, person: str) -> Actor:
    return Actor(person, world.school, world.district, frozenset({"learner"}))


def inbox(world: Any, person: str, **request: Any) -> dict[str, Any]:
    return dict(world.harness.call(rpc.INBOX, actor=actor_of(world, person), request=request))


def mark(world: Any, person: str, *message_ids: str) -> int:
    answer = world.harness.call(
        rpc.MARK_READ, actor=actor_of(world, person), request={"message_ids": list(message_ids)}
    )
    return int(answer["marked"])


def fill(world: Any, person: str, number: int) -> list[str]:
    """Ids of so many messages, oldest first."""
    for _ in range(number):
        world.harness.clock.advance(timedelta(minutes=1))
        world.seat(person)
    return [message.id for message in world.messages() if message.person_id == person]


def test_messages_come_newest_first_in_pages(world: Any) -> None:
    person = world.learner()
    ids = fill(world, person, 5)
    world.seat()
    first = inbox(world, person, limit=2)
    second = inbox(world, person, limit=2, offset=2)
    assert [each["message_id"] for each in first["messages"]] == ids[:2:-1]
    assert [each["message_id"] for each in second["messages"]] == [ids[2], ids[1]]
    assert (first["total"], first["unread"]) == (5, 5)
    newest = first["messages"][0]
    assert newest["kind"] == "seat.confirmed"
    assert newest["subject_zh"].startswith("报名成功")
    assert newest["subject_en"].startswith("You have a seat")
    assert newest["link"] == f"/sessions/{world.session}"
    assert newest["read_at"] is None


def test_reading_counts_once(world: Any) -> None:
    person = world.learner()
    ids = fill(world, person, 3)
    assert mark(world, person, ids[0]) == 1
    assert mark(world, person, ids[0], ids[0]) == 0
    unread = inbox(world, person, unread_only=True)
    assert [each["message_id"] for each in unread["messages"]] == [ids[2], ids[1]]
    assert (unread["total"], unread["unread"]) == (2, 2)
    assert mark(world, person) == 2
    assert mark(world, person) == 0
    assert inbox(world, person)["unread"] == 0
    read = world.harness.events(events.MESSAGE_READ)
    assert sorted(event.data["message_id"] for event in read) == sorted(ids)
    assert {event.data["person_id"] for event in read} == {person}


def test_each_message_is_announced_when_queued(world: Any) -> None:
    person = world.learner()
    [message_id] = fill(world, person, 1)
    [queued] = [
        event for event in world.harness.events(events.MESSAGE_QUEUED) if event.data["person_id"] == person
    ]
    assert queued.data == {"message_id": message_id, "person_id": person, "kind": "seat.confirmed"}
    assert (queued.aggregate, queued.version) == (message_id, 1)


def test_other_peoples_messages_do_not_exist(world: Any) -> None:
    mine, theirs = world.learner(), world.learner()
    [my_id] = fill(world, mine, 1)
    [their_id] = fill(world, theirs, 1)
    problems = []
    for foreign in (their_id, new_id()):
        with pytest.raises(Refused) as refused:
            mark(world, mine, my_id, foreign)
        problems.append(refused.value.problem)
    assert problems[0] == problems[1]
    assert problems[0]["status"] == 404
    assert inbox(world, mine)["unread"] == 1
    assert inbox(world, theirs)["unread"] == 1


def test_reading_twice_at_the_same_moment_counts_once(world: Any) -> None:
    person = world.learner()
    fill(world, person, 4)
    with ThreadPoolExecutor(2) as pool:
        marked = list(pool.map(lambda _: mark(world, person), range(2)))
    assert sorted(marked) == [0, 4]
    assert len(world.harness.events(events.MESSAGE_READ)) == 4


def test_a_key_has_no_inbox(world: Any) -> None:
    key = Actor(None, world.school, world.district, frozenset({"school_staff"}), "key")
    for asked in (rpc.INBOX, rpc.MARK_READ):
        with pytest.raises(Refused) as refused:
            world.harness.call(asked, actor=key)
        assert refused.value.status == 403


@pytest.mark.parametrize(
    "request_", [{"limit": 0}, {"limit": 101}, {"offset": -1}, {"limit": "5"}, {"person_id": new_id()}]
)
def test_bad_questions_are_refused(sqlite_world: Any, request_: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        inbox(sqlite_world, sqlite_world.clerk, **request_)
    assert refused.value.status == 422


def test_who_is_no_longer_active_is_told_nothing(world: Any) -> None:
    world.schedule()
    stays, leaves = world.seat(), world.seat()
    world.list_person(leaves, [(world.school, "learner")], active=False)
    world.list_person(world.clerk, [(world.school, "school_staff")], active=False)
    world.cancel()
    told = world.told("session.cancelled")
    assert stays in told
    assert leaves not in told
    assert world.clerk not in told


def test_a_role_given_up_is_told_nothing_more(world: Any) -> None:
    world.list_person(world.clerk, [(world.school, "learner")], times=2)
    world.list_person(world.stranger, [(world.school, "school_staff")], times=2)
    world.place_order()
    assert world.told("order.placed") == sorted([world.principal, world.stranger])
