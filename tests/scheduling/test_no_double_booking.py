"""Whatever schools, lecturers and the clock do, in whatever sequence: nothing is booked twice."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from chassis.testing import Harness
from contracts.errors import Refused
from contracts.scheduling import rpc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import World, told_at, window, wipe

DAYS = [date(2026, 3, 4), date(2026, 3, 5)]
HOURS = ["18:00", "18:30", "19:00"]
# Everything a step may run into. Anything else, a failure of the service above all, fails the test.
POLITE = {
    "lecturer_is_busy",
    "lecturer_is_away",
    "lecturer_is_at_the_cap",
    "venue_is_taken",
    "audience_is_taken",
    "agreement_is_used_up",
    "offer_has_lapsed",
    "offer_was_withdrawn",
    "offer_was_declined",
    "offer_was_accepted",
    "order_is_offering",
    "order_is_scheduled",
    "order_was_cancelled",
    "order_was_delivered",
    "session_has_begun",
    "session_was_held",
    "session_was_cancelled",
    "time_is_past",
}

steps = st.one_of(
    st.tuples(
        st.just("order"),
        st.sampled_from([0, 1]),
        st.sampled_from(DAYS),
        st.sampled_from(HOURS),
        st.booleans(),
        st.booleans(),
    ),
    st.tuples(st.just("accept"), st.integers(0, 9)),
    st.tuples(st.just("accept"), st.integers(0, 9)),
    st.tuples(st.just("decline"), st.integers(0, 9)),
    st.tuples(
        st.just("move"), st.integers(0, 9), st.sampled_from(DAYS), st.sampled_from(HOURS), st.booleans()
    ),
    st.tuples(st.just("cancel"), st.integers(0, 9)),
    st.tuples(st.just("dispatch"), st.integers(0, 9)),
    st.tuples(st.just("wait"), st.sampled_from([1, 13, 24])),
)


class Town:
    """Two schools that share three lecturers, a hall and an audience."""

    def __init__(self, harness: Harness) -> None:
        wipe(harness)
        self.world = world = World(harness)
        self.topic = world.topic(duration_minutes=60)
        self.schools = [world.school, world.other_school]
        for school in self.schools:
            world.agreement(borrower=school, quota=3)
        self.hall = world.venue(organisation=world.partner, latitude=31.40, longitude=121.36)
        self.group = world.group()
        world.lecturer(organisation=world.partner, topic=self.topic, monthly_cap=2)
        world.lecturer(organisation=world.partner, topic=self.topic, latitude=31.41, longitude=121.37)
        world.lecturer(topic=self.topic)
        self.orders: list[dict[str, Any]] = []

    def take(self, step: tuple[Any, ...]) -> None:
        name, *values = step
        try:
            getattr(self, name)(*values)
        except Refused as refusal:
            if refusal.code not in POLITE:
                raise

    def order(self, school: int, day: date, hour: str, in_hall: bool, with_group: bool) -> None:
        more: dict[str, Any] = {"venue_id": self.hall} if in_hall else {}
        if with_group and school == 0:
            more["group_id"] = self.group
        windows = [window(hour, "20:30", on=day)]
        organisation_id = self.schools[school]
        self.orders.append(
            self.world.dispatched(self.topic, windows=windows, organisation_id=organisation_id, **more)
        )

    def accept(self, number: int) -> None:
        for offer in self._offers(number):
            self.world.accept(offer)

    def decline(self, number: int) -> None:
        for offer in self._offers(number):
            self.world.decline(offer)

    def move(self, number: int, day: date, hour: str, to_hall: bool) -> None:
        order = self._order(number)
        if order and order["session_id"]:
            more = {"venue_id": self.hall} if to_hall else {}
            request = {"session_id": order["session_id"], "starts_at": told_at(hour, on=day), **more}
            self.world.call(rpc.RESCHEDULE_SESSION, self._staff(order), **request)

    def cancel(self, number: int) -> None:
        order = self._order(number)
        if order:
            request = {"order_id": order["order_id"], "reason": "改期"}
            self.world.call(rpc.CANCEL_ORDER, self._staff(order), **request)

    def dispatch(self, number: int) -> None:
        order = self._order(number)
        if order:
            self.world.call(rpc.DISPATCH_ORDER, self._staff(order), order_id=order["order_id"])

    def wait(self, hours: int) -> None:
        self.world.harness.clock.advance(timedelta(hours=hours))
        self.world.tick("lapse_offers")
        self.world.tick("hold_sessions")

    def _order(self, number: int) -> dict[str, Any] | None:
        return self.world.order(self.orders[number % len(self.orders)]) if self.orders else None

    def _offers(self, number: int) -> list[dict[str, Any]]:
        order = self._order(number)
        return order["offers"][-1:] if order else []

    def _staff(self, order: dict[str, Any]) -> Any:
        return self.world.actor("school_staff", order["organisation_id"])


calm = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def run(harness: Harness, taken: list[tuple[Any, ...]]) -> None:
    town = Town(harness)
    for step in taken:
        town.take(step)
        town.world.check_invariants()


@settings(calm, max_examples=25)
@given(st.lists(steps, min_size=5, max_size=25))
def test_nothing_is_booked_twice_on_sqlite(on_sqlite: Harness, taken: list[tuple[Any, ...]]) -> None:
    run(on_sqlite, taken)


@settings(calm, max_examples=8)
@given(st.lists(steps, min_size=5, max_size=25))
def test_nothing_is_booked_twice_on_postgresql(on_postgresql: Harness, taken: list[tuple[Any, ...]]) -> None:
    run(on_postgresql, taken)


def test_the_property_would_notice(on_sqlite: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """With check and wall out of the way the same steps do book twice."""
    from scheduling.booking import bookings, limits

    slot = iter(range(10**9))
    monkeypatch.setattr(limits, "check_time", lambda *_, **__: None)
    monkeypatch.setattr(bookings, "slots_of", lambda _period: [next(slot)])
    order = ("order", 0, DAYS[0], "19:00", True, True)
    with pytest.raises(AssertionError):
        run(on_sqlite, [order, order, ("accept", 0), ("accept", 1)])
