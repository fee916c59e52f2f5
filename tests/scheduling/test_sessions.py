"""Moving, cancelling and holding sessions."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from contracts.scheduling import events, rpc
from scheduling.tables import Booking, Session

from .conftest import World, at, told_at, window

THURSDAY = date(2026, 3, 5)


def move(world: World, order: dict[str, Any], **more: Any) -> dict[str, Any]:
    return world.call(rpc.RESCHEDULE_SESSION, world.staff, session_id=order["session_id"], **more)


def to(starts: str, ends: str | None = None, *, on: date = THURSDAY) -> dict[str, str]:
    moved = {"starts_at": told_at(starts, on=on)}
    return {**moved, "ends_at": told_at(ends, on=on)} if ends else moved


@pytest.fixture
def topic(world: World) -> str:
    return world.topic()


def test_a_session_moves_and_frees_its_old_time(world: World, topic: str) -> None:
    world.lecturer(topic=topic)
    hall, room = world.venue(name="礼堂"), world.venue(name="活动室", address="市一路 1 号")
    order = world.booked(topic, venue_id=hall)
    moved = move(world, order, **to("19:00"), venue_id=room)
    assert (moved["starts_at"], moved["ends_at"]) == (
        told_at("19:00", on=THURSDAY),
        told_at("20:30", on=THURSDAY),
    )
    told = world.last(events.SESSION_RESCHEDULED)
    assert (told["before"]["venue_name"], told["after"]["venue_name"]) == ("礼堂", "活动室")
    assert (told["before"]["starts_at"], told["after"]["starts_at"]) == (
        at("18:00"),
        at("19:00", on=THURSDAY),
    )
    assert told["starts_at"] == told["after"]["starts_at"]
    assert told["after"]["address"] == "市一路 1 号"
    assert world.told(order["session_id"]) == ["session.scheduled", "session.rescheduled"]
    world.check_invariants()
    world.booked(topic, venue_id=hall)  # Wednesday is free again
    world.check_invariants()


def test_moving_to_where_it_is_changes_nothing(world: World, topic: str) -> None:
    world.lecturer(topic=topic)
    venue = world.venue()
    order = world.booked(topic, venue_id=venue)
    assert move(world, order)["starts_at"] == told_at("18:00")
    assert move(world, order, venue_id=venue, **to("18:00", on=date(2026, 3, 4)))["venue_id"] == venue
    assert world.told(order["session_id"]) == ["session.scheduled"]


def test_times_are_told_in_utc_whatever_offset_they_came_with(world: World, topic: str) -> None:
    world.lecturer(topic=topic)
    local = {"starts_at": "2026-03-04T18:00:00+08:00", "ends_at": "2026-03-04T21:00:00+08:00"}
    order = world.booked(topic, windows=[local])
    assert order["windows"] == [window()]
    moved = move(world, order, starts_at="2026-03-05T19:00:00+08:00")
    assert (moved["starts_at"], moved["ends_at"]) == (
        told_at("19:00", on=THURSDAY),
        told_at("20:30", on=THURSDAY),
    )


def test_a_session_may_overlap_its_own_old_time(world: World, topic: str) -> None:
    world.lecturer(topic=topic, monthly_cap=1)
    order = world.booked(topic, venue_id=world.venue(), group_id=world.group())
    move(world, order, **to("18:30", on=date(2026, 3, 4)))
    move(world, order, ends_at=told_at("20:30"))
    assert world.session(order)["ends_at"] == told_at("20:30")
    world.check_invariants()


def test_an_online_session_moves_to_a_venue(world: World, topic: str) -> None:
    world.lecturer(topic=topic)
    order = world.booked(topic)
    moved = move(world, order, venue_id=world.venue())
    assert moved["online"] is False
    assert world.last(events.SESSION_RESCHEDULED)["before"]["online"] is True
    world.check_invariants()


def test_what_stands_against_a_new_time(world: World, topic: str) -> None:
    lecturer = world.lecturer(topic=topic, monthly_cap=2)
    venue, group = world.venue(), world.group()
    order = world.booked(topic, venue_id=venue, group_id=group)
    evening = {"windows": [window("19:00", "20:30", on=THURSDAY)]}
    world.booked(topic, **evening)
    assert world.refused(lambda: move(world, order, **to("18:00"))) == "lecturer_is_busy"
    other = world.lecturer(topic=topic)
    at_eight = {"windows": [window("08:00", "09:30", on=THURSDAY)], "venue_id": venue}
    taken = world.booked(topic, **at_eight)
    assert taken["offers"][0]["lecturer_id"] == other
    assert world.refused(lambda: move(world, order, **to("09:00"))) == "venue_is_taken"
    world.booked(topic, windows=[window("12:00", "13:30", on=THURSDAY)], group_id=group)
    assert world.refused(lambda: move(world, order, **to("11:00"))) == "audience_is_taken"
    world.availability(lecturer, kind="away", on=THURSDAY.isoformat())
    assert world.refused(lambda: move(world, order, **to("15:00"))) == "lecturer_is_away"
    small = world.venue(capacity=10)
    assert world.refused(lambda: move(world, order, venue_id=small)) == "venue_is_too_small"
    world.check_invariants()


def test_the_cap_of_another_month_binds_a_moved_session(world: World, topic: str) -> None:
    world.lecturer(topic=topic, monthly_cap=1)
    april = date(2026, 4, 1)
    order = world.booked(topic)
    world.booked(topic, windows=[window(on=april)])
    assert world.refused(lambda: move(world, order, **to("08:00", on=april))) == "lecturer_is_at_the_cap"
    world.check_invariants()


def test_a_lent_session_stays_within_its_agreement(world: World, topic: str) -> None:
    agreement = world.agreement(quota=1, ends_on=THURSDAY)
    world.lecturer(organisation=world.partner, topic=topic)
    order = world.booked(topic)
    friday = date(2026, 3, 6)
    assert world.refused(lambda: move(world, order, **to("19:00", on=friday))) == "agreement_is_not_valid"
    move(world, order, **to("19:00"))  # the quota is used up by this very session
    assert world.used(agreement) == 1
    world.check_invariants()


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (to("19:00", on=date(2026, 3, 1)), "time_is_past"),
        (to("19:01"), "time_is_off_the_mark"),
        (to("19:00", "18:00"), "time_is_reversed"),
        (
            {"starts_at": told_at("23:00"), "ends_at": told_at("00:30", on=THURSDAY)},
            "time_runs_over_midnight",
        ),
        (to("08:00", "20:05"), "session_is_too_long"),
        (to("19:00", on=date(2028, 1, 1)), "time_is_too_far_ahead"),
        ({"venue_id": "00000000-0000-7000-8000-000000000000"}, "not_found"),
        ({"starts_at": "soon"}, "invalid_request"),
    ],
)
def test_times_to_which_no_session_moves(sqlite_world: World, wanted: dict[str, str], code: str) -> None:
    world = sqlite_world
    topic = world.topic()
    world.lecturer(topic=topic)
    order = world.booked(topic)
    assert world.refused(lambda: move(world, order, **wanted)) == code
    world.check_invariants()


def test_a_cancelled_session_gives_everything_back(world: World, topic: str) -> None:
    agreement = world.agreement(quota=1)
    lecturer = world.lecturer(organisation=world.partner, topic=topic)
    where = {"venue_id": world.venue(), "group_id": world.group()}
    order = world.booked(topic, **where)
    request = {"session_id": order["session_id"], "reason": "讲师生病"}
    cancelled = world.call(rpc.CANCEL_SESSION, world.staff, **request)
    assert cancelled["state"] == "cancelled"
    assert world.call(rpc.CANCEL_SESSION, world.staff, **request) == cancelled
    assert world.told(order["session_id"]) == ["session.scheduled", "session.cancelled"]
    assert world.last(events.SESSION_CANCELLED)["reason"] == "讲师生病"
    assert world.order(order)["state"] == "cancelled"
    assert world.used(agreement) == 0
    assert world.refused(lambda: move(world, order, **to("19:00"))) == "session_was_cancelled"
    hold = {"session_id": order["session_id"]}
    assert world.refused(lambda: world.call(rpc.HOLD_SESSION, world.staff, **hold)) == (
        "session_was_cancelled"
    )
    with world.harness.store.reading() as tx:
        assert [each.active for each in tx.session.query(Booking)] == [False] * 3
    again = world.booked(topic, **where)
    assert again["offers"][0]["lecturer_id"] == lecturer
    world.check_invariants()


def test_a_session_is_held_from_its_start_on(world: World, topic: str) -> None:
    world.lecturer(topic=topic)
    order = world.booked(topic)
    request = {"session_id": order["session_id"]}
    hold = lambda: world.call(rpc.HOLD_SESSION, world.staff, **request)  # noqa: E731
    assert world.refused(hold) == "session_has_not_begun"
    world.harness.clock.advance(at("18:00") - world.now)
    held = hold()
    assert held["state"] == "held"
    assert hold() == held
    assert world.last(events.SESSION_HELD)["held_at"] == at("18:00")
    assert world.told(order["session_id"]) == ["session.scheduled", "session.held"]
    assert world.told(order["order_id"])[-1] == "order.delivered"
    assert world.order(order)["state"] == "delivered"
    for called in (rpc.CANCEL_SESSION, rpc.RESCHEDULE_SESSION):
        more = {"reason": "晚了"} if called is rpc.CANCEL_SESSION else to("19:00")
        refused = lambda c=called, m=more: world.call(c, world.staff, **request, **m)  # noqa: E731
        assert world.refused(refused) == "session_was_held"
    cancel = {"order_id": order["order_id"], "reason": "晚了"}
    assert world.refused(lambda: world.call(rpc.CANCEL_ORDER, world.staff, **cancel)) == (
        "order_was_delivered"
    )
    dispatch = {"order_id": order["order_id"]}
    assert world.refused(lambda: world.call(rpc.DISPATCH_ORDER, world.staff, **dispatch)) == (
        "order_was_delivered"
    )
    world.check_invariants()


def test_a_session_that_nobody_confirms_is_held_by_itself(world: World, topic: str) -> None:
    world.lecturer(topic=topic)
    order = world.booked(topic)
    world.harness.clock.advance(at("19:44") - world.now)
    world.tick("hold_sessions")
    assert world.session(order)["state"] == "scheduled"
    world.later(minutes=1)
    world.tick("hold_sessions")
    world.tick("hold_sessions")
    assert world.session(order)["state"] == "held"
    assert world.told(order["session_id"]) == ["session.scheduled", "session.held"]
    world.check_invariants()


def test_a_session_that_has_begun_does_not_move_but_may_be_cancelled(world: World, topic: str) -> None:
    world.lecturer(topic=topic)
    order = world.booked(topic)
    world.harness.clock.advance(at("18:00") - world.now)
    assert world.refused(lambda: move(world, order, **to("19:00"))) == "session_has_begun"
    request = {"session_id": order["session_id"], "reason": "讲师未到"}
    assert world.call(rpc.CANCEL_SESSION, world.staff, **request)["state"] == "cancelled"
    world.check_invariants()


def test_who_sees_and_who_moves_a_session(world: World, topic: str) -> None:
    world.agreement()
    lecturer = world.lecturer(organisation=world.partner, topic=topic)
    order = world.booked(topic)
    for actor in (world.actor("learner"), world.liaison, world.operator, world.as_lecturer(lecturer)):
        assert world.session(order, actor=actor)["lecturer_id"] == lecturer
    request = {"session_id": order["session_id"], "reason": "不行"}
    for actor, code in (
        (world.actor("learner"), "not_allowed"),
        (world.actor("council_member"), "not_allowed"),
        (world.liaison, "not_found"),
        (world.as_lecturer(lecturer), "not_found"),
        (world.actor("school_staff", world.other_school), "not_found"),
    ):
        cancel = lambda a=actor: world.call(rpc.CANCEL_SESSION, a, **request)  # noqa: E731
        assert world.refused(cancel) == code
    assert world.get(Session, order["session_id"]).state == "scheduled"
