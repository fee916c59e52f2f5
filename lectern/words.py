"""What the command line says, in Chinese or English by the locale of whoever runs it."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import click
from rich.console import Console

# Standard output is for results; progress and notes go to standard error.
# A file or a pipe is no narrow screen: nothing is cut there.
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)
notes = Console(stderr=True, highlight=False, soft_wrap=True)


def speaks_chinese() -> bool:
    """LECTERN_LANG decides, then the usual variables of the locale."""
    for name in ("LECTERN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return value.lower().startswith("zh")
    return False


def choose(zh: str, en: str) -> str:
    return zh if speaks_chinese() else en


def note(zh: str, en: str) -> None:
    """A line for whoever watches."""
    notes.print(choose(zh, en), markup=False)


def print_json(value: Any) -> None:
    """One JSON document on standard output, for programs."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write("\n")


class Failure(click.ClickException):
    """The command could not do what it was asked; the sentence says why and what to do. Exit code 1."""

    exit_code = 1

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(choose(zh, en))
        self.zh = zh
        self.en = en

    def show(self, file: Any = None) -> None:
        notes.print(self.message, markup=False, style="red")
