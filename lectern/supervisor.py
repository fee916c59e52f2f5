"""Runs processes, replaces those that die, and ends them all together.

A process that dies is started again after half a second, then after twice as long each time, up to half a
minute; one that ran for a minute starts afresh. The supervisor's own violent end ends its processes too.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import click

from lectern.servers.processes import Guard
from lectern.words import choose

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
CALM_SECONDS = 60.0
GRACE_SECONDS = 20.0
COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "bright_cyan", "bright_green", "bright_magenta")


@dataclass(frozen=True)
class Program:
    """A process to keep running: its name in the output, its command, what it adds to the environment."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)


class Supervisor:
    """`start` programs, `watch` them until told to stop, `stop` them."""

    def __init__(self, *, write: Callable[[str, str], None] | None = None) -> None:
        self._write = write or self._print
        self._guard = Guard()
        self._kept: dict[str, _Kept] = {}
        self._stopping = threading.Event()
        self._lock = threading.Lock()

    def start(self, program: Program) -> None:
        """Start a program and keep it running from now on."""
        kept = _Kept(program)
        self._kept[program.name] = kept
        self._launch(kept)

    def pids(self) -> dict[str, int]:
        """The running processes by name."""
        return {name: kept.process.pid for name, kept in self._kept.items() if kept.process is not None}

    def stop_soon(self) -> None:
        """Let `watch` return; safe in a signal handler."""
        self._stopping.set()

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    def watch(self, *, until: Callable[[], bool] = lambda: False) -> None:
        """Replace what dies, until told to stop or until the given fact holds."""
        while not self._stopping.is_set() and not until():
            for kept in self._kept.values():
                self._look_after(kept)
            self._stopping.wait(timeout=0.1)

    def stop(self) -> None:
        """Ask every process to end (SIGTERM), then insist (SIGKILL)."""
        self._stopping.set()
        running = [kept for kept in self._kept.values() if kept.process is not None]
        for kept in running:
            kept.signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for kept in running:
            with suppress(subprocess.TimeoutExpired):
                kept.wait(max(0.1, deadline - time.monotonic()))
                continue
            self._write(
                kept.program.name, choose("未按时结束，强行终止。", "did not end in time; killing it.")
            )
            kept.signal(signal.SIGKILL)
            kept.wait(10)
        for kept in running:
            kept.close()
        self._guard.forget()
        self._guard.close()

    def _launch(self, kept: _Kept) -> None:
        kept.process = subprocess.Popen(
            list(kept.program.argv),
            env={**os.environ, **_manners(), **kept.program.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
            errors="replace",
        )
        self._guard.watch_process(kept.process.pid)
        kept.started_at = time.monotonic()
        kept.reader = threading.Thread(target=self._read, args=(kept.program.name, kept.process), daemon=True)
        kept.reader.start()

    def _look_after(self, kept: _Kept) -> None:
        if kept.process is None:
            if time.monotonic() >= kept.start_again_at:
                self._launch(kept)
            return
        code = kept.process.poll()
        if code is None:
            return
        if time.monotonic() - kept.started_at > CALM_SECONDS:
            kept.deaths = 0
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**kept.deaths)
        kept.deaths += 1
        kept.start_again_at = time.monotonic() + pause
        self._guard.unwatch_process(kept.process.pid)
        # What it started in its own session (gunicorn's workers) must not outlive it.
        kept.signal(signal.SIGKILL)
        kept.close()
        kept.process = None
        how = _ending(code)
        self._write(
            kept.program.name,
            choose(
                f"已结束（{how}），{pause:g} 秒后重新启动。", f"ended ({how}); starting again in {pause:g} s."
            ),
        )

    def _read(self, name: str, process: subprocess.Popen[str]) -> None:
        if process.stdout is not None:
            with suppress(ValueError, OSError):
                for line in process.stdout:
                    self._write(name, line.rstrip("\n"))

    def _print(self, name: str, line: str) -> None:
        colour = COLOURS[list(self._kept).index(name) % len(COLOURS)] if name in self._kept else "white"
        width = max((len(known) for known in self._kept), default=0)
        with self._lock:
            # As it is: the lines may carry colours of their own, which click drops for a file.
            click.echo(f"{click.style(f'{name.ljust(width)} |', fg=colour)} {line}", err=True)


class _Kept:
    """A program and the process that runs it now, if any does."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: subprocess.Popen[str] | None = None
        self.reader: threading.Thread | None = None
        self.started_at = 0.0
        self.start_again_at = 0.0
        self.deaths = 0

    def signal(self, number: int) -> None:
        """To the whole session when it kills, to the process alone when it asks."""
        if self.process is None:
            return
        with suppress(OSError):
            if number == signal.SIGKILL:
                os.killpg(self.process.pid, number)
            else:
                self.process.send_signal(number)

    def wait(self, seconds: float) -> None:
        if self.process is not None:
            self.process.wait(timeout=seconds)

    def close(self) -> None:
        """Let the reader finish with what was written and close the pipe."""
        if self.reader is not None:
            self.reader.join(timeout=2)
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()


def _manners() -> dict[str, str]:
    """How children write: at once, and for people when people watch."""
    people = {"LECTERN_LOG_FORMAT": "console"} if sys.stderr.isatty() else {}
    return {"PYTHONUNBUFFERED": "1", **people} | {
        name: os.environ[name] for name in people if name in os.environ
    }


def _ending(code: int) -> str:
    if code >= 0:
        return choose(f"退出码 {code}", f"exit code {code}")
    try:
        return signal.Signals(-code).name
    except ValueError:
        return choose(f"信号 {-code}", f"signal {-code}")


def python(*arguments: str) -> list[str]:
    """A command that runs a module of this environment."""
    return [sys.executable, "-m", *arguments]
