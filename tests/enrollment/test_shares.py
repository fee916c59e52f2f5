"""Seats kept for an organisation."""

from __future__ import annotations

from datetime import timedelta

from .conftest import World


def test_an_organisation_takes_its_share_and_then_open_seats(world: World) -> None:
    session = world.session(3, shares={world.partner: 2})
    ours = [world.person() for _ in range(3)]
    theirs = [world.person(world.partner) for _ in range(3)]
    assert world.my_seat(session, ours[0])["free_for_me"] == 1
    assert world.my_seat(session, theirs[0])["free_for_me"] == 3
    assert world.enrol(session, ours[0])["state"] == "seated"
    assert world.enrol(session, ours[1])["state"] == "waiting"
    assert [world.enrol(session, person)["state"] for person in theirs] == ["seated", "seated", "waiting"]
    assert world.my_seat(session, ours[2])["free_for_me"] == 0
    world.check_figures(session)


def test_a_freed_seat_goes_to_the_first_for_whom_it_is_open(world: World) -> None:
    session = world.session(2, shares={world.partner: 1})
    ours = [world.person() for _ in range(3)]
    theirs = [world.person(world.partner) for _ in range(2)]
    our_seat = world.enrol(session, ours[0])
    their_seat = world.enrol(session, theirs[0])
    world.enrol(session, ours[1])
    world.enrol(session, theirs[1])

    world.cancel(their_seat)  # a seat of the share: the first in line may not take it
    assert world.states(session)[theirs[1]] == "seated"
    assert world.states(session)[ours[1]] == "waiting"
    world.cancel(our_seat)
    assert world.states(session)[ours[1]] == "seated"
    world.check_figures(session)


def test_a_kept_seat_stays_free_for_its_organisation(world: World) -> None:
    session = world.session(2, shares={world.partner: 1})
    theirs, first, second = world.person(world.partner), world.person(), world.person()
    seat = world.enrol(session, theirs)
    world.enrol(session, first)
    world.enrol(session, second)
    world.cancel(seat)
    assert world.states(session)[second] == "waiting"
    assert world.enrol(session, theirs)["state"] == "seated"
    world.check_figures(session)


def test_shares_beyond_the_capacity_are_cut_down(world: World) -> None:
    other = world.session(1)
    session = world.session(5, shares={world.school: 3, world.partner: 4})
    assert shares_at_door(world, session) == {world.school: (3, 0), world.partner: (2, 0)}
    assert shares_at_door(world, other) == {}


def shares_at_door(world: World, session: str) -> dict[str, tuple[int, int]]:
    door = world.door(session)
    return {share["organisation_id"]: (share["seats"], share["taken"]) for share in door["shares"]}


def test_staff_share_the_seats_out_anew(world: World) -> None:
    session = world.session(3, shares={world.partner: 3})
    ours = [world.person() for _ in range(3)]
    theirs = world.person(world.partner)
    world.enrol(session, theirs)
    for person in ours:
        assert world.enrol(session, person)["state"] == "waiting"
    door = world.set_shares(session, {world.partner: 2, world.school: 0})
    assert [(share["seats"], share["taken"]) for share in door["shares"]] == [(2, 1)]
    assert (door["taken"], door["waiting"]) == (2, 2)
    assert [world.states(session)[person] for person in ours] == ["seated", "waiting", "waiting"]
    world.set_shares(session, {})
    assert [world.states(session)[person] for person in ours] == ["seated", "seated", "waiting"]
    world.check_figures(session)


def test_shares_that_do_not_fit_are_refused(world: World) -> None:
    session = world.session(3)
    for _ in range(2):
        world.enrol(session, world.person())
    problem = world.problem(lambda: world.set_shares(session, {world.partner: 2}))
    assert (problem["code"], problem["params"]) == ("seats_are_taken", {"missing": 1})
    problem = world.problem(lambda: world.set_shares(session, {world.partner: 4}))
    assert (problem["code"], problem["status"]) == ("shares_exceed_capacity", 422)
    assert world.set_shares(session, {world.partner: 1})["taken"] == 2
    world.check_figures(session)


def test_shares_can_be_changed_until_the_start(world: World) -> None:
    session = world.session(3)
    world.later(days=2)
    assert world.refused(lambda: world.set_shares(session, {world.partner: 1})) == "session_has_begun"
    gone = world.session(3)
    world.call_off(gone)
    assert world.refused(lambda: world.set_shares(gone, {world.partner: 1})) == "session_is_cancelled"


def test_a_share_opens_a_session_to_another_district(world: World) -> None:
    from chassis.ids import new_id

    far, guest_district = new_id(), new_id()
    guest = world.person(far, district=guest_district)
    closed = world.session(3)
    opened = world.session(3, shares={far: 1}, starts_in=timedelta(days=4))
    assert world.refused(lambda: world.enrol(closed, guest)) == "not_found"
    assert world.refused(lambda: world.my_seat(closed, guest)) == "not_found"
    assert world.enrol(opened, guest)["state"] == "seated"
    assert world.my_seat(opened, guest)["seat"]["state"] == "seated"
