"""Whatever is asked, the answer is a sentence and nothing is lost."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from chassis.access import Actor
from chassis.ids import new_id
from contracts.enrollment import rpc
from contracts.errors import Refusal, Refused
from contracts.registry import Rpc
from enrollment import refusals

from .conftest import World

HUGE = "9" * 1_000_000


def test_enrolling_twice(world: World) -> None:
    session, learner = world.session(2), world.person()
    world.enrol(session, learner)
    assert world.refused(lambda: world.enrol(session, learner)) == "already_enrolled"
    full, waiting = world.session(1, starts_in=timedelta(days=4)), world.person()
    world.enrol(full, learner)
    world.enrol(full, waiting)
    assert world.refused(lambda: world.enrol(full, waiting)) == "already_enrolled"
    world.check_figures(session)


def test_enrolling_and_giving_back_from_the_start_on(world: World) -> None:
    session, learner = world.session(2), world.person()
    seat = world.enrol(session, learner)
    world.later(days=2)
    assert world.refused(lambda: world.enrol(session, world.person())) == "session_has_begun"
    assert world.refused(lambda: world.cancel(seat)) == "session_has_begun"
    world.hold(session)
    assert world.refused(lambda: world.enrol(session, world.person())) == "session_has_begun"
    assert world.refused(lambda: world.cancel(seat)) == "session_has_begun"


def test_a_session_that_was_held_early_takes_nobody(world: World) -> None:
    session = world.session(2)
    world.hold(session)
    assert world.refused(lambda: world.enrol(session, world.person())) == "session_has_begun"


def test_one_command_id_for_two_requests(world: World) -> None:
    first, second = world.session(2), world.session(2, starts_in=timedelta(days=4))
    learner, command = world.person(), new_id()
    world.enrol(first, learner, command_id=command)
    assert world.refused(lambda: world.enrol(second, learner, command_id=command)) == "command_reused"


def test_who_is_not_in_the_register(world: World) -> None:
    session = world.session(2)
    assert world.refused(lambda: world.enrol(session, new_id())) == "not_in_register"
    gone = world.person(active=False)
    assert world.refused(lambda: world.enrol(session, gone)) == "member_is_inactive"


def test_roles_that_do_not_reach_so_far(world: World) -> None:
    session, member = world.session(2), world.person()
    reader = world.staff(role="council_member")
    lecturer = world.staff(role="lecturer")
    request = {"session_id": session, "person_id": member}
    for actor in (reader, lecturer):
        with pytest.raises(Refused) as refusal:
            world.harness.call(rpc.ENROL, actor=actor, request=request)
        assert refusal.value.code == "not_allowed"
        assert world.refused(partial(world.door, session, actor=actor)) == "not_allowed"
    assert world.refused(lambda: world.door(session, actor=world.learner(member))) == "not_allowed"
    assert world.refused(lambda: world.set_shares(session, {}, actor=world.learner(member))) == "not_allowed"


def test_a_key_of_a_partner_names_the_person(world: World) -> None:
    session, member = world.session(2), world.person(world.partner)
    key = Actor(None, world.partner, world.district, frozenset({"school_staff"}), "key")
    problem = world.problem(lambda: world.harness.call(rpc.ENROL, actor=key, request={"session_id": session}))
    assert (problem["status"], list(problem["errors"])) == (422, ["person_id"])
    request = {"session_id": session, "person_id": member}
    assert world.harness.call(rpc.ENROL, actor=key, request=request)["state"] == "seated"


def foreign_calls(world: World) -> list[tuple[Rpc, Actor, dict[str, Any], str]]:
    """Each RPC with an id of somebody else's in the field that is named."""
    session, member = world.session(3), world.person()
    seat = world.enrol(session, member)["seat_id"]
    outsider, stranger = world.staff(world.partner), world.person(world.partner)
    abroad = world.person(world.partner, district=new_id())
    far = Actor(new_id(), new_id(), new_id(), frozenset({"operator"}))
    world.later(days=2, minutes=-30)
    return [
        (rpc.ENROL, outsider, {"session_id": session, "person_id": member}, "person_id"),
        (rpc.ENROL, world.learner(stranger), {"session_id": session, "person_id": member}, "person_id"),
        (rpc.ENROL, world.learner(abroad), {"session_id": session}, "session_id"),
        (rpc.ENROL, far, {"session_id": session, "person_id": member}, "person_id"),
        (rpc.CANCEL_SEAT, outsider, {"seat_id": seat}, "seat_id"),
        (rpc.CANCEL_SEAT, world.learner(stranger), {"seat_id": seat}, "seat_id"),
        (rpc.CANCEL_SEAT, far, {"seat_id": seat}, "seat_id"),
        (rpc.CHECK_IN, world.learner(abroad), {"session_id": session, "code": "123456"}, "session_id"),
        (rpc.CHECK_IN_MEMBER, outsider, {"session_id": session, "person_id": member}, "session_id"),
        (rpc.CHECK_IN_MEMBER, far, {"session_id": session, "person_id": member}, "session_id"),
        (rpc.DOOR, outsider, {"session_id": session}, "session_id"),
        (rpc.DOOR, far, {"session_id": session}, "session_id"),
        (rpc.SET_SHARES, outsider, {"session_id": session, "shares": []}, "session_id"),
        (rpc.MY_SEAT, world.learner(abroad), {"session_id": session}, "session_id"),
    ]


def test_what_belongs_to_others_answers_like_what_does_not_exist(world: World) -> None:
    for called, actor, request, field in foreign_calls(world):
        call = partial(world.harness.call, called, actor=actor)
        theirs = world.problem(partial(call, request=request))
        random = world.problem(partial(call, request={**request, field: new_id()}))
        assert theirs == random, called.name
        assert theirs["status"] == 404, called.name


@pytest.mark.parametrize(
    ("called", "request_", "field"),
    [
        (rpc.ENROL, {}, "session_id"),
        (rpc.ENROL, {"session_id": "12"}, "session_id"),
        (rpc.ENROL, {"session_id": 12}, "session_id"),
        (rpc.ENROL, {"session_id": None}, "session_id"),
        (rpc.ENROL, {"session_id": HUGE}, "session_id"),
        (rpc.ENROL, {"session_id": ["x"]}, "session_id"),
        (rpc.ENROL, {"session_id": new_id(), "state": "seated"}, "state"),
        (rpc.ENROL, {"session_id": new_id(), "organisation_id": new_id()}, "organisation_id"),
        (rpc.CANCEL_SEAT, {"seat_id": "' OR 1=1 --"}, "seat_id"),
        (rpc.CHECK_IN, {"session_id": new_id(), "code": "12345"}, "code"),
        (rpc.CHECK_IN, {"session_id": new_id(), "code": "1234567"}, "code"),
        (rpc.CHECK_IN, {"session_id": new_id(), "code": "12345\n"}, "code"),
        (rpc.CHECK_IN, {"session_id": new_id(), "code": "١٢٣٤٥٦"}, "code"),
        (rpc.CHECK_IN, {"session_id": new_id(), "code": 123456}, "code"),
        (rpc.CHECK_IN, {"session_id": new_id(), "code": HUGE}, "code"),
        (rpc.CHECK_IN, {"session_id": new_id()}, "code"),
        (rpc.CHECK_IN_MEMBER, {"session_id": new_id()}, "person_id"),
        (rpc.SET_SHARES, {"session_id": new_id()}, "shares"),
        (rpc.SET_SHARES, {"session_id": new_id(), "shares": {}}, "shares"),
        (rpc.SET_SHARES, {"session_id": new_id(), "shares": [{"seats": 1}]}, "shares"),
        (
            rpc.SET_SHARES,
            {"session_id": new_id(), "shares": [{"organisation_id": new_id(), "seats": -1}]},
            "shares",
        ),
        (
            rpc.SET_SHARES,
            {"session_id": new_id(), "shares": [{"organisation_id": new_id(), "seats": 10**30}]},
            "shares",
        ),
        (
            rpc.SET_SHARES,
            {"session_id": new_id(), "shares": [{"organisation_id": new_id(), "seats": 1}] * 201},
            "shares",
        ),
        (rpc.DOOR, {"session_id": new_id(), "code": "1"}, "code"),
        (rpc.MY_SEAT, {"session_id": {}}, "session_id"),
    ],
)
def test_fields_that_are_wrong_are_named(called: Rpc, request_: dict[str, Any], field: str) -> None:
    world = World(None)
    problem = world.problem(lambda: world.harness.call(called, actor=world.staff(), request=request_))
    assert (problem["code"], problem["status"]) == ("invalid_request", 422)
    assert list(problem["errors"]) == [field]
    world.harness.close()


def test_the_same_organisation_twice_in_the_shares(world: World) -> None:
    session = world.session(3)
    shares = [{"organisation_id": world.school, "seats": 1}] * 2
    request = {"session_id": session, "shares": shares}
    problem = world.problem(lambda: world.harness.call(rpc.SET_SHARES, actor=world.staff(), request=request))
    assert (problem["status"], list(problem["errors"])) == (422, ["shares"])


def test_every_refusal_says_what_is_wrong_in_both_languages() -> None:
    found = [
        value
        for value in vars(refusals).values()
        if isinstance(value, type) and issubclass(value, Refusal) and value is not Refusal
    ]
    params: dict[str, Any] = {
        "title": "t",
        "shared": 3,
        "capacity": 2,
        "missing": 1,
        "left": 4,
        "session_id": "s",
    }
    for refusal in found:
        problem = refusal(**params).problem()
        assert 400 <= problem["status"] < 500, refusal
        assert problem["zh"].endswith("。"), refusal
        assert problem["en"].endswith((".", "“My sessions”.")), refusal
        assert "{" not in problem["zh"] + problem["en"], refusal
    assert len({refusal.code() for refusal in found}) == len(found) >= 15
