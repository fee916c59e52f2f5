"""A whole Lectern as a user starts it: `lectern run` or `lectern run-server` in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests
from chassis.store import Store
from gateway.auth import accounts

REGION = Path(__file__).parent / "region"
LOGINS = [line.rsplit(",", 1)[1] for line in (REGION / "people.csv").read_text("utf-8").splitlines()[1:]]
PASSWORD = "a-long-enough-password"
READY_SECONDS = 120


@dataclass
class Installation:
    """A running Lectern: where it answers, whose clock can be moved, whose processes can be killed."""

    url: str
    folder: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes]
    arguments: list[str]
    offset: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        """What its processes take for the present."""
        return datetime.now(UTC) + self.offset

    def move_clock_to(self, at: datetime) -> None:
        """Make it `at` in every process; time only goes forward."""
        assert at > self.now()
        self.offset = at - datetime.now(UTC)
        clock = Path(self.environment["LECTERN_CLOCK_FILE"])
        fresh = clock.with_suffix(".new")
        fresh.write_text(str(self.offset.total_seconds()))
        fresh.replace(clock)
        time.sleep(0.06)  # the file is read again after at most 50 ms

    def pids(self, service: str) -> list[int]:
        """The processes of a service in server mode."""
        wanted = ["lectern", "service", service]
        return [pid for pid, words in _children(self.process.pid) if _contains(words, wanted)]

    def kill(self, service: str) -> int:
        """kill -9 every process of a service; answers how many there were."""
        pids = self.pids(service)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        return len(pids)

    def kill_everything(self) -> None:
        """kill -9 the one process of the embedded mode, and start it again on the same data."""
        self.process.kill()
        self.process.wait(timeout=10)
        self.process = _start(self.arguments, self.environment, self.folder)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"it ended with {self.process.returncode}:\n{self.log()}")
            try:
                if requests.get(f"{self.url}/readyz", timeout=2).status_code == requests.codes.ok:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.2)
        raise AssertionError(f"not ready within {READY_SECONDS} s:\n{self.log()}")

    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")[-6000:]


def lectern(*words: str, environment: dict[str, str], give: str | None = None) -> None:
    """Run the command line tool to its end; fails with what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "lectern", *words],
        env=environment,
        input=give,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, f"lectern {' '.join(words)}:\n{done.stdout}\n{done.stderr}"


@contextmanager
def installed(
    folder: Path, *, port: int, server: dict[str, str] | None = None, replicas: tuple[str, ...] = ()
) -> Iterator[Installation]:
    """Import the region, give everybody a password, start, and stop in order at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LECTERN_")},
        "LECTERN_HOME": str(folder / "home"),
        "LECTERN_CLOCK_FILE": str(folder / "clock"),
        "PYTHONWARNINGS": "default",
        **(server or {}),
    }
    (folder / "clock").write_text("0")
    if server is None:
        _take_in_region(environment, "import")
    words = ["run-server", *replicas] if server else ["run"]
    arguments = [*words, "--no-example", "--port", str(port)]
    process = _start(arguments, environment, folder)
    running = Installation(f"http://127.0.0.1:{port}", folder, environment, process, arguments)
    try:
        running.wait_until_ready()
        if server is not None:
            _take_in_region(environment, "--server", "import")
        yield running
    finally:
        running.process.send_signal(signal.SIGTERM)
        try:
            running.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            running.process.kill()
            raise
    assert running.process.returncode == 0, running.log()


def _take_in_region(environment: dict[str, str], *command: str) -> None:
    """In server mode the running services take the rows; else the command line does so before they start."""
    lectern(*command, str(REGION), "--yes", environment=environment)
    default = f"sqlite:///{environment['LECTERN_HOME']}/directory.sqlite3"
    store = Store("directory", environment.get("DIRECTORY_DATABASE_URL", default))
    try:
        with store.transaction() as tx:
            for login in LOGINS:
                account = accounts.by_login(tx, login=login)
                assert account is not None, login
                accounts.set_password(tx, account_id=account.id, password=PASSWORD)
    finally:
        store.dispose()


def _start(arguments: list[str], environment: dict[str, str], folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "lectern", *arguments], env=environment, stdout=log, stderr=log
        )


def _children(parent: int) -> Iterator[tuple[int, list[str]]]:
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            words = (folder / "cmdline").read_bytes().decode().split("\0")
            above = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, ValueError):
            continue
        if above == parent:
            yield int(folder.name), words


def _contains(words: list[str], wanted: list[str]) -> bool:
    return any(words[at : at + len(wanted)] == wanted for at in range(len(words)))
