"""Ids of others answer like ids that do not exist, byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pytest
from chassis.access import NOBODY, Actor
from chassis.ids import new_id
from contracts.registry import Rpc
from contracts.scheduling import rpc

from .conftest import NOWHERE, World, window

STAFF = ("principal", "vice_principal", "school_staff")
ORDER_CALLS: list[tuple[Rpc, dict[str, Any]]] = [
    (rpc.GET_ORDER, {}),
    (rpc.SUGGEST, {}),
    (rpc.DISPATCH_ORDER, {}),
    (rpc.CANCEL_ORDER, {"reason": "不行"}),
]
OFFER_CALLS: list[tuple[Rpc, dict[str, Any]]] = [
    (rpc.GET_OFFER, {}),
    (rpc.APPROVE_OFFER, {}),
    (rpc.REFUSE_OFFER, {}),
    (rpc.ACCEPT_OFFER, {}),
    (rpc.DECLINE_OFFER, {}),
]
SESSION_CALLS: list[tuple[Rpc, dict[str, Any]]] = [
    (rpc.GET_SESSION, {}),
    (rpc.RESCHEDULE_SESSION, window(on=date(2026, 3, 5))),
    (rpc.CANCEL_SESSION, {"reason": "不行"}),
    (rpc.HOLD_SESSION, {}),
]


def strangers(world: World) -> list[Actor]:
    """Every role of another school, the operator of another district, and nobody at all."""
    roles = (
        "principal",
        "vice_principal",
        "council_member",
        "school_staff",
        "liaison",
        "lecturer",
        "learner",
    )
    return [
        *(world.actor(role, world.other_school) for role in roles),
        world.actor("operator", district=world.other_district),
        Actor(new_id(), None, None, frozenset({"operator"})),
        Actor(None, None, world.district, frozenset()),
        NOBODY,
    ]


@pytest.fixture
def booked(sqlite_world: World) -> dict[str, Any]:
    topic = sqlite_world.topic()
    sqlite_world.agreement()
    sqlite_world.lecturer(organisation=sqlite_world.partner, topic=topic)
    return sqlite_world.booked(topic)


@pytest.mark.parametrize(("called", "more"), [*ORDER_CALLS, *OFFER_CALLS, *SESSION_CALLS])
def test_foreign_ids_answer_like_no_ids(
    sqlite_world: World, booked: dict[str, Any], called: Rpc, more: dict[str, Any]
) -> None:
    name = next(field for field in called.request().fields if field.endswith("_id") and field != "venue_id")
    mine = {**booked, "offer_id": booked["offers"][0]["offer_id"]}[name]
    for actor in strangers(sqlite_world):
        ask: Callable[[str], Any] = lambda id_, who=actor: sqlite_world.call(  # type: ignore[misc]  # noqa: E731
            called, who, **{name: id_, **more}
        )
        there = sqlite_world.problem(lambda: ask(mine))  # noqa: B023
        nowhere = sqlite_world.problem(lambda: ask(NOWHERE))  # noqa: B023
        assert there == nowhere
        assert there["status"] == 404


def test_an_order_for_another_school_is_refused_like_one_for_no_school(sqlite_world: World) -> None:
    topic = sqlite_world.topic()
    for actor in strangers(sqlite_world):
        place = lambda organisation, who=actor: sqlite_world.problem(  # noqa: E731
            lambda: sqlite_world.place(topic, actor=who, organisation_id=organisation)
        )
        assert place(sqlite_world.school) == place(NOWHERE)
        assert place(sqlite_world.school)["status"] == 404


def test_places_and_people_of_others_are_not_there(sqlite_world: World) -> None:
    world = sqlite_world
    topic = world.topic()
    foreign = {
        "venue_id": world.venue(organisation=world.other_school),
        "group_id": world.group(organisation=world.other_school),
        "topic_id": world.topic(organisation=world.far_school, district=world.other_district),
    }
    for name, id_ in foreign.items():

        def place(value: str, field: str = name) -> dict[str, Any]:
            more: dict[str, Any] = {"topic_id": topic, field: value}
            return world.problem(lambda: world.place(more.pop("topic_id"), **more))

        assert place(id_) == place(NOWHERE)
        assert place(id_)["status"] == 404


def test_what_is_shared_may_be_used(sqlite_world: World) -> None:
    world = sqlite_world
    topic = world.topic(organisation=world.far_school, district=world.other_district)
    hall = world.venue(organisation=world.far_school, district=world.other_district)
    world.agreement(lender=world.far_school)
    assert world.place(topic, venue_id=hall)["state"] == "placed"


def test_a_family_shares_places_and_a_parent_invites_its_branches(sqlite_world: World) -> None:
    world = sqlite_world
    topic, branch = world.topic(), new_id()
    world.list_organisation(branch, parent=world.school)
    rooms = [world.venue(organisation=branch), world.venue()]
    branch_group, school_group = world.group(organisation=branch), world.group()
    for room in rooms:
        for organisation_id in (world.school, branch):
            assert world.place(topic, venue_id=room, organisation_id=organisation_id)["venue_id"] == room
    assert world.place(topic, group_id=branch_group)["group_id"] == branch_group
    refused = world.refused(lambda: world.place(topic, group_id=school_group, organisation_id=branch))
    assert refused == "not_found"


def test_an_agreement_that_ended_shares_nothing(sqlite_world: World) -> None:
    world = sqlite_world
    topic = world.topic()
    hall = world.venue(organisation=world.partner)
    world.agreement(ends_on=date(2026, 3, 1))
    assert world.refused(lambda: world.place(topic, venue_id=hall)) == "not_found"


def test_a_conflict_reads_the_same_whoever_holds_the_time(sqlite_world: World) -> None:
    """One time is held by the school itself, the other by somebody in another district."""
    world = sqlite_world
    topic = world.topic(duration_minutes=90)
    world.agreement()
    world.agreement(borrower=world.far_school)
    world.lecturer(organisation=world.partner, topic=topic)
    problems = []
    for holder, district, day in (
        (world.school, world.district, 11),
        (world.far_school, world.other_district, 18),
    ):
        windows = [window("18:00", "19:30", on=date(2026, 3, day))]
        mine = world.dispatched(topic, windows=windows)
        staff = world.actor("school_staff", holder, district=district)
        theirs = world.dispatched(topic, windows=windows, organisation_id=holder, actor=staff)
        world.accept(theirs["offers"][0])
        problems.append(world.refused_and_kept(partial(world.accept, mine["offers"][0])))
        again = world.place(topic, windows=windows)
        [left_out] = world.suggest(again)["left_out"]
        problems.append(left_out["reasons"][0])
    assert problems[:2] == problems[2:]
    assert problems[0] == "lecturer_is_busy"
