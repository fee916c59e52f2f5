"""The example region: its files say what the articles say, and its history is real and played once."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from chassis.config import Settings
from chassis.store import Store
from enrollment.tables import Seat
from feedback.tables import Form
from gateway.directory.tables import Account
from notifications.tables import Message
from scheduling.tables import Lecturer, Offer, Order, Session
from sqlalchemy import func, select

from chassis import config, tables
from lectern import databases
from lectern import settings as settings_of
from lectern.example import accounts, evenings, load, marks
from lectern.example.cast import DEMO_LOGINS, OTHER_LOGINS
from lectern.example.dates import FRIDAY, SUNDAY, WEDNESDAY, Calendar
from lectern.example.region import FOLDER, read
from lectern.parts import DATABASES

SHANGHAI = ZoneInfo("Asia/Shanghai")
REAL_NAMES = {"艾美莲", "张林仁", "王诗颖", "汤国清", "彭笑予"}


def rows_of(sheet: str) -> list[dict[str, Any]]:
    workbook = read(today=date(2026, 3, 4))
    found = next(each for each in workbook.sheets if each.kind.name == sheet)
    return [found.values(row) for row in found.rows]


def test_the_files_open_in_excel_and_say_nothing_unknown() -> None:
    assert all(path.read_bytes().startswith(b"\xef\xbb\xbf") for path in FOLDER.glob("*.csv"))
    assert read(today=date(2026, 3, 4)).remarks == ()


def test_nobody_in_it_is_real() -> None:
    people = rows_of("people")
    names = [person["name"] for person in people]
    assert len(names) == len(set(names))
    assert REAL_NAMES.isdisjoint(names)
    assert all(person["email"].endswith("@example.org") for person in people)
    assert all(person["phone"].startswith("100") for person in people)  # no mobile number begins so


def test_it_holds_what_the_articles_count_and_name() -> None:
    organisations = rows_of("organisations")
    partners = [row for row in organisations if row["code"].startswith("QS-P")]
    assert len(partners) == 30
    assert {"省政协", "省委统战部", "省体育局", "中国共产党长沙历史馆", "湖南省博物馆"} <= {
        row["name"] for row in partners
    }
    council = [row for row in rows_of("people") if "council_member@LD-SCHOOL" in row["roles"]]
    assert len(council) == 9
    assert len(rows_of("lecturers")) >= 40
    assert {row["approval"] for row in rows_of("agreements")} == {"automatic", "liaison"}
    evenings_free = [
        row for row in rows_of("availability") if row["person"].startswith("QS") and row.get("weekday") == "3"
    ]
    assert len(evenings_free) == len([row for row in rows_of("lecturers") if row["person"].startswith("QS")])


@pytest.mark.parametrize("day", range(1, 8))
def test_days_lie_where_the_story_needs_them(day: int) -> None:
    days = Calendar(datetime(2026, 6, day, 15, 59, tzinfo=UTC), SHANGHAI)
    for weekday in range(1, 8):
        past, coming = days.past(weekday, "19:00"), days.coming(weekday, "09:00")
        assert past.isoweekday() == coming.isoweekday() == weekday
        assert 1 <= (days.today - past.date()).days <= 7
        assert 2 <= (coming.date() - days.today).days <= 8
    assert days.past(WEDNESDAY, "19:00", weeks=3) == days.past(WEDNESDAY, "19:00") - timedelta(weeks=3)
    assert days.coming(SUNDAY, "09:00", weeks=1) == days.coming(SUNDAY, "09:00") + timedelta(weeks=1)
    assert days.past(FRIDAY, "15:00").tzinfo == SHANGHAI


@pytest.mark.parametrize("hour", range(24))
def test_a_session_within_the_hour_lies_by_day(hour: int) -> None:
    now = datetime(2026, 6, 1, hour, 58, 31, tzinfo=SHANGHAI)
    start = Calendar(now, SHANGHAI).soon(60)
    assert start > now + timedelta(minutes=39)
    assert start.minute % 5 == start.second == 0
    assert 8 <= start.hour <= 20
    assert start.date() - now.date() <= timedelta(days=1)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation with the example; the first load was interrupted before the history."""
    home = tmp_path_factory.mktemp("example")
    settings = config.load(home=home)
    databases.upgrade_all(settings_of.database_urls(settings))

    def stop_before_the_history(line: str) -> None:
        if "weeks" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(settings, say=stop_before_the_history)
    load(settings)
    return settings


def rows(settings: Settings, name: str, query: Any) -> list[Any]:
    store = Store(name, settings.database_url(name))
    try:
        with store.reading() as tx:
            return list(tx.session.execute(query).all())
    finally:
        store.dispose()


def counts(settings: Settings, name: str, column: Any) -> Counter[Any]:
    return Counter(dict(map(tuple, rows(settings, name, select(column, func.count()).group_by(column)))))


def check_history(settings: Settings) -> None:
    """What the pages have to show: each state of an order, an offer, a session and a seat."""
    assert counts(settings, "scheduling", Session.state) == {"held": 7, "scheduled": 5}
    assert counts(settings, "scheduling", Order.state) == {
        "delivered": 7,
        "scheduled": 5,
        "offering": 5,
        "placed": 2,
        "unmet": 2,
    }
    assert counts(settings, "scheduling", Offer.state) == {
        "accepted": 12,
        "awaiting_approval": 2,
        "offered": 3,
        "declined": 1,
    }
    assert counts(settings, "enrollment", Seat.state) == {
        "attended": 54,
        "missed": 7,
        "seated": 42,
        "waiting": 4,
    }
    rated = select(Lecturer.rating_mean).where(Lecturer.rating_answers > 0)
    assert len(rows(settings, "scheduling", rated)) == 7
    assert rows(settings, "feedback", select(func.count()).select_from(Form)) == [(7,)]
    kinds = counts(settings, "notifications", Message.kind)
    assert {"offer.made", "session.rescheduled", "seat.waitlisted", "result.published"} <= kinds.keys()
    for name in DATABASES:
        states = counts(settings, name, tables.inbox.c.state)
        assert set(states) <= {"done"}, (name, states)
        unpublished = select(func.count()).where(tables.outbox.c.published_at.is_(None))
        assert rows(settings, name, unpublished) == [(0,)]


def test_the_history_shows_every_state(loaded: Settings) -> None:
    check_history(loaded)


def test_the_offers_still_wait_for_their_answers(loaded: Settings) -> None:
    now = datetime.now(UTC)
    waiting = select(Offer.deadline).where(Offer.state.in_(("awaiting_approval", "offered")))
    for (deadline,) in rows(loaded, "scheduling", waiting):
        assert now + timedelta(hours=20) < deadline < now + timedelta(hours=25)


def test_a_second_load_does_nothing(loaded: Settings) -> None:
    def everything() -> list[Any]:
        told = [rows(loaded, name, select(func.max(tables.outbox.c.id))) for name in DATABASES]
        return [*told, rows(loaded, "directory", select(Account.login, Account.epoch))]

    before = everything()
    assert load(loaded) == accounts(loaded)
    assert everything() == before


def test_there_is_an_account_for_each_role_of_each_district(loaded: Settings) -> None:
    found = accounts(loaded)
    assert [(account.login, account.role) for account in found] == list(DEMO_LOGINS.items())
    assert len({account.district for account in found}) == 2
    logins = {login for (login,) in rows(loaded, "directory", select(Account.login))}
    assert logins == {*DEMO_LOGINS, *OTHER_LOGINS}


def test_an_interrupted_load_keeps_its_dates(settings: Settings) -> None:
    store = Store("directory", settings.database_url("directory"))
    first = marks.begun_at(store, now=datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC))
    assert marks.begun_at(store, now=datetime(2026, 4, 1, tzinfo=UTC)) == first
    assert first == datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert not marks.is_loaded(store)
    marks.finish(store)
    assert marks.is_loaded(store)
    store.dispose()


@pytest.mark.timeout(900)
def test_the_history_on_postgresql(
    postgres_url: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, package in DATABASES.items():
        monkeypatch.setenv(f"{name.upper()}_DATABASE_URL", postgres_url(name, package=package))
    settings = config.load(home=tmp_path)
    load(settings)
    check_history(settings)


def test_every_code_of_the_story_is_in_the_files() -> None:
    days = Calendar(datetime(2026, 3, 4, tzinfo=UTC), SHANGHAI)
    told = Path(evenings.__file__).read_text()
    known = {
        row["code"]
        for sheet in ("organisations", "people", "topics", "venues", "groups")
        for row in rows_of(sheet)
    }
    assert set(re.findall(r'"((?:LD|QS)-[A-Z0-9]+)"', told)) <= known
    keys = [each.key for each in [*evenings.held(days), *evenings.coming(days)]]
    keys += [wish.key for wish in evenings.wishes(days)]
    assert len(keys) == len(set(keys))
