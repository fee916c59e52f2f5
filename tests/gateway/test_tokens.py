"""Bearer tokens: what they let through, and what ends them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from chassis.access import SYSTEM
from chassis.ids import new_id
from flask import Flask
from gateway.auth import accounts, passwords, sessions
from gateway.auth.accounts import AccountIsLocked, WrongLogin
from gateway.directory import memberships, people

from .conftest import API, PASSWORD, World, json_of


@pytest.fixture
def newcomer(world: World) -> tuple[str, str, str]:
    """A learner of the school with an account of their own: login, person, account."""
    login = f"n-{new_id()[-12:]}"
    with world.embedded.stores["directory"].transaction(actor=SYSTEM) as tx:
        rows = [
            {"row": 1, "organisation": "S", "code": login, "name": "新人", "roles": ["learner", "liaison@P"]}
        ]
        person_id = people.import_rows(tx, rows=rows)[0].id
        assert person_id is not None
        account_id = accounts.create(tx, person_id=person_id, login=login, password=PASSWORD)
    return login, person_id, account_id


def _sign_in(world: World, login: str, password: str = PASSWORD, **more: str) -> tuple[int, dict[str, Any]]:
    answer = world.app.test_client().post(
        f"{API}/tokens", json={"login": login, "password": password, **more}
    )
    return answer.status_code, json_of(answer)


def test_a_token_says_who_bears_it(world: World) -> None:
    status, made = _sign_in(world, "S-Many ")
    assert status == 201
    me = world.api(token=made["token"]).get("/me").json
    assert me == made["bearer"]
    assert (me["name"], me["organisation_id"], me["roles"]) == ("人 s-many", world.org["S"], ["school_staff"])
    assert {each["organisation_id"] for each in me["memberships"]} == {world.org["S"], world.org["P"]}


def test_a_token_acts_for_the_chosen_organisation(world: World) -> None:
    status, made = _sign_in(world, "s-many", organisation_id=world.org["P"])
    assert (status, made["bearer"]["roles"]) == (201, ["liaison"])
    status, problem = _sign_in(world, "s-many", organisation_id=world.org["S2"])
    assert (status, problem["code"]) == (404, "not_found")


def test_wrong_and_unknown_logins_answer_the_same(world: World, newcomer: tuple[str, str, str]) -> None:
    wrong = _sign_in(world, newcomer[0], "not the password")
    unknown = _sign_in(world, f"n-{new_id()}", "not the password")
    for _, problem in (wrong, unknown):
        problem.pop("correlation")
    assert wrong == unknown
    assert wrong[0] == 401


@pytest.mark.parametrize("odd", ["a\x00b", "\ud800"])
def test_logins_that_cannot_be_kept_are_refused(world: World, odd: str) -> None:
    assert _sign_in(world, odd, odd)[0] == 422
    assert _sign_in(world, "s-many", odd)[0] == 422


@pytest.mark.parametrize("odd", ["登录名", "' OR 1=1 --", "%", " "])
def test_odd_logins_and_passwords_are_just_wrong(world: World, odd: str) -> None:
    assert _sign_in(world, odd, odd)[0] == 401
    assert _sign_in(world, "s-many", odd)[0] == 401
    assert _sign_in(world, "s-many")[0] == 201


def test_an_unknown_login_costs_as_much_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = passwords.hash_password(PASSWORD)
    looked_at: list[str] = []
    verify = passwords._hasher.verify

    class Watched:
        def verify(self, hash_: str, password: bytes) -> bool:
            looked_at.append(hash_.rsplit("$", 2)[0])
            return verify(hash_, password)

    monkeypatch.setattr(passwords, "_hasher", Watched())
    assert not passwords.matches(hashed, "wrong")
    monkeypatch.undo()
    dummy = passwords._hash_of_nothing()
    assert dummy.rsplit("$", 2)[0] == looked_at[0], "the same parameters, hence the same work"
    assert not passwords.matches(None, PASSWORD)
    assert passwords.matches(hashed, PASSWORD)


@pytest.mark.parametrize("exists", [True, False])
def test_ten_wrong_tries_lock_a_login_for_a_quarter_of_an_hour(
    world: World, newcomer: tuple[str, str, str], exists: bool
) -> None:
    login = newcomer[0] if exists else f"n-{new_id()}"
    for _ in range(10):
        assert _sign_in(world, login, "not the password")[0] == 401
    status, problem = _sign_in(world, login, PASSWORD)
    assert (status, problem["code"], problem["params"]) == (429, "account_is_locked", {"minutes": 15})
    world.clock.advance(timedelta(minutes=14))
    assert _sign_in(world, login)[0] == 429
    world.clock.advance(timedelta(minutes=1))
    assert _sign_in(world, login)[0] == (201 if exists else 401)


def test_a_success_forgets_the_failures(world: World, newcomer: tuple[str, str, str]) -> None:
    for _ in range(2):
        for _ in range(8):
            assert _sign_in(world, newcomer[0], "not the password")[0] == 401
        assert _sign_in(world, newcomer[0])[0] == 201
        world.clock.advance(timedelta(minutes=2))


def test_more_sign_ins_than_anyone_needs_are_refused(world: World, newcomer: tuple[str, str, str]) -> None:
    found = [_sign_in(world, newcomer[0])[1].get("code") for _ in range(21)]
    assert found == [None] * 20 + ["too_often"]


@pytest.mark.parametrize("end", ["password", "disabled", "inactive", "membership", "sessions"])
def test_what_is_taken_away_is_gone_on_the_next_request(
    world: World, newcomer: tuple[str, str, str], end: str
) -> None:
    login, person_id, account_id = newcomer
    api = world.api(token=_sign_in(world, login)[1]["token"])
    assert api.get("/me").status_code == 200
    with world.embedded.stores["directory"].transaction(actor=SYSTEM) as tx:
        if end == "password":
            accounts.set_password(tx, account_id=account_id, password="another good one")
        elif end == "disabled":
            accounts.set_disabled(tx, account_id=account_id, disabled=True)
        elif end == "inactive":
            memberships.set_active(tx, person_id=person_id, active=False)
        elif end == "membership":
            memberships.revoke(tx, person_id=person_id, organisation_id=world.org["S"])
        else:
            accounts.end_sessions(tx, account_id=account_id)
    refused = api.get("/me")
    assert (refused.status_code, refused.json["code"]) == (401, "not_signed_in")
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer lectern_token_x",
        "Bearer " + "x" * 5000,
        "Bearer é",
        "Bearer lectern_live_aaaaaaaaaaaa_" + "a" * 52 + "_00000000",
    ],
)
def test_anything_else_is_nobody(world: World, header: str) -> None:
    answer = world.app.test_client().get(f"{API}/me", headers={"Authorization": header})
    assert (answer.status_code, answer.json["code"]) == (401, "not_signed_in")


def test_a_changed_token_is_nobody(world: World) -> None:
    token = _sign_in(world, "s-many")[1]["token"]
    assert world.api(token=token[:-1] + ("A" if token[-1] != "A" else "B")).get("/me").status_code == 401


def test_a_cookie_does_not_open_the_api(world: World) -> None:
    client = world.app.test_client()
    with world.app.test_request_context():
        signed = sessions.check_password(login="s-many", password=PASSWORD)
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = signed.get_id(), True
    assert client.get(f"{API}/me").status_code == 401


def test_a_link_sets_a_password_once(world: World, newcomer: tuple[str, str, str]) -> None:
    store, secret = world.embedded.stores["directory"], world.embedded.settings.secret
    with store.transaction(actor=SYSTEM) as tx:
        token = accounts.make_link(tx, person_id=newcomer[1], secret=secret)
    with store.reading() as tx:
        assert accounts.read_link(tx, token=token, secret=secret).login == newcomer[0]
    with store.transaction() as tx, pytest.raises(passwords.PasswordTooShort):
        accounts.use_link(tx, token=token, password="short", secret=secret)
    with store.transaction() as tx:
        accounts.use_link(tx, token=token, password="a brand new one", secret=secret)
    with store.transaction() as tx, pytest.raises(accounts.LinkIsUsedUp):
        accounts.use_link(tx, token=token, password="a second time", secret=secret)
    assert _sign_in(world, newcomer[0], "a brand new one")[0] == 201


def test_a_password_is_changed_by_who_knows_the_old_one(world: World, newcomer: tuple[str, str, str]) -> None:
    store = world.embedded.stores["directory"]
    with store.transaction() as tx, pytest.raises(WrongLogin):
        accounts.change_password(tx, account_id=newcomer[2], old="wrong", new="a brand new one")
    with store.transaction() as tx:
        accounts.change_password(tx, account_id=newcomer[2], old=PASSWORD, new="a brand new one")
    assert _sign_in(world, newcomer[0])[0] == 401


def test_an_account_without_a_password_cannot_sign_in(world: World, newcomer: tuple[str, str, str]) -> None:
    with world.embedded.stores["directory"].transaction(actor=SYSTEM) as tx:
        account = accounts.by_login(tx, login=newcomer[0])
        assert account is not None
        account.password_hash = None
    assert _sign_in(world, newcomer[0], "")[0] == 422
    assert _sign_in(world, newcomer[0], "anything")[0] == 401


def test_locked_logins_name_the_minutes(app: Flask) -> None:
    problem = AccountIsLocked(minutes=3).problem()
    assert "3" in problem["zh"]
    assert "3" in problem["en"]
