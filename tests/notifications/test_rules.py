"""Who is concerned, how times read, how long to wait before trying again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from notifications.rules.concerned import TOLD, Hat, People, concerned
from notifications.rules.retry import CAP, TRIES, wait_after
from notifications.rules.wording import Both, Wording, named, one_line, place

EVERYBODY = People(
    lecturer="lecturer",
    learners=frozenset({"learner"}),
    liaisons=frozenset({"liaison"}),
    staff=frozenset({"staff"}),
)
SHANGHAI = Wording(zone=ZoneInfo("Asia/Shanghai"), now=datetime(2026, 11, 20, tzinfo=UTC))


@pytest.mark.parametrize("kind", sorted(TOLD))
def test_each_is_told_under_their_own_hat(kind: str) -> None:
    told = concerned(kind=kind, people=EVERYBODY)
    assert told == {str(hat): hat for hat in told.values()}
    assert told


@pytest.mark.parametrize("asked", [Hat.LECTURER, Hat.LIAISON])
def test_an_offer_is_told_to_whom_it_waits_for(asked: Hat) -> None:
    people = People(
        lecturer="lecturer", liaisons=frozenset({"liaison"}), staff=frozenset({"staff"}), asked=asked
    )
    assert concerned(kind="offer.made", people=people) == {str(asked): asked}
    assert concerned(kind="offer.withdrawn", people=people) == {str(asked): asked}
    assert concerned(kind="offer.lapsed", people=people) == {str(asked): asked, "staff": Hat.STAFF}


def test_one_person_with_every_hat_is_told_once_under_the_first() -> None:
    many = frozenset({"p"})
    people = People(lecturer="p", learners=many, liaisons=many, staff=many)
    assert concerned(kind="session.cancelled", people=people) == {"p": Hat.LECTURER}
    people = People(lecturer=None, learners=many, liaisons=many, staff=many)
    assert concerned(kind="session.cancelled", people=people) == {"p": Hat.LEARNER}
    people = People(lecturer=None, liaisons=many, staff=many)
    assert concerned(kind="session.cancelled", people=people) == {"p": Hat.LIAISON}


def test_who_did_it_is_not_told_where_that_would_be_silly() -> None:
    people = People(staff=frozenset({"a", "b"}), actor="a")
    assert concerned(kind="order.placed", people=people) == {"b": Hat.STAFF}
    assert concerned(kind="order.cancelled", people=people) == {"b": Hat.STAFF}
    assert set(concerned(kind="order.unmet", people=people)) == {"a", "b"}


def test_nobody_concerned_is_nobody_told() -> None:
    assert [concerned(kind=kind, people=People()) for kind in TOLD] == [{}] * len(TOLD)


def at(year: int, month: int, day: int, hour: int, minute: int) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "zh", "en"),
    [
        (
            at(2026, 11, 25, 19, 0),
            at(2026, 11, 25, 20, 30),
            "11月25日（周三）19:00–20:30",
            "Wed 25 November, 19:00–20:30",
        ),
        (
            at(2027, 1, 3, 9, 5),
            at(2027, 1, 3, 10, 0),
            "2027年1月3日（周日）09:05–10:00",
            "Sun 3 January 2027, 09:05–10:00",
        ),
        (
            at(2026, 12, 31, 23, 0),
            at(2027, 1, 1, 1, 0),
            "12月31日（周四）23:00至2027年1月1日（周五）01:00",
            "Thu 31 December, 23:00 to Fri 1 January 2027, 01:00",
        ),
    ],
)
def test_a_span_in_words(starts_at: datetime, ends_at: datetime, zh: str, en: str) -> None:
    assert SHANGHAI.span(starts_at, ends_at) == Both(zh=zh, en=en)
    assert SHANGHAI.span(starts_at.astimezone(UTC), ends_at.astimezone(UTC)) == Both(zh=zh, en=en)


def test_a_moment_in_words_is_local() -> None:
    assert SHANGHAI.moment(datetime(2026, 11, 25, 16, 30, tzinfo=UTC)) == Both(
        zh="11月26日（周四）00:30", en="Thu 26 November, 00:30"
    )


@pytest.mark.parametrize(
    ("online", "name", "address", "said"),
    [
        (True, "党群中心", "市一路1号", Both(zh="线上", en="online")),
        (False, "党群中心", "市一路1号", Both(zh="党群中心（市一路1号）", en="党群中心 (市一路1号)")),
        (False, "党群中心", "", Both(zh="党群中心", en="党群中心")),
        (False, "", "市一路1号", Both(zh="市一路1号", en="市一路1号")),
        (None, "", "", Both(zh="", en="")),
    ],
)
def test_a_place_in_words(online: bool | None, name: str, address: str, said: Both) -> None:
    assert place(online=online, venue_name=name, address=address) == said


def test_a_title_that_quotes_a_work_is_not_quoted_in_the_same_marks() -> None:
    assert named("消防安全") == Both(zh="《消防安全》", en="消防安全")
    assert named("《长津湖》学习分享") == Both(zh="“《长津湖》学习分享”", en="《长津湖》学习分享")


def test_a_subject_has_no_line_break() -> None:
    assert one_line("a\r\nBcc: all@example.com\n\tb") == "a Bcc: all@example.com b"


def test_waits_double_up_to_an_hour_and_end() -> None:
    longest = [wait_after(attempt=attempt, draw=lambda: 1.0) for attempt in range(1, TRIES + 1)]
    assert longest == [timedelta(seconds=30 * 2**n) for n in range(TRIES - 1)] + [None]
    assert all(wait is None or wait <= CAP for wait in longest)
    assert wait_after(attempt=3, draw=lambda: 0.5) == timedelta(seconds=60)
    assert wait_after(attempt=TRIES + 1, draw=lambda: 1.0) is None
