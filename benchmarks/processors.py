"""Where the processor time goes: seconds of processor per program, read from /proc.

Unlike rates, these figures hardly change when something else keeps the machine busy.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def used(programs: Mapping[str, int]) -> dict[str, float]:
    """Processor seconds used so far by each program with its children, by name."""
    parents: dict[int, int] = {}
    seconds: dict[int, float] = {}
    titles: dict[int, str] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                titles[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ").strip()
            except OSError:  # it ended while we looked
                continue
            pid = int(folder.name)
            parents[pid] = int(fields[1])
            seconds[pid] = (int(fields[11]) + int(fields[12])) / _TICKS
    names = {pid: name for name, pid in programs.items()}
    found: dict[str, float] = defaultdict(float)
    for pid, spent in seconds.items():
        above: int | None = pid
        while above is not None and above not in names:
            above = parents.get(above)
        if above is not None:
            found[_name(names[above], titles[pid])] += spent
    return found


def _name(program: str, title: str) -> str:
    """Backends of PostgreSQL are told apart by their database."""
    backend = re.match(r"postgres: \S+ (\S+) 127\.0\.0\.1", title)
    return f"{program}: {backend[1]}" if backend else program
