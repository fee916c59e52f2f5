"""Accounts, tries and keys on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chassis.access import SYSTEM, Actor
from chassis.clock import FixedClock
from chassis.ids import new_id
from chassis.store import Store
from chassis.testing import SECRET, temporary_store
from contracts.errors import NotFound, Refused
from gateway.auth import accounts, rules, signed_in
from gateway.auth.accounts import AccountIsLocked, LoginIsTaken, PersonHasAccount
from gateway.auth.rules import Tries
from gateway.directory import desk, districts, organisations, people
from gateway.directory.tables import ApiKey, SignInTry
from gateway.partners import keys
from sqlalchemy import func, select, update

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A directory with a person in a school, and a clock that stands still."""
    made = temporary_store("gateway.directory", database_url, name="directory", clock=FixedClock(NOW))
    with made.transaction(actor=SYSTEM) as tx:
        districts.import_rows(tx, rows=[{"row": 2, "code": "RED", "name": "红街"}])
        school = {"row": 2, "district": "RED", "code": "S", "name": "夜校", "kind": "street_school"}
        organisations.import_rows(tx, rows=[school])
        row = {"row": 2, "organisation": "S", "code": "p1", "name": "人", "roles": ["school_staff"]}
        people.import_rows(tx, rows=[row, {**row, "row": 3, "code": "p2", "login": "p2"}])
    yield made
    made.dispose()


def _person(store: Store, code: str) -> Any:
    with store.reading() as tx:
        return people.by_codes(tx, [code])[0]


def test_a_person_has_one_account_and_a_login_one_person(store: Store) -> None:
    first, second = _person(store, "p1"), _person(store, "p2")
    with store.transaction(actor=SYSTEM) as tx:
        account_id = accounts.create(tx, person_id=first.id, login=" P1 ")
    with store.transaction(actor=SYSTEM) as tx, pytest.raises(PersonHasAccount):
        accounts.create(tx, person_id=second.id, login="other")
    with store.transaction(actor=SYSTEM) as tx, pytest.raises(NotFound):
        accounts.create(tx, person_id=new_id(), login="other")
    with store.transaction(actor=SYSTEM) as tx:
        third = {"row": 2, "organisation": "S", "code": "p3", "name": "三"}
        third_id = people.import_rows(tx, rows=[third])[0].id
        assert third_id is not None
        with pytest.raises(LoginIsTaken):
            accounts.create(tx, person_id=third_id, login="p1")
    with store.reading() as tx:
        found = accounts.by_login(tx, login="p1")
        assert found is not None
        assert found.id == account_id
        person = signed_in.load(tx, account_id=account_id)
        assert person is not None
        assert (person.name, person.roles) == ("人", {"school_staff"})
        assert signed_in.load(tx, account_id=account_id, epoch=99) is None
        assert signed_in.load(tx, account_id=new_id()) is None
        for odd in ("p1\x00", "\ud800", "%", ""):
            assert accounts.by_login(tx, login=odd) is None


def test_of_many_tries_at_once_ten_are_looked_at(store: Store) -> None:
    def try_once(_: int) -> bool:
        try:
            with store.transaction() as tx:
                accounts.take_try(tx, login="somebody")
        except AccountIsLocked:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(try_once, range(30))) == rules.MOST_TRIES
    with store.transaction() as tx:
        accounts.take_try(tx, login="somebody else")


def test_tries_are_forgotten_after_a_day(store: Store) -> None:
    clock = store.clock
    assert isinstance(clock, FixedClock)
    for at in range(3):
        with store.transaction() as tx:
            accounts.take_try(tx, login=f"guess{at}")
        clock.advance(timedelta(hours=13))
    with store.reading() as tx:
        assert tx.session.scalar(select(func.count()).select_from(SignInTry)) == 2


@pytest.mark.parametrize(
    ("before", "wait", "after"),
    [
        (Tries(), None, 1),
        (Tries(3, NOW - timedelta(minutes=1)), None, 4),
        (Tries(3, NOW - timedelta(minutes=15)), None, 1),
        (Tries(9, NOW), None, 10),
        (Tries(10, NOW, NOW + timedelta(minutes=2)), timedelta(minutes=2), None),
        (Tries(10, NOW - timedelta(minutes=15), NOW), None, 1),
    ],
)
def test_when_a_try_may_be_made(before: Tries, wait: timedelta | None, after: int | None) -> None:
    assert rules.locked_for(before, now=NOW) == wait
    if wait is None:
        taken = rules.take_try(before, now=NOW)
        assert taken.tries == after
        assert (taken.locked_until is not None) == (taken.tries >= rules.MOST_TRIES)


def test_a_key_is_kept_once_however_often_it_is_asked_for(store: Store) -> None:
    home = _person(store, "p1")
    staff = Actor(home.id, home.organisation_id, home.district_id, frozenset({"school_staff"}))
    way, command_id = desk.client(store, SECRET), new_id()
    new = keys.derive(secret=SECRET, command_id=command_id)
    asked = {
        "name": "k",
        "roles": ["school_staff"],
        "expires_at": (NOW + timedelta(days=1)).isoformat(),
        "public_id": new.public_id,
        "secret_hash": new.secret_hash,
    }

    def ask(_: int) -> dict[str, Any]:
        return way.call(desk.CREATE_API_KEY, actor=staff, request=asked, command_id=command_id)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert all(answer == answers[0] for answer in answers)
    with store.reading() as tx:
        assert tx.session.scalar(select(func.count()).select_from(ApiKey)) == 1
        bearer = keys.bearer(tx, text=new.text)
        assert bearer is not None
        assert (bearer.organisation_id, bearer.person_id, bearer.roles) == (
            home.organisation_id,
            None,
            {"school_staff"},
        )
    stranger = Actor(new_id(), new_id(), home.district_id, frozenset({"school_staff"}))
    with pytest.raises(Refused) as refused:
        way.call(desk.REVOKE_API_KEY, actor=stranger, request={"key_id": answers[0]["key_id"]})
    assert refused.value.code == "not_found"
    with store.transaction() as tx:
        tx.session.execute(update(ApiKey).values(revoked_at=NOW))
    with store.reading() as tx:
        assert keys.bearer(tx, text=new.text) is None
