"""The supervisor replaces what dies, ends everything together, and leaves nothing behind when killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from lectern import supervisor as supervising
from lectern.servers import reaper
from lectern.supervisor import Program, Supervisor

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('up', flush=True); time.sleep(600)",
]
OWNER = """
import sys
from lectern.supervisor import Program, Supervisor
kept = Supervisor()
kept.start(Program("sleeper", [sys.executable, "-c", "import time; time.sleep(600)"]))
print(kept.pids()["sleeper"], flush=True)
kept.watch()
"""


class Output:
    """What the supervised processes and the supervisor said."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def write(self, name: str, line: str) -> None:
        self.lines.append((name, line))

    def count(self, name: str, line: str) -> int:
        return self.lines.count((name, line))


def eventually(fact: Callable[[], bool], *, seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def output() -> Output:
    return Output()


@pytest.fixture
def kept(output: Output) -> Iterator[Supervisor]:
    supervisor = Supervisor(write=output.write)
    watcher = threading.Thread(target=supervisor.watch)
    watcher.start()
    yield supervisor
    supervisor.stop_soon()
    watcher.join()
    supervisor.stop()


def test_a_killed_process_is_started_again(kept: Supervisor, output: Output) -> None:
    kept.start(Program("sleeper", SLEEPER))
    assert eventually(lambda: output.count("sleeper", "up") == 1)
    first = kept.pids()["sleeper"]
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: output.count("sleeper", "up") == 2)
    assert kept.pids()["sleeper"] != first
    assert any("SIGKILL" in line for name, line in output.lines if name == "sleeper")


def test_pauses_between_starts_grow(
    kept: Supervisor, output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "FIRST_PAUSE", 0.05)
    monkeypatch.setenv("LECTERN_LANG", "en")
    kept.start(Program("failing", [sys.executable, "-c", "raise SystemExit(3)"]))
    assert eventually(lambda: len(output.lines) >= 3)
    assert [line for _, line in output.lines[:3]] == [
        "ended (exit code 3); starting again in 0.05 s.",
        "ended (exit code 3); starting again in 0.1 s.",
        "ended (exit code 3); starting again in 0.2 s.",
    ]


def test_stop_ends_the_willing_and_the_stubborn(output: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "GRACE_SECONDS", 0.5)
    supervisor = Supervisor(write=output.write)
    supervisor.start(Program("willing", SLEEPER))
    supervisor.start(Program("stubborn", STUBBORN))
    assert eventually(lambda: len(output.lines) == 2)
    pids = supervisor.pids()
    supervisor.stop()
    assert [name for name, pid in pids.items() if reaper.alive(pid)] == []
    assert supervisor.stopping


def test_a_killed_supervisor_takes_its_processes_along() -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    assert reaper.alive(pid)
    os.kill(owner.pid, signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    assert eventually(lambda: not reaper.alive(pid))
