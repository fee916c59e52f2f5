"""Doing things at the same time, and letting a process die at a named point."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chassis.testing import SECRET

PACKAGES = str(Path(__file__).parent.parent)


def environment_with(**variables: str) -> dict[str, str]:
    """The environment for processes that need the sample package."""
    path = os.pathsep.join([PACKAGES, *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path, "LECTERN_SECRET": SECRET, **variables}


def run_together(*calls: Callable[[], Any]) -> None:
    """Run the calls at the same time; the first error is raised here."""
    errors: list[BaseException] = []

    def guarded(call: Callable[[], Any]) -> None:
        try:
            call()
        except BaseException as error:  # noqa: BLE001 - handed on below
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if errors:
        raise errors[0]


def die_at(point: str) -> Callable[[str], None]:
    """A hook for `chassis.failpoints` that interrupts whatever reaches the point."""

    def hook(name: str) -> None:
        if name == point:
            raise SystemError(f"died at {name}")

    return hook
