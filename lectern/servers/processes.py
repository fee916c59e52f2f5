"""Child processes in sessions of their own, with a reaper that outlives the process that started them."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from lectern.servers import reaper
from lectern.servers.programs import ServerProblem

# Below the range from which the kernel takes ports for outgoing connections, so that a server that is
# stopped for a while finds its port still free when it comes back.
PORTS = range(18000, 32000)


def free_port() -> int:
    """A port of 127.0.0.1 on which nothing listens now."""
    for _ in range(200):
        port = random.choice(PORTS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise ServerProblem("No free port was found on 127.0.0.1 between 18000 and 32000. Close some servers.")


def listening(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


class Guard:
    """Tells a reaper what to end and to remove should this process be killed."""

    def __init__(self) -> None:
        self._reaper = subprocess.Popen(
            [sys.executable, "-I", reaper.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
            cwd="/",
        )
        self._lock = threading.Lock()

    def watch_process(self, pid: int) -> None:
        self._say(f"process {pid}")

    def unwatch_process(self, pid: int) -> None:
        """It has ended; its number may soon belong to another process."""
        self._say(f"ended {pid}")

    def watch_folder(self, folder: Path) -> None:
        self._say(f"folder {folder}")

    def forget(self) -> None:
        """Everything watched so far has ended in order."""
        self._say("forget")

    def close(self) -> None:
        """Leave the rest to the reaper: what is still watched ends now."""
        pipe = self._reaper.stdin
        if pipe is not None and not pipe.closed:
            pipe.close()
        self._reaper.wait(timeout=20)

    def _say(self, line: str) -> None:
        pipe = self._reaper.stdin
        if pipe is None or pipe.closed:
            return
        with self._lock:
            pipe.write(line + "\n")
            pipe.flush()


class Child:
    """One server process with its descendants, in a session of its own, writing to a log file."""

    def __init__(
        self,
        *,
        argv: Sequence[str],
        env: Mapping[str, str],
        log: Path,
        cwd: Path,
        guard: Guard,
        user: int | None = None,
        group: int | None = None,
    ) -> None:
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                list(argv),
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                start_new_session=True,
                user=user,
                group=group,
                extra_groups=None if user is None else [],
            )
        guard.watch_process(self.pid)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def signal(self, number: int) -> None:
        """Send a signal to the process and every descendant."""
        for pid in reaper.family([self.pid]) if self.running else []:
            with suppress(OSError):
                os.kill(pid, number)

    def signal_first(self, number: int) -> None:
        """Send a signal to the process alone."""
        if self.running:
            self._process.send_signal(number)

    def kill(self) -> None:
        """`kill -9` of the process and every descendant; returns when all are gone."""
        doomed = reaper.family([self.pid]) if self.running else []
        for pid in doomed:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(timeout=20)
        wait_until(lambda: not any(reaper.alive(pid) for pid in doomed), seconds=20)

    def wait(self, *, seconds: float) -> bool:
        """Whether the process ended in time."""
        try:
            self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def last_words(self, lines: int = 12) -> str:
        """The end of the log, for error messages."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return "(no log was written)"


def wait_until(done: Callable[[], bool], *, seconds: float, pause: float = 0.05) -> bool:
    """Ask again and again until `done` says yes; whether it did so in time."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
