"""An outage is not a poisoned message: when many different events fail in a row, something is down.

The breaker opens after so many different events failed without a success between them. While it is open the
worker probes with one event at a time and tries do not count, so that an outage parks nothing; the first
success closes it. Failures that a message carries in itself (its schema, a refused rule) do not count here.
"""

from __future__ import annotations

import threading
import time

THRESHOLD = 5


class Breaker:
    """Shared by the workers of one service in one process."""

    def __init__(self, threshold: int = THRESHOLD) -> None:
        self._threshold = threshold
        self._failing: set[int] = set()
        self._guard = threading.Lock()
        self._opened_at: float | None = None

    @property
    def is_open(self) -> bool:
        return self._opened_at is not None

    @property
    def open_for(self) -> float:
        """Seconds since it opened; 0 while it is closed."""
        opened_at = self._opened_at
        return time.monotonic() - opened_at if opened_at is not None else 0.0

    def failed(self, inbox_id: int) -> None:
        with self._guard:
            self._failing.add(inbox_id)
            if len(self._failing) >= self._threshold and self._opened_at is None:
                self._opened_at = time.monotonic()

    def succeeded(self) -> None:
        if self._failing:
            with self._guard:
                self._failing.clear()
                self._opened_at = None
