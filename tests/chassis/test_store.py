"""Transactions: what is recorded commits with its change, in the order of versions, or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from chassis.access import Actor
from chassis.clock import FixedClock, SystemClock
from chassis.ids import command_id, new_id
from chassis.store import Store
from chassis.tables import outbox
from chassis.testing import Harness, assert_migrations_match, temporary_store
from contracts.envelope import MAX_HOPS, validate_envelope
from sample import contracts as said
from sample.acting import environment_with, run_together
from sample.tables import Base, Note, Sheet
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from chassis import migrate, turns


@pytest.fixture
def store(database_url: str | None) -> Any:
    made = temporary_store("sample", database_url)
    yield made
    made.dispose()


def rows(store: Store) -> list[Any]:
    with store.reading() as tx:
        return list(tx.session.connection().execute(select(outbox).order_by(outbox.c.id)).all())


def test_event_carries_everything_about_its_cause(store: Store) -> None:
    actor = Actor(new_id(), new_id(), new_id())
    note = new_id()
    with store.transaction(actor=actor, correlation="c-1", causation="k-1", hops=2) as tx:
        event_id = tx.record(said.NOTE_WRITTEN, aggregate=note, data={"note_id": note})
        at = tx.now
    (row,) = rows(store)
    body = json.loads(row.body)
    assert validate_envelope(body)
    assert body == {
        "specversion": "1.0",
        "id": event_id,
        "source": "/sample",
        "type": "sample.note.written.v1",
        "time": at.isoformat(),
        "subject": f"note/{note}",
        "datacontenttype": "application/json",
        "dataschema": "urn:lectern:schema:sample.note.written.v1",
        "district": actor.district_id,
        "organisation": actor.organisation_id,
        "actor": actor.person_id,
        "correlationid": "c-1",
        "causationid": "k-1",
        "hops": 2,
        "data": {"note_id": note},
        "sequence": 1,
    }
    assert (row.kind, row.aggregate, row.version, row.published_at) == ("note", note, 1, None)


def test_versions_count_per_aggregate_in_the_order_recorded(store: Store) -> None:
    one, two = new_id(), new_id()
    for _ in range(2):
        with store.transaction() as tx:
            for sheet in (two, one, two):
                tx.record(said.SHEET_FILLED, aggregate=sheet, data={"note_id": sheet})
    found = [(row.aggregate, row.version) for row in rows(store)]
    assert found == [(two, 1), (one, 1), (two, 2), (two, 3), (one, 2), (two, 4)]


def test_many_events_in_one_transaction(store: Store) -> None:
    sheets = [new_id() for _ in range(700)]
    with store.transaction() as tx:
        for sheet in sheets * 2:
            tx.record(said.SHEET_FILLED, aggregate=sheet, data={"note_id": sheet})
    assert Counter(row.version for row in rows(store)) == {1: 700, 2: 700}


def test_nothing_is_announced_when_the_transaction_fails(store: Store) -> None:
    woken: list[int] = []
    store.on_commit.append(lambda: woken.append(1))
    with pytest.raises(ZeroDivisionError), store.transaction() as tx:  # noqa: PT012 - it fails after recording
        tx.record(said.NOTE_WRITTEN, aggregate=new_id(), data={"note_id": new_id()})
        raise ZeroDivisionError
    assert (rows(store), woken) == ([], [])
    with store.transaction() as tx:
        tx.session.add(Note(id=tx.new_id(), text="quiet", written_at=tx.now))
    assert woken == []
    with store.transaction() as tx:
        tx.record(said.NOTE_WRITTEN, aggregate=new_id(), data={"note_id": new_id()})
    assert woken == [1]


def test_savepoint_takes_its_events_with_it(store: Store) -> None:
    kept, lost = new_id(), new_id()
    with store.transaction() as tx:
        tx.session.add(Note(id=kept, text="kept", written_at=tx.now))
        tx.record(said.NOTE_WRITTEN, aggregate=kept, data={"note_id": kept})
        tx.session.flush()
        with pytest.raises(IntegrityError), tx.session.begin_nested():  # noqa: PT012 - it fails after recording
            tx.record(said.NOTE_WRITTEN, aggregate=lost, data={"note_id": lost})
            tx.session.execute(text("INSERT INTO notes SELECT * FROM notes"))
        with tx.session.begin_nested():
            tx.record(said.SHEET_FILLED, aggregate=kept, data={"note_id": kept})
    assert [(row.kind, row.aggregate) for row in rows(store)] == [("note", kept), ("sheet", kept)]


@pytest.mark.parametrize("data", [{}, {"note_id": "no uuid"}, {"note_id": new_id(), "colour": "red"}])
def test_data_outside_the_schema_is_refused(store: Store, data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"sample\.note\.written"), store.transaction() as tx:
        tx.record(said.NOTE_WRITTEN, aggregate=new_id(), data=data)


def test_nobody_speaks_for_another_service(store: Store) -> None:
    with pytest.raises(ValueError, match="cannot speak for origin"), store.transaction() as tx:
        tx.record(said.THING_CHANGED, aggregate=new_id(), data={})


def test_circles_end(store: Store) -> None:
    with pytest.raises(Exception, match="hops"), store.transaction(hops=MAX_HOPS + 1) as tx:
        tx.record(said.NOTE_WRITTEN, aggregate=new_id(), data={"note_id": new_id()})


def test_versions_follow_commits_when_many_write(store: Store) -> None:
    sheet = new_id()

    def write() -> None:
        for _ in range(15):
            with store.transaction() as tx:
                tx.record(said.SHEET_FILLED, aggregate=sheet, data={"note_id": sheet})

    run_together(write, write, write, write)
    assert [row.version for row in rows(store)] == list(range(1, 61))


def test_locked_rows_are_refreshed_and_in_order(store: Store) -> None:
    ids = sorted(new_id() for _ in range(3))
    with store.transaction() as tx:
        tx.session.add_all([Sheet(id=id_, lines_left=5) for id_ in ids])
    with store.transaction() as tx:
        seen = tx.session.get(Sheet, ids[0])
        assert seen is not None
        tx.session.execute(text("UPDATE sheets SET lines_left = 3"))
        locked = tx.lock(Sheet, [ids[2], ids[0], ids[0], new_id()])
        assert list(locked) == [ids[0], ids[2]]
        assert seen.lines_left == 3


def test_skip_locked_leaves_what_another_holds(postgresql_url: str) -> None:
    store, ids = temporary_store("sample", postgresql_url), [new_id(), new_id()]
    with store.transaction() as tx:
        tx.session.add_all([Sheet(id=id_, lines_left=5) for id_ in ids])
    with store.transaction() as holder, store.transaction() as other:
        assert list(holder.lock(Sheet, ids[:1])) == ids[:1]
        assert list(other.lock(Sheet, ids, skip_locked=True)) == ids[1:]
    store.dispose()


def test_reading_sees_one_moment(store: Store) -> None:
    with store.reading() as reader:
        count = select(func.count()).select_from(Note)
        assert reader.session.scalar(count) == 0
        with store.transaction() as tx:
            tx.session.add(Note(id=tx.new_id(), text="new", written_at=tx.now))
        assert reader.session.scalar(count) == 0
    with store.reading() as reader:
        assert reader.session.scalar(count) == 1


def test_naive_time_is_refused_and_zones_become_utc(store: Store) -> None:
    shanghai = datetime(2026, 3, 2, 9, 30, 0, 5, tzinfo=timezone(timedelta(hours=8)))
    with store.transaction() as tx:
        tx.session.add(Note(id=new_id(), text="then", written_at=shanghai))
    with store.reading() as tx:
        (found,) = tx.session.scalars(select(Note.written_at))
    assert found == shanghai
    assert found.tzinfo is UTC
    with pytest.raises((StatementError, DBAPIError), match="naive"), store.transaction() as tx:
        tx.session.add(Note(id=new_id(), text="when", written_at=datetime(2026, 3, 2)))  # noqa: DTZ001


def test_times_sort_as_they_passed(store: Store) -> None:
    times = [datetime(2026, 3, 2, tzinfo=UTC) + timedelta(microseconds=n) for n in (0, 10, 500_000, 999_999)]
    with store.transaction() as tx:
        tx.session.add_all([Note(id=new_id(), text="x", written_at=at) for at in reversed(times)])
    with store.reading() as tx:
        assert list(tx.session.scalars(select(Note.written_at).order_by(Note.written_at))) == times
        later = select(func.count()).select_from(Note).where(Note.written_at > times[1])
        assert tx.session.scalar(later) == 2


def test_two_writers_of_one_sqlite_file_take_turns() -> None:
    """A slow transaction makes the others wait; nobody fails and nobody starves."""
    store = temporary_store("sample")
    order: list[int] = []

    def write(number: int) -> None:
        with store.transaction() as tx:
            order.append(number)
            tx.session.add(Note(id=tx.new_id(), text="x", written_at=tx.now))
            time.sleep(0.02)

    started = []
    with store.transaction():
        for number in range(5):
            thread = threading.Thread(target=write, args=(number,))
            thread.start()
            started.append(thread)
            while len(waiting_for(store)) <= number + 1:
                time.sleep(0.001)
    for thread in started:
        thread.join()
    assert order == [0, 1, 2, 3, 4]
    store.dispose()


def waiting_for(store: Store) -> Any:
    assert store._turns is not None
    return store._turns._queue


def test_transaction_inside_a_transaction_is_a_mistake() -> None:
    store = temporary_store("sample")
    with (
        store.transaction(),
        pytest.raises(RuntimeError, match="already open in this thread"),
        store.transaction(),
    ):
        pass
    store.dispose()


def test_turn_is_free_again_after_an_error_and_after_giving_up() -> None:
    queue = turns.Turns()
    with pytest.raises(ZeroDivisionError), queue.take(1):
        raise ZeroDivisionError
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with queue.take(1):
            held.set()
            done.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    with pytest.raises(turns.TurnTimeout), queue.take(0.01):
        pass
    done.set()
    holder.join()
    with queue.take(1):
        pass


def test_a_writer_of_another_process_is_waited_for(harness: Harness) -> None:
    """A lock that this process does not know of: SQLite's own busy time-out, PostgreSQL's row lock."""
    other = Store("sample", harness.store.url)
    other._turns = turns.Turns()
    sheet = new_id()
    with harness.transaction() as tx:
        tx.session.add(Sheet(id=sheet, lines_left=10))

    def count_down(store: Store) -> None:
        for _ in range(5):
            with store.transaction() as tx:
                tx.lock(Sheet, [sheet])[sheet].lines_left -= 1

    run_together(lambda: count_down(harness.store), lambda: count_down(other))
    with harness.transaction() as tx:
        assert tx.lock(Sheet, [sheet])[sheet].lines_left == 0
    other.dispose()


def test_migrations_make_the_tables_of_the_code(
    database_url: str | None, tmp_path: Any, postgres_url: Any
) -> None:
    url = f"sqlite:///{tmp_path / 'new.sqlite3'}" if database_url is None else postgres_url("new")
    assert_migrations_match("sample", url, Base.metadata)


def test_ids_sort_by_time_and_repeat_for_the_same_parts() -> None:
    made = []
    for _ in range(5):
        made.append(new_id())
        time.sleep(0.001)
    assert made == sorted(made)
    assert len({new_id() for _ in range(10_000)}) == 10_000
    assert command_id("a", "b") == command_id("a", "b") != command_id("ab", "")


def test_clocks_move_when_told(tmp_path: Any) -> None:
    offset = tmp_path / "offset"
    clock = SystemClock(str(offset))
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)
    offset.write_text("86400")
    time.sleep(0.06)
    assert abs(clock.now() - datetime.now(UTC) - timedelta(days=1)) < timedelta(seconds=1)
    fixed = FixedClock(datetime(2026, 3, 2, tzinfo=UTC))
    fixed.advance(timedelta(hours=1))
    assert fixed.now() == datetime(2026, 3, 2, 1, tzinfo=UTC)


def test_two_migrate_at_the_same_time(database_url: str | None, tmp_path: Any, postgres_url: Any) -> None:
    url = f"sqlite:///{tmp_path / 'new.sqlite3'}" if database_url is None else postgres_url("two")
    program = f"from chassis.migrate import upgrade; upgrade('sample', {url!r})"
    both = [
        subprocess.Popen([sys.executable, "-c", program], env=environment_with(), stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    complaints = [process.communicate(timeout=60)[1].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], complaints
    assert migrate.pending("sample", url) == []
