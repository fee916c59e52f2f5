"""Placing, sending out and taking back orders; bad input."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from contracts.scheduling import events, rpc
from scheduling.tables import Booking

from .conftest import NOWHERE, World, at, window


def test_an_order_waits_until_it_is_dispatched(world: World) -> None:
    topic = world.topic(form="salon")
    world.lecturer(topic=topic)
    venue = world.venue()
    order = world.place(topic, venue_id=venue, note="请带投影", audience="rural", form="lecture")
    assert (order["state"], order["offers"], order["title"]) == ("placed", [], "垃圾分类新时尚")
    assert (order["form"], order["duration_minutes"]) == ("salon", 90)  # what the menu says
    [placed] = world.events_of(order["order_id"])
    assert (placed.organisation, placed.district) == (world.school, world.district)
    assert (placed.data["venue_id"], placed.data["audience"], placed.data["online"]) == (
        venue,
        "rural",
        False,
    )
    order = world.call(rpc.DISPATCH_ORDER, world.staff, order_id=order["order_id"])
    assert (order["state"], len(order["offers"])) == ("offering", 1)
    assert world.last(events.ORDER_DISPATCHED)["automatic"] is True
    again = {"order_id": order["order_id"]}
    assert world.refused(lambda: world.call(rpc.DISPATCH_ORDER, world.staff, **again)) == "order_is_offering"


def test_a_topic_that_the_menu_lacks_is_unmet_at_once(world: World) -> None:
    order = world.place(None, missing_topic="反诈防骗", dispatch=True)
    assert (order["state"], order["unmet_reason"], order["title"]) == ("unmet", "topic_missing", "反诈防骗")
    assert order["duration_minutes"] == 90
    assert world.told(order["order_id"]) == ["order.placed", "order.unmet"]
    short = world.place(None, missing_topic="反诈防骗", windows=[window("18:00", "18:45")])
    assert short["duration_minutes"] == 45
    request = {"order_id": order["order_id"]}
    assert world.refused(lambda: world.call(rpc.DISPATCH_ORDER, world.staff, **request)) == "topic_is_missing"
    lecturer = world.lecturer()
    assert [each["lecturer_id"] for each in world.suggest(order)["candidates"]] == [lecturer]
    order = world.call(rpc.DISPATCH_ORDER, world.staff, **request, lecturer_ids=[lecturer])
    assert (order["state"], order["unmet_reason"]) == ("offering", None)
    world.accept(order["offers"][0])
    world.check_invariants()


def test_nobody_to_ask(world: World) -> None:
    order = world.dispatched(world.topic())
    assert (order["state"], order["unmet_reason"]) == ("unmet", "no_candidate")
    assert world.last(events.ORDER_UNMET)["asked"] == 0


def test_the_staffs_own_sequence_is_kept_and_not_gone_beyond(world: World) -> None:
    topic = world.topic()
    a, b, c = (world.lecturer(topic=topic) for _ in range(3))
    best = world.suggest(world.place(topic))["candidates"][0]["lecturer_id"]
    assert best == a
    order = world.place(topic)
    request = {"order_id": order["order_id"], "lecturer_ids": [c, b]}
    order = world.call(rpc.DISPATCH_ORDER, world.staff, **request)
    assert world.last(events.ORDER_DISPATCHED)["automatic"] is False
    world.decline(order["offers"][0])
    order = world.order(order)
    assert [each["lecturer_id"] for each in order["offers"]] == [c, b]
    world.decline(order["offers"][1])
    assert world.order(order)["unmet_reason"] == "all_refused"
    order = world.call(rpc.DISPATCH_ORDER, world.staff, order_id=order["order_id"])
    assert order["offers"][-1]["lecturer_id"] == a


def test_a_sequence_names_people_of_the_circle_once(world: World) -> None:
    topic = world.topic()
    own = world.lecturer(topic=topic)
    foreign = world.lecturer(organisation=world.other_partner, topic=topic)
    order = world.place(topic)

    def dispatch(*lecturer_ids: str) -> Any:
        request = {"order_id": order["order_id"], "lecturer_ids": list(lecturer_ids)}
        return lambda: world.call(rpc.DISPATCH_ORDER, world.staff, **request)

    assert world.problem(dispatch(foreign)) == world.problem(dispatch(NOWHERE))
    assert world.refused(dispatch(own, foreign)) == "not_found"
    assert world.refused(dispatch(own, own)) == "lecturer_is_named_twice"


def test_cancelling_withdraws_the_open_offer(world: World) -> None:
    topic = world.topic()
    world.lecturer(topic=topic)
    order = world.dispatched(topic)
    request = {"order_id": order["order_id"], "reason": "停电"}
    cancelled = world.call(rpc.CANCEL_ORDER, world.staff, **request)
    assert (cancelled["state"], cancelled["offers"][0]["state"]) == ("cancelled", "withdrawn")
    assert world.told(order["order_id"])[-2:] == ["offer.withdrawn", "order.cancelled"]
    assert world.last(events.OFFER_WITHDRAWN)["reason"] == "order_cancelled"
    told = len(world.harness.events())
    assert world.call(rpc.CANCEL_ORDER, world.staff, **request) == cancelled
    assert len(world.harness.events()) == told
    assert world.refused(lambda: world.accept(order["offers"][0])) == "offer_was_withdrawn"
    dispatch = {"order_id": order["order_id"]}
    assert world.refused(lambda: world.call(rpc.DISPATCH_ORDER, world.staff, **dispatch)) == (
        "order_was_cancelled"
    )
    world.check_invariants()


def test_cancelling_a_scheduled_order_cancels_its_session(world: World) -> None:
    topic = world.topic()
    agreement = world.agreement(quota=1)
    world.lecturer(organisation=world.partner, topic=topic)
    order = world.booked(topic)
    assert world.used(agreement) == 1
    cancelled = world.call(rpc.CANCEL_ORDER, world.staff, order_id=order["order_id"], reason="改期另行通知")
    assert cancelled["state"] == "cancelled"
    assert world.session(order)["state"] == "cancelled"
    assert world.used(agreement) == 0
    assert world.told(order["session_id"]) == ["session.scheduled", "session.cancelled"]
    assert world.told(order["order_id"])[-1] == "order.cancelled"
    assert world.booked(topic)["state"] == "scheduled"  # the time and the quota are free again
    world.check_invariants()


def test_a_scheduled_order_is_not_dispatched_again(world: World) -> None:
    topic = world.topic()
    world.lecturer(topic=topic)
    order = world.booked(topic)
    request = {"order_id": order["order_id"]}
    assert world.refused(lambda: world.call(rpc.DISPATCH_ORDER, world.staff, **request)) == (
        "order_is_scheduled"
    )


@pytest.mark.parametrize(
    ("windows", "code"),
    [
        ([window(on=date(2026, 3, 1))], "time_is_past"),
        ([window("08:55", "12:00", on=date(2026, 3, 2))], "time_is_past"),
        ([window("21:00", "18:00")], "invalid_request"),
        ([window("18:00", "18:00")], "invalid_request"),
        ([window("18:00", "19:00")], "window_is_too_short"),
        ([window("06:00", "21:00")], "window_is_too_long"),
        (
            [{"starts_at": at("22:00").isoformat(), "ends_at": at("01:00", on=date(2026, 3, 5)).isoformat()}],
            "time_runs_over_midnight",
        ),
        ([window("18:02", "21:00")], "time_is_off_the_mark"),
        ([window(on=date(2027, 12, 1))], "time_is_too_far_ahead"),
        ([window(), window("18:00", "19:00")], "window_is_too_short"),
        ([], "invalid_request"),
        ([window()] * 11, "invalid_request"),
        (["tomorrow"], "invalid_request"),
        ([{"starts_at": "2026-03-04T18:00:00", "ends_at": "2026-03-04T21:00:00"}], "invalid_request"),
        ([{**window(), "colour": "red"}], "invalid_request"),
    ],
)
def test_windows_that_cannot_be_ordered(sqlite_world: World, windows: list[Any], code: str) -> None:
    world = sqlite_world
    topic = world.topic()
    problem = world.problem(lambda: world.place(topic, windows=windows))
    assert (problem["code"], problem["status"]) == (code, 422)
    assert "windows" in problem["errors"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"missing_topic": "反诈"}, "topic_is_missing"),
        ({"online": False}, "place_is_missing"),
        ({"head_count": 0}, "invalid_request"),
        ({"head_count": 10**9}, "invalid_request"),
        ({"head_count": "40"}, "invalid_request"),
        ({"note": "长" * 2001}, "invalid_request"),
        ({"audience": "everybody"}, "invalid_request"),
        ({"topic_id": "1 OR 1=1"}, "invalid_request"),
        ({"topic_id": None}, "topic_is_missing"),
        ({"topic_id": NOWHERE}, "not_found"),
        ({"group_id": NOWHERE}, "not_found"),
        ({"online": False, "venue_id": NOWHERE}, "not_found"),
        ({"shares": [{"organisation_id": NOWHERE, "seats": 41}]}, "shares_exceed_the_seats"),
        ({"shares": [{"organisation_id": NOWHERE, "seats": 1}] * 2}, "share_is_given_twice"),
        ({"colour": "red"}, "invalid_request"),
    ],
)
def test_orders_that_cannot_be_placed(sqlite_world: World, more: dict[str, Any], code: str) -> None:
    world = sqlite_world
    request = {
        "organisation_id": world.school,
        "topic_id": world.topic(),
        "windows": [window()],
        "online": True,
        "head_count": 40,
        **more,
    }
    assert world.refused(lambda: world.call(rpc.PLACE_ORDER, world.staff, **request)) == code


def test_online_and_a_venue_at_once_is_a_contradiction(sqlite_world: World) -> None:
    world = sqlite_world
    topic, venue = world.topic(), world.venue()
    assert world.refused(lambda: world.place(topic, venue_id=venue, online=True)) == "place_is_missing"


def test_shares_are_measured_by_the_seats_of_the_venue(sqlite_world: World) -> None:
    world = sqlite_world
    topic, venue = world.topic(), world.venue(capacity=20)
    shares = [{"organisation_id": world.partner, "seats": 21}]
    problem = world.problem(lambda: world.place(topic, venue_id=venue, shares=shares, head_count=40))
    assert (problem["code"], problem["params"]) == ("shares_exceed_the_seats", {"shares": 21, "seats": 20})


def test_a_topic_taken_off_the_menu_cannot_be_ordered(sqlite_world: World) -> None:
    world = sqlite_world
    topic = world.topic(published=False)
    assert world.refused(lambda: world.place(topic)) == "topic_is_not_on_the_menu"


@pytest.mark.parametrize("role", ["learner", "lecturer", "council_member"])
def test_who_may_not_order(sqlite_world: World, role: str) -> None:
    world = sqlite_world
    topic = world.topic()
    assert world.refused(lambda: world.place(topic, actor=world.actor(role))) == "not_allowed"


@pytest.mark.parametrize("role", ["principal", "vice_principal", "school_staff", "liaison"])
def test_who_may_order(sqlite_world: World, role: str) -> None:
    world = sqlite_world
    assert world.place(world.topic(), actor=world.actor(role))["state"] == "placed"


def test_an_operator_orders_for_the_schools_of_the_district(sqlite_world: World) -> None:
    world = sqlite_world
    topic = world.topic()
    assert world.place(topic, actor=world.operator)["organisation_id"] == world.school
    elsewhere = world.actor("operator", district=world.other_district)
    assert world.refused(lambda: world.place(topic, actor=elsewhere)) == "not_found"


def test_two_orders_do_not_hold_time_until_somebody_accepts(world: World) -> None:
    topic = world.topic()
    world.lecturer(topic=topic)
    world.dispatched(topic)
    order = world.dispatched(topic)
    assert order["state"] == "offering"
    with world.harness.store.reading() as tx:
        assert tx.session.query(Booking).count() == 0


def test_a_long_session_fits_within_its_day(world: World) -> None:
    topic = world.topic(duration_minutes=720)
    lecturer = world.lecturer(topic=topic)
    world.availability(lecturer, kind="free", weekday=3, starts="08:00", ends="00:00")
    order = world.booked(topic, windows=[window("09:00", "23:00")])
    session = world.session(order)
    assert session["ends_at"] == (at("09:00") + timedelta(hours=12)).isoformat()
    world.check_invariants()
