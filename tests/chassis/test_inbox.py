"""What arrives is kept, counted once, and handled once, in the order of its aggregate."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from chassis.broker import Message
from chassis.engine import handlings
from chassis.ids import new_id
from chassis.inbox import Inbox
from chassis.tables import inbox as inbox_table
from chassis.testing import Harness
from chassis.worker import Worker
from contracts.envelope import MAX_HOPS
from contracts.registry import EVENTS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample import contracts as said
from sample.acting import die_at, run_together
from sample.telling import heard, position, states, told
from sqlalchemy import update

from chassis import claims, failpoints


@pytest.fixture
def box(harness: Harness) -> Inbox:
    return Inbox(harness.store)


def test_delivered_twice_is_handled_once(harness: Harness, box: Inbox) -> None:
    thing = new_id()
    box.store([told(thing, 1), told(thing, 1), told(thing, 2)])
    box.store([told(thing, 2)])
    harness.work()
    box.store([told(thing, 1)])
    harness.work()
    assert heard(harness.store) == [(thing, 1), (thing, 2)]
    assert [(row["duplicates"], row["state"], row["body"]) for row in harness.inbox_rows()] == [
        (2, "done", None),
        (1, "done", None),
    ]


def test_order_is_that_of_versions_not_of_arrival(harness: Harness, box: Inbox) -> None:
    things = [new_id() for _ in range(7)]
    messages = [told(thing, version) for thing in things for version in range(1, 16)]
    random.Random(5).shuffle(messages)
    for start in range(0, len(messages), 9):
        box.store(messages[start : start + 9])
        harness.worker.run_once()
    harness.work()
    for thing in things:
        assert [version for kept, version in heard(harness.store) if kept == thing] == list(range(1, 16))
        assert position(harness.store, thing) == (15, False)


def test_hole_is_waited_for(harness: Harness, box: Inbox) -> None:
    thing, other = new_id(), new_id()
    box.store([told(thing, 1), told(thing, 3), told(thing, 4), told(other, 1)])
    harness.work()
    assert heard(harness.store) == [(thing, 1), (other, 1)]
    assert states(harness.store)[(thing, 3)] == "waiting"
    assert position(harness.store, thing) == (1, True)
    box.store([told(thing, 2)])
    harness.work()
    assert [version for kept, version in heard(harness.store) if kept == thing] == [1, 2, 3, 4]
    assert position(harness.store, thing) == (4, False)


def test_many_that_wait_do_not_hold_up_others(harness: Harness, box: Inbox) -> None:
    thing, other = new_id(), new_id()
    box.store([told(thing, version) for version in range(2, 2 * claims.BATCH)])
    box.store([told(other, 1)])
    harness.work()
    assert heard(harness.store) == [(other, 1)]
    box.store([told(thing, 1)])
    harness.work()
    assert len(heard(harness.store)) == 2 * claims.BATCH


def test_older_than_the_position_is_skipped(harness: Harness, box: Inbox) -> None:
    """For example from a source that was restored from a backup and counts again."""
    thing = new_id()
    box.store([told(thing, 1), told(thing, 2)])
    harness.work()
    box.store([told(thing, 2, id=new_id())])
    harness.work()
    assert heard(harness.store) == [(thing, 1), (thing, 2)]
    assert [row["reason"] for row in harness.inbox_rows() if row["state"] == "skipped"] == ["older"]


def test_unknown_type_is_parked_and_a_known_one_without_handler_is_done(
    harness: Harness, box: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    thing, other = new_id(), new_id()
    box.store([told(thing, 1, event_type=said.THING_PAINTED), told(thing, 2), told(other, 1)])
    harness.work()
    assert heard(harness.store) == [(other, 1)]
    assert [row["reason"] for row in harness.inbox_rows() if row["state"] == "parked"] == ["unknown_type"]

    monkeypatch.setitem(EVENTS, said.THING_PAINTED.name, said.THING_PAINTED)
    third = new_id()
    box.store([told(third, 1, event_type=said.THING_PAINTED), told(third, 2)])
    harness.work()
    assert heard(harness.store) == [(other, 1), (third, 2)]


def test_unknown_major_version_is_parked(harness: Harness, box: Inbox) -> None:
    thing = new_id()
    box.store([told(thing, 1, type="origin.thing.changed.v2")])
    harness.work()
    assert [row["reason"] for row in harness.inbox_rows()] == ["unknown_type"]


@pytest.mark.parametrize(
    ("mood", "reason"), [("refuse", "refused"), (["a", "list"], "schema"), ("answer", "too_many_hops")]
)
def test_what_will_never_succeed_is_parked_at_once(
    harness: Harness, box: Inbox, mood: Any, reason: str
) -> None:
    thing = new_id()
    box.store([told(thing, 1, data={"mood": mood}, hops=MAX_HOPS), told(thing, 2)])
    harness.work()
    first, second = harness.inbox_rows()
    assert (first["state"], first["reason"], first["attempts"]) == ("parked", reason, 1)
    assert "Traceback" in first["error"]
    assert second["state"] == "waiting"
    assert heard(harness.store) == []
    assert harness.events() == []


MALFORMED = [
    b"",
    b"\x00",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"\xff\xfe\xfa",
    "{}".encode("utf-16"),
    b"a: yaml",
    b'{"specversion": "1.0"}',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"9" * 10_000,
    b" " * 1_000_000,
]
CHANGES: list[dict[str, Any]] = [
    {"id": "x"},
    {"id": None},
    {"specversion": "0.3"},
    {"source": "origin"},
    {"source": "/" + "o" * 60},
    {"type": "origin.thing.changed"},
    {"type": f"origin.{'t' * 200}.changed.v1"},
    {"time": "yesterday"},
    {"time": "0001-01-01T00:00:00+14:00"},
    {"subject": "thing"},
    {"subject": "thing/a\x00b"},
    {"subject": "thing/\ud800"},
    {"subject": f"{'k' * 60}/x"},
    {"sequence": 0},
    {"sequence": -1},
    {"sequence": 1.5},
    {"sequence": "1"},
    {"sequence": 2**31},
    {"sequence": 10**400},
    {"hops": MAX_HOPS + 1},
    {"data": None},
    {"data": []},
    {"correlationid": ""},
    {"district": "nowhere"},
]


def test_what_is_no_event_is_kept_and_parked(harness: Harness, box: Inbox) -> None:
    thing = new_id()
    noise = [Message("k", body, "", "") for body in MALFORMED]
    box.store([told(thing, 1), *noise, told(thing, 2), *noise])
    box.store(noise)
    harness.work()
    assert heard(harness.store) == [(thing, 1), (thing, 2)]
    parked = [row for row in harness.inbox_rows() if row["state"] == "parked"]
    assert sorted(row["body"] for row in parked) == sorted(MALFORMED)
    assert {(row["reason"], row["duplicates"]) for row in parked} == {("malformed", 2)}


def test_envelope_with_a_fault_is_parked(harness: Harness, box: Inbox) -> None:
    thing = new_id()
    right = json.loads(told(thing, 1).body)
    wrong = [json.dumps(right | changes).encode() for changes in CHANGES]
    box.store([told(thing, 1), *(Message("k", body, "", "") for body in wrong)])
    harness.work()
    assert heard(harness.store) == [(thing, 1)]
    parked = [row for row in harness.inbox_rows() if row["state"] == "parked"]
    assert sorted(row["body"] for row in parked) == sorted(wrong)
    assert {row["reason"] for row in parked} == {"malformed"}


def test_one_that_cannot_be_stored_does_not_stop_the_batch(
    harness: Harness, box: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should a check be forgotten, the database still refuses: then each message is stored by itself."""
    monkeypatch.setattr("chassis.inbox.MAX_VERSION", 10**30)
    thing = new_id()
    box.store([told(thing, 1), told(thing, 10**25), told(thing, 2)])
    harness.work()
    assert heard(harness.store) == [(thing, 1), (thing, 2)]
    assert [row["state"] for row in harness.inbox_rows()].count("parked") == 1


def test_data_that_no_column_takes_is_parked_by_its_handler(harness: Harness, box: Inbox) -> None:
    thing = new_id()
    for version, mood in enumerate(["a\x00b", "x" * 1_000_000], start=1):
        box.store([told(thing, version, mood=mood)])
    harness.work()
    assert heard(harness.store) == [(thing, 1), (thing, 2)]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def test_nothing_crashes_the_inbox(harness: Harness, box: Inbox) -> None:
    """Random bytes, and events in which random attributes are random values."""
    attributes = list(json.loads(told(new_id(), 1).body))

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.binary(max_size=200), st.dictionaries(st.sampled_from(attributes), anything, max_size=3))
    def store(noise: bytes, changes: dict[str, Any]) -> None:
        document = json.loads(told(new_id(), 1).body) | changes
        message = Message("k", json.dumps(document).encode(), "", "")
        box.store([Message("k", noise, "", ""), message])

    store()
    harness.work()
    assert {row["state"] for row in harness.inbox_rows()} <= {"done", "parked", "waiting", "skipped"}


def test_two_workers_share_without_doubling(harness: Harness, box: Inbox) -> None:
    things = [new_id() for _ in range(4)]
    messages = [told(thing, version) for thing in things for version in range(1, 13)] * 2
    random.Random(3).shuffle(messages)
    workers = [Worker(harness.store, handlings(harness.service)) for _ in range(3)]

    def feed() -> None:
        for start in range(0, len(messages), 20):
            box.store(messages[start : start + 20])

    def work(worker: Worker) -> None:
        for _ in range(400):
            worker.run_once()
            if len(heard(harness.store)) == 48:
                return

    run_together(feed, *(lambda w=worker: work(w) for worker in workers))
    harness.work()
    for thing in things:
        assert [version for kept, version in heard(harness.store) if kept == thing] == list(range(1, 13))


@pytest.mark.parametrize("point", ["worker.claimed", "worker.before_commit", "worker.committed"])
def test_crash_of_a_worker_is_counted_and_made_good(
    harness: Harness, box: Inbox, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    thing = new_id()
    box.store([told(thing, 1), told(thing, 2)])
    monkeypatch.setattr(failpoints, "hook", die_at(point))
    monkeypatch.setattr(claims, "give_back", lambda *_: None)  # the dead return nothing
    monkeypatch.setattr(Worker, "_failed", lambda *_: None)
    try:
        harness.worker.run_once()
    except SystemError:
        assert point == "worker.claimed"
    monkeypatch.undo()
    assert harness.worker.run_once() == 0, "the lease of the dead is respected"
    assert {row["attempts"] for row in harness.inbox_rows()} == {1}
    harness.make_due()
    assert heard(harness.store) == [(thing, 1), (thing, 2)]


def test_message_that_kills_the_process_is_parked_in_the_end(harness: Harness, box: Inbox) -> None:
    """Each claim counts before the handler runs; those claimed with it once are not blamed."""
    killer, thing = new_id(), new_id()
    box.store([told(killer, 1), told(thing, 1)])
    for _ in range(claims.MAX_ATTEMPTS):
        claims.claim(harness.store)  # and the process dies
        make_due(harness)
    innocent = [row for row in harness.inbox_rows() if row["aggregate"] == thing]
    assert innocent[0]["attempts"] == 1
    harness.work()
    assert [row["reason"] for row in harness.inbox_rows()] == ["killed_the_worker", None]
    assert heard(harness.store) == [(thing, 1)]


def make_due(harness: Harness) -> None:
    with harness.store.transaction() as tx:
        tx.session.connection().execute(
            update(inbox_table).values(next_at=inbox_table.c.received_at).where(inbox_table.c.state == "new")
        )


def test_stopping_worker_gives_its_claims_back(harness: Harness, box: Inbox) -> None:
    thing, handled = new_id(), []
    box.store([told(thing, version) for version in range(1, 6)])
    worker = Worker(
        harness.store, handlings(harness.service), stopping=lambda: len(heard(harness.store)) >= 2
    )
    worker.run_once()
    handled = heard(harness.store)
    assert handled == [(thing, 1), (thing, 2)]
    assert [row["attempts"] for row in harness.inbox_rows()] == [1, 1, 0, 0, 0]
    harness.work()
    assert len(heard(harness.store)) == 5


def test_one_bad_event_does_not_undo_those_handled_together(harness: Harness, box: Inbox) -> None:
    thing, bad, other = new_id(), new_id(), new_id()
    box.store([told(thing, 1), told(bad, 1, mood="refuse"), told(bad, 2), told(other, 1), told(thing, 2)])
    worker = Worker(harness.store, handlings(harness.service), together=10)
    while worker.run_once():
        pass
    assert sorted(heard(harness.store)) == sorted([(thing, 1), (other, 1), (thing, 2)])
    assert states(harness.store)[(bad, 1)] == "parked"
    assert states(harness.store)[(bad, 2)] == "waiting"
