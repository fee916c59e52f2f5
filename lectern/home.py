"""The data directory: one running Lectern at a time, and where its pages are while it runs."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lectern.words import Failure


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Hold the data directory; a second process is told who holds it.

    The system frees the lock when its holder dies, however it dies.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        handle = (home / "lock").open("a+")
    except OSError as error:
        raise Failure(
            f"无法写入数据目录 {home}：{error.strerror}。请更正权限，或用 LECTERN_HOME 指定另一目录。",
            f"The data directory {home} cannot be written: {error.strerror}."
            f" Correct its permissions or name another with LECTERN_HOME.",
        ) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            handle.seek(0)
            holder = handle.read().strip() or "?"
            raise Failure(
                f"共享讲台已在使用数据目录 {home}（进程 {holder}）。"
                f"请先用 Ctrl-C 停止它，或用 LECTERN_HOME 指定另一目录。",
                f"Lectern is already running with the data in {home} (process {holder})."
                f" Stop it first with Ctrl-C, or name another directory with LECTERN_HOME.",
            ) from error
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


@contextmanager
def announced(home: Path, address: str) -> Iterator[None]:
    """Write down where the pages are while this runs, for `lectern doctor` in another terminal."""
    path = home / "address"
    path.write_text(address)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def address_of_running(home: Path) -> str | None:
    """Where the pages of the Lectern are that runs with these data, if one does."""
    try:
        return (home / "address").read_text().strip() or None
    except OSError:
        return None
