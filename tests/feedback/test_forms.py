"""Forms open for those who attended, whichever news comes first, and close by themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from chassis.access import Actor
from chassis.ids import new_id
from contracts.errors import Refused
from contracts.feedback import events


def test_a_form_opens_once_however_often_it_is_told(world: Any) -> None:
    world.hold(times=2)
    opened = world.harness.events()
    assert [event.type for event in opened] == ["feedback.form.opened.v1"]
    assert opened[0].data == {
        "session_id": world.session,
        "organisation_id": world.host,
        "lecturer_id": world.lecturer,
        "title": "《长津湖》学习分享",
        "closes_at": world.harness.clock.now() + timedelta(days=7),
    }
    assert (opened[0].organisation, opened[0].district) == (world.host, world.district)
    assert (opened[0].aggregate, opened[0].version) == (world.session, 1)


@pytest.mark.parametrize("held_first", [True, False])
def test_attendance_counts_whether_it_comes_before_or_after_the_holding(world: Any, held_first: bool) -> None:
    if held_first:
        world.hold()
    learner = world.attend(times=2)
    if not held_first:
        world.hold()
    form = world.form(learner)
    assert (form["open"], form["may_answer"], form["answered"]) == (True, True, False)
    assert form["questions"] == ["ideology", "practice", "profession", "overall"]
    assert form["title"] == "《长津湖》学习分享"
    assert world.evaluate(learner) == {"session_id": world.session, "accepted": True}


def test_one_ticked_late_may_still_answer(world: Any) -> None:
    world.hold()
    world.pass_time(days=6)
    assert world.evaluate(world.attend())["accepted"] is True


def test_attendance_told_again_later_does_not_give_a_second_answer(world: Any) -> None:
    world.hold()
    learner = world.attend()
    world.evaluate(learner)
    world.attend(learner.person_id)
    with pytest.raises(Refused, match="already evaluated"):
        world.evaluate(learner)


def test_a_form_closes_after_a_week(world: Any) -> None:
    world.hold()
    learner = world.attend()
    world.pass_time(days=7)
    form = world.form(learner)
    assert (form["open"], form["may_answer"]) == (False, False)
    world.tend()
    world.tend()
    closed = world.harness.events(events.FORM_CLOSED)
    assert [event.data for event in closed] == [
        {
            "session_id": world.session,
            "organisation_id": world.host,
            "lecturer_id": world.lecturer,
            "published": False,
        }
    ]
    assert world.types() == ["feedback.form.opened.v1", "feedback.form.closed.v1"]


def test_a_form_does_not_close_early(world: Any) -> None:
    world.hold()
    world.pass_time(days=7, seconds=-1)
    world.tend()
    assert world.types() == ["feedback.form.opened.v1"]


def test_others_find_no_form_as_if_there_were_no_session(world: Any) -> None:
    world.hold()
    world.attend()
    for stranger in (
        Actor(new_id(), world.host, world.district, frozenset({"learner"})),
        world.staff(organisation=new_id()),
        Actor(None, new_id(), world.district, frozenset({"school_staff"}), "key"),
    ):
        problems = []
        for session_id in (world.session, new_id()):
            with pytest.raises(Refused) as refused:
                world.form(stranger, session_id)
            problems.append(refused.value.problem)
        assert problems[0] == problems[1]
        assert (problems[0]["code"], problems[0]["status"]) == ("not_attended", 404)


def test_the_hosts_staff_see_the_form_but_may_not_answer(world: Any) -> None:
    world.hold()
    form = world.form(world.staff())
    assert (form["open"], form["may_answer"], form["answered"]) == (True, False, False)
