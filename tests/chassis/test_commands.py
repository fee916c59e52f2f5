"""A command has one effect and one answer, however often and by whomever it is asked."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from chassis.access import Actor, sign
from chassis.ids import new_id
from chassis.rpc import RemoteError
from chassis.testing import SECRET, Harness
from contracts.errors import Refused
from sample import contracts as said
from sample.acting import die_at, run_together
from sample.tables import Note, Sheet
from sqlalchemy import func, select, text

from chassis import answering, failpoints


def notes(harness: Harness) -> int:
    with harness.store.reading() as tx:
        return tx.session.scalar(select(func.count()).select_from(Note)) or 0


def test_repeat_gets_the_first_answer(harness: Harness, staff: Actor) -> None:
    command_id = new_id()
    answers = [
        harness.call(said.WRITE, actor=staff, request={"text": "hello"}, command_id=command_id)
        for _ in range(3)
    ]
    assert answers == [answers[0]] * 3
    assert notes(harness) == 1
    assert len(harness.events()) == 1


def test_repeat_says_that_it_is_one(harness: Harness, staff: Actor) -> None:
    context = {"actor": sign(staff, SECRET), "command_id": new_id()}
    answers = [harness.service.write(context=context, request={"text": "hello"}) for _ in range(2)]
    assert [answer["replayed"] for answer in answers] == [False, True]


def test_other_content_under_the_same_id_is_refused(harness: Harness, staff: Actor) -> None:
    command_id = new_id()
    harness.call(said.WRITE, actor=staff, request={"text": "hello"}, command_id=command_id)
    for request in ({"text": "other"}, {"text": "rude"}):
        with pytest.raises(Refused) as refused:
            harness.call(said.WRITE, actor=staff, request=request, command_id=command_id)
        assert (refused.value.code, refused.value.status) == ("command_reused", 422)
    assert notes(harness) == 1


def test_another_actor_does_not_get_the_answer(harness: Harness, staff: Actor) -> None:
    command_id, other = new_id(), Actor(new_id(), new_id(), new_id())
    harness.call(said.WRITE, actor=staff, request={"text": "hello"}, command_id=command_id)
    with pytest.raises(Refused, match="used before"):
        harness.call(said.WRITE, actor=other, request={"text": "hello"}, command_id=command_id)


def test_two_at_the_same_moment_have_one_effect(harness: Harness, staff: Actor) -> None:
    for _ in range(10):
        command_id, barrier = new_id(), threading.Barrier(2)
        answers: list[Any] = []

        def ask(command_id: str = command_id, barrier: Any = barrier, answers: list[Any] = answers) -> None:
            barrier.wait()
            answers.append(
                harness.call(said.WRITE, actor=staff, request={"text": "x"}, command_id=command_id)
            )

        run_together(ask, ask)
        assert len(answers) == 2
        assert answers[0] == answers[1]
    assert notes(harness) == 10


def test_refusal_is_not_remembered(harness: Harness, staff: Actor) -> None:
    command_id = new_id()
    with pytest.raises(Refused) as refused:
        harness.call(said.WRITE, actor=staff, request={"text": "rude"}, command_id=command_id)
    assert refused.value.code == "note_is_rude"
    harness.call(said.WRITE, actor=staff, request={"text": "polite"}, command_id=command_id)
    assert notes(harness) == 1


def test_returned_refusal_keeps_what_was_done(harness: Harness, staff: Actor) -> None:
    with pytest.raises(Refused, match="wrong guess"):
        harness.call(said.GUESS, actor=staff, request={"text": "wrong"})
    assert notes(harness) == 1


def test_repeat_of_a_success_is_not_undone_by_a_returned_refusal(harness: Harness, staff: Actor) -> None:
    command_id = new_id()
    for _ in range(2):
        answer = harness.call(said.GUESS, actor=staff, request={"text": "right"}, command_id=command_id)
        assert answer == {"count": 1}
    assert notes(harness) == 1


def test_only_what_may_be_remembered_tells_requests_apart(harness: Harness, staff: Actor) -> None:
    command_id = new_id()
    harness.call(said.GUESS, actor=staff, request={"text": "right"}, command_id=command_id)
    assert harness.call(said.GUESS, actor=staff, request={"text": "secret"}, command_id=command_id) == {
        "count": 1
    }


@pytest.mark.parametrize(
    ("request_", "field"),
    [({}, "text"), ({"text": "x", "colour": "red"}, "colour"), ({"text": 5}, "text"), ({"text": ""}, "text")],
)
def test_bad_fields_are_named(harness: Harness, staff: Actor, request_: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        harness.call(said.WRITE, actor=staff, request=request_)
    assert refused.value.status == 422
    assert list(refused.value.problem["errors"]) == [field]


@pytest.mark.parametrize("name", ["\ud800", "\x00", "a\nb"])
def test_names_that_cannot_be_printed_are_not_echoed(harness: Harness, staff: Actor, name: str) -> None:
    with pytest.raises(Refused) as refused:
        harness.call(said.WRITE, actor=staff, request={"text": "x", name: float("nan")})
    (echoed,) = refused.value.problem["errors"]
    assert echoed == name.replace("\ud800", "\ufffd").replace("\x00", "\ufffd").replace("\n", "\ufffd")


def test_forged_old_or_missing_actor_is_refused(harness: Harness, staff: Actor) -> None:
    for token in (None, "", "x.y.z", sign(staff, "another secret"), sign(staff, SECRET)[:-1]):
        answer = harness.service.write(context={"actor": token}, request={"text": "x"})
        assert answer["problem"]["code"] == "not_signed_in"
    assert notes(harness) == 0


def test_late_request_is_not_begun(harness: Harness, staff: Actor) -> None:
    context = {"actor": sign(staff, SECRET), "deadline": time.time() - 0.01}
    answer = harness.service.write(context=context, request={"text": "x"})
    assert answer["problem"]["code"] == "too_late"
    assert notes(harness) == 0


def test_command_id_must_be_an_id(harness: Harness, staff: Actor) -> None:
    context = {"actor": sign(staff, SECRET), "command_id": "yesterday"}
    answer = harness.service.write(context=context, request={"text": "x"})
    assert list(answer["problem"]["errors"]) == ["command_id"]


def test_answer_outside_its_schema_is_an_error(harness: Harness, staff: Actor) -> None:
    for mood in ("raise", "answer badly"):
        with pytest.raises(RemoteError):
            harness.call(said.MISBEHAVE, actor=staff, request={"text": mood})


def test_query_cannot_write(harness: Harness) -> None:
    with harness.store.reading() as tx, pytest.raises(RuntimeError, match="records nothing"):
        tx.record(said.NOTE_WRITTEN, aggregate=new_id(), data={"note_id": new_id()})


def test_lock_held_elsewhere_is_busy_and_nothing_is_done(
    postgresql_url: str, staff: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sample.service import QuietService

    monkeypatch.setattr("chassis.engines.LOCK_TIMEOUT_MS", 100)
    with Harness(QuietService, url=postgresql_url, package="sample") as harness:
        sheet = new_id()
        with harness.transaction() as tx:
            tx.session.add(Sheet(id=sheet, lines_left=5))
        with harness.store.engine.begin() as holder:
            holder.execute(text("SELECT * FROM sheets FOR UPDATE"))
            with pytest.raises(Refused) as refused:
                harness.call(said.USE_UP, actor=staff, request={"sheet": sheet})
        assert (refused.value.code, refused.value.status) == ("busy", 503)
        assert harness.call(said.USE_UP, actor=staff, request={"sheet": sheet}) == {"count": 4}


def test_turn_held_elsewhere_is_busy(staff: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    from sample.service import QuietService

    monkeypatch.setattr("chassis.store.TURN_TIMEOUT", 0.05)
    with Harness(QuietService, package="sample") as harness:
        held, done = threading.Event(), threading.Event()

        def hold() -> None:
            with harness.store.transaction():
                held.set()
                done.wait(10)

        holder = threading.Thread(target=hold)
        holder.start()
        held.wait(10)
        with pytest.raises(Refused) as refused:
            harness.call(said.WRITE, actor=staff, request={"text": "x"})
        done.set()
        holder.join()
        assert refused.value.code == "busy"


def test_deadlock_is_tried_again(postgresql_url: str, staff: Actor) -> None:
    """Two transactions that lock two rows crosswise: one is the victim, is tried again, and succeeds."""
    from sample.service import QuietService

    with Harness(QuietService, url=postgresql_url, package="sample") as harness:
        one, two = new_id(), new_id()
        with harness.transaction() as tx:
            tx.session.add_all([Sheet(id=one, lines_left=9), Sheet(id=two, lines_left=9)])
        barrier = threading.Barrier(2)

        def cross(first: str, second: str) -> Callable[[], None]:
            def work(tx: Any) -> dict[str, Any]:
                tx.lock(Sheet, [first])
                with contextlib.suppress(threading.BrokenBarrierError):  # nobody comes to the second try
                    barrier.wait(5)
                tx.lock(Sheet, [second])
                return {}

            return lambda: (
                answering.once(
                    harness.store, actor=staff, command_id=new_id(), operation="cross", request={}, work=work
                )
                and None
            )

        barrier_breaker = threading.Timer(3, barrier.abort)
        barrier_breaker.start()
        run_together(cross(one, two), cross(two, one))
        barrier_breaker.cancel()


def test_last_lines_are_not_oversold(harness: Harness, staff: Actor) -> None:
    sheet, outcomes = new_id(), []
    with harness.transaction() as tx:
        tx.session.add(Sheet(id=sheet, lines_left=5))

    def ask() -> None:
        for _ in range(5):
            try:
                harness.call(said.USE_UP, actor=staff, request={"sheet": sheet})
                outcomes.append("sold")
            except Refused as refused:
                outcomes.append(refused.code)

    run_together(ask, ask)
    assert sorted(outcomes) == ["sheet_is_full"] * 5 + ["sold"] * 5
    assert [event.version for event in harness.events(said.SHEET_FILLED)] == [1, 2, 3, 4, 5]


def test_crash_before_and_after_the_commit(harness: Harness, staff: Actor, monkeypatch: Any) -> None:
    """The caller saw neither come back; asking again tells, and has one effect."""
    command_id = new_id()
    for point in ("command.before_commit", "command.committed"):
        monkeypatch.setattr(failpoints, "hook", die_at(point))
        with pytest.raises(RemoteError):
            harness.call(said.WRITE, actor=staff, request={"text": "x"}, command_id=command_id)
        monkeypatch.setattr(failpoints, "hook", None)
    harness.call(said.WRITE, actor=staff, request={"text": "x"}, command_id=command_id)
    assert notes(harness) == 1


def test_once_without_a_service(harness: Harness, staff: Actor) -> None:
    command_id, store = new_id(), harness.store

    def work(tx: Any) -> dict[str, Any]:
        tx.session.add(Note(id=tx.new_id(), text="once", written_at=tx.now))
        return {"made": tx.new_id()}

    def ask(**changes: Any) -> tuple[Any, bool]:
        named: dict[str, Any] = {"operation": "issue", "request": {"a": 1}, **changes}
        return answering.once(store, actor=staff, command_id=command_id, work=work, **named)

    first, again = ask(), ask()
    assert (first[1], again[1]) == (False, True)
    assert first[0] == again[0]
    with pytest.raises(Exception, match="used before"):
        ask(request={"a": 2})
    assert notes(harness) == 1
