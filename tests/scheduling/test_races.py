"""Many at the same moment, for each limit, on both databases; and the proof that these tests would notice.

Between the check and the writing everybody waits for the others here, so that whoever is not kept out does
collide, however slow the machine is; who waits for somebody whom a lock holds back goes on after a moment.
Each race is run three times: with everything in place; with the locks taken out of the SQL (on SQLite without
a transaction round the statements), where the wall behind must still hold; and without lock and wall, where
the race must be lost. If the last one were not lost, the first two would prove nothing.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from chassis.rpc import RemoteError
from chassis.testing import Harness
from contracts.errors import Refused
from contracts.scheduling import events, rpc
from scheduling.booking import bookings, limits
from scheduling.service import SchedulingService
from sqlalchemy import event

from .conftest import World, at, told_at, window, wipe

RACERS = 4
CHECK = limits.check
Work = Callable[[], Any]
EVENINGS = [[window("18:00", "19:30", on=date(2026, 3, 4 + n))] for n in range(RACERS)]
SAME_EVENING = [EVENINGS[0]] * RACERS


@pytest.fixture(scope="module")
def raced_on_postgresql(postgres_url: Callable[..., str]) -> Iterator[Harness]:
    """A database of its own: some of these tests take its protection away."""
    with Harness(SchedulingService, url=postgres_url("races", package="scheduling")) as harness:
        yield harness


@pytest.fixture(params=["sqlite", "postgresql"])
def arena(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> World:
    if request.param == "sqlite":
        harness = request.getfixturevalue("on_sqlite")
    else:
        harness = request.getfixturevalue("raced_on_postgresql")
        wipe(harness)
    meet(monkeypatch, patience=0.1)
    return World(harness)


def meet(monkeypatch: pytest.MonkeyPatch, *, patience: float) -> None:
    """Whoever has checked the limits waits for all racers to have done so, but no longer than that."""
    meeting = threading.Barrier(RACERS)

    def check_and_wait(*args: Any, **named: Any) -> None:
        CHECK(*args, **named)
        with suppress(threading.BrokenBarrierError):
            meeting.wait(patience)

    monkeypatch.setattr(limits, "check", check_and_wait)


def at_once(works: Sequence[Work]) -> Counter[str]:
    """What becomes of each: its state, the code of its refusal, or the failure."""
    barrier = threading.Barrier(len(works))

    def run(work: Work) -> str:
        barrier.wait(10)
        try:
            return str((work() or {}).get("state", "done"))
        except Refused as refusal:
            return refusal.code
        except RemoteError as failure:
            return type(failure.__cause__).__name__

    with ThreadPoolExecutor(len(works)) as threads:
        return Counter(threads.map(run, works))


@contextmanager
def without_locks(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody waits for anybody: no row locks; on SQLite no transaction and no taking turns."""
    meet(monkeypatch, patience=3)
    store = world.harness.store
    if store.dialect == "sqlite":
        store.engine.update_execution_options(sqlite_begin="SELECT 1")
        monkeypatch.setattr(store, "turn", nullcontext)
        yield
        return

    def strip(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        return re.sub(r" FOR UPDATE( OF \w+)?( SKIP LOCKED)?", "", statement), parameters

    event.listen(store.engine, "before_cursor_execute", strip, retval=True)
    try:
        yield
    finally:
        event.remove(store.engine, "before_cursor_execute", strip)


@contextmanager
def without_walls(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The database refuses nothing any more."""
    engine = world.harness.store.engine
    if world.harness.store.dialect == "sqlite":
        monkeypatch.setattr(bookings, "slots_of", lambda _period: [time.perf_counter_ns()])

        @event.listens_for(engine, "connect")
        def ignore(connection: Any, _record: Any) -> None:
            connection.execute("PRAGMA ignore_check_constraints = ON")

        engine.dispose()
        yield
        return
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE bookings DROP CONSTRAINT ex_bookings_overlap")
        connection.exec_driver_sql("ALTER TABLE agreements DROP CONSTRAINT ck_agreements_quota")
    try:
        yield
    finally:
        wipe(world.harness)
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "ALTER TABLE bookings ADD CONSTRAINT ex_bookings_overlap EXCLUDE USING gist (kind WITH =,"
                " resource_id WITH =, tstzrange(starts_at, ends_at, '[)') WITH &&) WHERE (active)"
            )
            connection.exec_driver_sql(
                "ALTER TABLE agreements ADD CONSTRAINT ck_agreements_quota"
                " CHECK (used BETWEEN 0 AND quota_sessions)"
            )


@dataclass(frozen=True)
class Race:
    """What everybody does at once, and what the slower ones are told."""

    works: list[Work]
    refusal: str


def asked(world: World, topic: str, lecturer: str, **more: Any) -> Work:
    """An order with one lecturer asked; the work is the acceptance."""
    order = world.place(topic, **more)
    actor = world.actor("school_staff", order["organisation_id"])
    request = {"order_id": order["order_id"], "lecturer_ids": [lecturer]}
    order = world.call(rpc.DISPATCH_ORDER, actor, **request)
    return partial(world.accept, order["offers"][0])


def for_the_lecturer(world: World) -> Race:
    """Two schools want the same lecturer of a third organisation."""
    topic = world.topic()
    schools = [world.school, world.other_school] * 2
    for school in schools[:2]:
        world.agreement(borrower=school)
    lecturer = world.lecturer(organisation=world.partner, topic=topic, monthly_cap=10)
    works = [
        asked(world, topic, lecturer, windows=windows, organisation_id=school)
        for windows, school in zip(SAME_EVENING, schools, strict=True)
    ]
    return Race(works, "lecturer_is_busy")


def for_the_venue(world: World) -> Race:
    """Two schools want the same hall of a third organisation."""
    topic = world.topic()
    schools = [world.school, world.other_school] * 2
    for school in schools[:2]:
        world.agreement(borrower=school)
    hall = world.venue(organisation=world.partner)
    works = [
        asked(
            world,
            topic,
            world.lecturer(organisation=world.partner, topic=topic),
            windows=windows,
            organisation_id=school,
            venue_id=hall,
        )
        for windows, school in zip(SAME_EVENING, schools, strict=True)
    ]
    return Race(works, "venue_is_taken")


def for_the_audience(world: World) -> Race:
    topic, group = world.topic(), world.group()
    works = [
        asked(world, topic, world.lecturer(topic=topic), windows=windows, group_id=group)
        for windows in SAME_EVENING
    ]
    return Race(works, "audience_is_taken")


def for_the_quota(world: World) -> Race:
    topic = world.topic()
    world.agreement(quota=1)
    works = [
        asked(world, topic, world.lecturer(organisation=world.partner, topic=topic), windows=windows)
        for windows in EVENINGS
    ]
    return Race(works, "agreement_is_used_up")


def for_the_monthly_cap(world: World) -> Race:
    topic = world.topic()
    lecturer = world.lecturer(topic=topic, monthly_cap=1)
    works = [asked(world, topic, lecturer, windows=windows) for windows in EVENINGS]
    return Race(works, "lecturer_is_at_the_cap")


WALLED = [for_the_lecturer, for_the_venue, for_the_audience, for_the_quota]
Prepare = Callable[[World], Race]


@pytest.mark.parametrize("prepare", [*WALLED, for_the_monthly_cap])
def test_one_wins_and_the_others_are_told_why(arena: World, prepare: Prepare) -> None:
    race = prepare(arena)
    assert at_once(race.works) == {"accepted": 1, race.refusal: RACERS - 1}
    arena.check_invariants()


@pytest.mark.parametrize("prepare", WALLED)
def test_the_wall_holds_where_nobody_locks(
    arena: World, prepare: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    race = prepare(arena)
    with without_locks(arena, monkeypatch):
        assert at_once(race.works)["accepted"] == 1
    arena.check_invariants()


@pytest.mark.parametrize("prepare", [*WALLED, for_the_monthly_cap])
def test_without_lock_and_wall_the_race_is_lost(
    arena: World, prepare: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    race = prepare(arena)
    with without_walls(arena, monkeypatch):
        with without_locks(arena, monkeypatch):
            assert at_once(race.works)["accepted"] > 1
        with pytest.raises(AssertionError):
            arena.check_invariants()


def an_offer(world: World, **agreement: Any) -> dict[str, Any]:
    topic = world.topic()
    world.agreement(**agreement)
    world.lecturer(organisation=world.partner, topic=topic)
    order = world.dispatched(topic)
    offer: dict[str, Any] = order["offers"][0]
    return offer


def test_accepting_many_times_at_once_is_one_acceptance(arena: World) -> None:
    offer = an_offer(arena)
    assert at_once([partial(arena.accept, offer)] * RACERS) == {"accepted": RACERS}
    assert len(arena.harness.events(events.SESSION_SCHEDULED)) == 1
    arena.check_invariants()


def test_accepting_many_times_at_once_needs_the_lock(arena: World, monkeypatch: pytest.MonkeyPatch) -> None:
    offer = an_offer(arena)
    with without_locks(arena, monkeypatch):
        assert at_once([partial(arena.accept, offer)] * RACERS)["accepted"] < RACERS


def test_a_yes_and_a_no_at_once(arena: World) -> None:
    offer = an_offer(arena)
    outcome = at_once([partial(arena.accept, offer), partial(arena.decline, offer)])
    assert outcome in (
        {"accepted": 1, "offer_was_accepted": 1},
        {"declined": 1, "offer_was_declined": 1},
    )
    arena.check_invariants()


def test_the_liaisons_yes_and_no_at_once(arena: World) -> None:
    offer = an_offer(arena, approval="liaison")
    outcome = at_once([partial(arena.approve, offer), partial(arena.refuse, offer)])
    assert outcome in ({"offered": 1, "offer_was_approved": 1}, {"refused": 1, "offer_was_refused": 1})
    arena.check_invariants()


def test_a_yes_and_the_schools_cancellation_at_once(arena: World) -> None:
    offer = an_offer(arena)
    request = {"order_id": offer["order_id"], "reason": "停电"}
    cancel = partial(arena.call, rpc.CANCEL_ORDER, arena.staff, **request)
    outcome = at_once([partial(arena.accept, offer), cancel])
    assert outcome in ({"accepted": 1, "cancelled": 1}, {"offer_was_withdrawn": 1, "cancelled": 1})
    assert arena.told(offer["order_id"])[-1] == "order.cancelled"
    arena.check_invariants()


def test_a_late_yes_and_the_clock_at_once(arena: World) -> None:
    offer = an_offer(arena)
    arena.later(hours=24)
    lapse = partial(arena.tick, "lapse_offers")
    outcome = at_once([partial(arena.accept, offer), lapse, lapse])
    assert outcome == {"offer_has_lapsed": 1, "done": 2}
    assert len(arena.harness.events(events.OFFER_LAPSED)) == 1
    arena.check_invariants()


def test_dispatching_twice_at_once_asks_one_lecturer(arena: World) -> None:
    topic = arena.topic()
    arena.lecturer(topic=topic)
    arena.lecturer(topic=topic)
    order = arena.place(topic)
    dispatch = partial(arena.call, rpc.DISPATCH_ORDER, arena.staff, order_id=order["order_id"])
    assert at_once([dispatch] * RACERS) == {"offering": 1, "order_is_offering": RACERS - 1}
    arena.check_invariants()


def test_holding_on_time_and_by_hand_at_once(arena: World) -> None:
    topic = arena.topic()
    arena.lecturer(topic=topic)
    order = arena.booked(topic)
    arena.harness.clock.advance(at("19:30") + timedelta(minutes=15) - arena.now)
    tick = partial(arena.tick, "hold_sessions")
    hold = partial(arena.call, rpc.HOLD_SESSION, arena.staff, session_id=order["session_id"])
    assert at_once([tick, tick, hold]) == {"done": 2, "held": 1}
    assert arena.told(order["session_id"]) == ["session.scheduled", "session.held"]
    arena.check_invariants()


def test_two_sessions_moved_to_one_venue_at_once(arena: World) -> None:
    topic, hall = arena.topic(), arena.venue()
    works = []
    for _ in range(2):
        arena.lecturer(topic=topic)
        order = arena.booked(topic)
        request = {"session_id": order["session_id"], "venue_id": hall, "starts_at": told_at("19:00")}
        works.append(partial(arena.call, rpc.RESCHEDULE_SESSION, arena.staff, **request))
    assert at_once(works) == {"scheduled": 1, "venue_is_taken": 1}
    arena.check_invariants()


def test_two_sessions_moved_crosswise_at_once(arena: World) -> None:
    """Each wants the venue of the other: whoever locks in another sequence would deadlock here."""
    topic = arena.topic()
    halls = [arena.venue(), arena.venue()]
    orders = []
    for hall in halls:
        arena.lecturer(topic=topic)
        orders.append(arena.booked(topic, venue_id=hall))
    works = [
        partial(
            arena.call, rpc.RESCHEDULE_SESSION, arena.staff, session_id=order["session_id"], venue_id=hall
        )
        for order, hall in zip(orders, reversed(halls), strict=True)
    ]
    assert at_once(works) == {"venue_is_taken": 2}
    arena.check_invariants()


def test_two_imports_of_the_same_entries_at_once(arena: World) -> None:
    row = {**arena.owned(None, None, "V"), "name": "活动室", "capacity": 60}
    answers: list[str] = []

    def take() -> dict[str, Any]:
        answers.append(arena.rows("venues", row)[0]["outcome"])
        return {}

    assert at_once([take] * 2) == {"done": 2}
    assert sorted(answers) == ["created", "unchanged"]
