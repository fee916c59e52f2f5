"""Suggestions as the service gives them, and free/busy; both in a fixed number of queries."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from chassis.ids import new_id
from contracts.feedback import events as feedback
from contracts.scheduling import rpc

from .conftest import NOWHERE, WEDNESDAY, World, at, told_at, window


def codes(entry: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in entry["reasons"]]


def by_id(entries: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {entry["lecturer_id"]: entry for entry in entries}


def publish(world: World, lecturer_id: str, overall: float, answers: int, **more: Any) -> None:
    session_id = more.pop("session_id", None) or new_id()
    data: dict[str, Any] = {
        "session_id": session_id,
        "organisation_id": world.school,
        "lecturer_id": lecturer_id,
        "lender_id": world.partner,
        "topic_id": None,
        "title": "垃圾分类新时尚",
        "answers": answers,
        "overall": overall,
        "questions": [],
    }
    world.harness.deliver(feedback.RESULT_PUBLISHED, aggregate=session_id, data=data, **more)


def test_own_and_lent_lecturers_are_suggested_and_nobody_else(world: World) -> None:
    topic = world.topic()
    agreement = world.agreement(approval="liaison", quota=5)
    own = world.lecturer(topic=topic)
    lent = world.lecturer(organisation=world.partner, topic=topic)
    world.lecturer(organisation=world.other_partner, topic=topic)  # lends nothing to the school
    world.lecturer(organisation=world.other_school, topic=topic)
    world.lecturer(topic=world.topic())  # teaches something else
    found = world.suggest(world.place(topic))
    candidates = by_id(found["candidates"])
    assert set(candidates) == {own, lent}
    assert found["left_out"] == []
    assert (candidates[own]["agreement_id"], candidates[own]["needs_approval"]) == (None, False)
    assert (candidates[lent]["agreement_id"], candidates[lent]["needs_approval"]) == (agreement, True)
    assert candidates[lent]["starts_at"] == told_at("18:00")
    assert codes(candidates[lent]) == [
        "teaches_topic",
        "free",
        "load",
        "quota",
        "travel",
        "rating",
        "fair_share",
    ]


def test_everybody_left_out_is_named_with_the_reasons(world: World) -> None:
    topic = world.topic()
    world.agreement(quota=0)
    world.agreement(lender=world.other_partner, ends_on=date(2026, 3, 3))
    busy = world.lecturer(topic=topic)
    world.booked(topic, windows=[window("18:00", "21:00")])
    inactive = world.lecturer(topic=topic, active=False)
    full = world.lecturer(topic=topic, monthly_cap=0)
    away = world.lecturer(topic=topic)
    world.availability(away, kind="away", weekday=3)
    used_up = world.lecturer(organisation=world.partner, topic=topic)
    ended = world.lecturer(organisation=world.other_partner, topic=topic)
    far = world.lecturer(topic=topic, latitude=28.2, longitude=112.9)
    asked = world.lecturer(topic=topic)
    venue = world.venue(latitude=31.4, longitude=121.36)
    order = world.place(topic, venue_id=venue, windows=[window("18:00", "19:30")])
    request = {"order_id": order["order_id"], "lecturer_ids": [asked]}
    order = world.call(rpc.DISPATCH_ORDER, world.staff, **request)
    world.decline(order["offers"][0])
    found = world.suggest(order)
    assert found["candidates"] == []
    assert {id_: codes(entry) for id_, entry in by_id(found["left_out"]).items()} == {
        busy: ["not_free"],
        inactive: ["inactive"],
        full: ["cap_reached"],
        away: ["away"],
        used_up: ["quota_used_up"],
        ended: ["agreement_not_valid"],
        far: ["too_far"],
        asked: ["already_asked"],
    }


def test_a_rating_reaches_the_suggestion_by_event(world: World) -> None:
    topic = world.topic()
    good, poor = sorted((world.lecturer(topic=topic), world.lecturer(topic=topic)), reverse=True)
    order = world.place(topic)
    assert [each["lecturer_id"] for each in world.suggest(order)["candidates"]] == [poor, good]
    publish(world, good, 4.9, 20, times=2)
    found = by_id(world.suggest(order)["candidates"])
    assert found[good]["reasons"][5]["zh"] == "评价 4.9（20 份）"
    assert found[poor]["reasons"][5]["zh"] == "暂无评价，按平均 4.9 计"
    publish(world, poor, 4.1, 20, times=2)
    assert [each["lecturer_id"] for each in world.suggest(order)["candidates"]] == [good, poor]


def test_travel_is_counted_from_home_or_from_the_home_organisation(world: World) -> None:
    topic = world.topic()
    world.agreement()
    world.list_organisation(world.partner, latitude=31.40, longitude=121.40)
    unit = world.lecturer(organisation=world.partner, topic=topic)
    home = world.lecturer(organisation=world.partner, topic=topic, latitude=31.40, longitude=121.36)
    unknown = world.lecturer(topic=topic)
    venue = world.venue(latitude=31.40, longitude=121.36)
    found = by_id(world.suggest(world.place(topic, venue_id=venue))["candidates"])
    assert {id_: entry["reasons"][4]["en"] for id_, entry in found.items()} == {
        unit: "About 23 minutes of travel",
        home: "About 10 minutes of travel",
        unknown: "Travel unknown: coordinates are missing",
    }


def test_load_and_fair_share_count_real_sessions(world: World) -> None:
    topic = world.topic()
    lecturer = world.lecturer(topic=topic)
    other = world.lecturer(topic=topic)
    for day in (4, 5):
        order = world.place(topic, windows=[window(on=date(2026, 3, day))])
        request = {"order_id": order["order_id"], "lecturer_ids": [lecturer]}
        order = world.call(rpc.DISPATCH_ORDER, world.staff, **request)
        world.accept(order["offers"][0])
    world.later(days=7)
    world.tick("hold_sessions")
    found = world.suggest(world.place(topic, windows=[window(on=date(2026, 3, 25))]))["candidates"]
    assert [each["lecturer_id"] for each in found] == [other, lecturer]
    reasons = {reason["code"]: reason["en"] for reason in found[1]["reasons"]}
    assert reasons["load"] == "2 of at most 4 sessions in Mar"
    assert reasons["fair_share"] == "Sessions given in the last 90 days: 2; the mean of the circle is 1.0"
    world.later(days=90)
    june = world.place(topic, windows=[window(on=date(2026, 6, 17))])
    june_reasons = {r["code"]: r["en"] for r in world.suggest(june)["candidates"][0]["reasons"]}
    assert june_reasons["fair_share"].startswith("Sessions given in the last 90 days: 0;")


def test_suggesting_asks_as_many_questions_for_fifty_as_for_two(world: World) -> None:
    topic = world.topic()
    world.agreement()
    world.agreement(lender=world.other_partner)
    order = world.place(topic, venue_id=world.venue(), group_id=world.group())

    def add(count: int) -> None:
        homes = [world.school, world.partner, world.other_partner]
        for number in range(count):
            lecturer = world.lecturer(organisation=homes[number % 3], topic=topic)
            if number % 5 == 0:
                world.availability(lecturer, kind="free", weekday=3, starts="18:00", ends="21:00")

    def statements() -> int:
        with world.counting() as found:
            world.suggest(order)
        return len(found)

    add(2)
    few = statements()
    add(24)
    assert len(world.suggest(order)["candidates"]) == 26
    assert statements() == few <= 16


def test_who_may_ask_for_suggestions(sqlite_world: World) -> None:
    world = sqlite_world
    topic = world.topic()
    order = world.place(topic)
    for role in ("school_staff", "council_member", "liaison", "principal"):
        assert world.suggest(order, actor=world.actor(role))["candidates"] == []
    assert world.refused(lambda: world.suggest(order, actor=world.actor("learner"))) == "not_allowed"


def free_busy(world: World, lecturer_id: str, actor: Any, **more: Any) -> dict[str, Any]:
    request = {"starts_at": told_at("00:00"), "ends_at": told_at("00:00", on=date(2026, 3, 6))}
    return world.call(rpc.FREE_BUSY, actor, lecturer_id=lecturer_id, **{**request, **more})


def test_free_busy_tells_when_and_never_what(world: World) -> None:
    topic = world.topic(duration_minutes=60)
    world.agreement()
    world.agreement(borrower=world.other_school)
    lecturer = world.lecturer(organisation=world.partner, topic=topic)
    world.booked(topic, windows=[window("18:00", "19:00")])
    world.booked(topic, windows=[window("19:00", "20:00")], organisation_id=world.other_school)
    found = free_busy(world, lecturer, world.staff)
    assert found == {
        "busy": [{"starts_at": told_at("18:00"), "ends_at": told_at("20:00")}],  # neighbours told as one
        "available": [
            {"starts_at": told_at("08:00", on=day), "ends_at": told_at("21:30", on=day)}
            for day in (WEDNESDAY, WEDNESDAY + timedelta(days=1))
        ],
    }
    within = free_busy(world, lecturer, world.staff, starts_at=told_at("19:30"), ends_at=told_at("19:45"))
    assert within["busy"] == [{"starts_at": told_at("19:30"), "ends_at": told_at("19:45")}]
    assert within["available"] == within["busy"]


def test_who_may_see_free_busy(world: World) -> None:
    world.agreement()
    lecturer = world.lecturer(organisation=world.partner)
    for actor in (world.staff, world.liaison, world.operator, world.as_lecturer(lecturer)):
        assert free_busy(world, lecturer, actor)["busy"] == []
    strangers = (
        world.actor("school_staff", world.other_school),
        world.actor("learner"),
        world.as_lecturer(world.lecturer()),
        world.actor("operator", district=world.other_district),
    )
    for actor in strangers:
        problem = world.problem(lambda a=actor: free_busy(world, lecturer, a))  # type: ignore[misc]
        assert problem == world.problem(lambda a=actor: free_busy(world, NOWHERE, a))  # type: ignore[misc]


def test_whoever_may_not_ask_any_more_may_not_look_any_more(sqlite_world: World) -> None:
    world = sqlite_world
    world.agreement(ends_on=date(2026, 3, 2))
    lecturer = world.lecturer(organisation=world.partner)
    assert free_busy(world, lecturer, world.staff)["busy"] == []
    world.later(days=1)
    assert world.refused(lambda: free_busy(world, lecturer, world.staff)) == "not_found"


@pytest.mark.parametrize(
    ("starts", "ends", "code"),
    [
        (at("12:00"), at("12:00"), "range_is_reversed"),
        (at("12:00"), at("11:00"), "range_is_reversed"),
        (at("12:00"), at("12:00") + timedelta(days=62, minutes=5), "range_is_too_long"),
    ],
)
def test_ranges_that_are_refused(sqlite_world: World, starts: Any, ends: Any, code: str) -> None:
    world = sqlite_world
    lecturer = world.lecturer()
    wanted = {"starts_at": starts.isoformat(), "ends_at": ends.isoformat()}
    assert world.refused(lambda: free_busy(world, lecturer, world.staff, **wanted)) == code
