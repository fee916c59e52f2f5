"""What holds for every page that any role can reach by following links."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest

LOGINS = [
    "s-staff",
    "s-principal",
    "s-council",
    "s-operator",
    "s-lecturer",
    "s-learner1",
    "p-liaison",
    "x-staff",
]
MOST = 120
SPEAKS = ("aria-label", "aria-labelledby", "title")


def pages_of(visitor: Any) -> dict[str, Any]:
    """Every page that can be reached by links from the first one; one of each kind with an id in it."""
    seen: dict[str, Any] = {}
    kinds: Counter[str] = Counter()
    ahead = ["/", "/login"]
    while ahead and len(seen) < MOST:
        path = ahead.pop(0)
        kind = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<id>", re.sub(r"(week|offset|q)=[^&]*", "", path))
        if path in seen or kinds[kind] >= 2:
            continue
        kinds[kind] += 1
        seen[path] = page = visitor.get(path)
        links = [link.split("#")[0] for link in page.links]
        here = path.split("?")[0]
        ahead += [here + link if link.startswith("?") else link for link in links if link]
        ahead = [link for link in ahead if link.startswith("/") and not link.startswith(("//", "/api"))]
    return seen


@pytest.mark.parametrize("login", LOGINS)
def test_pages(visit: Any, login: str) -> None:
    pages = pages_of(visit(login))
    assert len(pages) >= 8
    for path, page in pages.items():
        assert page.status in (200, 303), (path, page.status, page.text)
        if page.status == 200:
            check(path, page)


def check(path: str, page: Any) -> None:
    """No inline script or style, one heading, unique ids, a label for every field, words on every button."""
    tags = page.tags
    for tag, attributes in tags:
        assert "style" not in attributes, (path, tag, attributes)
        assert not [name for name in attributes if name.startswith("on")], (path, tag, attributes)
        assert tag != "style", path
        assert tag != "script" or attributes.get("src", "").startswith("/static/"), path
    ids = Counter(attributes["id"] for _, attributes in tags if attributes.get("id"))
    assert not [name for name, count in ids.items() if count > 1], (path, ids.most_common(2))
    assert sum(tag == "h1" for tag, _ in tags) == 1, path
    labelled = {attributes.get("for") for tag, attributes in tags if tag == "label"}
    for tag, attributes in tags:
        if tag in ("select", "textarea") or (tag == "input" and attributes.get("type") != "hidden"):
            in_a_label = attributes.get("type") == "radio" and 'class="choice"' in page.text
            named = attributes.get("id") in labelled or any(attributes.get(name) for name in SPEAKS)
            assert named or in_a_label, (path, tag, attributes)
    posts = [form for form in page.forms if form.method == "post"]
    for form in posts:
        assert "csrf_token" in form.values, (path, form.action)


@pytest.mark.parametrize(
    "path",
    [
        "/menu/{}",
        "/orders/{}",
        "/offers/{}",
        "/sessions/{}",
        "/sessions/{}/members",
        "/sessions/{}/change",
        "/sessions/{}/shares",
        "/door/{}",
        "/c/{}",
        "/evaluate/{}",
        "/results/{}",
        "/lecturers/{}/week",
        "/orders/nonsense",
        "/nowhere",
    ],
)
def test_what_does_not_exist_is_a_page_that_says_so(visit: Any, path: str) -> None:
    page = visit("s-staff").get(path.format(uuid4()))
    assert page.status == 404
    assert "没有找到" in page.text
    assert page.response.headers["X-Request-Id"] in page.text


def test_ids_of_others_answer_like_ids_of_nobody(visit: Any, world: Any) -> None:
    order = world.an_order()
    stranger = visit("x-staff")

    def answer(path: str) -> str:
        page = stranger.get(path)
        assert page.status == 404
        text = page.text.replace(page.response.headers["X-Request-Id"], "")
        return re.sub(r'(csrf_token" value="|name="next" value=")[^"]*', r"\1", text)

    for path, id_ in (
        ("/orders/{}", order["order_id"]),
        ("/menu/{}", world.topic),
        ("/lecturers/{}/week", world.person["s-lecturer"]),
    ):
        assert answer(path.format(id_)) == answer(path.format(uuid4()))


@pytest.mark.parametrize(
    ("login", "path"),
    [
        ("s-learner1", "/orders"),
        ("s-learner1", "/counts"),
        ("s-learner1", "/keys"),
        ("s-learner1", "/members"),
        ("s-lecturer", "/orders/new"),
        ("s-council", "/orders/new"),
        ("p-liaison", "/members"),
    ],
)
def test_a_role_that_does_not_reach_so_far_is_told(visit: Any, login: str, path: str) -> None:
    page = visit(login).get(path)
    assert page.status == 403
    assert "您的角色不能做这件事" in page.text
    assert 'href="/"' in page.text


def test_english_pages_have_no_chinese_sentence_of_their_own(visit: Any) -> None:
    """What is left in Chinese are names, and what people typed."""
    visitor = visit("s-principal", language="en")
    for path in ("/orders/new", "/account", "/counts", "/results", "/lecturers", "/my"):
        text = re.sub(
            r"<[^>]*>", " ", re.sub(r"<(option|script)[^>]*>[^<]*</\1>", " ", visitor.get(path).text)
        )
        for name in (
            "中文",
            "党的历史",
            "大讲堂",
            "一组",
            "红街夜校",
            "红街一支部",
            "共建单位",
            "另一所学校",
            "人 ",
        ):
            text = text.replace(name, "")
        assert not re.findall(r"[\u4e00-\u9fff]{2,}", text), path
