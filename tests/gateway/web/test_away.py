"""When a part is down pages stay pages: they show the views and say so, and lose nothing that was typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from chassis.clock import Clock
from chassis.rpc import OutcomeUnknown, RemoteError, ServiceUnavailable
from chassis.store import Store
from chassis.tables import inbox, pulses
from chassis.testing import temporary_store
from flask import Flask
from flask.testing import FlaskClient
from gateway.app import create_app
from sqlalchemy import insert


@dataclass
class BrokerIsDown:
    """The way to the services as it is when nobody answers."""

    error: Exception

    def call(self, rpc: Any, **_: Any) -> dict[str, Any]:
        raise self.error


def app_with(world: Any, *, views: Store | None = None, error: Exception | None = None) -> Flask:
    """The gateway of the world with other views, or without its services."""
    parts = world.app.extensions["lectern"]
    return create_app(
        directory=parts.directory,
        views=views or parts.views,
        rpc=BrokerIsDown(error) if error else parts.rpc,
        settings=parts.settings,
    )


@pytest.fixture
def at(visit: Any) -> Callable[..., Any]:
    """Somebody who is signed in, at another application of the same installation."""

    def visiting(app: Flask, login: str) -> Any:
        visitor = visit(login)
        cookie = visitor.client.get_cookie("lectern")
        visitor.client = FlaskClient(app)
        visitor.client.set_cookie("lectern", cookie.value)
        return visitor

    return visiting


@pytest.fixture(params=[ServiceUnavailable("down"), OutcomeUnknown("?"), RemoteError("X", "y")])
def down(request: pytest.FixtureRequest, world: Any) -> Flask:
    return app_with(world, error=request.param)


def test_pages_are_shown_from_the_views_and_say_so(
    down: Flask, at: Any, visit: Any, sees: Any, world: Any
) -> None:
    order = world.an_order()
    sees(visit("s-staff"), "/orders?tab=all", order["order_id"])
    staff = at(down, "s-staff")
    page = staff.get(f"/orders/{order['order_id']}")
    assert page.status == 200
    assert "排课服务暂时联系不上" in page.text
    assert "党的历史" in page.text
    inbox = staff.get("/inbox")
    assert (inbox.status, "消息都还在" in inbox.text) == (200, True)
    for path in (
        "/",
        "/orders",
        "/menu",
        "/calendar",
        "/lecturers",
        "/counts",
        "/unmet",
        "/results",
        "/keys",
    ):
        assert staff.get(path).status == 200, path
    week = staff.get(f"/lecturers/{world.person['s-lecturer']}/week")
    assert (week.status, "排课服务暂时联系不上" in week.text) == (200, True)


@pytest.mark.parametrize("error", [ServiceUnavailable("down"), OutcomeUnknown("?")])
def test_an_order_that_could_not_be_placed_is_still_in_the_form(
    error: Exception, at: Any, world: Any
) -> None:
    staff = at(app_with(world, error=error), "s-staff")
    form = staff.get("/orders/new").form("/orders/new")
    typed = {
        "topic_id": world.topic,
        "venue_id": world.venue,
        "head_count": "21",
        "day_0": "2026-04-01",
        "from_0": "19:00",
        "until_0": "21:00",
        "note": "请讲慢一点",
    }
    page = staff.send(form, "/orders/new", **typed, action="place")
    assert page.status == 503
    kept = page.form("/orders/new").values
    assert {name: kept[name] for name in typed} == typed
    assert kept["idempotency"] == form.values["idempotency"]
    sent_again = at(world.app, "s-staff").send(page.form("/orders/new"), "/orders/new", action="place")
    assert sent_again.response.request.path.startswith("/orders/")


def test_an_action_that_could_not_be_done_is_a_503_that_may_be_sent_again(at: Any, world: Any) -> None:
    order = world.an_order()
    path = f"/orders/{order['order_id']}"
    staff = at(app_with(world, error=ServiceUnavailable("down")), "s-staff")
    page = staff.submit(path, f"{path}/cancel", reason="不需要了")
    assert page.status == 503
    assert "这次没有做任何改动" in page.text
    assert "再提交一次" in page.text
    assert page.response.headers["Retry-After"]


@pytest.fixture
def empty_views(world: Any) -> Iterator[Store]:
    """Views that have heard nothing yet."""
    clock: Clock = world.clock
    store = temporary_store("gateway.views", name="views", clock=clock)
    yield store
    store.dispose()


def test_new_views_are_empty_pages_not_errors(empty_views: Store, at: Any, world: Any) -> None:
    staff = at(app_with(world, views=empty_views), "s-staff")
    for path in (
        "/",
        "/orders",
        "/orders/new",
        "/menu",
        "/calendar",
        "/lecturers",
        "/counts",
        "/unmet",
        "/my",
    ):
        page = staff.get(path)
        assert page.status == 200, path
        assert 'class="age' not in page.text


def test_a_lagging_view_says_how_old_it_is(empty_views: Store, at: Any, world: Any) -> None:
    long_ago = empty_views.clock.now() - timedelta(minutes=40)
    with empty_views.transaction() as tx:
        heard = insert(pulses).values(source="enrollment", heard_at=long_ago, source_time=long_ago)
        tx.session.execute(heard)
    page = at(app_with(world, views=empty_views), "s-learner1").get("/calendar")
    assert re.search(r"报名的数据截至 .*，正在更新。", page.text)


def test_what_waits_in_the_inbox_makes_the_view_lag(empty_views: Store, at: Any, world: Any) -> None:
    long_ago = empty_views.clock.now() - timedelta(days=365)
    with empty_views.transaction() as tx:
        waiting = insert(inbox).values(
            source="scheduling",
            event_id=tx.new_id(),
            state="new",
            attempts=0,
            duplicates=0,
            next_at=long_ago,
            received_at=long_ago,
        )
        tx.session.execute(waiting)
    page = at(app_with(world, views=empty_views), "s-learner1").get("/calendar")
    assert "排课的数据截至" in page.text


def test_a_page_without_its_views_is_an_error_page(world: Any, at: Any) -> None:
    broken = Store("views", "sqlite:////nonexistent/views.sqlite3", clock=world.clock)
    page = at(app_with(world, views=broken), "s-staff").get("/calendar")
    assert page.status in (500, 503)
    assert "编号" in page.text
    assert page.response.headers["X-Request-Id"] in page.text
