"""One RabbitMQ and one PostgreSQL for several processes: the workers of a test run.

The first who asks starts a keeper process that owns the server; the others read its address from a file. The
keeper ends with the process it was told to watch, however that one ended.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lectern.servers import reaper
from lectern.servers.postgres import PrivatePostgres
from lectern.servers.programs import ServerProblem
from lectern.servers.rabbitmq import PrivateRabbitMQ

VHOSTS = 24


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a file lock between processes; freed by the system when its holder dies."""
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def ask_for(kind: str, *, folder: Path, watch: int, seconds: float = 1100) -> dict[str, str]:
    """What the keeper of this kind of server wrote down; starts the keeper when there is none yet.

    The time is long because a missing server may first be installed from the system's packages.
    """
    state = folder / f"{kind}.json"
    with locked(folder / f"{kind}.lock"):
        if not state.exists():
            keeper = subprocess.Popen(
                [sys.executable, "-m", __name__, kind, "--watch", str(watch), "--state", str(state)],
                stdin=subprocess.DEVNULL,
                stdout=(folder / f"{kind}.log").open("ab"),
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            deadline = time.monotonic() + seconds
            while not state.exists():
                if keeper.poll() is not None or time.monotonic() > deadline:
                    log = (folder / f"{kind}.log").read_text(errors="replace").strip()
                    raise ServerProblem(f"The keeper of {kind} ended before its server was ready:\n{log}")
                time.sleep(0.05)
    answer: dict[str, str] = json.loads(state.read_text())
    if "problem" in answer:
        raise ServerProblem(answer["problem"])
    return answer


def dismiss(folder: Path) -> None:
    """End all keepers of a folder and wait until they are gone."""
    keepers = []
    for state in folder.glob("*.json"):
        with suppress(OSError, ValueError, KeyError):
            pid = int(json.loads(state.read_text())["keeper"])
            os.kill(pid, signal.SIGTERM)
            keepers.append(pid)
    deadline = time.monotonic() + 30
    while any(reaper.alive(pid) for pid in keepers) and time.monotonic() < deadline:
        time.sleep(0.05)


def keep(kind: str, *, watch: int, state: Path) -> None:
    """Run one server until told to end or until the watched process is gone."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keeper = str(os.getpid())
    try:
        if kind == "postgres":
            with PrivatePostgres(durable=False) as database:
                _write(state, {"keeper": keeper, "port": str(database.port), "password": database.password})
                _wait(ended, watch)
        else:
            with PrivateRabbitMQ(vhosts=[f"test-{number}" for number in range(VHOSTS)]) as broker:
                _write(state, {"keeper": keeper, "uri": broker.uri("VHOST"), "vhosts": str(VHOSTS)})
                _wait(ended, watch)
    except ServerProblem as problem:
        _write(state, {"keeper": keeper, "problem": str(problem)})


def _write(path: Path, content: dict[str, str]) -> None:
    half = path.with_suffix(".half")
    half.write_text(json.dumps(content))
    half.replace(path)


def _wait(ended: threading.Event, watch: int) -> None:
    while reaper.alive(watch) and not ended.wait(timeout=0.3):
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description="Keep one private server for several processes.")
    parser.add_argument("kind", choices=("rabbitmq", "postgres"))
    parser.add_argument("--watch", type=int, required=True, help="end with this process")
    parser.add_argument("--state", type=Path, required=True, help="where to write the address")
    arguments = parser.parse_args()
    keep(arguments.kind, watch=arguments.watch, state=arguments.state)


if __name__ == "__main__":
    main()
