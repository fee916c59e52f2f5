"""Many at the same moment, on both databases; and the proof that these tests would notice.

Whoever has read how full a session is waits here for the others to read it too, so that all who are not
kept out by a lock do collide. Each race is run a second time with the locks taken out of the SQL (on SQLite:
without a transaction round the statements), and must then be lost; with the locks out, the table's checks
still keep the last seat from being sold twice.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from chassis.rpc import RemoteError
from contracts.errors import Refused
from enrollment import rooms, seats, waiting
from enrollment.tables import CourseSession
from sqlalchemy import event

from .conftest import World

RACERS = 8
Work = Callable[[], dict[str, Any]]


class Pace:
    """Lets racers meet after they looked, for `patience` seconds at most: a lock keeps some away.

    `at` says after which look: at the learner's other seats, or at how full the room is. With `giver` the
    newcomers wait for the one who gives a seat back, and that one waits for the newcomers to have looked.
    """

    def __init__(self) -> None:
        self.patience = 0.05
        self.at = ""
        self.gave_back = threading.Event()
        self.giver: int | None = None
        self._parties = 0
        self._came = 0
        self._changed = threading.Condition()

    def race(self, parties: int, *, at: str) -> None:
        self._parties, self.at = parties, at

    def looked(self, at: str) -> None:
        if at == self.at and threading.get_ident() != self.giver:
            with self._changed:
                self._came += 1
                self._changed.notify_all()
            if self.giver is None:
                self.wait_for_newcomers()
            else:
                self.gave_back.wait(self.patience)

    def wait_for_newcomers(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._came >= self._parties, self.patience)


@pytest.fixture
def pace(monkeypatch: pytest.MonkeyPatch) -> Pace:
    made = Pace()
    others = seats._refuse_two_at_once

    def read_room(tx: Any, *, session: Any) -> Any:
        if threading.get_ident() == made.giver:
            made.wait_for_newcomers()
        room = rooms.read_room(tx, session=session)
        made.looked("room")
        return room

    def refuse_two_at_once(*args: Any, **kwargs: Any) -> None:
        others(*args, **kwargs)
        made.looked("others")

    monkeypatch.setattr(seats, "read_room", read_room)
    monkeypatch.setattr(waiting, "read_room", read_room)
    monkeypatch.setattr(seats, "_refuse_two_at_once", refuse_two_at_once)
    return made


def at_once(works: list[Work]) -> list[str]:
    """What becomes of each: the state of the seat, the place in the line, the refusal, or the failure."""
    barrier = threading.Barrier(len(works))

    def run(work: Work) -> str:
        barrier.wait(10)
        try:
            answer = work()
            return str(answer.get("position") or answer["state"])
        except Refused as refusal:
            return refusal.code
        except RemoteError as failure:
            return type(failure.__cause__).__name__

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(run, works))


def without_locks(world: World, *, checks: bool = True) -> None:
    """Take the protection away."""
    engine = world.harness.store.engine
    if engine.dialect.name == "sqlite":
        engine.update_execution_options(sqlite_begin="SELECT 1")
        world.harness.store.turn = nullcontext  # type: ignore[method-assign]
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
        if not checks:
            engine.dispose()
            event.listen(
                engine,
                "connect",
                lambda connection, _: connection.execute("PRAGMA ignore_check_constraints = ON"),
            )
        return

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def unlock(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        statement = re.sub(r" FOR (NO KEY )?UPDATE[^()]*$", "", statement)
        return statement.replace(" AND course_sessions.open_taken < course_sessions.capacity", ""), parameters

    if not checks:
        world.spoiled = True
        with engine.begin() as connection:
            for name in ("not_oversold", "shares_kept"):
                connection.exec_driver_sql(
                    f"ALTER TABLE course_sessions DROP CONSTRAINT ck_course_sessions_{name}"
                )


def race_for_the_last_seat(world: World, pace: Pace) -> None:
    session = world.session(3)
    for _ in range(2):
        world.enrol(session, world.person())
    racers = [world.person() for _ in range(RACERS)]
    pace.race(RACERS, at="others" if world.harness.store.dialect == "postgresql" else "room")
    became = at_once([lambda person=person: world.enrol(session, person) for person in racers])  # type: ignore[misc]
    assert Counter(became) == Counter(["seated", *(str(place) for place in range(1, RACERS))])
    world.check_figures(session)
    assert world.told(session).count("seat.confirmed") == 3


def race_for_the_last_shared_seat(world: World, pace: Pace) -> None:
    session = world.session(2, shares={world.partner: 1})
    world.enrol(session, world.person())
    ours = [world.person() for _ in range(RACERS // 2)]
    theirs = [world.person(world.partner) for _ in range(RACERS // 2)]
    pace.race(RACERS, at="room")
    became = at_once([lambda person=person: world.enrol(session, person) for person in ours + theirs])  # type: ignore[misc]
    assert Counter(became) == Counter(["seated", *(str(place) for place in range(1, RACERS))])
    assert "seated" in became[len(ours) :]
    world.check_figures(session)


def race_of_one_learner_for_overlapping_seats(world: World, pace: Pace) -> None:
    learner = world.person()
    sessions = [world.session(5, starts_in=timedelta(days=2, minutes=10 * index)) for index in range(RACERS)]
    pace.race(RACERS, at="others")
    became = at_once([lambda session=session: world.enrol(session, learner) for session in sessions])  # type: ignore[misc]
    assert Counter(became) == {"seated": 1, "learner_is_busy": RACERS - 1}


def race_of_giving_back_against_enrolling(world: World, pace: Pace) -> None:
    session = world.session(1)
    seat = world.enrol(session, world.person())
    newcomers = [world.person() for _ in range(2)]

    def give_back() -> dict[str, Any]:
        pace.giver = threading.get_ident()
        cancelled = world.cancel(seat)
        pace.gave_back.set()
        return cancelled

    pace.giver = 0
    pace.race(len(newcomers), at="room")
    works: list[Work] = [give_back]
    works += [lambda person=person: world.enrol(session, person) for person in newcomers]  # type: ignore[misc]
    became = at_once(works)
    assert became[0] == "cancelled"
    assert Counter(world.states(session).values()) == {"cancelled": 1, "seated": 1, "waiting": 1}
    world.check_figures(session)
    told = Counter(world.told(session))
    assert told["seat.confirmed"] + told["seat.promoted"] == 2


RACES = [
    race_for_the_last_seat,
    race_for_the_last_shared_seat,
    race_of_one_learner_for_overlapping_seats,
    race_of_giving_back_against_enrolling,
]


@pytest.mark.parametrize("race", RACES)
def test_the_limit_holds(world: World, pace: Pace, race: Callable[[World, Pace], None]) -> None:
    race(world, pace)


@pytest.mark.parametrize("race", RACES)
def test_without_locks_the_race_is_lost(
    world: World, pace: Pace, race: Callable[[World, Pace], None]
) -> None:
    without_locks(world, checks=False)
    pace.patience = 5
    with pytest.raises(AssertionError):
        race(world, pace)


@pytest.mark.parametrize("race", RACES[:2])
def test_without_locks_the_checks_still_sell_no_seat_twice(
    world: World, pace: Pace, race: Callable[[World, Pace], None]
) -> None:
    without_locks(world)
    pace.patience = 5
    with pytest.raises(AssertionError, match="IntegrityError"):
        race(world, pace)
    with world.harness.store.reading() as tx:
        for session in tx.session.query(CourseSession):
            assert session.taken <= session.capacity
            assert session.open_taken <= session.capacity - session.shared


def test_the_same_learner_many_times_gets_one_seat(world: World) -> None:
    session, learner = world.session(5), world.person()
    became = at_once([lambda: world.enrol(session, learner)] * RACERS)
    assert Counter(became) == {"seated": 1, "already_enrolled": RACERS - 1}
    world.check_figures(session)


def test_the_same_command_many_times_has_one_effect(world: World) -> None:
    from chassis.ids import new_id

    session, learner, command = world.session(5), world.person(), new_id()
    became = at_once([lambda: world.enrol(session, learner, command_id=command)] * RACERS)
    assert Counter(became) == {"seated": RACERS}
    assert world.told(session) == ["seat.confirmed"]
    world.check_figures(session)


def test_everybody_gives_back_and_everybody_moves_up(world: World) -> None:
    session = world.session(RACERS)
    first = [world.enrol(session, world.person()) for _ in range(RACERS)]
    second = [world.enrol(session, world.person()) for _ in range(RACERS)]
    assert {seat["state"] for seat in second} == {"waiting"}
    became = at_once([lambda seat=seat: world.cancel(seat) for seat in first])  # type: ignore[misc]
    assert set(became) == {"cancelled"}
    states = world.states(session)
    assert all(states[seat["person_id"]] == "seated" for seat in second)
    world.check_figures(session)


def test_holding_against_the_last_check_in(world: World) -> None:
    session = world.session(RACERS)
    learners = [world.person() for _ in range(RACERS - 1)]
    for person in learners:
        world.enrol(session, person)
    world.later(days=2)

    def hold() -> dict[str, Any]:
        world.hold(session)
        return {"state": "held"}

    def check_in(person: str) -> dict[str, Any]:
        return {"state": world.check_in(session, person)["method"]}

    became = at_once([hold, *(lambda person=person: check_in(person) for person in learners)])
    assert Counter(became) == {"held": 1, "code": len(learners)}
    told = Counter(world.told(session))
    assert told["attendance.recorded"] == told["hours.credited"] == len(learners)
    assert set(world.states(session).values()) == {"attended"}
