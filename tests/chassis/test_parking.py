"""What fails is tried again, then set aside for an operator; an outage parks nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chassis.breaker import THRESHOLD
from chassis.broker import Message
from chassis.ids import new_id
from chassis.inbox import Inbox
from chassis.tables import parked_actions
from chassis.testing import Harness
from contracts.errors import NotFound
from sample.telling import heard, position, states, told
from sqlalchemy import select

from chassis import claims, parking, worker


@pytest.fixture(autouse=True)
def _long_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only `make_due` ends a backoff here, however slow the machine is."""
    monkeypatch.setattr(worker, "BACKOFF_BASE", 3600)
    monkeypatch.setattr(worker, "BACKOFF_CAP", 10**6)


@pytest.fixture
def box(harness: Harness) -> Inbox:
    return Inbox(harness.store)


def parked_ids(harness: Harness) -> list[int]:
    return [row["id"] for row in parking.list_parked(harness.store)]


def actions(harness: Harness) -> list[tuple[str, str, str]]:
    with harness.store.reading() as tx:
        rows = tx.session.connection().execute(select(parked_actions).order_by(parked_actions.c.id))
        return [(row.action, row.actor, row.note) for row in rows]


def test_failure_is_tried_eight_times_and_then_parked(harness: Harness, box: Inbox) -> None:
    thing, other = new_id(), new_id()
    box.store([told(thing, 1, mood="fail"), told(thing, 2), told(other, 1)])
    harness.work()
    assert heard(harness.store) == [(other, 1)]
    for attempt in range(1, claims.MAX_ATTEMPTS):
        row = harness.inbox_rows()[0]
        assert (row["state"], row["attempts"]) == ("new", attempt)
        harness.make_due()
    row = harness.inbox_rows()[0]
    assert (row["state"], row["reason"], row["attempts"]) == ("parked", "out_of_tries", 8)
    assert "Broken: the handler" in row["error"]
    assert states(harness.store)[(thing, 2)] == "waiting"
    (listed,) = parking.list_parked(harness.store)
    assert (listed["id"], listed["waiting"], "body" in listed) == (row["id"], 1, False)


def test_backoff_grows_and_has_jitter(harness: Harness, box: Inbox) -> None:
    for _ in range(4):
        box.store([told(new_id(), 1, mood="fail")])
    harness.work()
    delays = [(row["next_at"] - row["received_at"]).total_seconds() for row in harness.inbox_rows()]
    assert len(set(delays)) == 4
    assert 700 < min(delays) < max(delays) < 7300


def test_retry_after_the_cause_is_mended(harness: Harness, box: Inbox) -> None:
    thing = new_id()
    harness.service.broken = True
    box.store([told(thing, 1, mood="sometimes"), told(thing, 2), told(thing, 3)])
    harness.work()
    for _ in range(claims.MAX_ATTEMPTS):
        harness.make_due()
    (parked_id,) = parked_ids(harness)
    harness.service.broken = False
    parking.retry(harness.store, parked_id, actor="op-1", note="the provider is back")
    harness.work()
    assert heard(harness.store) == [(thing, 1), (thing, 2), (thing, 3)]
    assert actions(harness) == [("retry", "op-1", "the provider is back")]
    assert parked_ids(harness) == []


def test_retry_all_of_a_reason(harness: Harness, box: Inbox) -> None:
    box.store([told(new_id(), 1, mood="refuse") for _ in range(3)])
    box.store([Message("k", b"{", "", "")])
    harness.work()
    assert parking.retry_all(harness.store, reason="refused", actor="op", note="again") == 3
    harness.work()
    assert len(parked_ids(harness)) == 4, "they are refused again, and still there"
    assert len(actions(harness)) == 3
    assert [row["reason"] for row in parking.list_parked(harness.store, reason="malformed")] == ["malformed"]


def test_edit_and_retry(harness: Harness, box: Inbox) -> None:
    thing = new_id()
    box.store([told(thing, 1, mood="refuse"), told(thing, 2)])
    harness.work()
    (parked_id,) = parked_ids(harness)
    good = told(thing, 1).body.decode()
    parking.edit(harness.store, parked_id, body=good, actor="op", note="mood corrected")
    harness.work()
    assert heard(harness.store) == [(thing, 1), (thing, 2)]


def test_edit_of_what_was_no_event(harness: Harness, box: Inbox) -> None:
    thing = new_id()
    box.store([Message("k", b"{", "", ""), told(thing, 2)])
    harness.work()
    (parked_id,) = parked_ids(harness)
    with pytest.raises(parking.BodyIsNoEvent):
        parking.edit(harness.store, parked_id, body="{}", actor="op", note="")
    parking.edit(harness.store, parked_id, body=told(thing, 1).body.decode(), actor="op", note="restored")
    harness.work()
    assert heard(harness.store) == [(thing, 1), (thing, 2)]


@pytest.mark.parametrize("changes", [{"id": new_id()}, {"sequence": 7}, {"subject": f"thing/{new_id()}"}])
def test_edit_does_not_make_another_event_of_it(
    harness: Harness, box: Inbox, changes: dict[str, Any]
) -> None:
    thing = new_id()
    box.store([told(thing, 1, mood="refuse")])
    harness.work()
    (parked_id,) = parked_ids(harness)
    body = json.dumps(json.loads(told(thing, 1).body) | changes)
    with pytest.raises(parking.BodyIsAnotherEvent):
        parking.edit(harness.store, parked_id, body=body, actor="op", note="")
    assert parking.show(harness.store, parked_id)["actions"] == []


def test_skip_lets_the_others_pass(harness: Harness, box: Inbox) -> None:
    thing, first = new_id(), new_id()
    box.store([told(thing, 1), told(thing, 2, mood="refuse"), told(thing, 3), told(first, 1, mood="refuse")])
    harness.work()
    for parked_id in parked_ids(harness):
        parking.skip(harness.store, parked_id, actor="op", note="never mind")
    harness.work()
    assert heard(harness.store) == [(thing, 1), (thing, 3)]
    assert position(harness.store, thing) == (3, False)
    box.store([told(first, 2)])
    harness.work()
    assert heard(harness.store)[-1] == (first, 2)


def test_shown_with_body_and_history(harness: Harness, box: Inbox) -> None:
    box.store([Message("k", b"\xff{", "", "")])
    (parked_id,) = parked_ids(harness)
    shown = parking.show(harness.store, parked_id)
    assert (shown["body"], shown["reason"], shown["actions"]) == ("�{", "malformed", [])
    parking.skip(harness.store, parked_id, actor="op", note="noise")
    for act in (parking.retry, parking.skip):
        with pytest.raises(NotFound):
            act(harness.store, parked_id, actor="op", note="")


def test_outage_parks_nothing(harness: Harness, box: Inbox) -> None:
    """When different events fail one after the other the tries stop counting, until one succeeds."""
    things = [new_id() for _ in range(THRESHOLD + 1)]
    harness.service.broken = True
    box.store([told(thing, 1, mood="sometimes") for thing in things])
    for _ in range(claims.MAX_ATTEMPTS + 2):
        harness.make_due()
    assert harness.worker.breaker.is_open
    assert {row["state"] for row in harness.inbox_rows()} == {"new"}
    harness.service.broken = False
    harness.make_due()
    assert not harness.worker.breaker.is_open
    assert sorted(heard(harness.store)) == sorted((thing, 1) for thing in things)


def test_open_breaker_probes_one_at_a_time(harness: Harness, box: Inbox) -> None:
    harness.service.broken = True
    box.store([told(new_id(), 1, mood="sometimes") for _ in range(THRESHOLD)])
    harness.worker.run_once()
    assert harness.worker.breaker.is_open
    box.store([told(new_id(), 1, mood="sometimes") for _ in range(3)])
    assert harness.worker.run_once() == 1


def test_poison_alone_does_not_open_the_breaker(harness: Harness, box: Inbox) -> None:
    box.store([told(new_id(), 1, mood="fail"), told(new_id(), 1, mood="fail")])
    for _ in range(claims.MAX_ATTEMPTS):
        harness.make_due()
    assert {row["reason"] for row in harness.inbox_rows()} == {"out_of_tries"}
