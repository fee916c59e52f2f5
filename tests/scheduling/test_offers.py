"""The chain of offers: approve, refuse, accept, decline, lapse, late, twice, and when nobody is left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pytest
from chassis.tx import Tx
from contracts.scheduling import events, rpc
from scheduling.orders import offers
from scheduling.tables import Offer

from .conftest import World, at, told_at, window


def pair(world: World, topic: str, **more: str) -> tuple[str, str]:
    """Two lecturers who would be asked one after the other."""
    first = world.lecturer(topic=topic, monthly_cap=10, **more)
    second = world.lecturer(topic=topic, monthly_cap=10, **more)
    return min(first, second), max(first, second)


def test_an_own_lecturer_accepts_and_the_session_is_booked(world: World) -> None:
    topic = world.topic()
    lecturer = world.lecturer(topic=topic)
    venue, group = world.venue(capacity=30), world.group()
    shares = [{"organisation_id": world.partner, "seats": 5}, {"organisation_id": world.school, "seats": 9}]
    order = world.dispatched(topic, venue_id=venue, group_id=group, head_count=40, shares=shares)
    assert order["state"] == "offering"
    [offer] = order["offers"]
    assert (offer["state"], offer["lecturer_id"], offer["rank"]) == ("offered", lecturer, 1)
    answer = world.accept(offer)
    assert answer["state"] == "accepted"
    order = world.order(order)
    assert (order["state"], order["session_id"]) == ("scheduled", answer["session_id"])
    session = world.session(order)
    assert (session["state"], session["capacity"], session["venue_id"]) == ("scheduled", 30, venue)
    assert (session["starts_at"], session["ends_at"]) == (told_at("18:00"), told_at("19:30"))
    assert world.told(order["order_id"]) == [
        "order.placed",
        "order.dispatched",
        "offer.made",
        "offer.accepted",
        "order.scheduled",
    ]
    [scheduled] = world.events_of(session["session_id"])
    assert scheduled.type == "scheduling.session.scheduled.v1"
    assert scheduled.organisation == world.school
    assert scheduled.data["shares"] == shares
    assert scheduled.data["venue_name"] == "活动室"
    assert scheduled.data["lender_id"] == world.school
    world.check_invariants()


def test_a_lent_lecturer_is_asked_after_the_liaison_agreed(world: World) -> None:
    topic = world.topic()
    agreement = world.agreement(approval="liaison", quota=2)
    world.lecturer(organisation=world.partner, topic=topic)
    order = world.dispatched(topic)
    [offer] = order["offers"]
    assert (offer["state"], offer["agreement_id"]) == ("awaiting_approval", agreement)
    assert world.last(events.OFFER_MADE)["needs_approval"] is True
    assert world.refused(lambda: world.accept(offer)) == "offer_awaits_approval"
    assert world.refused(lambda: world.decline(offer)) == "offer_awaits_approval"
    world.later(hours=5)
    approved = world.approve(offer)
    assert approved["state"] == "offered"
    assert approved["deadline"] == told_at("14:00", on=date(2026, 3, 3))  # a new day to answer
    assert world.approve(offer) == approved  # twice is once
    assert world.refused(lambda: world.refuse(offer)) == "offer_was_approved"
    assert world.accept(offer)["state"] == "accepted"
    assert world.approve(offer)["state"] == "accepted"
    assert world.used(agreement) == 1
    assert world.told(order["order_id"]) == [
        "order.placed",
        "order.dispatched",
        "offer.made",
        "offer.approved",
        "offer.accepted",
        "order.scheduled",
    ]
    world.check_invariants()


def test_an_agreement_without_approval_asks_the_lecturer_at_once(world: World) -> None:
    topic = world.topic()
    world.agreement(approval="automatic")
    world.lecturer(organisation=world.partner, topic=topic)
    [offer] = world.dispatched(topic)["offers"]
    assert offer["state"] == "offered"
    assert world.approve(offer)["state"] == "offered"  # there is nothing to approve, and nothing changes
    assert world.told(offer["order_id"])[-1] == "offer.made"


def test_on_a_refusal_and_on_a_no_the_next_one_is_asked(world: World) -> None:
    topic = world.topic()
    world.agreement(approval="liaison")
    first, second = pair(world, topic, organisation=world.partner)
    order = world.dispatched(topic)
    refused = world.refuse(order["offers"][0])
    assert (refused["state"], refused["reason"], refused["lecturer_id"]) == ("refused", "本月忙", first)
    assert world.refuse(refused) == refused
    assert world.refused(lambda: world.approve(refused)) == "offer_was_refused"
    assert world.refused(lambda: world.accept(refused)) == "offer_was_refused"
    order = world.order(order)
    assert [each["lecturer_id"] for each in order["offers"]] == [first, second]
    world.approve(order["offers"][1])
    declined = world.decline(order["offers"][1])
    assert (declined["state"], declined["reason"]) == ("declined", "出差")
    assert world.decline(declined) == declined
    assert world.refused(lambda: world.accept(declined)) == "offer_was_declined"
    order = world.order(order)
    assert (order["state"], order["unmet_reason"]) == ("unmet", "all_refused")
    assert world.told(order["order_id"])[2:] == [
        "offer.made",
        "offer.refused",
        "offer.made",
        "offer.approved",
        "offer.declined",
        "order.unmet",
    ]
    assert world.last(events.ORDER_UNMET)["asked"] == 2
    world.check_invariants()


def test_declining_after_accepting_and_accepting_twice(world: World) -> None:
    topic = world.topic()
    world.lecturer(topic=topic)
    order = world.dispatched(topic)
    accepted = world.accept(order["offers"][0])
    told = len(world.harness.events())
    assert world.accept(order["offers"][0]) == accepted
    assert len(world.harness.events()) == told
    assert world.refused(lambda: world.decline(order["offers"][0])) == "offer_was_accepted"
    world.check_invariants()


def test_a_repeated_command_gives_the_first_answer(world: World) -> None:
    topic = world.topic()
    world.lecturer(topic=topic)
    [offer] = world.dispatched(topic)["offers"]
    actor = world.as_lecturer(offer["lecturer_id"])
    command_id = "7a6f1f66-3a7e-4f3e-9a51-111111111111"
    request = {"offer_id": offer["offer_id"]}
    first = world.harness.call(rpc.ACCEPT_OFFER, actor=actor, request=request, command_id=command_id)
    assert first == world.harness.call(rpc.ACCEPT_OFFER, actor=actor, request=request, command_id=command_id)
    world.check_invariants()


@pytest.mark.parametrize("approval", ["automatic", "liaison"])
def test_an_offer_that_nobody_answers_lapses_and_the_next_one_is_asked(world: World, approval: str) -> None:
    topic = world.topic()
    world.agreement(approval=approval)
    first, second = pair(world, topic, organisation=world.partner)
    order = world.dispatched(topic)
    world.tick("lapse_offers")
    assert len(world.order(order)["offers"]) == 1
    world.later(hours=24)
    world.tick("lapse_offers")
    world.tick("lapse_offers")
    order = world.order(order)
    assert [each["lecturer_id"] for each in order["offers"]] == [first, second]
    assert [each["state"] == "lapsed" for each in order["offers"]] == [True, False]
    waiting_for = {"automatic": "lecturer", "liaison": "liaison"}[approval]
    assert world.last(events.OFFER_LAPSED)["waiting_for"] == waiting_for
    assert world.refused(lambda: world.accept(order["offers"][0])) == "offer_has_lapsed"
    world.check_invariants()


def test_a_late_answer_gets_a_polite_no_and_the_next_one_is_asked_by_it(world: World) -> None:
    """Whoever is late comes before the timer here: the answer itself lapses the offer, and that stays."""
    topic = world.topic()
    world.agreement(approval="liaison", quota=10)
    lecturers = [world.lecturer(organisation=world.partner, topic=topic, monthly_cap=10) for _ in range(4)]
    order = world.dispatched(topic, windows=[window(on=date(2026, 3, 20))])
    answers: list[Callable[[dict[str, Any]], Any]] = [
        world.approve,
        world.refuse,
        world.accept,
        world.decline,
    ]
    for number, answer in enumerate(answers):
        if number >= 2:
            world.approve(world.order(order)["offers"][-1])
        world.later(hours=24)
        waiting = world.order(order)["offers"][-1]
        assert world.refused_and_kept(partial(answer, waiting)) == "offer_has_lapsed"
    order = world.order(order)
    assert [each["state"] for each in order["offers"]] == ["lapsed"] * 4
    assert {each["lecturer_id"] for each in order["offers"]} == set(lecturers)
    assert (order["state"], order["unmet_reason"]) == ("unmet", "all_refused")
    assert [each.data["waiting_for"] for each in world.harness.events(events.OFFER_LAPSED)] == [
        "liaison",
        "liaison",
        "lecturer",
        "lecturer",
    ]
    world.check_invariants()


def test_when_the_time_was_taken_meanwhile_the_next_one_is_asked(world: World) -> None:
    topic = world.topic()
    first, second = pair(world, topic)
    one = world.dispatched(topic)
    two = world.dispatched(topic)
    assert {one["offers"][0]["lecturer_id"], two["offers"][0]["lecturer_id"]} == {first}
    world.accept(one["offers"][0])
    assert world.refused_and_kept(lambda: world.accept(two["offers"][0])) == "lecturer_is_busy"
    two = world.order(two)
    assert [(each["lecturer_id"], each["state"]) for each in two["offers"]] == [
        (first, "withdrawn"),
        (second, "offered"),
    ]
    assert world.last(events.OFFER_WITHDRAWN)["reason"] == "time_taken"
    assert world.refused(lambda: world.accept(two["offers"][0])) == "offer_was_withdrawn"
    world.accept(two["offers"][1])
    world.check_invariants()


@pytest.mark.parametrize(("taken", "code"), [("venue", "venue_is_taken"), ("group", "audience_is_taken")])
def test_a_venue_or_audience_taken_meanwhile_has_its_own_sentence(
    world: World, taken: str, code: str
) -> None:
    topic = world.topic()
    world.lecturer(topic=topic)
    world.lecturer(topic=topic)
    where: dict[str, Any] = {"venue_id": world.venue()} if taken == "venue" else {"group_id": world.group()}
    one = world.dispatched(topic, windows=[window("18:00", "19:30")], **where)
    sequence = [each["lecturer_id"] for each in world.suggest(one)["candidates"]]
    two = world.place(topic, windows=[window("18:00", "19:30")], **where)
    two = world.call(rpc.DISPATCH_ORDER, world.staff, order_id=two["order_id"], lecturer_ids=sequence)
    world.accept(one["offers"][0])
    assert world.refused_and_kept(lambda: world.accept(two["offers"][0])) == code
    assert world.order(two)["unmet_reason"] == "all_refused"
    world.check_invariants()


def test_rules_that_changed_meanwhile_withdraw_the_offer(world: World) -> None:
    topic = world.topic()
    lecturer = world.lecturer(topic=topic)
    [offer] = world.dispatched(topic)["offers"]
    world.lecturer(topic=topic, lecturer_id=lecturer, active=False)
    assert world.refused_and_kept(lambda: world.accept(offer)) == "lecturer_is_inactive"
    assert world.last(events.OFFER_WITHDRAWN)["reason"] == "rules_changed"
    world.check_invariants()


def test_the_monthly_cap_binds_at_acceptance(world: World) -> None:
    topic = world.topic()
    world.lecturer(topic=topic, monthly_cap=1)
    one = world.dispatched(topic)
    two = world.dispatched(topic, windows=[window(on=date(2026, 3, 11))])
    world.accept(one["offers"][0])
    assert world.refused_and_kept(lambda: world.accept(two["offers"][0])) == "lecturer_is_at_the_cap"
    april = world.dispatched(topic, windows=[window(on=date(2026, 4, 1))])
    assert world.accept(april["offers"][0])["state"] == "accepted"
    world.check_invariants()


def test_the_quota_of_an_agreement_binds_at_acceptance(world: World) -> None:
    topic = world.topic()
    agreement = world.agreement(quota=1)
    pair(world, topic, organisation=world.partner)
    one = world.dispatched(topic)
    two = world.dispatched(topic, windows=[window(on=date(2026, 3, 11))])
    world.accept(one["offers"][0])
    assert world.refused_and_kept(lambda: world.accept(two["offers"][0])) == "agreement_is_used_up"
    assert world.used(agreement) == 1
    assert world.order(two)["unmet_reason"] == "all_refused"
    world.check_invariants()


def test_travel_between_two_places_is_part_of_the_check(world: World) -> None:
    topic = world.topic(duration_minutes=60)
    world.lecturer(topic=topic)
    here = world.venue(latitude=31.40, longitude=121.36)
    there = world.venue(latitude=31.40, longitude=121.46)
    one = world.dispatched(topic, venue_id=here, windows=[window("18:00", "19:00")])
    two = world.dispatched(topic, venue_id=there, windows=[window("19:00", "20:00")])
    world.accept(one["offers"][0])
    assert world.refused_and_kept(lambda: world.accept(two["offers"][0])) == "lecturer_is_busy"
    late = world.dispatched(topic, venue_id=there, windows=[window("19:00", "21:00")])
    assert late["offers"][0]["starts_at"] == told_at("19:45")
    world.accept(late["offers"][0])
    world.check_invariants()


def test_deadlines_shrink_as_the_session_comes_near(world: World) -> None:
    topic = world.topic()
    world.lecturer(topic=topic)
    world.lecturer(topic=topic)
    order = world.dispatched(topic, windows=[window("13:00", "14:30", on=date(2026, 3, 2))])
    assert order["offers"][0]["deadline"] == told_at("11:00", on=date(2026, 3, 2))
    world.later(hours=2, minutes=30)
    world.tick("lapse_offers")
    assert world.order(order)["offers"][1]["deadline"] == told_at("12:00", on=date(2026, 3, 2))


def test_the_window_passes_while_lecturers_are_asked(world: World) -> None:
    topic = world.topic()
    pair(world, topic)
    order = world.dispatched(topic, windows=[window("10:00", "11:30", on=date(2026, 3, 2))])
    world.later(hours=1, minutes=1)
    world.tick("lapse_offers")
    assert world.order(order)["unmet_reason"] == "window_passed"
    assert world.last(events.ORDER_UNMET)["asked"] == 1


def test_an_offer_whose_lapsing_fails_holds_up_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = world.topic()
    world.lecturer(topic=topic)
    broken, sound = world.dispatched(topic), world.dispatched(topic)
    world.later(hours=24)
    lapse = offers.lapse_if_due

    def fail_once(tx: Tx, *, offer_id: str) -> bool:
        if offer_id == broken["offers"][0]["offer_id"]:
            raise RuntimeError("no memory left")
        return lapse(tx, offer_id=offer_id)

    with monkeypatch.context() as patched:
        patched.setattr(offers, "lapse_if_due", fail_once)
        world.tick("lapse_offers")
    assert [world.order(each)["state"] for each in (broken, sound)] == ["offering", "unmet"]
    world.tick("lapse_offers")
    assert world.order(broken)["state"] == "unmet"


def test_the_same_lecturer_is_never_asked_twice(world: World) -> None:
    topic = world.topic()
    lecturer = world.lecturer(topic=topic)
    order = world.dispatched(topic)
    world.decline(order["offers"][0])
    again = world.call(rpc.DISPATCH_ORDER, world.staff, order_id=order["order_id"])
    assert (again["state"], len(again["offers"])) == ("unmet", 1)
    insisting = {"order_id": order["order_id"], "lecturer_ids": [lecturer]}
    assert world.refused(lambda: world.call(rpc.DISPATCH_ORDER, world.staff, **insisting)) == (
        "lecturer_was_asked"
    )
    newcomer = world.lecturer(topic=topic)
    again = world.call(rpc.DISPATCH_ORDER, world.staff, order_id=order["order_id"])
    assert [each["lecturer_id"] for each in again["offers"]] == [lecturer, newcomer]
    assert [each["rank"] for each in again["offers"]] == [1, 2]
    world.check_invariants()


def test_an_offer_is_seen_by_both_sides_and_the_lecturer(world: World) -> None:
    topic = world.topic()
    world.agreement(approval="liaison")
    world.lecturer(organisation=world.partner, topic=topic)
    [offer] = world.dispatched(topic)["offers"]
    for actor in (
        world.staff,
        world.actor("council_member"),
        world.liaison,
        world.operator,
        world.as_lecturer(offer["lecturer_id"]),
    ):
        assert world.call(rpc.GET_OFFER, actor, offer_id=offer["offer_id"]) == offer
    assert world.refused(lambda: world.approve(offer, actor=world.staff)) == "not_allowed"
    as_staff = {"offer_id": offer["offer_id"]}
    assert world.refused(lambda: world.call(rpc.ACCEPT_OFFER, world.staff, **as_staff)) == "not_allowed"
    assert world.get(Offer, offer["offer_id"]).state == "awaiting_approval"
    assert world.approve(offer, actor=world.operator)["state"] == "offered"


def test_offers_start_in_the_first_window_that_fits(world: World) -> None:
    topic = world.topic()
    lecturer = world.lecturer(topic=topic)
    world.availability(lecturer, kind="free", weekday=4, starts="19:00", ends="21:00")
    thursday = date(2026, 3, 5)
    order = world.dispatched(topic, windows=[window(), window(on=thursday)])
    assert order["offers"][0]["starts_at"] == at("19:00", on=thursday).isoformat()
