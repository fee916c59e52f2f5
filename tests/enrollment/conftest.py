"""A region with two organisations and their learners, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from chassis.access import Actor
from chassis.ids import new_id
from chassis.testing import Harness
from contracts.directory import events as directory
from contracts.enrollment import rpc
from contracts.errors import Refused
from contracts.scheduling import events as scheduling
from enrollment.service import EnrollmentService
from enrollment.tables import Base, CourseSession, Seat, SeatShare
from sqlalchemy import create_engine, func, select

from chassis import tables as messaging

SHANGHAI = ZoneInfo("Asia/Shanghai")


class World:
    """The service, told about people and sessions as the other services would tell it."""

    def __init__(self, url: str | None) -> None:
        self.harness = Harness(EnrollmentService, url=url, settings=SimpleNamespace(timezone=SHANGHAI))
        self.spoiled = False  # the test changed the tables themselves
        self.district = new_id()
        self.school = new_id()
        self.partner = new_id()

    @property
    def now(self) -> datetime:
        return self.harness.clock.now()

    def later(self, **by: float) -> None:
        self.harness.clock.advance(timedelta(**by))

    def person(
        self, organisation: str | None = None, *, district: str | None = None, active: bool = True
    ) -> str:
        person_id = new_id()
        self.list_person(person_id, organisation, district=district, active=active)
        return person_id

    def list_person(
        self,
        person_id: str,
        organisation: str | None = None,
        *,
        district: str | None = None,
        active: bool = True,
        times: int = 1,
    ) -> None:
        self.harness.deliver(
            directory.PERSON_LISTED,
            aggregate=person_id,
            times=times,
            data={
                "person_id": person_id,
                "organisation_id": organisation or self.school,
                "district_id": district or self.district,
                "audience": "all",
                "memberships": [{"organisation_id": organisation or self.school, "role": "learner"}],
                "active": active,
            },
        )

    def session(
        self,
        capacity: int,
        *,
        shares: dict[str, int] | None = None,
        starts_in: timedelta = timedelta(days=2),
        lasts: timedelta = timedelta(hours=2),
        **changed: Any,
    ) -> str:
        session_id = changed.pop("session_id", None) or new_id()
        data = self.booking(session_id, capacity, shares or {}, self.now + starts_in, lasts)
        self.harness.deliver(scheduling.SESSION_SCHEDULED, aggregate=session_id, data={**data, **changed})
        return session_id

    def booking(
        self, session_id: str, capacity: int, shares: dict[str, int], starts_at: datetime, lasts: timedelta
    ) -> dict[str, Any]:
        return {
            **self.facts(session_id, starts_at, lasts),
            "district_id": self.district,
            "order_id": None,
            "topic_id": None,
            "form": "lecture",
            "agreement_id": None,
            "venue_id": None,
            "venue_name": "阵地一",
            "address": "",
            "online": False,
            "group_id": None,
            "audience": "all",
            "capacity": capacity,
            "shares": [{"organisation_id": key, "seats": seats} for key, seats in shares.items()],
        }

    def facts(self, session_id: str, starts_at: datetime, lasts: timedelta) -> dict[str, Any]:
        return {
            "session_id": session_id,
            "organisation_id": self.school,
            "title": "党史专题讲座",
            "lecturer_id": new_id(),
            "lender_id": self.partner,
            "starts_at": starts_at,
            "ends_at": starts_at + lasts,
        }

    def move(self, session_id: str, starts_at: datetime, *, times: int = 1) -> None:
        facts = self.facts(session_id, starts_at, timedelta(hours=2))
        place = {
            "starts_at": starts_at,
            "ends_at": facts["ends_at"],
            "venue_id": None,
            "venue_name": "",
            "online": False,
        }
        self.harness.deliver(
            scheduling.SESSION_RESCHEDULED,
            aggregate=session_id,
            data={**facts, "before": place, "after": place},
            times=times,
        )

    def call_off(self, session_id: str, *, times: int = 1) -> None:
        row = self.row(session_id)
        facts = self.facts(session_id, row.starts_at, row.ends_at - row.starts_at)
        self.harness.deliver(
            scheduling.SESSION_CANCELLED,
            aggregate=session_id,
            data={**facts, "reason": "讲师生病"},
            times=times,
        )

    def hold(self, session_id: str, *, times: int = 1) -> None:
        row = self.row(session_id)
        facts = self.facts(session_id, row.starts_at, row.ends_at - row.starts_at)
        self.harness.deliver(
            scheduling.SESSION_HELD,
            aggregate=session_id,
            data={**facts, "order_id": None, "topic_id": None, "held_at": self.now},
            times=times,
        )

    def learner(self, person_id: str, organisation: str | None = None) -> Actor:
        return Actor(person_id, organisation or self.school, self.district, frozenset({"learner"}))

    def staff(self, organisation: str | None = None, role: str = "school_staff") -> Actor:
        return Actor(new_id(), organisation or self.school, self.district, frozenset({role}))

    def enrol(self, session_id: str, person_id: str, **more: Any) -> dict[str, Any]:
        return self.harness.call(
            rpc.ENROL, actor=self.learner(person_id), request={"session_id": session_id}, **more
        )

    def cancel(self, seat: dict[str, Any], *, actor: Actor | None = None) -> dict[str, Any]:
        return self.harness.call(
            rpc.CANCEL_SEAT,
            actor=actor or self.learner(seat["person_id"]),
            request={"seat_id": seat["seat_id"]},
        )

    def check_in(self, session_id: str, person_id: str, code: str | None = None) -> dict[str, Any]:
        return self.harness.call(
            rpc.CHECK_IN,
            actor=self.learner(person_id),
            request={"session_id": session_id, "code": code or self.row(session_id).check_in_code},
        )

    def wrong_code(self, session_id: str) -> str:
        return f"{(int(self.row(session_id).check_in_code) + 1) % 1_000_000:06}"

    def tick(self, session_id: str, person_id: str, *, actor: Actor | None = None) -> dict[str, Any]:
        return self.harness.call(
            rpc.CHECK_IN_MEMBER,
            actor=actor or self.staff(),
            request={"session_id": session_id, "person_id": person_id},
        )

    def door(self, session_id: str, *, actor: Actor | None = None) -> dict[str, Any]:
        return self.harness.call(rpc.DOOR, actor=actor or self.staff(), request={"session_id": session_id})

    def my_seat(self, session_id: str, person_id: str) -> dict[str, Any]:
        return self.harness.call(
            rpc.MY_SEAT, actor=self.learner(person_id), request={"session_id": session_id}
        )

    def set_shares(
        self, session_id: str, shares: dict[str, int], *, actor: Actor | None = None
    ) -> dict[str, Any]:
        wanted = [{"organisation_id": key, "seats": seats} for key, seats in shares.items()]
        return self.harness.call(
            rpc.SET_SHARES,
            actor=actor or self.staff(),
            request={"session_id": session_id, "shares": wanted},
        )

    def refused(self, work: Callable[[], Any]) -> str:
        """The code of the refusal that the work ends in; nothing was announced."""
        return self.problem(work)["code"]

    def problem(self, work: Callable[[], Any]) -> dict[str, Any]:
        before = len(self.harness.events())
        with pytest.raises(Refused) as refusal:
            work()
        assert len(self.harness.events()) == before
        return refusal.value.problem

    def row(self, session_id: str) -> CourseSession:
        with self.harness.store.reading() as tx:
            return tx.session.get_one(CourseSession, session_id)

    def states(self, session_id: str) -> dict[str, str]:
        """The state of each person's newest seat."""
        with self.harness.store.reading() as tx:
            seats = tx.session.scalars(
                select(Seat).where(Seat.session_id == session_id).order_by(Seat.place)
            ).all()
        return {seat.person_id: seat.state for seat in seats}

    def check_figures(self, session_id: str) -> None:
        """The counters agree with the seats, nothing is oversold, no share is exceeded."""
        with self.harness.store.reading() as tx:
            session = tx.session.get_one(CourseSession, session_id)
            shares = tx.session.scalars(select(SeatShare).where(SeatShare.session_id == session_id)).all()
            rows = tx.session.execute(
                select(Seat.organisation_id, func.count().label("learners"))
                .where(Seat.session_id == session_id, Seat.state == "seated")
                .group_by(Seat.organisation_id)
            )
            seated = {row.organisation_id: row.learners for row in rows}
            waiting = tx.session.scalar(
                select(func.count()).where(Seat.session_id == session_id, Seat.state == "waiting")
            )
        assert session.taken == sum(seated.values()) <= session.capacity
        assert session.waiting == waiting
        kept = {share.organisation_id: share for share in shares}
        assert {key: share.seated for key, share in kept.items()} == {key: seated.get(key, 0) for key in kept}
        in_shares = sum(min(share.seats, share.seated) for share in shares)
        assert session.open_taken == session.taken - in_shares <= session.capacity - session.shared

    def told(self, session_id: str) -> list[str]:
        """What was announced about the session, in order, without its prefix and version."""
        events = [event for event in self.harness.events() if event.aggregate == session_id]
        assert [event.version for event in events] == list(range(1, len(events) + 1))
        return [event.type.removeprefix("enrollment.").removesuffix(".v1") for event in events]


class Shared:
    """One PostgreSQL database for the tests of a file, emptied between them: making one takes longer."""

    def __init__(self, make: Callable[..., str]) -> None:
        self._make = make
        self.url: str | None = None

    def fresh(self) -> str:
        if self.url is None:
            self.url = self._make("enrollment", package="enrollment")
        engine = create_engine(self.url)
        with engine.begin() as connection:
            for table in reversed([*messaging.metadata.sorted_tables, *Base.metadata.sorted_tables]):
                connection.execute(table.delete())
        engine.dispose()
        return self.url


@pytest.fixture(scope="module")
def shared(postgres_url: Callable[..., str]) -> Shared:
    return Shared(postgres_url)


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, shared: Shared) -> Iterator[World]:
    made = World(shared.fresh() if request.param == "postgresql" else None)
    yield made
    made.harness.close()
    if made.spoiled:
        shared.url = None
