"""Whatever goes wrong is answered in one shape under /api and as a page elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import sentinel

import pytest
from chassis.config import load
from chassis.ids import new_id
from chassis.rpc import LocalRpcClient, OutcomeUnknown, RemoteError, RpcClient, ServiceUnavailable
from chassis.store import Store
from flask import Flask
from gateway.app import create_app

from chassis import migrate

from .conftest import API, PASSWORD, World, json_of

PROBLEM = "application/problem+json"


def test_a_problem_names_itself_in_both_languages(world: World) -> None:
    answer = world.api("s-staff").get(f"/orders/{new_id()}", headers={"X-Request-ID": "request-12345"})
    assert (answer.status_code, answer.content_type) == (404, PROBLEM)
    assert answer.headers["X-Request-ID"] == "request-12345"
    assert "没有找到" in answer.text, "written as people read it"
    assert answer.json == {
        "type": "urn:lectern:problem:not_found",
        "title": answer.json["en"],
        "status": 404,
        "code": "not_found",
        "zh": "没有找到，或者不属于您的单位。请从列表里重新打开。",
        "en": "Not found, or not your organisation's. Please open it again from the list.",
        "correlation": "request-12345",
    }


@pytest.mark.parametrize("given", ["short", "x" * 65, "with space", "line\tbreak", "é" * 10])
def test_a_request_id_that_could_confuse_a_log_is_replaced(world: World, given: str) -> None:
    answer = world.app.test_client().get("/healthz", headers={"X-Request-ID": given})
    assert answer.headers["X-Request-ID"] != given


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/orders/not-an-id", 404, "not_found"),
        ("GET", f"/orders/{'0' * 36}", 404, "not_found"),
        ("PATCH", "/orders", 405, "method_not_allowed"),
        ("GET", "/orders?limit=0", 422, "invalid_request"),
        ("GET", "/orders?limit=101", 422, "invalid_request"),
        ("GET", "/orders?limit=ten", 422, "invalid_request"),
        ("GET", "/orders?limit=%EF%BC%91", 422, "invalid_request"),
        ("GET", "/orders?offset=-1", 422, "invalid_request"),
        ("GET", "/orders?state=lost", 422, "invalid_request"),
        ("GET", "/orders?nonsense=1", 422, "invalid_request"),
        ("GET", "/hours?from=0001-01-01&before=0001-01-02", 422, "invalid_request"),
        ("GET", "/hours?from=2026-02-30&before=2026-03-02", 422, "invalid_request"),
        (
            "GET",
            "/sessions?from=0001-01-01T00:00:00%2B14:00&before=0001-01-02T00:00:00Z",
            422,
            "invalid_request",
        ),
        (
            "GET",
            "/sessions?from=9999-12-31T00:00:00Z&before=9999-12-31T23:59:59-14:00",
            422,
            "invalid_request",
        ),
        ("GET", "/topics?search=%00", 400, "bad_request"),
        ("GET", "/topics?published_only=1", 422, "invalid_request"),
        ("GET", "/sessions?from=2026-03-01&before=2026-03-02", 422, "invalid_request"),
        ("GET", "/sessions?from=2026-03-02T00:00:00Z&before=2026-03-01T00:00:00Z", 422, "invalid_request"),
        ("GET", "/sessions?from=2026-03-02T00:00:00Z&before=2028-03-01T00:00:00Z", 422, "invalid_request"),
    ],
)
def test_what_cannot_be_asked(world: World, method: str, path: str, status: int, code: str) -> None:
    answer = world.api("s-staff").request(method, path)
    assert (answer.status_code, answer.content_type, answer.json["code"]) == (status, PROBLEM, code)
    if status == 405:
        assert {"GET", "POST"} <= {each.strip() for each in answer.headers["Allow"].split(",")}


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"head_count": NaN}', "application/json", 400),
        (b'{"head_count": ' + b"9" * 5000 + b"}", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"a=1", "application/x-www-form-urlencoded", 415),
        (b"", "application/json", 422),
        (b"[]", "application/json", 422),
        (b"null", "application/json", 422),
        (b'"text"', "application/json", 422),
        (b'{"\\ud800": 1}', "application/json", 422),
        (b'{"note": "\\u0000"}', "application/json", 422),
        (b'{"note": "' + b"x" * 1_100_000 + b'"}', "application/json", 413),
    ],
)
def test_bodies_that_are_none(world: World, body: bytes, content_type: str, status: int) -> None:
    answer = world.api("s-staff").request("POST", "/orders", data=body, content_type=content_type)
    assert (answer.status_code, answer.content_type) == (status, PROBLEM), answer.text[:300]


@pytest.mark.parametrize("odd", ["\\ud800", "\\udfff\\ud800", "a\\u0000"])
def test_text_that_no_database_keeps_is_refused_wherever_it_stands(world: World, odd: str) -> None:
    for row in (
        f'{{"row": 2, "{odd}": "x"}}',
        f'{{"row": 2, "code": "{odd}"}}',
        f'{{"row": 2, "x": ["{odd}"]}}',
    ):
        for sheet in ("topics", "people"):
            body = f'{{"sheet": "{sheet}", "rows": [{row}]}}'
            answer = world.api("s-operator").request(
                "POST", "/imports", data=body, content_type="application/json"
            )
            assert answer.status_code == 422, answer.text
            assert answer.json["errors"] == {"_schema": ["contains characters that cannot be kept"]}
    kept = b'{"sheet": "topics", "rows": [{"row": 2, "code": "\\ud83d\\ude00", "title": "\\\\u0000"}]}'
    answer = world.api("s-operator").request("POST", "/imports", data=kept, content_type="application/json")
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"head_count": "20"}, "head_count"),
        ({"head_count": 20.0}, "head_count"),
        ({"head_count": True}, "head_count"),
        ({"head_count": 10**9}, "head_count"),
        ({"windows": []}, "windows"),
        ({"windows": [{}] * 11}, "windows"),
        ({"windows": [{"starts_at": "2026-03-09T11:00:00", "ends_at": "2026-03-09T13:00:00"}]}, "windows"),
        ({"windows": [{"starts_at": "2026-04-09T13:00:00Z", "ends_at": "2026-04-09T11:00:00Z"}]}, "windows"),
        ({"note": "x" * 2001}, "note"),
        ({"note": "bell \x07"}, "note"),
        ({"topic_id": "1"}, "topic_id"),
        ({"unknown": 1}, "unknown"),
        ({"organisation_id": None}, "organisation_id"),
        ({"shares": [{"organisation_id": new_id(), "seats": -1}]}, "shares"),
    ],
)
def test_fields_that_are_wrong_are_named(world: World, changes: dict[str, Any], field: str) -> None:
    body = {
        "organisation_id": world.org["S"],
        "topic_id": world.topic,
        "windows": [world.a_window()],
        "venue_id": world.venue,
        "head_count": 5,
        **changes,
    }
    answer = world.api("s-staff").post("/orders", body)
    assert answer.status_code == 422, answer.text
    assert list(answer.json["errors"]) == [field]


class Failing:
    """A way to the services that fails in one manner."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def call(self, *_args: Any, **_kwargs: Any) -> dict[str, Any]:
        raise self._error


def _without_services(world: World, rpc: RpcClient) -> Flask:
    stores = world.embedded.stores
    app = create_app(
        directory=stores["directory"], views=stores["views"], rpc=rpc, settings=world.embedded.settings
    )
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ServiceUnavailable("away"), 503, "service_is_away"),
        (OutcomeUnknown("no answer"), 503, "answer_is_away"),
        (RemoteError("boom"), 500, "internal_error"),
        (ZeroDivisionError("a secret detail"), 500, "internal_error"),
    ],
)
def test_a_service_that_fails(world: World, error: Exception, status: int, code: str) -> None:
    app = _without_services(world, Failing(error))
    headers = {"Authorization": f"Bearer {world.api('s-staff').token}", "Idempotency-Key": new_id()}
    answer = app.test_client().post(f"{API}/orders/{new_id()}/cancel", json={"reason": "x"}, headers=headers)
    assert (answer.status_code, answer.content_type, answer.json["code"]) == (status, PROBLEM, code)
    assert "secret" not in answer.text
    assert answer.json["correlation"] == answer.headers["X-Request-ID"]
    assert ("Retry-After" in answer.headers) == (status == 503)


def test_reads_go_on_while_a_service_is_away(world: World) -> None:
    session = world.a_session()
    app = _without_services(world, LocalRpcClient({}, world.embedded.settings.secret))
    headers = {"Authorization": f"Bearer {world.api('s-staff').token}"}
    for path in (
        f"/orders/{session['order_id']}",
        f"/sessions/{session['session_id']}",
        "/orders",
        "/topics",
    ):
        answer = app.test_client().get(f"{API}{path}", headers=headers)
        assert answer.status_code == 200, path
        assert "Lectern-View-Age" in answer.headers
    exact = json_of(world.api("s-staff").get(f"/orders/{session['order_id']}"))
    seen = json_of(app.test_client().get(f"{API}/orders/{session['order_id']}", headers=headers))
    assert set(seen) == set(exact)
    assert {**seen, "offers": None} == {**exact, "offers": None}


def test_pages_get_pages(world: World) -> None:
    answer = world.app.test_client().get("/nothing-here")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert answer.headers["X-Request-ID"] in answer.text


@pytest.mark.parametrize("path", ["/menu?q=%00", "/login?next=%00", "/o/%00", "/%00"])
def test_an_address_with_nul_is_refused(world: World, path: str) -> None:
    answer = world.app.test_client().get(path)
    assert (answer.status_code, answer.mimetype) == (400, "text/html")


def test_a_form_without_its_protection_is_refused(world: World) -> None:
    answer = world.app.test_client().post("/login", data={"login": "s-staff", "password": PASSWORD})
    assert (answer.status_code, answer.mimetype) == (400, "text/html")
    assert "没有做任何改动" in answer.text


def test_a_page_that_breaks_says_so_without_details(world: World) -> None:
    app = _without_services(world, LocalRpcClient({}, world.embedded.settings.secret))

    @app.get("/breaks")
    def breaks() -> str:
        raise ZeroDivisionError(sentinel.detail)

    answer = app.test_client().get("/breaks")
    assert (answer.status_code, answer.mimetype) == (500, "text/html")
    assert "ZeroDivision" not in answer.text
    assert answer.headers["X-Request-ID"] in answer.text


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health(world: World, path: str) -> None:
    answer = world.app.test_client().get(path)
    assert (answer.status_code, answer.json["status"]) == (200, "ok")


def test_it_is_not_ready_without_its_tables(world: World, tmp_path: Path) -> None:
    stores = [Store(name, f"sqlite:///{tmp_path / name}.sqlite3") for name in ("directory", "views")]
    app = create_app(
        directory=stores[0], views=stores[1], rpc=world.embedded.rpc, settings=world.embedded.settings
    )
    ready = app.test_client().get("/readyz")
    assert ready.status_code == 503
    assert json_of(ready)["databases"] == {"directory": "needs migration", "views": "needs migration"}
    for store in stores:
        migrate.upgrade(f"gateway.{store.name}", store.url)
    assert app.test_client().get("/readyz").status_code == 200
    for store in stores:
        store.dispose()


@pytest.mark.parametrize("path", ["/login", f"{API}/me", f"{API}/docs", "/nothing"])
def test_every_answer_is_protected(world: World, path: str) -> None:
    headers = world.app.test_client().get(path).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("url", "secure"), [("http://127.0.0.1:8000", False), ("https://l.example", True)])
def test_cookies_stay_where_they_belong(
    world: World, url: str, secure: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LECTERN_PUBLIC_URL", url)
    stores = world.embedded.stores
    app = create_app(
        directory=stores["directory"],
        views=stores["views"],
        rpc=world.embedded.rpc,
        settings=load(home=world.embedded.settings.home),
    )
    answer = app.test_client().get("/login", base_url=url)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-lectern=" if secure else "lectern=")
    assert ("Secure" in cookie) is secure
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert ("Strict-Transport-Security" in answer.headers) is secure
