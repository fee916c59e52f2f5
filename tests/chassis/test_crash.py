"""The process dies at each named point, is started again, and nothing is lost, doubled or out of order."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
from pathlib import Path

from chassis.store import Store
from sample.run_embedded import SHEET
from sample.tables import Note
from sample.telling import heard
from sqlalchemy import func, select

POINTS = [
    "command.before_commit",
    "command.committed",
    "relay.read",
    "relay.confirmed",
    "relay.marked",
    "inbox.received",
    "inbox.stored",
    "worker.claimed",
    "worker.before_commit",
    "worker.committed",
]
NOTES = 3
KILLED = 137


def run(
    home: Path, environment: dict[str, str], *, count: int, failpoint: str | None = None
) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "ignore", "-m", "sample.run_embedded", str(home), str(count)]
    extra = {"LECTERN_FAILPOINT": failpoint} if failpoint else {}
    return subprocess.Popen(
        command, env={**environment, **extra}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def assert_exactly_once(home: Path, count: int) -> None:
    ear, sample = (Store(name, f"sqlite:///{home / f'{name}.sqlite3'}") for name in ("ear", "sample"))
    kept = heard(ear)
    assert [version for aggregate, version in kept if aggregate == SHEET] == list(range(1, count + 1))
    assert len(kept) == 2 * count
    with sample.reading() as tx:
        assert tx.session.scalar(select(func.count()).select_from(Note)) == count
    for store in (ear, sample):
        with store.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        store.dispose()


def assert_survives(home: Path, environment: dict[str, str], *, count: int) -> None:
    said, complaint = run(home, environment, count=count).communicate(timeout=60)
    assert said == "done\n", complaint
    assert_exactly_once(home, count)


def test_crash_at_every_named_point(tmp_path: Path, environment: dict[str, str]) -> None:
    """One installation dies at one point after the other, with some more to do each time."""
    for number, point in enumerate(POINTS, start=1):
        died = run(tmp_path, environment, count=number * NOTES, failpoint=point)
        _, complaint = died.communicate(timeout=60)
        assert died.returncode == KILLED, f"{point}: {complaint}"
    assert_survives(tmp_path, environment, count=len(POINTS) * NOTES)


def test_killed_from_outside_at_any_moment(tmp_path: Path, environment: dict[str, str]) -> None:
    chance = random.Random(1)
    for _ in range(4):
        victim = run(tmp_path, environment, count=30)
        with contextlib.suppress(subprocess.TimeoutExpired):
            victim.wait(chance.uniform(0.6, 2.5))
        victim.kill()
        victim.communicate(timeout=60)
    assert_survives(tmp_path, environment, count=30)
