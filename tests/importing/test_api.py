"""Rows over the REST API: operators only, their own district only, lost answers, and any input."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from flask import Flask
from gateway.importing.run import Report, run

from lectern.importing.problems import CannotRun
from lectern.importing.remote import Remote

from .conftest import PASSWORD, REGION, ROWS, read, refusals, served

HandIn = Callable[..., Report]


@pytest.fixture
def token(address: str) -> str:
    answer = requests.post(
        f"{address}/api/v1/tokens", json={"login": "ld-operator", "password": PASSWORD}, timeout=10
    )
    return str(answer.json()["token"])


@pytest.fixture
def post(address: str, token: str) -> Callable[..., requests.Response]:
    keys = itertools.count()

    def post_it(body: Any, *, key: str | None = None, bearer: str | None = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {bearer or token}", "Idempotency-Key": key or f"k{next(keys)}"}
        return requests.post(f"{address}/api/v1/imports", json=body, headers=headers, timeout=30)

    return post_it


VENUE = {"row": 2, "code": "R9", "organisation": "LD-S", "name": "新教室", "capacity": "40人"}


def test_rows_of_a_sheet_are_answered_one_by_one(post: Callable[..., requests.Response]) -> None:
    bad = {"row": 3, "code": "R8", "organisation": "LD-S", "capacity": "many", "colour": "red"}
    answer = post({"sheet": "venues", "rows": [VENUE, bad, {**VENUE, "code": "R7"}]})
    assert answer.status_code == 200
    assert answer.json() == {
        "sheet": "venues",
        "dry_run": False,
        "counts": {"created": 1, "updated": 0, "unchanged": 0, "refused": 2},
        "results": [
            {"row": 2, "outcome": "created", "zh": "", "en": ""},
            {
                "row": 3,
                "outcome": "refused",
                "zh": "不认识的列“colour”；名称（name）：没有填；容量（capacity）：应是整数",
                "en": "unknown column “colour”; name: is empty; capacity: must be a whole number",
            },
            {"row": 2, "outcome": "refused", "zh": "行号重复", "en": "two rows have this number"},
        ],
    }


def test_the_same_key_gives_the_same_answer_and_another_content_is_refused(
    post: Callable[..., requests.Response],
) -> None:
    people = [{"row": 2, "code": "N1", "organisation": "LD-S", "name": "陈永强"}]
    bodies: list[dict[str, Any]] = [{"sheet": "venues", "rows": [VENUE]}, {"sheet": "people", "rows": people}]
    for body in bodies:
        first = post(body, key=body["sheet"])
        assert first.json()["counts"]["created"] == 1
        assert post(body, key=body["sheet"]).json() == first.json()
        other = {**body, "rows": [{**body["rows"][0], "name": "改名"}]}
        assert post(other, key=body["sheet"]).status_code == 422
        assert post(body).json()["counts"]["unchanged"] == 1


def test_only_operators_import(address: str, post: Callable[..., requests.Response]) -> None:
    assert post({"sheet": "venues", "rows": [VENUE]}, bearer="nobody").status_code == 401
    with pytest.raises(CannotRun) as refused:
        Remote.signed_in(address, login="ld-operator", password="wrong password")
    assert refused.value.en.startswith("Login or password is wrong")


def test_an_operator_takes_its_own_district_and_nothing_else(address: str) -> None:
    remote = Remote.signed_in(address, login="ld-operator", password=PASSWORD)
    sheets = {
        "districts": [["code", "name"], ["LD", "罗店"], ["QS", "改名"], ["NEW", "新片区"]],
        "organisations": [
            ["code", "district", "name", "kind"],
            ["LD-N", "LD", "新支部", "branch"],
            ["QS-N", "QS", "新支部", "branch"],
            ["QS-S", "LD", "抢来的夜校", "branch"],
        ],
        "people": [
            ["code", "organisation", "name", "roles"],
            ["N1", "LD-N", "陈永强", "lecturer"],
            ["N2", "QS-S", "罗雨桐", "lecturer"],
            ["N3", "LD-N", "贺素珍", "learner@QS-S"],
        ],
        "venues": [
            ["code", "organisation", "name", "capacity"],
            ["R9", "LD-N", "新教室", 20],
            ["R8", "QS-S", "别人的", 20],
        ],
        "lecturers": [["person", "kind"], ["N1", "expert"], ["Q2", "expert"]],
        "agreements": [
            REGION["agreements"][0],
            ["A2", "LD-N", "QS-S", "2025-01-01", "2030-01-01", 3, "automatic"],
            ["A3", "QS-S", "LD-N", "2025-01-01", "2030-01-01", 3, "automatic"],
        ],
        "availability": [
            REGION["availability"][0],
            ["N1", "free", 2, "09:00", "11:00"],
            ["Q2", "free", 2, "09:00", "11:00"],
        ],
    }
    expected = [
        ("districts", 3),
        ("districts", 4),
        ("organisations", 3),
        ("organisations", 4),
        ("people", 3),
        ("people", 4),
        ("venues", 3),
        ("lecturers", 3),
        ("agreements", 3),
        ("availability", 3),
    ]
    for dry_run in (True, False):
        report = run(read(sheets), take=remote, dry_run=dry_run)
        assert [refusal[:2] for refusal in refusals(report)] == expected, refusals(report)
        assert dict(report.counts) == {"updated": 1, "created": 6, "refused": 10}
    remote.close()


def test_a_foreign_code_answers_like_one_that_does_not_exist(address: str) -> None:
    remote = Remote.signed_in(address, login="ld-operator", password=PASSWORD)

    def why(organisation: str, person: str) -> list[str]:
        sheets = {
            "venues": [["code", "organisation", "name", "capacity"], ["R8", organisation, "教室", 20]],
            "lecturers": [["person", "kind"], [person, "expert"]],
        }
        report = run(read(sheets), take=remote, dry_run=False)
        return [text.replace(organisation, "?").replace(person, "?") for *_, text in refusals(report)]

    assert why("QS-S", "Q2") == why("XX-S", "X2")
    remote.close()


class LosesAnswers:
    """A gateway whose first answer to each import is lost on the way, after it was done."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._seen: set[str] = set()
        self._guard = threading.Lock()
        self.lost = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        key = environ.get("HTTP_IDEMPOTENCY_KEY", "")
        with self._guard:
            is_first = environ["PATH_INFO"] == "/api/v1/imports" and key not in self._seen
            self._seen.add(key)
        if not is_first:
            return self._app(environ, start_response)
        list(self._app(environ, lambda *_: lambda _data: None))
        self.lost += 1
        start_response("503 Service Unavailable", [("Content-Length", "0"), ("Retry-After", "0")])
        return [b""]


@pytest.fixture
def forgetful(app: Flask) -> Iterator[tuple[str, LosesAnswers]]:
    gateway = LosesAnswers(app)
    with served(gateway) as address:
        yield address, gateway


def test_a_lost_answer_is_asked_for_again_and_nothing_is_done_twice(
    forgetful: tuple[str, LosesAnswers],
) -> None:
    address, gateway = forgetful
    remote = Remote.signed_in(address, login="ld-operator", password=PASSWORD)
    people = [[f"N{n}", "LD-S", f"人{n}"] for n in range(7)]
    sheets = {"people": [["code", "organisation", "name"], *people]}
    report = run(read(sheets), take=remote, dry_run=False, batch=3)
    assert gateway.lost == 3
    assert dict(report.counts) == {"created": 7}  # the first answers, not `unchanged`
    remote.close()


def test_an_address_where_nobody_listens_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lectern.importing.remote.TRIES", 2)
    with pytest.raises(CannotRun) as problem:
        Remote.signed_in("http://127.0.0.1:9", login="x", password="y")
    assert "cannot be reached" in problem.value.en


NO_IMPORTS: list[Any] = [
    {},
    [],
    {"sheet": "venues"},
    {"sheet": "unknown", "rows": [VENUE]},
    {"sheet": "venues", "rows": []},
    {"sheet": "venues", "rows": [{}]},
    {"sheet": "venues", "rows": [{"row": "2"}]},
    {"sheet": "venues", "rows": [{"row": 0}]},
    {"sheet": "venues", "rows": ["R9"]},
    {"sheet": "venues", "rows": [{"row": n} for n in range(1, 502)]},
    {"sheet": "venues", "rows": [VENUE], "dry_run": "perhaps"},
    {"sheet": "venues", "rows": [VENUE], "planned": {"organisations": ["LD-S"]}},
    {"sheet": "venues", "rows": [VENUE], "planned": {"people": {"\ud800": "LD-S"}}},
    {"sheet": "venues", "rows": [VENUE], "planned": {"topics": ["\0"]}},
    {"sheet": "venues", "rows": [VENUE], "colour": "red"},
]


def test_a_body_that_is_no_import_is_refused_by_field(post: Callable[..., requests.Response]) -> None:
    for body in NO_IMPORTS:
        answer = post(body)
        assert answer.status_code == 422, body
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["errors"]


ODD_CELLS: list[Any] = [None, "", [], {}, {"a": 1}, [["x"]], True, 1e308, -0.0, "\u200b", "x" * 40_000]


def test_any_cell_is_answered(post: Callable[..., requests.Response]) -> None:
    for cell, (sheet, rows) in itertools.product(ODD_CELLS, REGION.items()):
        row = {"row": 2, **dict.fromkeys(rows[0], cell)}
        answer = post({"sheet": sheet, "rows": [row], "dry_run": True})
        assert answer.status_code == 200, answer.text
        assert answer.json()["results"][0]["outcome"] == "refused"


def test_odd_names_of_columns_are_told_without_what_cannot_be_printed(
    post: Callable[..., requests.Response],
) -> None:
    answer = post({"sheet": "venues", "rows": [{**VENUE, "\u2028" + "x" * 100: 1}]})
    assert answer.status_code == 200
    assert answer.json()["results"][0]["en"] == "unknown column “\ufffd" + "x" * 39 + "”"


def test_a_preview_may_refer_to_what_was_planned(address: str) -> None:
    remote = Remote.signed_in(address, login="ld-operator", password=PASSWORD)
    own = {
        name: [rows[0], *[row for row in rows[1:] if not str(row[0]).startswith("Q")]]
        for name, rows in REGION.items()
    }
    report = run(read(own), take=remote, dry_run=True)
    assert dict(report.counts) == {"unchanged": ROWS - 4}, refusals(report)
    fresh = {
        "organisations": [["code", "district", "name", "kind"], ["LD-N", "LD", "新支部", "branch"]],
        "people": [["code", "organisation", "name", "roles"], ["N1", "LD-N", "陈永强", "lecturer@LD-S"]],
        "topics": [REGION["topics"][0], ["T2", "LD-N", "新课", "theory", "talk", 30]],
        "lecturers": [["person", "kind", "topics"], ["N1", "expert", "T2;T1"]],
        "availability": [REGION["availability"][0], ["N1", "free", 2, "09:00", "11:00"]],
    }
    for dry_run in (True, False):
        report = run(read(fresh), take=remote, dry_run=dry_run)
        assert dict(report.counts) == {"created": 5}, refusals(report)
    remote.close()
