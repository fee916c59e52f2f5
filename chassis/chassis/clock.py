"""The time, as an argument: domain code never reads a clock.

`SystemClock` adds the offset in seconds found in the file named by `LECTERN_CLOCK_FILE`, so that a test
moves the time of every process at once ("the evening of the session has come"). Leases, backoff and
deadlines of the messaging core do not use these clocks: they follow the database's own or the machine's.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

_REREAD_SECONDS = 0.05


class Clock(Protocol):
    """Where `Tx.now` comes from."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock, moved by the offset file where there is one."""

    def __init__(self, offset_file: str | None = None) -> None:
        self._file = Path(offset_file) if offset_file else None
        self._offset = timedelta(0)
        self._read_at = float("-inf")

    def now(self) -> datetime:
        return datetime.now(UTC) + self._moved()

    def _moved(self) -> timedelta:
        if self._file is not None and time.monotonic() - self._read_at > _REREAD_SECONDS:
            self._read_at = time.monotonic()
            try:
                self._offset = timedelta(seconds=float(self._file.read_text() or 0))
            except FileNotFoundError:
                self._offset = timedelta(0)
        return self._offset


class FixedClock:
    """A clock that a test or a simulation moves by hand."""

    def __init__(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("a clock needs an aware datetime")
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        return self._at

    def advance(self, by: timedelta) -> None:
        self._at += by


_system: SystemClock | None = None


def system() -> SystemClock:
    """The clock of this process."""
    global _system  # noqa: PLW0603 - one clock per process is the point
    if _system is None:
        _system = SystemClock(os.environ.get("LECTERN_CLOCK_FILE"))
    return _system
