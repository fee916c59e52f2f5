"""Exactly those concerned with a session are told, once, in whatever order the news comes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from chassis.ids import new_id
from contracts.enrollment import events as enrollment


def test_a_scheduled_session_is_told_to_lecturer_lender_and_host(world: Any) -> None:
    world.place_order(by=world.school_liaison)
    world.schedule()
    assert world.told("session.scheduled") == sorted(
        [
            world.lecturer,
            world.liaison,
            world.second_liaison,
            world.principal,
            world.clerk,
            world.school_liaison,
        ]
    )
    theirs = world.to(world.lecturer)
    assert theirs.subject_zh == "课已排定：“《长津湖》学习分享”11月25日（周三）19:00–20:30"
    assert theirs.body_zh.startswith("您在罗店社区党校的课已经排定。")
    assert "地点：党群服务中心（市一路1号）" in theirs.body_zh
    assert theirs.link == f"/sessions/{world.session}"
    assert world.to(world.liaison).body_zh.startswith("贵单位的吴医生将到罗店社区党校讲课")
    assert "讲师是吴医生（宝山区疾控中心）" in world.to(world.clerk, "session.scheduled").body_zh


def test_the_schools_own_lecturer_concerns_no_lender(world: Any) -> None:
    world.schedule(lender_id=world.school, order_id=None)
    assert world.told("session.scheduled") == sorted([world.lecturer, world.principal, world.clerk])


def test_a_change_is_told_old_to_new_to_everybody_concerned(world: Any) -> None:
    world.schedule()
    seated, waiting = world.seat(), world.wait()
    gone = world.seat()
    world.hear_seat(enrollment.SEAT_CANCELLED, gone, was="seated", by="learner")
    world.reschedule(
        world.place(
            starts_at=world.place()["starts_at"] + timedelta(days=7),
            ends_at=world.place()["ends_at"] + timedelta(days=7),
            venue_name="文化中心",
            address="",
        )
    )
    assert world.told("session.rescheduled") == sorted(
        [
            world.lecturer,
            world.liaison,
            world.second_liaison,
            world.principal,
            world.clerk,
            seated,
            waiting,
        ]
    )
    for person in (seated, world.lecturer, world.clerk, world.liaison):
        message = world.to(person, "session.rescheduled")
        assert "时间：11月25日（周三）19:00–20:30 → 12月2日（周三）19:00–20:30" in message.body_zh
        assert "地点：党群服务中心（市一路1号） → 文化中心" in message.body_zh
        assert "Time: Wed 25 November, 19:00–20:30 → Wed 2 December, 19:00–20:30" in message.body_en
    assert world.to(seated, "session.rescheduled").subject_zh == (
        "课有变动：“《长津湖》学习分享”改到12月2日（周三）19:00–20:30"
    )
    assert "您的名额（或候补位置）保留" in world.to(seated, "session.rescheduled").body_zh


def test_a_change_of_place_alone_says_that_the_time_stays(world: Any) -> None:
    world.schedule()
    world.reschedule(world.place(venue_name="", address="", online=True, venue_id=None))
    message = world.to(world.clerk, "session.rescheduled")
    assert message.subject_zh == "课有变动：“《长津湖》学习分享”换了地点"
    assert "时间不变：11月25日（周三）19:00–20:30" in message.body_zh
    assert "地点：党群服务中心（市一路1号） → 线上" in message.body_zh


def test_every_change_is_told(world: Any) -> None:
    world.schedule()
    for days in (1, 2):
        world.reschedule(world.place(starts_at=world.place()["starts_at"] + timedelta(days=days)))
    assert world.told("session.rescheduled").count(world.lecturer) == 2


def test_a_cancelled_session_is_told_to_everybody_concerned(world: Any) -> None:
    world.schedule()
    seated, waiting = world.seat(), world.wait()
    world.cancel()
    assert world.told("session.cancelled") == sorted(
        [
            world.lecturer,
            world.liaison,
            world.second_liaison,
            world.principal,
            world.clerk,
            seated,
            waiting,
        ]
    )
    message = world.to(seated, "session.cancelled")
    assert "原因：讲师生病" in message.body_zh
    assert "请不要到场" in message.body_zh
    assert message.link == f"/sessions/{world.session}"


def test_somebody_with_several_hats_is_told_once(world: Any) -> None:
    world.schedule()
    for person in (world.clerk, world.lecturer, world.second_liaison):
        world.seat(person)
    world.cancel()
    told = world.told("session.cancelled")
    assert len(told) == len(set(told)) == 5
    assert "您报名的课" in world.to(world.clerk, "session.cancelled").body_zh
    assert "您在罗店社区党校的课" in world.to(world.lecturer, "session.cancelled").body_zh


def in_every_order(steps: list[Callable[[], None]], kept: list[tuple[int, int]]) -> list[tuple[int, ...]]:
    """Orders of the steps that keep each aggregate's own order."""
    orders = itertools.permutations(range(len(steps)))
    return [order for order in orders if all(order.index(a) < order.index(b) for a, b in kept)]


@pytest.mark.parametrize("number", range(6))
def test_a_learner_of_a_cancelled_session_is_told_once_whichever_news_comes_first(
    sqlite_world: Any, number: int
) -> None:
    """Scheduling says scheduled, cancelled; enrollment says confirmed, cancelled with the session."""
    world = sqlite_world
    learner = world.learner()
    steps: list[Callable[[], Any]] = [
        world.schedule,
        world.cancel,
        lambda: world.seat(learner),
        lambda: world.hear_seat(enrollment.SEAT_CANCELLED, learner, was="seated", by="session_cancelled"),
    ]
    orders = in_every_order(steps, [(0, 1), (2, 3)])
    assert len(orders) == 6
    for step in orders[number]:
        steps[step]()
    assert world.told("session.cancelled").count(learner) == 1
    assert "原因：讲师生病" in world.to(learner, "session.cancelled").body_zh
    others = [world.lecturer, world.liaison, world.second_liaison, world.principal, world.clerk]
    assert world.told("session.cancelled") == sorted([*others, learner])


def test_a_seat_confirmed_after_a_change_is_told_with_the_new_time(world: Any) -> None:
    world.schedule()
    later = world.place(
        starts_at=world.place()["starts_at"] + timedelta(days=7),
        ends_at=world.place()["ends_at"] + timedelta(days=7),
    )
    world.reschedule(later)
    learner = world.seat()
    assert "时间：12月2日（周三）19:00–20:30" in world.to(learner).body_zh


def test_a_seat_told_before_its_session_says_what_it_knows(world: Any) -> None:
    learner = world.seat()
    message = world.to(learner)
    assert message.subject_zh == "报名成功：“《长津湖》学习分享”11月25日（周三）19:00–20:30"
    assert "罗店社区党校" in message.body_zh
    assert "地点" not in message.body_zh


def test_seats_are_told_to_their_learner_alone(world: Any) -> None:
    world.schedule()
    world.forget()
    seated, waiting = world.seat(), world.wait()
    assert world.told("seat.confirmed") == [seated]
    assert world.told("seat.waitlisted") == [waiting]
    assert world.to(waiting).subject_zh == "已排候补第1位：“《长津湖》学习分享”"
    world.hear_seat(enrollment.SEAT_PROMOTED, waiting)
    assert world.told("seat.promoted") == [waiting]
    assert "地点：党群服务中心（市一路1号）" in world.to(waiting, "seat.promoted").body_zh
    assert world.to(waiting, "seat.promoted").link == f"/sessions/{world.session}"


@pytest.mark.parametrize(("by", "told"), [("learner", 0), ("staff", 1)])
def test_a_seat_given_back_is_told_when_somebody_else_did_it(world: Any, by: str, told: int) -> None:
    world.schedule()
    learner = world.seat()
    world.hear_seat(enrollment.SEAT_CANCELLED, learner, was="seated", by=by)
    assert world.told("seat.cancelled") == [learner] * told
    world.cancel()
    assert learner not in world.told("session.cancelled")


def test_who_attended_is_asked_to_evaluate_once(world: Any) -> None:
    world.schedule()
    came, stayed_away = world.seat(), world.seat()
    world.attend(came)
    world.open_form()
    late = world.seat()
    world.attend(late)
    assert world.told("form.opened") == sorted([came, late])
    message = world.to(came, "form.opened")
    assert message.link == f"/evaluate/{world.session}"
    assert "12月2日（周三）20:30之前" in message.body_zh
    assert stayed_away not in world.told("form.opened")


def test_attendance_before_anything_else_is_known_still_counts(world: Any) -> None:
    came = world.learner()
    world.attend(came)
    world.open_form()
    assert world.told("form.opened") == [came]
    assert "《长津湖》学习分享" in world.to(came).subject_zh


def test_nobody_is_asked_after_the_form_has_closed(world: Any) -> None:
    world.schedule()
    world.open_form()
    world.harness.clock.advance(timedelta(days=30))
    world.attend(world.learner())
    assert world.told("form.opened") == []


def test_attendance_and_the_form_at_the_same_moment_ask_once(world: Any) -> None:
    """Each sees the others, because all hold the session's lock."""
    world.schedule()
    learners = [world.learner() for _ in range(6)]
    opened = {
        "session_id": world.session,
        "organisation_id": world.school,
        "title": "课",
        "closes_at": world.harness.clock.now() + timedelta(days=7),
    }
    news = [("note_attendance", {"session_id": world.session, "person_id": each}) for each in learners]
    news.insert(3, ("tell_form_opened", opened))

    def handle(method: str, data: dict[str, Any]) -> None:
        # The handler itself: the one worker of a harness would take the news in turn.
        event = SimpleNamespace(id=new_id(), data=data, actor=None)
        with world.harness.transaction() as tx:
            getattr(world.harness.service, method)(tx, event)

    with ThreadPoolExecutor(len(news)) as pool:
        for done in [pool.submit(handle, method, data) for method, data in news]:
            done.result()
    assert world.told("form.opened") == sorted(learners)


def test_a_result_is_told_once_to_lecturer_and_host(world: Any) -> None:
    world.schedule()
    world.publish_result(5)
    world.publish_result(10)
    assert world.told("result.published") == sorted([world.lecturer, world.principal, world.clerk])
    message = world.to(world.lecturer, "result.published")
    assert message.subject_zh == "评价结果出来了：“《长津湖》学习分享”4.60分"
    assert message.link == f"/results/{world.session}"


def test_a_result_of_a_session_not_heard_of_is_told_too(world: Any) -> None:
    world.publish_result()
    assert world.told("result.published") == sorted([world.lecturer, world.principal, world.clerk])
