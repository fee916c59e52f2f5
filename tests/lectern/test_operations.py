"""Parked messages, replay and accounts from the command line, on databases as an installation has them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from chassis.access import SYSTEM
from chassis.broker import Message
from chassis.inbox import Inbox
from chassis.store import Store
from chassis.tables import outbox, parked_actions
from click.testing import CliRunner, Result
from gateway.auth import accounts
from gateway.directory import districts, organisations, people
from sqlalchemy import select, update

from chassis import migrate
from lectern.cli import main


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LECTERN_LANG", "en")
    monkeypatch.setenv("LECTERN_HOME", str(tmp_path))
    monkeypatch.delenv("AMQP_URI", raising=False)
    return tmp_path


def lectern(*arguments: str, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(main, arguments, input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def database(home: Path, name: str, package: str) -> Store:
    url = f"sqlite:///{home / f'{name}.sqlite3'}"
    migrate.upgrade(package, url)
    return Store(name, url)


@pytest.fixture
def enrollment(home: Path) -> Iterator[Store]:
    """The database of enrollment with one message that is no event."""
    for name in ("views", "scheduling", "feedback", "notifications"):
        database(home, name, f"gateway.{name}" if name == "views" else name).dispose()
    store = database(home, "enrollment", "enrollment")
    Inbox(store).store([Message(routing_key="x", body=b"no event at all", id="", type="")])
    yield store
    store.dispose()


@pytest.fixture
def directory(home: Path) -> Iterator[Store]:
    store = database(home, "directory", "gateway.directory")
    with store.transaction(actor=SYSTEM) as tx:
        districts.import_rows(tx, rows=[{"row": 2, "code": "BS", "name": "宝山"}])
        organisations.import_rows(
            tx, rows=[{"row": 2, "district": "BS", "code": "LD", "name": "罗店", "kind": "town_school"}]
        )
        answers = people.import_rows(
            tx,
            rows=[
                {
                    "row": 2,
                    "organisation": "LD",
                    "code": "P1",
                    "name": "沈月兰",
                    "roles": ["operator"],
                    "login": "shen",
                }
            ],
        )
    assert [answer.outcome for answer in answers] == ["created"]
    yield store
    store.dispose()


def test_what_is_parked_is_listed_shown_and_skipped_with_a_reason(enrollment: Store) -> None:
    rows = json.loads(lectern("parked", "list", "--json").stdout)
    assert [(row["service"], row["attempts"]) for row in rows] == [("enrollment", 0)]
    number = str(rows[0]["id"])
    assert "no event at all" in lectern("parked", "show", "enrollment", number).stdout
    assert lectern("parked", "skip", "enrollment", number).exit_code == 2
    done = lectern("parked", "skip", "enrollment", number, "--why", "noise", "--actor", "shen")
    assert done.exit_code == 0
    assert json.loads(lectern("parked", "list", "enrollment", "--json").stdout) == []
    with enrollment.reading() as tx:
        written = tx.session.execute(
            select(parked_actions.c.action, parked_actions.c.actor, parked_actions.c.note)
        )
        assert [tuple(row) for row in written] == [("skip", "shen", "noise")]


def test_a_parked_message_is_tried_again_by_reason(enrollment: Store) -> None:
    reason = json.loads(lectern("parked", "list", "--json").stdout)[0]["reason"]
    result = lectern("parked", "retry", "enrollment", "--reason", reason, "--why", "repaired")
    assert (result.exit_code, result.stderr) == (0, "1 messages are tried again.\n")
    assert json.loads(lectern("parked", "list", "--json").stdout) == []


def test_an_edit_that_is_no_event_is_refused_with_a_sentence(enrollment: Store) -> None:
    number = str(json.loads(lectern("parked", "list", "--json").stdout)[0]["id"])
    result = lectern(
        "parked", "edit", "enrollment", number, "--body", "-", "--why", "typo", stdin="still none"
    )
    assert result.exit_code == 1
    assert "not a valid event" in result.stderr


def test_a_number_that_is_not_parked_is_refused_with_a_sentence(enrollment: Store) -> None:
    result = lectern("parked", "retry", "enrollment", "4711", "--why", "curious")
    assert result.exit_code == 1
    assert result.stderr.strip()


def test_replay_marks_what_was_announced_for_sending_again(directory: Store) -> None:
    with directory.transaction() as tx:
        tx.session.connection().execute(update(outbox).values(published_at=tx.now))
    announced = json.loads(lectern("replay", "directory", "--yes", "--json").stdout)["events"]
    assert announced == 2
    with directory.reading() as tx:
        waiting = select(outbox.c.id).where(outbox.c.published_at.is_(None))
        assert len(tx.session.execute(waiting).all()) == announced
    only = lectern("replay", "directory", "--type", "directory.person.listed.v1", "--yes", "--json")
    assert json.loads(only.stdout)["events"] == 0


def test_a_replay_to_one_consumer_needs_a_broker(directory: Store) -> None:
    result = lectern("replay", "directory", "--consumer", "enrollment", "--yes")
    assert result.exit_code == 1
    assert "AMQP_URI is not set" in result.stderr


def test_the_first_operator_gets_a_password(directory: Store) -> None:
    before = json.loads(lectern("account", "list", "--json").stdout)
    assert before == [
        {
            "login": "shen",
            "name": "沈月兰",
            "organisation": "罗店",
            "roles": ["operator"],
            "password": False,
            "disabled": False,
        }
    ]
    assert lectern("account", "set-password", "SHEN", "--stdin", stdin="short\n").exit_code == 1
    done = lectern("account", "set-password", "SHEN", "--stdin", stdin="长一点的密码 2026\n")
    assert (done.exit_code, done.stderr) == (0, "The password of shen is set.\n")
    with directory.transaction(actor=replace(SYSTEM, via="test")) as tx:
        found = accounts.by_login(tx, login="shen")
        assert found is not None
        accounts.change_password(tx, account_id=found.id, old="长一点的密码 2026", new="another password")
    assert (
        json.loads(lectern("account", "list", "--role", "operator", "--json").stdout)[0]["password"] is True
    )
    assert json.loads(lectern("account", "list", "--role", "learner", "--json").stdout) == []


def test_an_unknown_login_is_refused_with_a_sentence(directory: Store) -> None:
    result = lectern("account", "set-password", "nobody", "--stdin", stdin="a long password\n")
    assert result.exit_code == 1
    assert "There is no account nobody" in result.stderr


def test_without_data_the_sentence_says_how_to_begin() -> None:
    result = lectern("account", "list")
    assert result.exit_code == 1
    assert "make run" in result.stderr


def test_doctor_names_a_parked_message_and_the_next_step(enrollment: Store, directory: Store) -> None:
    result = lectern("doctor", "--json")
    problems = [f for f in json.loads(result.stdout)["findings"] if f["state"] == "problem"]
    assert result.exit_code == 1
    named = [(f["check"], f["next"].split(";")[0]) for f in problems if f["check"] == "messages"]
    assert named[0] == ("messages", "See why with lectern parked list enrollment")


def test_doctor_names_a_missing_migration_and_the_next_step(home: Path, directory: Store) -> None:
    for name in ("views", "scheduling", "enrollment", "feedback", "notifications"):
        Store(name, f"sqlite:///{home / f'{name}.sqlite3'}").engine.connect().close()
    found = json.loads(lectern("doctor", "--json").stdout)["findings"]
    states = {f["check"]: (f["state"], f["next"]) for f in found if f["check"].startswith("database ")}
    assert states["database directory"] == ("ok", "")
    assert states["database views"] == ("problem", "Run lectern migrate.")
    assert lectern("migrate").exit_code == 0
    assert lectern("migrate", "--check").exit_code == 0


def test_doctor_names_a_moved_clock_and_an_odd_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LECTERN_CLOCK_FILE", "/nowhere")
    monkeypatch.setenv("LECTERN_PUBLIC_URL", "lectern.example.org")
    problems = {
        f["check"]
        for f in json.loads(lectern("doctor", "--json").stdout)["findings"]
        if f["state"] == "problem"
    }
    assert problems == {"clock", "public address"}


def test_doctor_names_a_broker_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMQP_URI", "amqp://user:secret@127.0.0.1:9/")
    result = lectern("doctor", "--json")
    broker = next(f for f in json.loads(result.stdout)["findings"] if f["check"] == "broker")
    assert broker["state"] == "problem"
    assert "127.0.0.1:9" in broker["cause"]
    assert "secret" not in result.stdout


def test_topology_is_missed_declared_and_found(rabbitmq_uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMQP_URI", rabbitmq_uri)
    before = lectern("topology", "check", "--json")
    assert (before.exit_code, len(json.loads(before.stdout)["missing"]) > 0) == (1, True)
    assert lectern("topology", "apply").exit_code == 0
    after = lectern("topology", "check", "--json")
    assert (after.exit_code, json.loads(after.stdout)) == (0, {"missing": []})
