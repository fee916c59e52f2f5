"""A session that was held, those who attended it, and the feedback service, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from chassis.access import Actor
from chassis.ids import new_id
from chassis.store import Store
from chassis.testing import Harness
from contracts.enrollment import events as enrollment
from contracts.feedback import rpc
from contracts.scheduling import events as scheduling
from feedback.service import FeedbackService
from feedback.tables import metadata

from chassis import tables as chassis_tables

GOOD = {"ideology": 5, "practice": 4, "profession": 5, "overall": 5}


class World:
    """The service, told about sessions as scheduling and enrollment would tell it."""

    def __init__(self, url: str | None = None, *, threshold: int = 3) -> None:
        self.harness = Harness(FeedbackService, url=url, threshold=threshold)
        self.district = new_id()
        self.host = new_id()
        self.lender = new_id()
        self.lecturer = new_id()
        self.topic = new_id()
        self.session = new_id()

    def hold(self, *, times: int = 1) -> None:
        """Scheduling says that the session was held."""
        now = self.harness.clock.now()
        self.harness.deliver(
            scheduling.SESSION_HELD,
            aggregate=self.session,
            organisation=self.host,
            district=self.district,
            times=times,
            data={
                "session_id": self.session,
                "organisation_id": self.host,
                "title": "《长津湖》学习分享",
                "lecturer_id": self.lecturer,
                "lender_id": self.lender,
                "starts_at": now - timedelta(hours=2),
                "ends_at": now - timedelta(minutes=30),
                "order_id": None,
                "topic_id": self.topic,
                "held_at": now,
            },
        )

    def attend(self, person_id: str | None = None, *, times: int = 1) -> Actor:
        """Enrollment says that somebody was there; the answer is that learner."""
        person_id = person_id or new_id()
        organisation = new_id()
        self.harness.deliver(
            enrollment.ATTENDANCE_RECORDED,
            aggregate=self.session,
            times=times,
            data={
                "session_id": self.session,
                "person_id": person_id,
                "organisation_id": organisation,
                "host_id": self.host,
                "title": "《长津湖》学习分享",
                "at": self.harness.clock.now(),
                "method": "code",
            },
        )
        return Actor(person_id, organisation, self.district, frozenset({"learner"}))

    def evaluate(
        self,
        actor: Actor,
        *,
        ratings: dict[str, int] | None = None,
        comment: str = "",
        command_id: str | None = None,
    ) -> dict[str, Any]:
        return self.harness.call(
            rpc.EVALUATE,
            actor=actor,
            command_id=command_id,
            request={"session_id": self.session, "ratings": ratings or GOOD, "comment": comment},
        )

    def tend(self) -> None:
        self.harness.tick("tend_forms")

    def pass_time(self, **by: float) -> None:
        self.harness.clock.advance(timedelta(**by))

    def form(self, actor: Actor, session_id: str | None = None) -> dict[str, Any]:
        return self.harness.call(rpc.FORM, actor=actor, request={"session_id": session_id or self.session})

    def result(self, actor: Actor, session_id: str | None = None) -> dict[str, Any]:
        return self.harness.call(rpc.RESULT, actor=actor, request={"session_id": session_id or self.session})

    def staff(self, role: str = "school_staff", organisation: str | None = None) -> Actor:
        return Actor(new_id(), organisation or self.host, self.district, frozenset({role}))

    def types(self) -> list[str]:
        return [event.type for event in self.harness.events()]


@pytest.fixture(scope="module")
def postgres_store(postgres_url: Callable[..., str]) -> Iterator[Store]:
    """One database for a file of tests: making one takes longer than emptying it."""
    store = Store("feedback", postgres_url("feedback", package="feedback"))
    yield store
    store.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest) -> str | None:
    """A migrated database without rows: None is a SQLite file that the harness makes."""
    return None if request.param == "sqlite" else emptied(request.getfixturevalue("postgres_store"))


def emptied(store: Store) -> str:
    with store.engine.begin() as connection:
        for table in [*reversed(metadata.sorted_tables), *chassis_tables.metadata.sorted_tables]:
            connection.execute(table.delete())
    return store.url


@pytest.fixture
def world(migrated_url: str | None) -> Iterator[World]:
    """Feedback with a threshold of three answers."""
    made = World(migrated_url)
    yield made
    made.harness.close()


@pytest.fixture
def make_world(migrated_url: str | None) -> Iterator[Callable[..., World]]:
    """`make_world(threshold=5)`, once in a test, on each database."""
    with ExitStack() as closing:

        def make(*, threshold: int) -> World:
            world = World(migrated_url, threshold=threshold)
            closing.callback(world.harness.close)
            return world

        yield make


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh_world(request: pytest.FixtureRequest) -> Iterator[Callable[..., World]]:
    """`fresh_world(threshold=4)`, as often as wanted; each begins without rows, and ends the one before."""
    with ExitStack() as closing:

        def make(*, threshold: int) -> World:
            url = None
            if request.param == "postgresql":
                url = emptied(request.getfixturevalue("postgres_store"))
            world = World(url, threshold=threshold)
            closing.callback(world.harness.close)
            return world

        yield make


@pytest.fixture
def postgres_world(postgres_store: Store) -> Iterator[World]:
    """For what only PostgreSQL knows."""
    made = World(emptied(postgres_store))
    yield made
    made.harness.close()
