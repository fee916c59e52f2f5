"""Ends what a killed process left behind. Run as a script of its own; imports only the standard library.

It reads lines from its standard input: `process <pid>`, `ended <pid>`, `folder <path>`, `forget`. When
the input ends, the process that wrote it has died or wants it so: every named process is killed with all its
descendants, and every named folder is removed.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def family(roots: Iterable[int]) -> list[int]:
    """The given processes and all their living descendants, parents first."""
    children: dict[int, list[int]] = {}
    for parent, pid in _parents():
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    waiting = list(roots)
    while waiting:
        pid = waiting.pop(0)
        if pid not in found:
            found.append(pid)
            waiting.extend(children.get(pid, []))
    return found


def alive(pid: int) -> bool:
    """Whether the process runs; a dead one whose parent has not yet asked for it counts as gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        if Path("/proc/self").exists():
            return False
        with suppress(OSError):
            os.kill(pid, 0)
            return True
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def working_in(folder: Path) -> bool:
    """Whether a living process has this as its current folder; where that cannot be seen, yes."""
    if not Path("/proc/self").exists():
        return True
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if (entry / "cwd").readlink() == folder and alive(int(entry.name)):
                    return True
    return False


def _parents() -> list[tuple[int, int]]:
    pairs = []
    if not Path("/proc/self").exists():
        for line in os.popen("ps -A -o ppid=,pid="):
            parent, pid = line.split()
            pairs.append((int(parent), int(pid)))
        return pairs
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, ValueError):
                # The command name in brackets may hold blanks; the fields after it may not.
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                pairs.append((int(fields[1]), int(entry.name)))
    return pairs


def end(processes: list[int], folders: list[str]) -> None:
    """Kill the families of the processes, wait until they are gone, remove the folders."""
    doomed = family(processes)
    for pid in doomed:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while any(alive(pid) for pid in doomed) and time.monotonic() < deadline:
        time.sleep(0.05)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    processes: list[int] = []
    folders: list[str] = []
    for line in sys.stdin:
        word, _, rest = line.rstrip("\n").partition(" ")
        if word == "process":
            processes.append(int(rest))
        elif word == "ended" and int(rest) in processes:
            processes.remove(int(rest))
        elif word == "folder":
            folders.append(rest)
        elif word == "forget":
            processes.clear()
            folders.clear()
    end(processes, folders)


if __name__ == "__main__":
    main()
