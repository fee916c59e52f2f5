"""Writers of one SQLite file take turns here before they ask the database.

SQLite's own busy wait sleeps inside C, which freezes every greenlet of a process served by eventlet, and it
is unfair: a writer may starve behind luckier ones. This lock is first come, first served, built on
`threading`, so that it becomes green where threads are. Other processes (a command line tool beside the
running system) still meet SQLite's own lock behind it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class TurnTimeout(Exception):
    """Nobody finished in time; nothing was begun."""


class Turns:
    """A fair lock with a time-out, which knows its holder."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._queue: deque[threading.Event] = deque()
        self._holder: int | None = None

    @contextmanager
    def take(self, timeout: float) -> Iterator[None]:
        """Wait for the turn, hold it for the block."""
        me = threading.get_ident()
        if self._holder == me:
            raise RuntimeError("a write transaction is already open in this thread")
        self._wait(timeout)
        self._holder = me
        try:
            yield
        finally:
            self._pass_on()

    def _wait(self, timeout: float) -> None:
        with self._guard:
            mine = threading.Event()
            self._queue.append(mine)
            if self._queue[0] is mine:
                return
        if mine.wait(timeout):
            return
        with self._guard:
            if self._queue[0] is mine:  # the turn came while we gave up: take it
                return
            self._queue.remove(mine)
        raise TurnTimeout(f"no turn to write within {timeout} s")

    def _pass_on(self) -> None:
        with self._guard:
            self._holder = None
            self._queue.popleft()
            if self._queue:
                self._queue[0].set()


_by_file: dict[str, Turns] = {}
_by_file_guard = threading.Lock()


def of_file(path: str) -> Turns:
    """The one queue of writers of this file in this process."""
    with _by_file_guard:
        return _by_file.setdefault(path, Turns())
