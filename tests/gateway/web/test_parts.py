"""The pieces: moments in words, the catalogue, the icons, what was vendored."""

from __future__ import annotations

import hashlib
import io
import re
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from gateway.web import times, words
from gateway.web.order_form import window_count
from gateway.web.typed import Typed
from hypothesis import given
from hypothesis import strategies as st

from contracts import vocabulary

ZONE = ZoneInfo("Asia/Shanghai")
GATEWAY = Path(str(files("gateway")))
TODAY = date(2026, 11, 1)
EVENING = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "span"),
    [("zh", "11月25日（周三）19:00–21:00"), ("en", "Wed 25 Nov, 19:00–21:00")],
)
def test_a_span_has_its_weekday(language: str, span: str) -> None:
    end = EVENING + timedelta(hours=2)
    assert times.say_span(EVENING, end, zone=ZONE, language=language, today=TODAY) == span


def test_another_year_is_said_and_another_day_too() -> None:
    assert times.say_day(date(2027, 1, 4), language="zh", today=TODAY) == "2027年1月4日（周一）"
    assert times.say_day(date(2027, 1, 4), language="en", today=TODAY) == "Mon 4 Jan 2027"
    late = times.say_span(EVENING, EVENING + timedelta(hours=6), zone=ZONE, language="zh", today=TODAY)
    assert late == "11月25日（周三）19:00 – 11月26日（周四）01:00"


@pytest.mark.parametrize(
    ("minutes", "zh", "en"),
    [
        (0, "0 分钟", "0 min"),
        (45, "45 分钟", "45 min"),
        (120, "2 小时", "2 h"),
        (95, "1 小时 35 分钟", "1 h 35 min"),
    ],
)
def test_minutes(minutes: int, zh: str, en: str) -> None:
    assert times.say_minutes(minutes, language="zh") == zh
    assert times.say_minutes(minutes, language="en") == en


@pytest.mark.parametrize(
    ("monday", "zh", "en"),
    [
        (date(2026, 11, 16), "11月16日–22日", "16–22 Nov"),
        (date(2026, 11, 30), "11月30日–12月6日", "30 Nov – 6 Dec"),
    ],
)
def test_a_week(monday: date, zh: str, en: str) -> None:
    assert times.say_week(monday, language="zh") == zh
    assert times.say_week(monday, language="en") == en


@given(st.dates(date(2001, 1, 1), date(2100, 1, 1)))
def test_weeks_begin_on_monday(day: date) -> None:
    monday = times.monday_of(day)
    assert monday.weekday() == 0
    assert timedelta(0) <= day - monday < timedelta(days=7)


@given(st.integers(0, 50 * 365 * 24 * 60))
def test_what_is_typed_comes_back(minutes: int) -> None:
    moment = datetime(2001, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    local = moment.astimezone(ZONE)
    assert times.moment_of(f"{local:%Y-%m-%d}", f"{local:%H:%M}", ZONE) == moment


@given(st.text(max_size=20), st.text(max_size=20))
def test_nonsense_is_no_moment_and_no_error(day: str, clock: str) -> None:
    assert times.moment_of(day, clock, ZONE) is None or re.match(r"\d{4}", day)
    assert isinstance(times.day_of(day, TODAY), date)


@given(st.dictionaries(st.sampled_from(["windows", "day_0", "day_4", "until_9"]), st.text(max_size=4)))
def test_as_many_windows_are_shown_as_were_typed(typed: dict[str, str]) -> None:
    count = window_count(Typed(typed))
    assert 2 <= count <= 99
    for name, needed in (("day_4", 5), ("until_9", 10)):
        if typed.get(name):
            assert count >= needed


def test_every_word_of_the_contracts_has_words() -> None:
    for list_name, values in (
        ("role", vocabulary.ROLES),
        ("organisation_kind", vocabulary.ORGANISATION_KINDS),
        ("lecturer_kind", vocabulary.LECTURER_KINDS),
        ("form", vocabulary.FORMS),
        ("category", vocabulary.CATEGORIES),
        ("audience", vocabulary.AUDIENCES),
        ("approval", vocabulary.APPROVALS),
        ("question", vocabulary.QUESTIONS),
    ):
        assert set(words.LISTS[list_name]) == set(values), list_name


def test_the_english_catalogue_is_complete_and_compiled() -> None:
    folder = GATEWAY / "translations" / "en" / "LC_MESSAGES"
    catalogue = read_po(io.BytesIO((folder / "messages.po").read_bytes()), locale="en")
    used = set(_sentences())
    assert used == {message.id for message in catalogue if message.id}
    empty = [message.id for message in catalogue if message.id and not message.string]
    assert empty == []
    for message in catalogue:
        assert _placeholders(message.id) == _placeholders(message.string), message.id
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    assert compiled.getvalue() == (folder / "messages.mo").read_bytes()


def _placeholders(sentence: Any) -> set[str]:
    return set(re.findall(r"%\(\w+\)s", str(sentence or "")))


def _sentences() -> list[Any]:
    with (GATEWAY.parent / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)
    found = extract_from_dir(
        GATEWAY.parent, methods, options, keywords={"_": None, "gettext": None, "lazy_gettext": None}
    )
    return [sentence for _file, _line, sentence, _comments, _context in found]


def test_vendored_files_are_those_that_were_taken() -> None:
    folder = GATEWAY / "static" / "vendor"
    lines = (line.split("  ./", 1) for line in (folder / "SHA256SUMS").read_text().splitlines())
    listed = {name: digest for digest, name in lines}
    found = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("SHA256SUMS", "README.md")
    }
    assert found == listed
    assert all((folder / name / "LICENSE").exists() for name in ("bootstrap", "bootstrap-icons", "htmx"))


def test_every_icon_named_is_vendored() -> None:
    icons = {path.stem for path in (GATEWAY / "static" / "vendor" / "bootstrap-icons").glob("*.svg")}
    for template in (GATEWAY / "templates").rglob("*.html"):
        named = set(re.findall(r'icon\("([a-z-]+)"', template.read_text(encoding="utf-8")))
        assert named <= icons, (template.name, named - icons)
