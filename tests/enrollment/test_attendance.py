"""At the door: codes, ticks, hours."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from contracts.enrollment import events

from .conftest import World


def seated(world: World, *, starts_in: timedelta = timedelta(days=2)) -> tuple[str, str]:
    session, learner = world.session(3, starts_in=starts_in), world.person()
    world.enrol(session, learner)
    return session, learner


def test_the_code_at_the_door_checks_in_once(world: World) -> None:
    session, learner = seated(world)
    world.later(days=2)
    first = world.check_in(session, learner)
    assert (first["person_id"], first["method"]) == (learner, "code")
    world.later(minutes=5)
    assert world.check_in(session, learner) == first
    assert world.tick(session, learner) == first
    assert world.told(session) == ["seat.confirmed", "attendance.recorded"]
    assert world.my_seat(session, learner)["seat"]["state"] == "attended"


def test_the_door_opens_an_hour_before_and_closes_half_an_hour_after(world: World) -> None:
    session, learner = seated(world)
    world.later(days=2, minutes=-61)
    assert world.refused(lambda: world.check_in(session, learner)) == "check_in_not_open"
    assert world.refused(lambda: world.tick(session, learner)) == "check_in_not_open"
    world.later(minutes=61 + 120 + 30)
    assert world.refused(lambda: world.check_in(session, learner)) == "check_in_has_closed"
    assert world.tick(session, learner)["method"] == "staff"


def test_the_roster_closes_after_a_week(world: World) -> None:
    session, learner = seated(world)
    world.later(days=9, hours=2)
    assert world.refused(lambda: world.tick(session, learner)) == "roster_is_closed"


def test_ten_wrong_codes_and_no_more(world: World) -> None:
    session, learner = seated(world)
    other = world.person()
    world.enrol(session, other)
    world.later(days=2)
    wrong = world.wrong_code(session)
    for left in range(9, -1, -1):
        problem = world.problem(lambda: world.check_in(session, learner, wrong))
        assert (problem["code"], problem["params"]) == ("wrong_code", {"left": left})
    problem = world.problem(lambda: world.check_in(session, learner))
    assert (problem["code"], problem["status"]) == ("too_many_tries", 429)
    assert world.check_in(session, other)["method"] == "code"
    assert world.tick(session, learner)["method"] == "staff"


@pytest.mark.parametrize("case", ["stranger", "waiting", "gave back"])
def test_only_those_with_a_seat_check_in(world: World, case: str) -> None:
    session, learner = world.session(1), world.person()
    if case == "waiting":
        world.enrol(session, world.person())
        world.enrol(session, learner)
    if case == "gave back":
        world.cancel(world.enrol(session, learner))
    world.later(days=2)
    code = "only_waiting" if case == "waiting" else "not_enrolled"
    assert world.refused(lambda: world.check_in(session, learner)) == code
    assert world.refused(lambda: world.tick(session, learner)) == code


def test_who_was_there_is_credited_when_the_session_was_held(world: World) -> None:
    session = world.session(4)
    there, ticked, missing, late = (world.person() for _ in range(4))
    for person in (there, ticked, missing, late):
        world.enrol(session, person)
    world.later(days=2)
    world.check_in(session, there)
    world.tick(session, ticked)
    world.hold(session, times=2)
    assert world.told(session)[4:] == [
        "attendance.recorded",
        "attendance.recorded",
        "hours.credited",
        "hours.credited",
        "attendance.missed",
        "attendance.missed",
    ]
    assert world.states(session) == {
        there: "attended",
        ticked: "attended",
        missing: "missed",
        late: "missed",
    }
    credited = world.harness.events(events.HOURS_CREDITED)[0].data
    assert (credited["person_id"], credited["minutes"]) == (there, 120)
    assert credited["on"] == date(2026, 3, 4)

    world.later(days=3)
    world.tick(session, late)
    assert world.told(session)[10:] == ["attendance.recorded", "hours.credited"]
    assert world.states(session)[late] == "attended"
    door = world.door(session)
    assert (door["state"], door["taken"], door["attended"]) == ("held", 4, 3)


def test_a_late_code_after_an_early_end_is_credited_too(world: World) -> None:
    session, learner = seated(world)
    world.later(days=2, minutes=30)
    world.hold(session)
    world.check_in(session, learner)
    assert world.told(session)[1:] == ["attendance.missed", "attendance.recorded", "hours.credited"]


def test_nobody_is_credited_for_a_line(world: World) -> None:
    session = world.session(1)
    first, second = world.person(), world.person()
    world.enrol(session, first)
    world.enrol(session, second)
    world.later(days=2)
    world.hold(session)
    assert world.states(session) == {first: "missed", second: "waiting"}


def test_who_checked_in_keeps_the_seat(world: World) -> None:
    session, learner = seated(world)
    seat = world.my_seat(session, learner)["seat"]
    world.later(days=2, minutes=-30)
    world.check_in(session, learner)
    assert world.refused(lambda: world.cancel(seat)) == "already_checked_in"


def test_the_door_shows_code_times_and_roster(world: World) -> None:
    session = world.session(1, shares={world.school: 1})
    first, second = world.person(), world.person()
    seats = [world.enrol(session, person) for person in (first, second)]
    row = world.row(session)
    assert world.door(session) == {
        "session_id": session,
        "state": "open",
        "code": row.check_in_code,
        "opens_at": (row.starts_at - timedelta(minutes=60)).isoformat(),
        "closes_at": (row.ends_at + timedelta(minutes=30)).isoformat(),
        "capacity": 1,
        "taken": 1,
        "waiting": 1,
        "attended": 0,
        "shares": [{"organisation_id": world.school, "seats": 1, "taken": 1}],
        "roster": [{key: value for key, value in seat.items() if key != "session_id"} for seat in seats],
    }
    assert len(row.check_in_code) == 6
    assert row.check_in_code.isdigit()
