"""What scheduling hears, each event delivered twice."""

from __future__ import annotations

import pytest
from chassis.ids import new_id
from contracts.scheduling import events
from scheduling.tables import AbsentPerson, Lecturer, LecturerRating, Organisation
from sqlalchemy import func, select

from .conftest import World
from .test_suggestions import publish


def rating(world: World, lecturer_id: str) -> tuple[float | None, int]:
    lecturer = world.get(Lecturer, lecturer_id)
    return lecturer.rating_mean, lecturer.rating_answers


def test_a_result_counts_once_and_a_later_one_replaces_it(world: World) -> None:
    lecturer = world.lecturer()
    one, two = new_id(), new_id()
    assert rating(world, lecturer) == (None, 0)
    publish(world, lecturer, 4.0, 5, session_id=one, times=2)
    assert rating(world, lecturer) == (4.0, 5)
    publish(world, lecturer, 4.5, 10, session_id=one, times=2)
    assert rating(world, lecturer) == (4.5, 10)
    publish(world, lecturer, 3.0, 5, session_id=two, times=2)
    assert rating(world, lecturer) == (pytest.approx(4.0), 15)
    with world.harness.store.reading() as tx:
        assert tx.session.scalar(select(func.count()).select_from(LecturerRating)) == 2


def test_a_result_about_somebody_unknown_is_kept_quietly(world: World) -> None:
    publish(world, new_id(), 4.0, 5, times=2)


def test_whoever_leaves_is_not_asked_any_more(world: World) -> None:
    lecturer = world.lecturer()
    world.list_person(lecturer, active=True, times=2)
    assert world.told(lecturer) == ["lecturer.listed"]
    world.list_person(lecturer, active=False, times=2)
    assert world.told(lecturer) == ["lecturer.listed"] * 2
    assert world.last(events.LECTURER_LISTED)["active"] is False
    assert world.get(Lecturer, lecturer).active is False
    world.list_person(lecturer, active=False)
    assert world.told(lecturer) == ["lecturer.listed"] * 2
    world.list_person(lecturer, active=True)
    assert world.last(events.LECTURER_LISTED)["active"] is True


def test_who_left_before_being_registered_is_registered_as_gone(world: World) -> None:
    person = new_id()
    world.list_person(person, active=False, times=2)
    world.lecturer(lecturer_id=person)
    assert world.last(events.LECTURER_LISTED)["active"] is False
    with world.harness.store.reading() as tx:
        assert tx.session.scalars(select(AbsentPerson.person_id)).all() == [person]
    world.list_person(person, active=True, times=2)
    assert world.last(events.LECTURER_LISTED)["active"] is True


def test_a_lecturer_switched_off_in_the_register_stays_off(world: World) -> None:
    lecturer = world.lecturer(active=False)
    world.list_person(lecturer, active=False, times=2)
    world.list_person(lecturer, active=True, times=2)
    assert world.told(lecturer) == ["lecturer.listed"]


def test_an_organisation_is_kept_as_listed_last(world: World) -> None:
    world.list_organisation(world.partner, latitude=31.4, longitude=121.3, parent=world.school)
    known = world.get(Organisation, world.partner)
    assert (known.parent_id, known.latitude, known.district_id) == (world.school, 31.4, world.district)
    assert world.harness.events() == []
