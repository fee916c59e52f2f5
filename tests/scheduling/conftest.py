"""A region for the tests: two districts, schools that borrow, partner units that lend; on both databases."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from chassis.access import Actor
from chassis.ids import new_id
from chassis.tables import metadata as messaging
from chassis.testing import A_MONDAY, Harness
from contracts.directory import events as directory
from contracts.errors import Refused
from contracts.registry import EventType, Rpc
from contracts.scheduling import rpc
from hypothesis import settings
from scheduling.base import Base
from scheduling.register.directory import take_organisation
from scheduling.service import SchedulingService
from scheduling.tables import Agreement, Booking, BookingSlot, Lecturer, Offer, Order, Session, metadata
from sqlalchemy import event, func, select

# Two cores are shared by everything that runs: how long one example takes says nothing.
settings.register_profile("calm", deadline=None)
settings.load_profile("calm")

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEDNESDAY = date(2026, 3, 4)
NOWHERE = "00000000-0000-7000-8000-000000000000"


def at(clock: str, *, on: date = WEDNESDAY) -> datetime:
    """A wall-clock time in Shanghai, in UTC."""
    return datetime.combine(on, time.fromisoformat(clock), tzinfo=SHANGHAI).astimezone(UTC)


def told_at(clock: str, *, on: date = WEDNESDAY) -> str:
    """The same as an answer says it."""
    return at(clock, on=on).isoformat()


def window(starts: str = "18:00", ends: str = "21:00", *, on: date = WEDNESDAY) -> dict[str, str]:
    return {"starts_at": at(starts, on=on).isoformat(), "ends_at": at(ends, on=on).isoformat()}


class World:
    """The service and the organisations round it; everything is written through its own entrypoints."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        self.district, self.other_district = new_id(), new_id()
        self.school, self.other_school, self.far_school = new_id(), new_id(), new_id()
        self.partner, self.other_partner = new_id(), new_id()
        self._codes = itertools.count(1)
        here = (self.school, self.other_school, self.partner, self.other_partner)
        places = [*((id_, self.district) for id_ in here), (self.far_school, self.other_district)]
        with harness.transaction() as tx:
            for organisation_id, district_id in places:
                take_organisation(
                    tx,
                    organisation_id=organisation_id,
                    district_id=district_id,
                    parent_id=None,
                    latitude=None,
                    longitude=None,
                )

    # the people

    def actor(self, role: str, organisation_id: str | None = None, *, district: str | None = None) -> Actor:
        """Somebody with a role, at the school unless told otherwise; operators belong to no school."""
        home = organisation_id or (new_id() if role == "operator" else self.school)
        return Actor(new_id(), home, district or self.district, frozenset({role}))

    @property
    def staff(self) -> Actor:
        return self.actor("school_staff")

    @property
    def liaison(self) -> Actor:
        return self.actor("liaison", self.partner)

    @property
    def operator(self) -> Actor:
        return self.actor("operator")

    def as_lecturer(self, lecturer_id: str) -> Actor:
        return Actor(lecturer_id, None, None, frozenset({"lecturer"}), "link")

    # what there is

    @property
    def now(self) -> datetime:
        return self.harness.clock.now()

    def later(self, **by: float) -> None:
        self.harness.clock.advance(timedelta(**by))

    def list_organisation(
        self, organisation_id: str, *, district: str | None = None, parent: str | None = None, **more: Any
    ) -> None:
        data = {
            "organisation_id": organisation_id,
            "district_id": district or self.district,
            "name": "罗店镇社区党校",
            "name_en": "",
            "kind": "town_school",
            "parent_id": parent,
            "latitude": None,
            "longitude": None,
        }
        self.harness.deliver(directory.ORGANISATION_LISTED, aggregate=organisation_id, data={**data, **more})

    def list_person(self, person_id: str, *, active: bool, times: int = 1) -> None:
        data = {
            "person_id": person_id,
            "organisation_id": self.partner,
            "district_id": self.district,
            "audience": "all",
            "memberships": [],
            "active": active,
        }
        self.harness.deliver(directory.PERSON_LISTED, aggregate=person_id, data=data, times=times)

    def rows(
        self, sheet: str, *rows: dict[str, Any], dry_run: bool = False, actor: Actor | None = None
    ) -> list[dict[str, Any]]:
        """Import rows as an operator; the answers."""
        numbered = [{"row": number, **row} for number, row in enumerate(rows, start=2)]
        answer = self.harness.call(
            rpc.IMPORT_ROWS,
            actor=actor or self.operator,
            request={"sheet": sheet, "rows": numbered, "dry_run": dry_run},
        )
        return answer["results"]

    def code(self, prefix: str) -> str:
        return f"{prefix}-{next(self._codes)}"

    def owned(self, organisation_id: str | None, district: str | None, prefix: str) -> dict[str, Any]:
        return {
            "organisation_id": organisation_id or self.school,
            "district_id": district or self.district,
            "code": self.code(prefix),
        }

    def topic(self, *, organisation: str | None = None, district: str | None = None, **more: Any) -> str:
        row = {
            **self.owned(organisation or self.partner, district, "T"),
            "title": "垃圾分类新时尚",
            "category": "city_management",
            "form": "lecture",
            "duration_minutes": 90,
            **more,
        }
        return self._take("topics", row, district=district)

    def venue(self, *, organisation: str | None = None, district: str | None = None, **more: Any) -> str:
        row = {**self.owned(organisation, district, "V"), "name": "活动室", "capacity": 60, **more}
        return self._take("venues", row, district=district)

    def group(self, *, organisation: str | None = None, district: str | None = None, **more: Any) -> str:
        row = {**self.owned(organisation, district, "G"), "name": "第一支部", "audience": "all", "size": 30}
        return self._take("groups", {**row, **more}, district=district)

    def lecturer(
        self,
        *,
        organisation: str | None = None,
        district: str | None = None,
        topic: str | None = None,
        **more: Any,
    ) -> str:
        """A lecturer of the school, unless another organisation is given, who teaches `topic`."""
        lecturer_id = more.pop("lecturer_id", None) or new_id()
        row = {
            "lecturer_id": lecturer_id,
            "organisation_id": organisation or self.school,
            "district_id": district or self.district,
            "kind": "backbone",
            "topics": [self.topic_code(topic)] if topic else [],
            **more,
        }
        [answer] = self.rows("lecturers", row, actor=self.actor("operator", district=district))
        assert answer["outcome"] in ("created", "updated"), answer
        return lecturer_id

    def agreement(
        self,
        *,
        lender: str | None = None,
        borrower: str | None = None,
        starts_on: date = date(2026, 1, 1),
        ends_on: date = date(2026, 12, 31),
        quota: int = 10,
        approval: str = "automatic",
    ) -> str:
        row = {
            "code": self.code("A"),
            "lender_id": lender or self.partner,
            "borrower_id": borrower or self.school,
            "starts_on": starts_on.isoformat(),
            "ends_on": ends_on.isoformat(),
            "quota_sessions": quota,
            "approval": approval,
        }
        return self._take("agreements", row)

    def availability(self, lecturer_id: str, **rule: Any) -> None:
        row = {"lecturer_id": lecturer_id, **rule}
        [answer] = self.rows("availability", row)
        assert answer["outcome"] != "refused", answer

    def _take(self, sheet: str, row: dict[str, Any], *, district: str | None = None) -> str:
        before = len(self.harness.events())
        [answer] = self.rows(sheet, row, actor=self.actor("operator", district=district))
        assert answer["outcome"] == "created", answer
        [listed] = self.harness.events()[before:]
        return listed.aggregate

    def topic_code(self, topic_id: str) -> str:
        return self.events_of(topic_id)[0].data["code"]

    # the loop

    def call(self, called: Rpc, actor: Actor, **request: Any) -> dict[str, Any]:
        return self.harness.call(called, actor=actor, request=request)

    def place(self, topic_id: str | None, *, actor: Actor | None = None, **more: Any) -> dict[str, Any]:
        """Order a topic online for Wednesday evening, unless told otherwise."""
        request = {
            "organisation_id": self.school,
            "topic_id": topic_id,
            "windows": [window()],
            "online": "venue_id" not in more,
            "head_count": 40,
            **more,
        }
        if actor is None:
            actor = self.actor("school_staff", request["organisation_id"])
        return self.call(rpc.PLACE_ORDER, actor, **request)

    def dispatched(self, topic_id: str, **more: Any) -> dict[str, Any]:
        return self.place(topic_id, dispatch=True, **more)

    def suggest(self, order: dict[str, Any], *, actor: Actor | None = None) -> dict[str, Any]:
        return self.call(rpc.SUGGEST, actor or self.staff, order_id=order["order_id"])

    def order(self, order: dict[str, Any]) -> dict[str, Any]:
        actor = self.actor("school_staff", order["organisation_id"])
        return self.call(rpc.GET_ORDER, actor, order_id=order["order_id"])

    def accept(self, offer: dict[str, Any]) -> dict[str, Any]:
        return self.call(rpc.ACCEPT_OFFER, self.as_lecturer(offer["lecturer_id"]), offer_id=offer["offer_id"])

    def decline(self, offer: dict[str, Any], reason: str = "出差") -> dict[str, Any]:
        actor = self.as_lecturer(offer["lecturer_id"])
        return self.call(rpc.DECLINE_OFFER, actor, offer_id=offer["offer_id"], reason=reason)

    def approve(self, offer: dict[str, Any], *, actor: Actor | None = None) -> dict[str, Any]:
        return self.call(rpc.APPROVE_OFFER, actor or self.liaison, offer_id=offer["offer_id"])

    def refuse(self, offer: dict[str, Any], reason: str = "本月忙") -> dict[str, Any]:
        return self.call(rpc.REFUSE_OFFER, self.liaison, offer_id=offer["offer_id"], reason=reason)

    def booked(self, topic_id: str, **more: Any) -> dict[str, Any]:
        """An order whose first candidate has accepted."""
        order = self.dispatched(topic_id, **more)
        self.accept(order["offers"][0])
        return self.order(order)

    def session(self, order: dict[str, Any], *, actor: Actor | None = None) -> dict[str, Any]:
        return self.call(rpc.GET_SESSION, actor or self.staff, session_id=order["session_id"])

    def tick(self, name: str) -> None:
        self.harness.tick(name)

    # what became of it

    def refused(self, work: Callable[[], Any]) -> str:
        """The code of the refusal that the work ends in; nothing was announced."""
        return self.problem(work)["code"]

    def problem(self, work: Callable[[], Any]) -> dict[str, Any]:
        before = len(self.harness.events())
        with pytest.raises(Refused) as refusal:
            work()
        assert len(self.harness.events()) == before
        return refusal.value.problem

    def refused_and_kept(self, work: Callable[[], Any]) -> str:
        """The code of a refusal whose effects stay."""
        with pytest.raises(Refused) as refusal:
            work()
        return refusal.value.code

    def events_of(self, aggregate: str) -> list[Any]:
        events = [each for each in self.harness.events() if each.aggregate == aggregate]
        assert [each.version for each in events] == list(range(1, len(events) + 1))
        return events

    def told(self, aggregate: str) -> list[str]:
        """What was announced about an aggregate, without prefix and version of the type."""
        return [
            each.type.removeprefix("scheduling.").removesuffix(".v1") for each in self.events_of(aggregate)
        ]

    def last(self, event_type: EventType) -> dict[str, Any]:
        return self.harness.events(event_type)[-1].data

    def get(self, model: type[Base], id_: str) -> Any:
        with self.harness.store.reading() as tx:
            return tx.session.get_one(model, id_)

    def used(self, agreement_id: str) -> int:
        return self.get(Agreement, agreement_id).used

    def check_invariants(self) -> None:
        """Nothing is booked twice, no limit is exceeded, and every figure agrees with the rows behind it."""
        with self.harness.store.reading() as tx:
            active = tx.session.scalars(select(Booking).where(Booking.active)).all()
            sessions = tx.session.scalars(select(Session)).all()
            agreements = tx.session.scalars(select(Agreement)).all()
            lecturers = tx.session.scalars(select(Lecturer)).all()
            offers = tx.session.scalars(select(Offer)).all()
            orders = tx.session.scalars(select(Order)).all()
            slots = tx.session.scalar(select(func.count()).select_from(BookingSlot))
        assert overlaps(active) == []
        standing = [each for each in sessions if each.state != "cancelled"]
        assert {each.session_id for each in active} == {each.id for each in standing}
        for agreement in agreements:
            count = sum(1 for each in standing if each.agreement_id == agreement.id)
            assert agreement.used == count <= agreement.quota_sessions
        for lecturer in lecturers:
            mine = [each for each in standing if each.lecturer_id == lecturer.id]
            months = [each.starts_at.astimezone(SHANGHAI).strftime("%Y-%m") for each in mine]
            assert all(months.count(month) <= lecturer.monthly_cap for month in months)
        for order in orders:
            asked = [each for each in offers if each.order_id == order.id]
            waiting = [each for each in asked if each.state in ("awaiting_approval", "offered")]
            assert len(waiting) == (1 if order.state == "offering" else 0)
            assert len({each.lecturer_id for each in asked}) == len(asked)
        if self.harness.store.dialect == "sqlite":
            minutes = sum((each.ends_at - each.starts_at).total_seconds() // 60 for each in active)
            assert slots == minutes // 5

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """The statements that the store's database is asked within the block."""
        statements: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            statements.append(statement)

        engine = self.harness.store.engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(engine, "before_cursor_execute", note)


def overlaps(bookings: Sequence[Booking]) -> list[tuple[str, str]]:
    """Pairs of bookings of one resource that share time."""
    pairs = itertools.combinations(bookings, 2)
    return [
        (a.id, b.id)
        for a, b in pairs
        if (a.kind, a.resource_id) == (b.kind, b.resource_id)
        and a.starts_at < b.ends_at
        and b.starts_at < a.ends_at
    ]


def wipe(harness: Harness) -> None:
    """Empty every table and turn the clock back: quicker than a new database on PostgreSQL."""
    tables = [*reversed(metadata.sorted_tables), *reversed(messaging.sorted_tables)]
    with harness.store.engine.begin() as connection:
        deletions = [f"DELETE FROM {table.name}" for table in tables]
        at_a_time = 1 if connection.dialect.name == "sqlite" else len(deletions)
        for first in range(0, len(deletions), at_a_time):
            connection.exec_driver_sql(";".join(deletions[first : first + at_a_time]))
    harness.clock.advance(A_MONDAY - harness.clock.now())


@pytest.fixture(scope="module")
def on_postgresql(postgres_url: Callable[..., str]) -> Iterator[Harness]:
    with Harness(SchedulingService, url=postgres_url("scheduling", package="scheduling")) as harness:
        yield harness


@pytest.fixture
def on_sqlite() -> Iterator[Harness]:
    with Harness(SchedulingService) as harness:
        yield harness


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest) -> World:
    harness: Harness = request.getfixturevalue(f"on_{request.param}")
    if request.param == "postgresql":
        wipe(harness)
    return World(harness)


@pytest.fixture
def sqlite_world(on_sqlite: Harness) -> World:
    """For rules that no database decides."""
    return World(on_sqlite)
