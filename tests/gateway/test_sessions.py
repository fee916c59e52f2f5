"""Sessions of people who use the pages."""

from __future__ import annotations

import re

import pytest
from chassis.access import SYSTEM
from chassis.ids import new_id
from flask.testing import FlaskClient
from gateway.auth import accounts, sessions
from gateway.directory import people
from werkzeug.test import TestResponse

from .conftest import PASSWORD, World

NOBODY = "00000000-0000-7000-8000-000000000000"


def _post(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/login").text)
    token = token or re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/account").text)
    assert token is not None
    return client.post(path, data={"csrf_token": token[1], **fields})


def _signed_in(world: World, login: str) -> FlaskClient:
    client = world.app.test_client()
    answer = _post(client, "/login", login=login, password=PASSWORD)
    assert answer.status_code == 303, answer.text
    return client


@pytest.fixture
def newcomer(world: World) -> str:
    """The login of somebody new, who is staff of the school and liaison of the partner unit."""
    login = f"n-{new_id()[-12:]}"
    with world.embedded.stores["directory"].transaction(actor=SYSTEM) as tx:
        row = {"row": 1, "organisation": "S", "code": login, "name": "新人"}
        row["roles"] = ["school_staff", "liaison@P"]
        person_id = people.import_rows(tx, rows=[row])[0].id
        assert person_id is not None
        accounts.create(tx, person_id=person_id, login=login, password=PASSWORD)
    return login


def test_signing_in_leads_on_and_signing_out_ends_it(world: World, newcomer: str) -> None:
    client = world.app.test_client()
    asked = client.get("/orders?state=placed")
    assert (asked.status_code, asked.location) == (303, "/login?next=/orders%3Fstate%3Dplaced")
    answer = _post(client, "/login", login=newcomer, password=PASSWORD, next="/orders?state=placed")
    assert (answer.status_code, answer.location) == (303, "/orders?state=placed")
    assert client.get("/orders").status_code == 200
    assert _post(client, "/logout").status_code == 303
    assert client.get("/orders").status_code == 303


def test_a_wrong_password_keeps_the_door_shut(world: World, newcomer: str) -> None:
    client = world.app.test_client()
    answer = _post(client, "/login", login=newcomer, password="not the password")
    assert answer.status_code == 401
    assert client.get("/orders").status_code == 303
    assert "not the password" not in answer.text


@pytest.mark.parametrize("end", ["password", "disabled", "sessions"])
def test_a_session_ends_on_the_next_request(world: World, newcomer: str, end: str) -> None:
    client = _signed_in(world, newcomer)
    assert client.get("/orders").status_code == 200
    with world.embedded.stores["directory"].transaction(actor=SYSTEM) as tx:
        account = accounts.by_login(tx, login=newcomer)
        assert account is not None
        if end == "password":
            accounts.set_password(tx, account_id=account.id, password="another good one")
        elif end == "disabled":
            accounts.set_disabled(tx, account_id=account.id, disabled=True)
        else:
            accounts.end_sessions(tx, account_id=account.id)
    assert client.get("/orders").status_code == 303


def test_a_role_that_was_taken_away_is_gone_on_the_next_request(world: World, newcomer: str) -> None:
    client = _signed_in(world, newcomer)
    assert client.get("/keys").status_code == 200
    with world.embedded.stores["directory"].transaction(actor=SYSTEM) as tx:
        row = {"row": 1, "organisation": "S", "code": newcomer, "name": "新人", "roles": ["learner"]}
        assert people.import_rows(tx, rows=[row])[0].outcome == "updated"
    assert client.get("/keys").status_code == 403


def test_one_acts_for_another_of_ones_organisations_only(world: World, newcomer: str) -> None:
    client = _signed_in(world, newcomer)
    assert _post(client, "/switch", organisation=world.org["P"]).status_code == 303
    with client:
        client.get("/")
        from gateway.auth import current_actor

        assert current_actor().organisation_id == world.org["P"]
        assert current_actor().roles == {"liaison"}
    assert _post(client, "/switch", organisation=world.org["X"]).status_code == 404
    assert _post(client, "/switch", organisation="nonsense").status_code == 404


def test_signing_in_anew_forgets_the_session_before(world: World, newcomer: str) -> None:
    client = world.app.test_client()
    with client.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"
    _post(client, "/login", login=newcomer, password=PASSWORD)
    with client.session_transaction() as cookie:
        assert "planted" not in cookie


@pytest.mark.parametrize("user_id", ["", "x", "x:1", f"{NOBODY}:1", f"{NOBODY}:", "a:b:c", ":" * 9])
def test_a_cookie_of_nobody_is_nobody(world: World, user_id: str) -> None:
    client = world.app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = user_id
    assert client.get("/orders").status_code == 303


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        ("/orders?x=1", "/orders?x=1"),
        (None, "/"),
        ("", "/"),
        ("orders", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a\\b", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/x\r\nSet-Cookie: a=b", "/"),
        ("/\t/evil.example", "/"),
    ],
)
def test_one_is_led_to_this_site_only(target: str | None, wanted: str) -> None:
    assert sessions.safe_next(target) == wanted
