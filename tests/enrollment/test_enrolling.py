"""Taking seats, waiting for them, giving them back."""

from __future__ import annotations

from datetime import timedelta

from chassis.access import Actor
from chassis.ids import new_id
from contracts.enrollment import events, rpc

from .conftest import World


def test_seats_are_given_until_there_are_none_then_there_is_a_line(world: World) -> None:
    session = world.session(2)
    learners = [world.person() for _ in range(4)]
    seats = [world.enrol(session, person) for person in learners]
    assert [(seat["state"], seat["position"]) for seat in seats] == [
        ("seated", None),
        ("seated", None),
        ("waiting", 1),
        ("waiting", 2),
    ]
    assert world.told(session) == ["seat.confirmed"] * 2 + ["seat.waitlisted"] * 2
    last = world.harness.events(events.SEAT_WAITLISTED)[-1]
    assert last.organisation == world.school
    assert last.data == {
        "session_id": session,
        "seat_id": seats[3]["seat_id"],
        "person_id": learners[3],
        "organisation_id": world.school,
        "host_id": world.school,
        "title": "党史专题讲座",
        "starts_at": world.row(session).starts_at,
        "ends_at": world.row(session).ends_at,
        "taken": 2,
        "waiting": 2,
        "position": 2,
    }
    world.check_figures(session)


def test_a_seat_given_back_goes_to_the_next_in_line(world: World) -> None:
    session = world.session(1)
    first, second, third = (world.person() for _ in range(3))
    seat = world.enrol(session, first)
    world.enrol(session, second)
    world.enrol(session, third)
    assert world.cancel(seat)["state"] == "cancelled"
    assert world.states(session) == {first: "cancelled", second: "seated", third: "waiting"}
    assert world.told(session)[3:] == ["seat.cancelled", "seat.promoted"]
    cancelled, promoted = world.harness.events()[-2:]
    assert (cancelled.data["taken"], cancelled.data["waiting"]) == (0, 2)
    assert (cancelled.data["was"], cancelled.data["by"]) == ("seated", "learner")
    assert (promoted.data["taken"], promoted.data["waiting"]) == (1, 1)
    assert world.my_seat(session, third) == {
        "seat": {
            "seat_id": promoted_of(world, session, third),
            "session_id": session,
            "person_id": third,
            "organisation_id": world.school,
            "state": "waiting",
            "position": 1,
        },
        "free_for_me": 0,
        "waiting": 1,
        "taken": 1,
    }
    world.check_figures(session)


def promoted_of(world: World, session: str, person: str) -> str:
    roster = world.door(session)["roster"]
    return next(str(seat["seat_id"]) for seat in roster if seat["person_id"] == person)


def test_giving_back_twice_is_once(world: World) -> None:
    session = world.session(1)
    seat = world.enrol(session, world.person())
    assert world.cancel(seat) == world.cancel(seat)
    assert world.told(session) == ["seat.confirmed", "seat.cancelled"]


def test_who_leaves_the_line_shortens_it(world: World) -> None:
    session = world.session(1)
    first, second, third = (world.person() for _ in range(3))
    world.enrol(session, first)
    leaving = world.enrol(session, second)
    world.enrol(session, third)
    world.cancel(leaving)
    assert world.harness.events()[-1].data["was"] == "waiting"
    seat = world.my_seat(session, third)["seat"]
    assert seat["position"] == 1
    world.check_figures(session)


def test_enrolling_again_after_giving_back_is_a_new_place_at_the_end(world: World) -> None:
    session = world.session(1)
    first, second = world.person(), world.person()
    old = world.enrol(session, first)
    world.enrol(session, second)
    world.cancel(old)
    new = world.enrol(session, first)
    assert new["seat_id"] != old["seat_id"]
    assert (new["state"], new["position"]) == ("waiting", 1)
    world.check_figures(session)


def test_the_same_command_again_answers_the_same_seat(world: World) -> None:
    session, learner, command = world.session(3), world.person(), new_id()
    first = world.enrol(session, learner, command_id=command)
    assert world.enrol(session, learner, command_id=command) == first
    assert world.told(session) == ["seat.confirmed"]


def test_staff_and_liaisons_enrol_members_of_their_own_organisation(world: World) -> None:
    session, member = world.session(3), world.person(world.partner)
    liaison = world.staff(world.partner, "liaison")
    request = {"session_id": session, "person_id": member}
    seat = world.harness.call(rpc.ENROL, actor=liaison, request=request)
    assert (seat["person_id"], seat["organisation_id"]) == (member, world.partner)
    world.cancel(seat, actor=world.staff(world.partner))
    assert world.harness.events()[-1].data["by"] == "staff"


def test_an_operator_reaches_the_members_of_the_district(world: World) -> None:
    session, member = world.session(3), world.person(world.partner)
    operator = Actor(new_id(), new_id(), world.district, frozenset({"operator"}))
    request = {"session_id": session, "person_id": member}
    assert world.harness.call(rpc.ENROL, actor=operator, request=request)["state"] == "seated"


def test_nobody_sits_in_two_places_at_once(world: World) -> None:
    learner = world.person()
    here = world.session(5, starts_in=timedelta(days=2))
    there = world.session(5, starts_in=timedelta(days=2, hours=1), title="读书分享")
    after = world.session(5, starts_in=timedelta(days=2, hours=2))
    world.enrol(here, learner)
    problem = world.problem(lambda: world.enrol(there, learner))
    assert (problem["code"], problem["params"]) == ("learner_is_busy", {"title": "党史专题讲座"})
    assert world.enrol(after, learner)["state"] == "seated"


def test_a_place_in_a_line_also_takes_the_time(world: World) -> None:
    learner = world.person()
    here, there = world.session(1), world.session(1)
    world.enrol(here, world.person())
    waiting = world.enrol(here, learner)
    assert world.refused(lambda: world.enrol(there, learner)) == "learner_is_busy"
    world.cancel(waiting)
    assert world.enrol(there, learner)["state"] == "seated"


def test_a_line_that_can_no_longer_move_keeps_nobody_away(world: World) -> None:
    learner = world.person()
    here, there = world.session(1), world.session(1, starts_in=timedelta(days=2, hours=1))
    world.enrol(here, world.person())
    world.enrol(here, learner)
    world.later(days=2, minutes=5)
    assert world.enrol(there, learner)["state"] == "seated"


def test_who_became_busy_elsewhere_is_passed_over_and_comes_first_when_free_again(world: World) -> None:
    here, there = world.session(1), world.session(1, starts_in=timedelta(days=3))
    holder, busy, patient, newcomer = (world.person() for _ in range(4))
    seat = world.enrol(here, holder)
    world.enrol(here, busy)
    elsewhere = world.enrol(there, busy)
    world.move(there, world.row(here).starts_at)
    world.cancel(seat)
    assert world.states(here)[busy] == "waiting"
    world.check_figures(here)

    world.cancel(elsewhere)
    assert world.enrol(here, newcomer)["position"] == 1
    assert world.states(here)[busy] == "seated"
    assert world.enrol(here, patient)["position"] == 2
    world.check_figures(here)


def test_whoever_was_passed_over_moves_up_by_itself(world: World) -> None:
    here, there = world.session(1), world.session(1, starts_in=timedelta(days=3))
    holder, busy = world.person(), world.person()
    seat = world.enrol(here, holder)
    world.enrol(here, busy)
    elsewhere = world.enrol(there, busy)
    world.move(there, world.row(here).starts_at)
    world.cancel(seat)
    world.harness.tick("move_up_late")
    assert world.states(here)[busy] == "waiting"
    world.cancel(elsewhere)
    world.harness.tick("move_up_late")
    assert world.states(here)[busy] == "seated"
    assert world.told(here)[-1] == "seat.promoted"
    world.check_figures(here)


def test_who_left_the_register_is_passed_over(world: World) -> None:
    session = world.session(1)
    holder, gone, next_one = (world.person() for _ in range(3))
    seat = world.enrol(session, holder)
    world.enrol(session, gone)
    world.enrol(session, next_one)
    world.list_person(gone, active=False)
    world.cancel(seat)
    assert world.states(session) == {holder: "cancelled", gone: "waiting", next_one: "seated"}
    world.check_figures(session)


def test_the_count_is_checked_against_the_seats(world: World) -> None:
    from enrollment import sessions
    from enrollment.tables import CourseSession

    good, bad = world.session(3), world.session(3)
    for session in (good, bad):
        world.enrol(session, world.person())
    world.harness.tick("count_again")
    with world.harness.transaction() as tx:
        tx.session.get_one(CourseSession, bad).taken = 2
    with world.harness.store.reading() as tx:
        assert sessions.miscounted(tx) == [bad]
