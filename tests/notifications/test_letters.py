"""Every message can be written for every reader, in both languages, and says what to do next."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest
from jinja2 import UndefinedError
from notifications import letters
from notifications.rules.concerned import TOLD, Hat
from notifications.rules.wording import Both

FACTS: dict[str, Any] = {
    "title": Both(zh="《课》", en="Class"),
    "host": Both(zh="罗店社区党校", en="Luodian School"),
    "lender": Both(zh="疾控中心", en="CDC"),
    "lecturer": Both(zh="吴医生", en="Dr Wu"),
    "placer": Both(zh="小陈", en="Chen"),
    "when": Both(zh="11月25日（周三）19:00–20:30", en="Wed 25 November, 19:00–20:30"),
    "old_when": Both(zh="旧时间", en="old time"),
    "new_when": Both(zh="新时间", en="new time"),
    "old_place": Both(zh="旧地点", en="old place"),
    "new_place": Both(zh="", en=""),
    "place": Both(zh="党群中心", en="centre"),
    "deadline": Both(zh="11月21日（周六）09:00", en="Sat 21 November, 09:00"),
    "windows": [Both(zh="窗", en="window")],
    "reason": "because",
    "head_count": 40,
    "asked_count": 1,
    "position": 2,
    "was": "waiting",
    "late": "liaison",
    "answers": 5,
    "overall": "4.60",
}


def test_every_kind_has_its_templates_and_there_are_no_others() -> None:
    for language in ("zh", "en"):
        found = {path.name for path in (files("notifications") / "templates" / language).iterdir()}
        assert found == {f"{kind}.txt" for kind in TOLD}


@pytest.mark.parametrize("kind", sorted(TOLD))
@pytest.mark.parametrize("hat", list(Hat))
def test_every_letter_says_what_happened_and_what_to_do(kind: str, hat: Hat) -> None:
    letter = letters.write(kind=kind, hat=hat, facts=FACTS)
    for text in (letter.subject.zh, letter.subject.en):
        assert text
        assert "\n" not in text
        assert "{" not in text
    assert "《课》" in letter.subject.zh
    assert "Class" in letter.subject.en
    assert "接下来：" in letter.body.zh
    assert "Next: " in letter.body.en
    for body in (letter.body.zh, letter.body.en):
        assert body == body.strip()
        assert "\n\n" not in body
        assert "{" not in body
        assert "  " not in body
        assert "None" not in body


def test_a_fact_that_nobody_gave_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        letters.write(
            kind="offer.made",
            hat=Hat.LECTURER,
            facts={key: value for key, value in FACTS.items() if key != "deadline"},
        )


def test_an_unknown_place_is_said_to_be_open() -> None:
    letter = letters.write(kind="session.rescheduled", hat=Hat.LEARNER, facts=FACTS)
    assert "地点：旧地点 → 未定" in letter.body.zh
    assert "Place: old place → not known" in letter.body.en


def test_names_are_plain_text() -> None:
    facts = {**FACTS, "host": Both(zh="<b>党校</b> & {{ 7 * 7 }}", en="<b>School</b>")}
    letter = letters.write(kind="offer.made", hat=Hat.LECTURER, facts=facts)
    assert "<b>党校</b> & {{ 7 * 7 }}邀请您讲" in letter.body.zh
