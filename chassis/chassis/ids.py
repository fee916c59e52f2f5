"""Ids: time-ordered ones for rows (new rows stay together in an index), derived ones for repeats."""

from __future__ import annotations

import os
import time
import uuid

_COMMANDS = uuid.UUID("8f1f6a4e-1c1b-5c0e-9d0a-6d1a3a1f2b77")


def new_id() -> str:
    """A UUID version 7 as text: 48 bits of milliseconds, 12 bits of the fraction, 62 random bits."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = (rest << 12) // 1_000_000
    random = int.from_bytes(os.urandom(8), "big") >> 2
    return str(uuid.UUID(int=(milliseconds << 80) | (0x7 << 76) | (fraction << 64) | (0b10 << 62) | random))


def command_id(*parts: str) -> str:
    """The same parts give the same id: a process that starts again repeats its command, not its effect."""
    return str(uuid.uuid5(_COMMANDS, "\x1f".join(parts)))
