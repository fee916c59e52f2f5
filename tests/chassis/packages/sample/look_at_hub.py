"""Does a slow query freeze the other greenlets? Prints the longest gap between two ticks, in seconds.

The best of three rounds: a machine that is busy with something else makes gaps too, but not each time.
"""

import sys

from chassis.nameko_shell import patch

patch()

import time  # noqa: E402 - patched first
from collections.abc import Callable  # noqa: E402

import eventlet  # noqa: E402
from chassis.store import Store  # noqa: E402
from chassis.testing import temporary_store  # noqa: E402
from sqlalchemy import text  # noqa: E402

from sample.tables import Note  # noqa: E402


def ticks(gaps: list[float]) -> None:
    last = time.monotonic()
    while True:
        eventlet.sleep(0.01)
        now = time.monotonic()
        gaps.append(now - last)
        last = now


def query_slowly(store: Store) -> None:
    with store.reading() as tx:
        tx.session.execute(text("SELECT pg_sleep(0.5)"))


def write_slowly(store: Store) -> None:
    with store.transaction() as tx:
        tx.session.add(Note(id=tx.new_id(), text="x", written_at=tx.now))
        tx.session.flush()
        eventlet.sleep(0.3)


def main(url: str) -> None:
    if url == "sqlite":
        store = temporary_store("sample")
        work, least = write_slowly, 0.9
    else:
        store = Store("sample", url)
        work, least = query_slowly, 0.0
    print(min(longest_gap(work, store, least) for _ in range(3)))


def longest_gap(work: Callable[[Store], None], store: Store, least: float) -> float:
    gaps: list[float] = []
    ticking, began = eventlet.spawn(ticks, gaps), time.monotonic()
    for greenlet in [eventlet.spawn(work, store) for _ in range(3)]:
        greenlet.wait()
    assert time.monotonic() - began >= least, "writers did not take turns"
    ticking.kill()
    return max(gaps)


if __name__ == "__main__":
    main(sys.argv[1])
