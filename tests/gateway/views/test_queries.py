"""What each query says of the story, to whom, and that it takes one statement to say it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from chassis.access import Actor
from chassis.sql import database_time
from chassis.tables import pulses
from chassis.testing import A_MONDAY, Harness
from chassis.tx import Tx
from gateway.views import queries
from sqlalchemy import event, insert

START = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)  # as rescheduled
WEEK: dict[str, Any] = {"starts_from": A_MONDAY, "starts_before": A_MONDAY + timedelta(days=7)}
Named = Callable[[str], str]
Of = Callable[..., Actor]


@contextmanager
def statements(tx: Tx) -> Iterator[list[str]]:
    """The statements sent to the database meanwhile."""
    sent: list[str] = []
    connection = tx.session.connection()

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    yield sent
    event.remove(connection, "before_cursor_execute", note)


def test_the_calendar_shows_the_session_where_it_was_moved_to(reading: Tx, named: Named, actor: Of) -> None:
    with statements(reading) as sent:
        page = queries.calendar_sessions(reading, actor=actor("tiandu", "learner"), **WEEK)
    assert len(sent) == 1
    assert page.total == 1
    [session] = page.items
    assert session["session_id"] == named("session")
    assert session["starts_at"] == START
    assert datetime.fromisoformat(session["before"]["starts_at"]) == START - timedelta(hours=1)
    assert (session["organisation_name"], session["lender_name"]) == ("luodian", "hospital")
    assert (session["taken"], session["waiting"], session["attended"], session["free"]) == (1, 1, 1, 2)
    assert (session["state"], session["evaluation"], session["result_published"]) == ("held", "open", True)


def test_the_calendar_filters(reading: Tx, named: Named, actor: Of) -> None:
    def found(**filters: Any) -> int:
        viewer = actor("tiandu", "learner")
        return queries.calendar_sessions(reading, actor=viewer, **{**WEEK, **filters}).total

    assert found(organisation_id=named("luodian"), audience="community", category="health") == 1
    assert found(search="急救", topic_id=named("T1")) == 1
    assert found(organisation_id=named("tiandu")) == 0
    assert found(audience="rural") == 0
    assert found(category="sports") == 0
    assert found(search="%") == 0
    assert found(states=("cancelled",)) == 0
    assert found(starts_from=START + timedelta(minutes=5)) == 0
    assert found(starts_before=START) == 0


@pytest.mark.parametrize(
    ("organisation", "person", "sees"),
    [
        ("tiandu", "somebody", True),  # of the host's district
        ("qingshuitang", "somebody", True),  # a share is kept for it
        ("elsewhere", "somebody", False),
        ("elsewhere", "wang", True),  # gives it
        ("elsewhere", "li", True),  # has a seat
    ],
)
def test_a_session_of_another_district_is_seen_by_those_who_take_part(  # noqa: PLR0917 - pytest fills these
    reading: Tx, named: Named, actor: Of, organisation: str, person: str, sees: bool
) -> None:
    district = "baoshan" if organisation == "tiandu" else "kaifu"
    viewer = actor(organisation, "learner", person=person, district=district)
    found = queries.session(reading, actor=viewer, session_id=named("session"))
    assert (found is not None) == sees


def test_nobody_finds_a_session_that_does_not_exist(reading: Tx, named: Named, actor: Of) -> None:
    assert queries.session(reading, actor=actor("luodian", "operator"), session_id=named("x")) is None


def test_an_order_tells_its_offers_in_the_sequence_of_asking(reading: Tx, named: Named, actor: Of) -> None:
    order = queries.order(reading, actor=actor("luodian", "school_staff"), order_id=named("order"))
    assert order is not None
    assert (order["state"], order["asked"], order["venue_name"]) == ("delivered", 2, "大礼堂")
    assert order["session_id"] == named("session")
    assert order["first_window_at"] == START - timedelta(hours=1)
    assert [(offer["state"], offer["reason"]) for offer in order["offers"]] == [
        ("declined", "出差"),
        ("accepted", ""),
    ]


def test_orders_are_seen_by_their_organisation_and_the_districts_operator(
    reading: Tx, named: Named, actor: Of
) -> None:
    def seen(viewer: Actor) -> int:
        return queries.orders(reading, actor=viewer).total

    assert seen(actor("luodian", "school_staff")) == 3
    assert seen(actor("tiandu", "school_staff")) == 0
    assert seen(actor("tiandu", "operator")) == 3
    assert seen(actor("tiandu", "operator", district="kaifu")) == 0
    assert queries.order(reading, actor=actor("hospital", "liaison"), order_id=named("order")) is None
    assert queries.orders(reading, actor=actor("luodian"), states=("unmet",)).total == 2
    assert queries.open_orders(reading, actor=actor("luodian")).total == 0


def test_offers_are_seen_by_the_three_concerned(reading: Tx, named: Named, actor: Of) -> None:
    for viewer in (actor("luodian"), actor("hospital"), actor("elsewhere", person="wang", district="kaifu")):
        assert queries.offer(reading, actor=viewer, offer_id=named("second")) is not None
    assert queries.offer(reading, actor=actor("tiandu"), offer_id=named("second")) is None
    assert queries.offers_for_lecturer(reading, person_id=named("wang")).total == 1
    assert queries.offers_for_lecturer(reading, person_id=named("wang"), waiting_only=True).total == 0
    assert queries.offers_for_lender(reading, organisation_id=named("hospital")).total == 2


def test_offers_wait_first_for_the_liaison_then_for_the_lecturer(
    harness: Harness, story: Any, deliver: Any, named: Named
) -> None:
    def waiting() -> tuple[int, int]:
        with harness.store.reading() as tx:
            lender = queries.offers_for_lender(tx, organisation_id=named("hospital"), waiting_only=True)
            lecturer = queries.offers_for_lecturer(tx, person_id=named("chen"), waiting_only=True)
            return lender.total, lecturer.total

    seen = []
    for each in story.told:
        if each.type.aggregate == "order" and each.aggregate == named("order"):
            deliver([each])
            seen.append((each.type.name.split(".", 1)[1], waiting()))
    assert seen[2:5] == [
        ("offer.made.v1", (1, 0)),
        ("offer.approved.v1", (0, 1)),
        ("offer.declined.v1", (0, 0)),
    ]


def test_the_menu_says_who_gives_a_topic_and_how_it_was_rated(reading: Tx, named: Named, actor: Of) -> None:
    with statements(reading) as sent:
        page = queries.topics(reading, actor=actor("tiandu", "learner"))
    assert len(sent) == 1
    first, second = page.items
    assert (first["lecturers"], first["held"], first["rating"], first["answers"]) == (1, 1, 4.5, 10)
    assert (second["lecturers"], second["held"], second["rating"], second["answers"]) == (0, 0, None, 0)
    assert first["organisation_name_en"] == "Luodian"
    assert queries.topics(reading, actor=actor("tiandu"), search="100%").total == 1
    assert queries.topics(reading, actor=actor("tiandu"), search="_").total == 1
    assert queries.topics(reading, actor=actor("tiandu"), category="sports").total == 0
    assert queries.topics(reading, actor=actor("qingshuitang", district="kaifu")).total == 0
    assert queries.topic(reading, actor=actor("x", district="kaifu"), topic_id=named("T1")) is None


def test_places_groups_agreements_and_lecturers(reading: Tx, named: Named, actor: Of) -> None:
    [venue] = queries.venues(reading, district_id=named("baoshan"), organisation_id=named("luodian"))
    assert (venue["name"], venue["capacity"]) == ("大礼堂", 3)
    assert [group["size"] for group in queries.groups(reading, organisation_id=named("luodian"))] == [40]
    for side in ("hospital", "luodian"):
        [pact] = queries.agreements(reading, organisation_id=named(side))
        assert (pact["lender_name"], pact["borrower_name"], pact["used"]) == ("hospital", "luodian", 1)
    staff = actor("luodian", "school_staff")
    [lent] = queries.lecturers(reading, actor=staff, today=date(2026, 3, 2))
    assert (lent["lecturer_id"], lent["lent"], lent["monthly_cap"]) == (named("wang"), True, 6)
    assert queries.lecturers(reading, actor=staff, today=date(2027, 3, 2)) == []
    assert queries.lecturers(reading, actor=actor("tiandu"), today=date(2026, 3, 2)) == []


def test_a_lecturers_week_tells_others_only_that_the_time_is_taken(
    reading: Tx, named: Named, actor: Of
) -> None:
    def week(viewer: Actor) -> list[dict[str, Any]]:
        return queries.lecturer_week(reading, actor=viewer, lecturer_id=named("wang"), **WEEK)

    for viewer in (
        actor("anywhere", "lecturer", person="wang"),
        actor("hospital", "liaison"),
        actor("luodian", "school_staff"),
    ):
        [own] = week(viewer)
        assert (own["mine"], own["title"], own["venue_name"]) == (True, "急救常识", "大礼堂")
    for viewer in (actor("tiandu", "school_staff"), actor("hospital", "learner")):
        assert week(viewer) == [
            {"kind": "busy", "starts_at": START, "ends_at": START + timedelta(hours=2), "mine": False}
        ]


def test_my_seats_my_place_on_the_list_and_my_hours(reading: Tx, named: Named) -> None:
    with statements(reading) as sent:
        page = queries.my_seats(reading, person_id=named("li"), now=START)
    assert len(sent) == 1
    [seat] = page.items
    assert (seat["state"], seat["minutes"], seat["organisation_name"]) == ("attended", 120, "luodian")
    assert (seat["starts_at"], seat["session_state"]) == (START, "held")
    waiting = queries.my_seat(reading, person_id=named("sun"), session_id=named("session"))
    assert waiting == {"seat_id": named("seat of sun"), "state": "waiting", "position": 1}
    assert queries.my_seat(reading, person_id=named("wang"), session_id=named("session")) is None
    year = {"on_from": date(2026, 1, 1), "on_before": date(2027, 1, 1)}
    assert queries.my_hours(reading, person_id=named("li"), **year) == {"person_times": 1, "minutes": 120}
    assert queries.my_hours(reading, person_id=named("sun"), **year) == {"person_times": 0, "minutes": 0}
    assert queries.unread_count(reading, person_id=named("li")) == 1


@pytest.mark.parametrize(
    ("when", "now", "found"),
    [
        ("upcoming", START, 1),
        ("upcoming", START + timedelta(hours=2), 0),
        ("past", START, 0),
        ("past", START + timedelta(hours=2), 1),
    ],
)
def test_my_seats_are_to_come_until_the_session_ends(
    reading: Tx, named: Named, when: str, now: datetime, found: int
) -> None:
    assert queries.my_seats(reading, person_id=named("li"), now=now, when=when).total == found


def test_a_seat_told_before_its_session_is_shown_as_the_seat_states(
    harness: Harness, story: Any, deliver: Any, named: Named
) -> None:
    deliver([each for each in story.told if each.type.source == "enrollment"])
    with harness.store.reading() as tx:
        [seat] = queries.my_seats(tx, person_id=named("li"), now=START).items
    assert (seat["title"], seat["starts_at"]) == ("急救常识", START - timedelta(hours=1))
    assert seat["session_state"] is None


def test_counts_per_organisation(reading: Tx, named: Named) -> None:
    with statements(reading) as sent:
        table = queries.counts(
            reading,
            district_id=named("baoshan"),
            **WEEK,
            on_from=date(2026, 3, 2),
            on_before=date(2026, 3, 9),
        )
    assert len(sent) == 1
    by_name = {row["name"]: row for row in table}
    assert set(by_name) == {"luodian", "tiandu", "hospital"}
    host = by_name["luodian"]
    assert (host["orders"], host["unmet"], host["hosted"], host["held"]) == (3, 2, 1, 1)
    assert (by_name["hospital"]["lent"], by_name["hospital"]["hosted"]) == (1, 0)
    branch = by_name["tiandu"]
    assert (branch["learners"], branch["person_times"], branch["minutes"]) == (2, 1, 120)


def test_unmet_topics_are_counted_together(reading: Tx, named: Named) -> None:
    page = queries.unmet_topics(reading, district_id=named("baoshan"))
    [topic] = page.items
    assert (topic["title"], topic["orders"], topic["organisations"]) == ("太空旅行", 2, 1)
    assert (topic["head_count"], topic["missing"], topic["last_placed_at"]) == (6, 2, A_MONDAY)
    assert queries.unmet_topics(reading, district_id=named("kaifu")).items == []


def test_results_are_seen_by_host_lender_and_lecturer(reading: Tx, actor: Of) -> None:
    def seen(viewer: Actor) -> int:
        return queries.results(reading, actor=viewer).total

    assert seen(actor("luodian", "school_staff")) == 1
    assert seen(actor("hospital", "liaison")) == 1
    assert seen(actor("anywhere", "lecturer", person="wang", district="kaifu")) == 1
    assert seen(actor("tiandu", "operator")) == 1
    assert seen(actor("luodian", "learner")) == 0
    assert seen(actor("tiandu", "school_staff")) == 0
    [result] = queries.results(reading, actor=actor("luodian", "principal")).items
    assert (result["answers"], result["overall"]) == (10, 4.5)


def test_what_waits_for_whom(reading: Tx, actor: Of) -> None:
    with statements(reading) as sent:
        learner = queries.waiting(reading, actor=actor("tiandu", "learner", person="li"), now=START)
    assert len(sent) == 1
    assert (learner["to_evaluate"], learner["unread"], learner["to_accept"]) == (1, 1, 0)
    staff = queries.waiting(reading, actor=actor("luodian", "school_staff"), now=START)
    assert (staff["open_orders"], staff["unmet_orders"], staff["door_today"]) == (0, 2, 0)


def test_pages_count_what_they_leave_out(reading: Tx, actor: Of) -> None:
    staff = actor("luodian", "school_staff")
    first = queries.orders(reading, actor=staff, limit=2)
    last = queries.orders(reading, actor=staff, limit=2, offset=2)
    beyond = queries.orders(reading, actor=staff, limit=2, offset=9)
    assert [len(page.items) for page in (first, last, beyond)] == [2, 1, 0]
    assert {page.total for page in (first, last, beyond)} == {3}
    assert queries.orders(reading, actor=staff, limit=10_000).limit == 100


def test_a_silent_source_makes_the_views_old(harness: Harness) -> None:
    def ages() -> dict[str, queries.Age]:
        with harness.store.reading() as tx:
            return {each.source: each for each in queries.age(tx, now=tx.now)}

    assert ages()["scheduling"] == queries.Age("scheduling", None, None, 0)
    assert queries.lag(list(ages().values())) is None
    with harness.store.engine.begin() as connection:
        heard_now = insert(pulses).values(source="scheduling", heard_at=database_time(), source_time=A_MONDAY)
        connection.execute(heard_now)
    heard = ages()["scheduling"]
    assert heard.seconds is not None
    assert heard.seconds < 5
    late = queries.Age("scheduling", A_MONDAY, 31.0, 2)
    assert queries.lag([heard, late]) == late
    assert queries.lag([heard]) is None


def test_what_waits_in_the_inbox_makes_the_views_old(harness: Harness, story: Any) -> None:
    second = next(each for each in story.told if each.version == 2)
    harness.deliver(second.type, aggregate=second.aggregate, data=second.data, version=2, event_id=second.id)
    with harness.store.reading() as tx:
        waiting = next(each for each in queries.age(tx, now=tx.now) if each.source == "scheduling")
    assert waiting.waiting == 1
    assert waiting.seconds is not None


def test_places_and_groups_for_an_order_are_those_of_the_family_and_of_lenders(
    reading: Tx, named: Named
) -> None:
    def places(organisation: str, today: date = date(2026, 3, 2)) -> list[str]:
        found = queries.venues_to_order(reading, organisation_id=named(organisation), today=today)
        return [venue["name"] for venue in found]

    assert places("luodian") == ["大礼堂"]
    assert places("tiandu") == ["大礼堂"]  # its parent's
    assert places("hospital") == []
    assert [group["name"] for group in queries.groups(reading, organisation_id=named("tiandu"))] == []


def test_seats_of_one_organisation_in_a_session(reading: Tx, named: Named) -> None:
    seats = queries.seats_of_organisation(
        reading, session_id=named("session"), organisation_id=named("tiandu")
    )
    assert {person: seat["state"] for person, seat in seats.items()} == {named("li"): "attended"}


def test_organisations_come_with_schools_first(reading: Tx, named: Named) -> None:
    found = queries.organisations(reading, district_id=named("baoshan"))
    assert [one["name"] for one in found] == ["luodian", "tiandu", "hospital"]
    by_id = queries.organisation_names(reading, ids=[named("tiandu"), named("nobody")])
    assert by_id == {named("tiandu"): {"organisation_name": "tiandu", "organisation_name_en": "Tiandu"}}
