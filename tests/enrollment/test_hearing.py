"""What other services announce: each event twice, late, and in the wrong sequence."""

from __future__ import annotations

from datetime import timedelta

from chassis.ids import new_id
from contracts.directory import events as directory
from contracts.scheduling import events as scheduling

from .conftest import World


def test_a_session_is_opened_once(world: World) -> None:
    session = new_id()
    data = world.booking(session, 5, {world.partner: 2}, world.now + timedelta(days=1), timedelta(hours=2))
    world.harness.deliver(scheduling.SESSION_SCHEDULED, aggregate=session, data=data, times=3)
    code = world.row(session).check_in_code
    world.harness.deliver(  # the same fact under another id, as after a restored backup
        scheduling.SESSION_SCHEDULED, aggregate=session, data={**data, "capacity": 9}
    )
    assert (world.row(session).capacity, world.row(session).check_in_code) == (5, code)
    assert world.told(session) == []


def test_a_moved_session_keeps_its_seats(world: World) -> None:
    session, learner = world.session(2), world.person()
    seat = world.enrol(session, learner)
    later = world.row(session).starts_at + timedelta(days=1)
    world.move(session, later, times=2)
    assert world.row(session).starts_at == later
    assert world.my_seat(session, learner)["seat"] == seat
    world.later(days=2, hours=1)
    assert world.cancel(seat)["state"] == "cancelled"
    assert world.harness.events()[-1].data["starts_at"] == later


def test_a_cancelled_session_gives_every_seat_back_once(world: World) -> None:
    session = world.session(2, shares={world.school: 1})
    learners = [world.person() for _ in range(3)]
    for person in learners:
        world.enrol(session, person)
    world.call_off(session, times=2)
    told = world.harness.events()[3:]
    assert [event.data["was"] for event in told] == ["seated", "seated", "waiting"]
    assert {event.data["by"] for event in told} == {"session_cancelled"}
    assert {(event.data["taken"], event.data["waiting"]) for event in told} == {(0, 0)}
    assert set(world.states(session).values()) == {"cancelled"}
    world.check_figures(session)
    assert world.refused(lambda: world.enrol(session, learners[0])) == "session_is_cancelled"
    other = world.session(2)
    assert world.enrol(other, learners[0])["state"] == "seated"


def test_a_cancelled_session_closes_its_door(world: World) -> None:
    session, learner = world.session(2), world.person()
    seat = world.enrol(session, learner)
    world.later(days=2)
    world.call_off(session)
    assert world.refused(lambda: world.check_in(session, learner)) == "session_is_cancelled"
    assert world.refused(lambda: world.tick(session, learner)) == "session_is_cancelled"
    assert world.cancel(seat)["state"] == "cancelled"


def test_events_of_a_session_wait_for_their_predecessors(world: World) -> None:
    session, starts_at = new_id(), world.now + timedelta(days=1)
    facts = world.facts(session, starts_at, timedelta(hours=2))
    held = {**facts, "order_id": None, "topic_id": None, "held_at": starts_at}
    world.harness.deliver(scheduling.SESSION_HELD, aggregate=session, version=3, data=held, times=2)
    moved = {**facts, "starts_at": starts_at + timedelta(days=1), "ends_at": starts_at + timedelta(days=2)}
    place = {
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=1),
        "venue_id": None,
        "venue_name": "",
        "online": False,
    }
    world.harness.deliver(
        scheduling.SESSION_RESCHEDULED,
        aggregate=session,
        version=2,
        data={**moved, "before": place, "after": place},
    )
    data = world.booking(session, 5, {}, starts_at, timedelta(hours=2))
    world.harness.deliver(scheduling.SESSION_SCHEDULED, aggregate=session, version=1, data=data)
    row = world.row(session)
    assert (row.state, row.starts_at) == ("held", starts_at + timedelta(days=1))


def test_the_register_follows_the_directory(world: World) -> None:
    person = new_id()
    world.list_person(person, times=2)
    first, second = world.session(2), world.session(2, starts_in=timedelta(days=4))
    assert world.enrol(first, person)["organisation_id"] == world.school
    world.list_person(person, world.partner)
    assert world.enrol(second, person)["organisation_id"] == world.partner
    world.list_person(person, active=False)
    third = world.session(2, starts_in=timedelta(days=6))
    assert world.refused(lambda: world.enrol(third, person)) == "member_is_inactive"


def test_an_older_entry_does_not_overtake_a_newer_one(world: World) -> None:
    person, facts = new_id(), {"district_id": world.district, "audience": "all", "memberships": []}
    entries = [
        {**facts, "person_id": person, "organisation_id": world.school, "active": True},
        {**facts, "person_id": person, "organisation_id": world.partner, "active": True},
    ]
    for version in (2, 1, 2, 1):
        world.harness.deliver(
            directory.PERSON_LISTED, aggregate=person, version=version, data=entries[version - 1]
        )
    assert world.enrol(world.session(2), person)["organisation_id"] == world.partner


def test_what_is_said_of_an_unknown_session_is_kept(world: World) -> None:
    session = new_id()
    facts = world.facts(session, world.now + timedelta(days=1), timedelta(hours=1))
    event = world.harness.deliver(
        scheduling.SESSION_CANCELLED, aggregate=session, data={**facts, "reason": ""}, parked=True
    )
    row = next(row for row in world.harness.inbox_rows() if row["event_id"] == event)
    assert "UnknownSession" in row["error"]
    assert row["body"]


def test_a_malformed_event_is_parked_and_changes_nothing(world: World) -> None:
    session = new_id()
    data = world.booking(session, 5, {}, world.now + timedelta(days=1), timedelta(hours=2))
    scheduled = scheduling.SESSION_SCHEDULED
    world.harness.deliver_body(b"{not json", times=2)
    world.harness.deliver_body(b'{"specversion": "1.0", "type": "' + scheduled.name.encode() + b'"}')
    assert {row["state"] for row in world.harness.inbox_rows()} == {"parked"}
    world.harness.deliver(scheduled, aggregate=session, data=data)
    assert world.row(session).capacity == 5
