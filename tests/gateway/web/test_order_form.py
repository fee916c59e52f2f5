"""No order form ever loses what was typed, and what is wrong stands beside the field."""

from __future__ import annotations

from typing import Any

import pytest

TYPED = {
    "topic_id": "missing",
    "missing_topic": "社区急救 <b>入门</b>",
    "day_0": "2026-03-20",
    "from_0": "14:00",
    "until_0": "16:00",
    "day_1": "2026-03-21",
    "from_1": "09:00",
    "until_1": "11:00",
    "place": "venue",
    "audience": "community",
    "head_count": "35",
    "share_0": "",
    "seats_0": "",
    "note": "请带教具\n谢谢",
}
WRONG = [
    ({"missing_topic": " "}, "missing_topic"),
    ({"missing_topic": "很" * 201}, "missing_topic"),
    ({"day_0": "", "from_0": "", "until_0": "", "day_1": "", "from_1": "", "until_1": ""}, "window_0"),
    ({"until_1": ""}, "window_1"),
    ({"day_1": "2026-02-30"}, "window_1"),
    ({"until_1": "08:00"}, "window_1"),
    ({"day_1": "2020-01-01"}, "window_1"),
    ({"head_count": "0"}, "head_count"),
    ({"head_count": "viele"}, "head_count"),
    ({"head_count": "²"}, "head_count"),
    ({"head_count": "9" * 400}, "head_count"),
    ({"venue_id": ""}, "venue_id"),
    ({"audience": "martians"}, "audience"),
    ({"seats_0": "5"}, "shares"),
    ({"note": "长" * 2001}, "note"),
]
MENU = "the topic of the menu"
# What only scheduling knows.
REFUSED = [
    ({"from_1": "09:03"}, "5 分钟"),
    ({"day_1": "2036-03-21"}, "天"),
    ({"from_1": "01:00", "until_1": "23:00"}, "14 小时"),
    ({"topic_id": MENU, "until_1": "09:30"}, "课程要 90 分钟"),
    ({"topic_id": "01a201fd-0e28-7efa-82c6-5fbd6a4f813b"}, "没有找到"),
    ({"topic_id": "nonsense"}, "不对"),
]


@pytest.mark.parametrize(("change", "field"), WRONG)
def test_what_is_wrong_stands_beside_the_field(
    visit: Any, world: Any, change: dict[str, str], field: str
) -> None:
    typed = {**TYPED, "venue_id": world.venue, **change}
    page = visit("s-staff").submit("/orders/new", "/orders/new", **typed, action="place")
    assert page.status == 422
    assert f'id="{field}-wrong"' in page.text
    assert page.text.count('class="wrong"') == 1
    kept = page.form("/orders/new").values
    for name in set(typed) - {"audience"}:
        assert kept[name].replace("\r", "") == typed[name], name
    assert "<b>入门</b>" not in page.text


@pytest.mark.parametrize(("change", "sentence"), REFUSED)
def test_a_refusal_of_the_service_keeps_everything(
    visit: Any, world: Any, change: dict[str, str], sentence: str
) -> None:
    typed = {**TYPED, "venue_id": world.venue, **change}
    typed["topic_id"] = world.topic if typed["topic_id"] == MENU else typed["topic_id"]
    page = visit("s-staff").submit("/orders/new", "/orders/new", **typed, action="place")
    assert page.status in (404, 409, 422), page.response.request.path
    assert 'id="problem"' in page.text
    assert sentence in page.text
    kept = page.form("/orders/new").values
    for name in set(typed) - {"topic_id"}:
        assert kept[name] == typed[name], name


def test_windows_are_added_without_javascript(visit: Any, world: Any) -> None:
    staff = visit("s-staff")
    page = staff.submit("/orders/new", "/orders/new", **TYPED, venue_id=world.venue, action="more")
    assert page.status == 200
    values = page.form("/orders/new").values
    assert "day_2" in values
    assert values["day_1"] == TYPED["day_1"]
    assert values["note"].replace("\r", "") == TYPED["note"]
    for _ in range(12):
        page = staff.send(page.form("/orders/new"), "/orders/new", action="more")
    assert "day_9" in page.form("/orders/new").values
    assert "day_10" not in page.form("/orders/new").values
    assert ("action", "more") not in page.form("/orders/new").buttons


def test_the_menu_leads_to_the_form_with_the_topic_chosen(visit: Any, world: Any) -> None:
    staff = visit("s-staff")
    assert f'href="/orders/new?topic={world.topic}"' in staff.get(f"/menu/{world.topic}").text
    form = staff.get(f"/orders/new?topic={world.topic}").form("/orders/new")
    assert form.values["topic_id"] == world.topic


def test_learners_are_offered_no_order(visit: Any, world: Any) -> None:
    learner = visit("s-learner1")
    assert "/orders/new" not in learner.get(f"/menu/{world.topic}").text
    assert learner.get("/orders/new").status == 403
