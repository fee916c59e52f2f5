"""`lectern run` and `lectern run-server` as processes: ready, refused, killed, stopped, started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lectern.servers import reaper
from lectern.servers.processes import free_port


class Running:
    """A `lectern` command that serves pages."""

    def __init__(self, *arguments: str, home: Path) -> None:
        self.port = free_port()
        self.home = home
        home.mkdir(exist_ok=True)
        self.output = home / "output.txt"
        environment = {k: v for k, v in os.environ.items() if not k.endswith("_URL") and k != "AMQP_URI"}
        with self.output.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "lectern", *arguments, "--port", str(self.port)],
                env={**environment, "LECTERN_HOME": str(home), "LECTERN_LANG": "en"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def await_ready(self) -> None:
        line = f"Lectern is ready: {self.address}"
        assert eventually(lambda: line in self.said() or self.process.poll() is not None, seconds=120), (
            self.said()
        )
        assert self.process.poll() is None, self.said()

    def get(self, path: str) -> int:
        try:
            with urllib.request.urlopen(self.address + path, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def family(self) -> list[int]:
        return reaper.family([self.process.pid])


Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Running] = []

    def begin(*arguments: str) -> Running:
        started.append(Running(*arguments, home=tmp_path / "home"))
        return started[-1]

    yield begin
    for running in started:
        doomed = running.family() if running.process.poll() is None else []
        running.kill()
        assert eventually(lambda pids=doomed: not any(reaper.alive(pid) for pid in pids), seconds=30)  # type: ignore[misc]


def eventually(fact: Callable[[], bool], *, seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_one_process_serves_stops_in_order_and_starts_again(start: Start) -> None:
    first = start("run", "--no-example")
    first.await_ready()
    assert (first.get("/healthz"), first.get("/readyz"), first.get("/no-such-page")) == (200, 200, 404)
    second = start("run", "--no-example")
    assert second.process.wait(timeout=60) == 1
    assert f"already running with the data in {first.home} (process {first.process.pid})" in second.said()
    assert first.stop(signal.SIGINT) == 0
    assert "Stopped; the data are kept." in first.said()
    third = start("run", "--no-example")
    third.await_ready()
    third.kill()
    fourth = start("run", "--no-example")
    fourth.await_ready()
    assert fourth.stop(signal.SIGTERM) == 0


def test_processes_on_private_servers_are_replaced_end_together_and_come_back(start: Start) -> None:
    running = start("run-server", "ENROLLMENT=2", "--no-example")
    running.await_ready()
    assert (running.get("/healthz"), running.get("/readyz")) == (200, 200)
    replicas = commands(running, "enrollment")
    assert len(replicas) == 2
    os.kill(replicas[0], signal.SIGKILL)
    assert eventually(lambda: len(set(commands(running, "enrollment")) - set(replicas)) == 1)
    assert doctor(running)["healthy"] is True
    family = running.family()
    assert len(family) > 10
    running.kill()
    assert eventually(lambda: not any(reaper.alive(pid) for pid in family)), running.said()
    again = start("run-server", "--no-example")
    again.await_ready()
    assert again.get("/readyz") == 200
    assert again.stop() == 0
    assert "Stopped; the data are kept." in again.said()


def commands(running: Running, service: str) -> list[int]:
    """The processes of a service, by their command line."""
    found = []
    for pid in running.family():
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"service" in words and service.encode() in words:
            found.append(pid)
    return found


def doctor(running: Running) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "lectern", "--server", "doctor", "--json"],
        env={**os.environ, "LECTERN_HOME": str(running.home), "LECTERN_CLOCK_FILE": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    document: dict[str, object] = json.loads(done.stdout)
    return document
