"""A whole loop told as events: two districts, an order, a refusal, a session, seats, attendance, a result."""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from chassis.access import Actor
from chassis.testing import A_MONDAY, Harness
from chassis.tx import Tx
from contracts.directory import events as directory
from contracts.enrollment import events as enrollment
from contracts.feedback import events as feedback
from contracts.notifications import events as notifications
from contracts.registry import EventType
from contracts.scheduling import events as scheduling
from gateway.views.service import ViewsService

START = datetime(2026, 3, 4, 11, 0, tzinfo=UTC)
END = START + timedelta(hours=2)
PACKAGES = {"views": "gateway.views", "directory": "gateway.directory"}


def ident(name: str) -> str:
    """The same id for the same name, in every test."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


@dataclass(frozen=True)
class Told:
    """An event with its place among the events of its aggregate."""

    type: EventType
    aggregate: str
    data: dict[str, Any]
    version: int
    id: str


@dataclass
class Story:
    """Events in the order in which they happened."""

    told: list[Told] = field(default_factory=list)
    versions: dict[tuple[str, str, str], int] = field(default_factory=lambda: defaultdict(int))

    def tell(self, type_: EventType, aggregate: str, **data: Any) -> None:
        key = (type_.source, type_.aggregate, aggregate)
        self.versions[key] += 1
        name = f"{type_.name}/{aggregate}/{self.versions[key]}"
        self.told.append(Told(type_, aggregate, data, self.versions[key], ident(name)))

    def shuffled(self, seed: int) -> list[Told]:
        """Another order that keeps the order within each aggregate, with every event twice."""
        chance = random.Random(seed)
        queues: dict[tuple[str, str, str], list[Told]] = defaultdict(list)
        for each in self.told:
            queues[(each.type.source, each.type.aggregate, each.aggregate)] += [each, each]
        mixed: list[Told] = []
        while queues:
            key = chance.choice(sorted(queues))
            mixed.append(queues[key].pop(0))
            if not queues[key]:
                del queues[key]
        return mixed


def tell_directory(story: Story) -> None:
    for name, district, kind in (
        ("luodian", "baoshan", "town_school"),
        ("tiandu", "baoshan", "branch"),
        ("hospital", "baoshan", "partner_unit"),
        ("qingshuitang", "kaifu", "street_school"),
    ):
        story.tell(
            directory.ORGANISATION_LISTED,
            ident(name),
            organisation_id=ident(name),
            district_id=ident(district),
            name=name,
            name_en=name.title(),
            kind=kind,
            parent_id=ident("luodian") if name == "tiandu" else None,
            latitude=None,
            longitude=None,
        )
    for name, organisation, role in (
        ("staff", "luodian", "school_staff"),
        ("wang", "hospital", "lecturer"),
        ("li", "tiandu", "learner"),
        ("zhao", "tiandu", "learner"),
        ("sun", "luodian", "learner"),
    ):
        story.tell(
            directory.PERSON_LISTED,
            ident(name),
            person_id=ident(name),
            organisation_id=ident(organisation),
            district_id=ident("baoshan"),
            audience="community",
            memberships=[{"organisation_id": ident(organisation), "role": role}],
            active=True,
        )


def tell_menu(story: Story) -> None:
    baoshan = {"organisation_id": ident("luodian"), "district_id": ident("baoshan")}
    for code, title in (("T1", "急救常识"), ("T2", "100% 民法典_入门")):
        story.tell(
            scheduling.TOPIC_LISTED,
            ident(code),
            topic_id=ident(code),
            **baoshan,
            code=code,
            title=title,
            summary="",
            category="health",
            form="lecture",
            duration_minutes=120,
            audiences=["all"],
            published=True,
        )
    story.tell(
        scheduling.LECTURER_LISTED,
        ident("wang"),
        lecturer_id=ident("wang"),
        organisation_id=ident("hospital"),
        district_id=ident("baoshan"),
        kind="expert",
        topic_ids=[ident("T1"), ident("T2")],
        monthly_cap=4,
        active=True,
    )
    story.tell(
        scheduling.LECTURER_LISTED,
        ident("wang"),
        lecturer_id=ident("wang"),
        organisation_id=ident("hospital"),
        district_id=ident("baoshan"),
        kind="expert",
        topic_ids=[ident("T1")],
        monthly_cap=6,
        active=True,
    )
    story.tell(
        scheduling.VENUE_LISTED,
        ident("hall"),
        venue_id=ident("hall"),
        **baoshan,
        name="大礼堂",
        address="市一路 1 号",
        latitude=31.4,
        longitude=121.3,
        capacity=3,
    )
    story.tell(
        scheduling.GROUP_LISTED,
        ident("group"),
        group_id=ident("group"),
        **baoshan,
        name="社区党员",
        audience="community",
        size=40,
    )
    story.tell(
        scheduling.AGREEMENT_LISTED,
        ident("pact"),
        agreement_id=ident("pact"),
        code="G1",
        lender_id=ident("hospital"),
        borrower_id=ident("luodian"),
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 12, 31),
        quota_sessions=5,
        approval="liaison",
    )


def tell_orders(story: Story) -> None:
    for name, topic, title in (
        ("order", "T1", "急救常识"),
        ("unmet", None, "太空旅行"),
        ("unmet again", None, "太空旅行"),
    ):
        story.tell(
            scheduling.ORDER_PLACED,
            ident(name),
            order_id=ident(name),
            organisation_id=ident("luodian"),
            district_id=ident("baoshan"),
            topic_id=topic and ident(topic),
            title=title,
            form="lecture",
            duration_minutes=120,
            windows=[
                {"starts_at": START + timedelta(days=1), "ends_at": END + timedelta(days=1)},
                {"starts_at": START, "ends_at": END},
            ],
            online=False,
            venue_id=ident("hall"),
            group_id=None,
            audience="community",
            head_count=3,
            placed_by=ident("staff"),
        )
    for name in ("unmet", "unmet again"):
        story.tell(
            scheduling.ORDER_UNMET,
            ident(name),
            order_id=ident(name),
            organisation_id=ident("luodian"),
            topic_id=None,
            title="太空旅行",
            reason="topic_missing",
            asked=0,
        )
    story.tell(
        scheduling.ORDER_DISPATCHED,
        ident("order"),
        order_id=ident("order"),
        organisation_id=ident("luodian"),
        automatic=True,
    )
    tell_offers(story)


def tell_offers(story: Story) -> None:
    order = {"order_id": ident("order"), "organisation_id": ident("luodian")}
    facts = {**order, "title": "急救常识", "lender_id": ident("hospital"), "starts_at": START, "ends_at": END}
    for rank, (offer, lecturer) in enumerate((("first", "chen"), ("second", "wang")), 1):
        one = {**facts, "offer_id": ident(offer), "lecturer_id": ident(lecturer)}
        story.tell(
            scheduling.OFFER_MADE,
            ident("order"),
            **one,
            agreement_id=ident("pact"),
            rank=rank,
            venue_id=ident("hall"),
            online=False,
            needs_approval=True,
            deadline=START - timedelta(days=1),
        )
        story.tell(scheduling.OFFER_APPROVED, ident("order"), **one, deadline=START - timedelta(hours=20))
        if offer == "first":
            story.tell(scheduling.OFFER_DECLINED, ident("order"), **one, reason="出差")
        else:
            story.tell(scheduling.OFFER_ACCEPTED, ident("order"), **one, session_id=ident("session"))
    story.tell(
        scheduling.ORDER_SCHEDULED,
        ident("order"),
        **order,
        session_id=ident("session"),
        lecturer_id=ident("wang"),
    )


def tell_session(story: Story) -> None:
    facts = {
        "session_id": ident("session"),
        "organisation_id": ident("luodian"),
        "title": "急救常识",
        "lecturer_id": ident("wang"),
        "lender_id": ident("hospital"),
    }
    story.tell(
        scheduling.SESSION_SCHEDULED,
        ident("session"),
        **facts,
        starts_at=START,
        ends_at=END,
        district_id=ident("baoshan"),
        order_id=ident("order"),
        topic_id=ident("T1"),
        form="lecture",
        agreement_id=ident("pact"),
        venue_id=ident("hall"),
        venue_name="大礼堂",
        address="市一路 1 号",
        online=False,
        group_id=None,
        audience="community",
        capacity=3,
        shares=[{"organisation_id": ident("qingshuitang"), "seats": 1}],
    )
    place = {"venue_id": ident("hall"), "venue_name": "大礼堂", "address": "市一路 1 号", "online": False}
    late = {"starts_at": START + timedelta(hours=1), "ends_at": END + timedelta(hours=1)}
    story.tell(
        scheduling.SESSION_RESCHEDULED,
        ident("session"),
        **facts,
        **late,
        before={**place, "starts_at": START, "ends_at": END},
        after={**place, **late},
    )
    story.tell(
        scheduling.SESSION_HELD,
        ident("session"),
        **facts,
        **late,
        order_id=ident("order"),
        topic_id=ident("T1"),
        held_at=late["ends_at"],
    )
    story.tell(
        scheduling.ORDER_DELIVERED,
        ident("order"),
        order_id=ident("order"),
        organisation_id=ident("luodian"),
        session_id=ident("session"),
    )


def tell_seats(story: Story) -> None:
    facts = {
        "session_id": ident("session"),
        "host_id": ident("luodian"),
        "title": "急救常识",
        "starts_at": START,
        "ends_at": END,
    }

    def seat(type_: EventType, person: str, taken: int, waiting: int, **more: Any) -> None:
        story.tell(
            type_,
            ident("session"),
            **facts,
            seat_id=ident(f"seat of {person}"),
            person_id=ident(person),
            organisation_id=ident("luodian" if person == "sun" else "tiandu"),
            taken=taken,
            waiting=waiting,
            **more,
        )

    seat(enrollment.SEAT_CONFIRMED, "li", 1, 0)
    seat(enrollment.SEAT_WAITLISTED, "zhao", 1, 1, position=1)
    seat(enrollment.SEAT_WAITLISTED, "sun", 1, 2, position=2)
    seat(enrollment.SEAT_PROMOTED, "zhao", 2, 1)
    seat(enrollment.SEAT_CANCELLED, "zhao", 1, 1, was="seated", by="learner")
    person = {
        "session_id": ident("session"),
        "person_id": ident("li"),
        "organisation_id": ident("tiandu"),
        "host_id": ident("luodian"),
    }
    story.tell(
        enrollment.ATTENDANCE_RECORDED, ident("session"), **person, title="急救常识", at=START, method="code"
    )
    story.tell(enrollment.HOURS_CREDITED, ident("session"), **person, on=date(2026, 3, 4), minutes=120)


def tell_feedback(story: Story) -> None:
    facts = {
        "session_id": ident("session"),
        "organisation_id": ident("luodian"),
        "lecturer_id": ident("wang"),
    }
    story.tell(
        feedback.FORM_OPENED, ident("session"), **facts, title="急救常识", closes_at=END + timedelta(days=7)
    )
    for answers, overall in ((5, 4.0), (10, 4.5)):
        story.tell(
            feedback.RESULT_PUBLISHED,
            ident("session"),
            **facts,
            lender_id=ident("hospital"),
            topic_id=ident("T1"),
            title="急救常识",
            answers=answers,
            overall=overall,
            questions=[{"question": "overall", "mean": overall}],
        )
    for name in ("read", "unread"):
        message = {"message_id": ident(name), "person_id": ident("li"), "kind": "seat.confirmed"}
        story.tell(notifications.MESSAGE_QUEUED, ident(name), **message)
    story.tell(
        notifications.MESSAGE_READ,
        ident("read"),
        message_id=ident("read"),
        person_id=ident("li"),
        kind="seat.confirmed",
    )


CHAPTERS = (tell_directory, tell_menu, tell_orders, tell_session, tell_seats, tell_feedback)


@pytest.fixture
def story() -> Story:
    story = Story()
    for chapter in CHAPTERS:
        chapter(story)
    return story


@pytest.fixture
def named() -> Callable[[str], str]:
    """The id that the story gives to a name."""
    return ident


@pytest.fixture
def actor() -> Callable[..., Actor]:
    """Somebody of an organisation of the story."""

    def of(organisation: str, *roles: str, person: str = "somebody", district: str = "baoshan") -> Actor:
        return Actor(ident(person), ident(organisation), ident(district), frozenset(roles))

    return of


def _url(request: pytest.FixtureRequest) -> str | None:
    """Where the views are kept: None is a new SQLite file."""
    if request.param == "sqlite":
        return None
    return str(request.getfixturevalue("postgres_url")("views", package="gateway.views"))


def deliver_all(harness: Harness, events: list[Told]) -> None:
    """Tell the views these events, each through the inbox."""
    for each in events:
        harness.deliver(
            each.type,
            aggregate=each.aggregate,
            data=each.data,
            version=each.version,
            event_id=each.id,
            time=A_MONDAY,
        )


@pytest.fixture(params=["sqlite", "postgresql"])
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    """Empty views."""
    with Harness(ViewsService, url=_url(request), packages=PACKAGES) as running:
        yield running


@pytest.fixture
def deliver(harness: Harness) -> Callable[[list[Told]], None]:
    return lambda events: deliver_all(harness, events)


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def told(request: pytest.FixtureRequest) -> Iterator[Harness]:
    """Views that have heard the whole story; tests only read them."""
    story = Story()
    for chapter in CHAPTERS:
        chapter(story)
    with Harness(ViewsService, url=_url(request), packages=PACKAGES) as running:
        deliver_all(running, story.told)
        yield running


@pytest.fixture
def reading(told: Harness) -> Iterator[Tx]:
    """A reading transaction after the whole story."""
    with told.store.reading() as tx:
        yield tx
