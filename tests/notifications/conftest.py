"""A school, a unit that lends it a lecturer, learners, and the notifications service, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chassis.access import SYSTEM, Actor
from chassis.clock import FixedClock
from chassis.config import Smtp
from chassis.ids import new_id
from chassis.store import Store
from chassis.testing import Harness, settings
from contracts.directory import events as directory
from contracts.enrollment import events as enrollment
from contracts.feedback import events as feedback
from contracts.notifications import rpc
from contracts.registry import EventType
from contracts.scheduling import events as scheduling
from notifications.service import NotificationsService
from notifications.tables import Message, metadata
from sqlalchemy import select

from chassis import tables as chassis_tables
from tests.notifications.smtp_server import MailServer

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)  # Friday, nine in the morning in Shanghai
STARTS = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)
ENDS = STARTS + timedelta(minutes=90)
TITLE = "《长津湖》学习分享"


class World:
    """The service, told what the other services would tell it."""

    def __init__(self, url: str | None = None, *, smtp: Any = None) -> None:
        self.harness = Harness(
            NotificationsService,
            url=url,
            clock=FixedClock(NOW),
            settings=settings(smtp=smtp, public_url="https://lectern.example"),
        )
        self.district = new_id()
        self.school, self.lender, self.elsewhere = new_id(), new_id(), new_id()
        self.order, self.offer, self.session, self.venue = new_id(), new_id(), new_id(), new_id()
        self.principal, self.clerk = new_id(), new_id()
        self.school_liaison, self.council = new_id(), new_id()
        self.liaison, self.second_liaison, self.lender_staff = new_id(), new_id(), new_id()
        self.lecturer, self.stranger = new_id(), new_id()

    def populate(self) -> World:
        """Everybody the directory knows; names only for some."""
        for organisation, name, name_en in (
            (self.school, "罗店社区党校", "Luodian School"),
            (self.lender, "宝山区疾控中心", ""),
            (self.elsewhere, "别处", "Elsewhere"),
        ):
            self.list_organisation(organisation, name, name_en)
        self.list_person(self.principal, [(self.school, "principal"), (self.school, "liaison")])
        self.list_person(self.clerk, [(self.school, "school_staff"), (self.school, "learner")])
        self.list_person(self.school_liaison, [(self.school, "liaison")])
        self.list_person(self.council, [(self.school, "council_member"), (self.school, "operator")])
        self.list_person(self.liaison, [(self.lender, "liaison")])
        self.list_person(self.second_liaison, [(self.lender, "liaison"), (self.school, "learner")])
        self.list_person(self.lender_staff, [(self.lender, "school_staff")])
        self.list_person(self.lecturer, [(self.lender, "lecturer")])
        self.list_person(self.stranger, [(self.elsewhere, "principal"), (self.elsewhere, "liaison")])
        self.name(self.lecturer, "吴医生")
        self.name(self.clerk, "小陈")
        self.hear(
            scheduling.VENUE_LISTED,
            self.venue,
            venue_id=self.venue,
            organisation_id=self.school,
            district_id=self.district,
            name="党群服务中心",
            address="市一路1号",
            capacity=60,
            times=1,
        )
        return self

    def list_organisation(self, organisation: str, name: str, name_en: str) -> None:
        self.hear(
            directory.ORGANISATION_LISTED,
            organisation,
            organisation_id=organisation,
            district_id=self.district,
            name=name,
            name_en=name_en,
            kind="town_school",
            times=1,
        )

    def list_person(
        self,
        person: str,
        roles: list[tuple[str, str]],
        *,
        active: bool = True,
        district: str | None = None,
        times: int = 1,
    ) -> None:
        self.hear(
            directory.PERSON_LISTED,
            person,
            person_id=person,
            organisation_id=roles[0][0] if roles else self.school,
            district_id=district or self.district,
            audience="all",
            memberships=[{"organisation_id": where, "role": role} for where, role in roles],
            active=active,
            times=times,
        )

    def name(self, person: str, name: str, email: str | None = None) -> None:
        self.import_contacts([{"row": 1, "person_id": person, "name": name, "email": email}])

    def import_contacts(
        self, rows: list[dict[str, Any]], *, actor: Actor = SYSTEM, dry_run: bool = False
    ) -> list[dict[str, Any]]:
        answer = self.harness.call(
            rpc.IMPORT_ROWS,
            actor=actor,
            request={"sheet": "contacts", "rows": rows, "dry_run": dry_run},
        )
        return list(answer["results"])

    def learner(self) -> str:
        person = new_id()
        self.list_person(person, [(self.school, "learner")])
        return person

    def hear(
        self, event_type: EventType, aggregate: str, *, actor: str | None = None, times: int = 2, **data: Any
    ) -> str:
        """Every event comes twice, but for what only prepares a test."""
        return self.harness.deliver(
            event_type,
            aggregate=aggregate,
            data=data,
            times=times,
            actor=actor,
            organisation=self.school,
            district=self.district,
        )

    # Orders and offers

    def place_order(self, by: str | None = None) -> None:
        self.hear(
            scheduling.ORDER_PLACED,
            self.order,
            order_id=self.order,
            organisation_id=self.school,
            district_id=self.district,
            topic_id=new_id(),
            title=TITLE,
            form="lecture",
            duration_minutes=90,
            windows=[{"starts_at": STARTS, "ends_at": ENDS}],
            online=False,
            venue_id=self.venue,
            group_id=None,
            audience="all",
            head_count=40,
            placed_by=by,
        )

    def hear_offer(self, event_type: EventType, **data: Any) -> None:
        self.hear(
            event_type,
            self.order,
            **{
                "order_id": self.order,
                "offer_id": self.offer,
                "organisation_id": self.school,
                "lender_id": self.lender,
                "lecturer_id": self.lecturer,
                "title": TITLE,
                "starts_at": STARTS,
                "ends_at": ENDS,
                **data,
            },
        )

    def make_offer(self, *, needs_approval: bool, online: bool = False) -> None:
        self.hear_offer(
            scheduling.OFFER_MADE,
            agreement_id=None,
            rank=1,
            venue_id=None if online else self.venue,
            online=online,
            needs_approval=needs_approval,
            deadline=NOW + timedelta(hours=24),
        )

    # Sessions

    def session_facts(self, **data: Any) -> dict[str, Any]:
        return {
            "session_id": self.session,
            "organisation_id": self.school,
            "title": TITLE,
            "lecturer_id": self.lecturer,
            "lender_id": self.lender,
            "starts_at": STARTS,
            "ends_at": ENDS,
            **data,
        }

    def schedule(self, **data: Any) -> None:
        self.hear(
            scheduling.SESSION_SCHEDULED,
            self.session,
            **self.session_facts(
                **{
                    "district_id": self.district,
                    "order_id": self.order,
                    "topic_id": None,
                    "form": "lecture",
                    "agreement_id": None,
                    "venue_id": self.venue,
                    "venue_name": "党群服务中心",
                    "address": "市一路1号",
                    "online": False,
                    "group_id": None,
                    "audience": "all",
                    "capacity": 40,
                    "shares": [],
                    **data,
                }
            ),
        )

    def place(self, **data: Any) -> dict[str, Any]:
        return {
            "starts_at": STARTS,
            "ends_at": ENDS,
            "venue_id": self.venue,
            "venue_name": "党群服务中心",
            "address": "市一路1号",
            "online": False,
            **data,
        }

    def reschedule(self, after: dict[str, Any]) -> None:
        self.hear(
            scheduling.SESSION_RESCHEDULED,
            self.session,
            **self.session_facts(starts_at=after["starts_at"], ends_at=after["ends_at"]),
            before=self.place(),
            after=after,
        )

    def cancel(self, reason: str = "讲师生病") -> None:
        self.hear(scheduling.SESSION_CANCELLED, self.session, **self.session_facts(reason=reason))

    # Seats, attendance, evaluation

    def hear_seat(self, event_type: EventType, person: str, **data: Any) -> None:
        self.hear(
            event_type,
            self.session,
            session_id=self.session,
            seat_id=new_id(),
            person_id=person,
            organisation_id=self.school,
            host_id=self.school,
            title=TITLE,
            starts_at=data.pop("starts_at", STARTS),
            ends_at=data.pop("ends_at", ENDS),
            taken=1,
            waiting=0,
            **data,
        )

    def seat(self, person: str | None = None) -> str:
        person = person or self.learner()
        self.hear_seat(enrollment.SEAT_CONFIRMED, person)
        return person

    def wait(self, person: str | None = None) -> str:
        person = person or self.learner()
        self.hear_seat(enrollment.SEAT_WAITLISTED, person, position=1)
        return person

    def attend(self, person: str) -> None:
        self.hear(
            enrollment.ATTENDANCE_RECORDED,
            self.session,
            session_id=self.session,
            person_id=person,
            organisation_id=self.school,
            host_id=self.school,
            title=TITLE,
            at=STARTS,
            method="code",
        )

    def open_form(self) -> None:
        self.hear(
            feedback.FORM_OPENED,
            self.session,
            session_id=self.session,
            organisation_id=self.school,
            lecturer_id=self.lecturer,
            title=TITLE,
            closes_at=ENDS + timedelta(days=7),
        )

    def publish_result(self, answers: int = 5) -> None:
        self.hear(
            feedback.RESULT_PUBLISHED,
            self.session,
            session_id=self.session,
            organisation_id=self.school,
            lecturer_id=self.lecturer,
            lender_id=self.lender,
            topic_id=None,
            title=TITLE,
            answers=answers,
            overall=4.6,
            questions=[{"question": "overall", "mean": 4.6}],
        )

    # What became of it

    def messages(self, kind: str | None = None) -> list[Message]:
        with self.harness.store.reading() as tx:
            wanted = select(Message).order_by(Message.created_at, Message.id)
            return list(tx.session.scalars(wanted.where(Message.kind == kind) if kind else wanted))

    def told(self, kind: str) -> list[str]:
        """Who got a message of this kind, as often as they got it."""
        return sorted(message.person_id for message in self.messages(kind))

    def to(self, person: str, kind: str | None = None) -> Message:
        """The one message that this person got (of this kind)."""
        [message] = [each for each in self.messages(kind) if each.person_id == person]
        return message

    def forget(self) -> None:
        """Leave out of what follows the messages so far."""
        with self.harness.transaction() as tx:
            for message in tx.session.scalars(select(Message)):
                message.kind = f"before:{message.kind}"


@pytest.fixture(scope="module")
def postgres_store(postgres_url: Callable[..., str]) -> Iterator[Store]:
    """One database for a file of tests: making one takes longer than emptying it."""
    store = Store("notifications", postgres_url("notifications", package="notifications"))
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
    """Notifications without e-mail."""
    made = World(migrated_url).populate()
    yield made
    made.harness.close()


@pytest.fixture
def sqlite_world() -> Iterator[World]:
    """For what no database decides."""
    made = World().populate()
    yield made
    made.harness.close()


@pytest.fixture
def make_world(migrated_url: str | None) -> Iterator[Callable[..., World]]:
    """`make_world(smtp=...)`, once in a test."""
    with ExitStack() as closing:

        def make(*, smtp: Any) -> World:
            world = World(migrated_url, smtp=smtp).populate()
            closing.callback(world.harness.close)
            return world

        yield make


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A real mail server of the test's own."""
    with MailServer() as server:
        yield server


@pytest.fixture
def mailing_world(make_world: Callable[..., World], mail_server: MailServer) -> World:
    """Notifications that send by that server; the clerk and the lecturer have addresses."""
    world = make_world(smtp=smtp_settings(mail_server))
    world.name(world.clerk, "小陈", "chen@school.example")
    world.name(world.lecturer, "吴医生", "wu@cdc.example")
    return world


def smtp_settings(server: MailServer, **changed: Any) -> Smtp:
    values = {
        "host": "127.0.0.1",
        "port": server.port,
        "user": None,
        "password": None,
        "sender": "共享讲台 <lectern@lectern.example>",
        "starttls": False,
    }
    return Smtp(**{**values, **changed})
