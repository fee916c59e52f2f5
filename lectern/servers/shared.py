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

# So many virtual hosts are declared ahead of the tests that take them.
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
            with (folder / f"{kind}.log").open("ab") as log_file:
                subprocess.run(
                    [sys.executable, "-m", __name__, kind, "--watch", str(watch), "--state", str(state)],
                    check=True,
                    stdin=subprocess.DEVNULL,
                    stdout=log_file,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            deadline = time.monotonic() + seconds
            while not state.exists():
                if time.monotonic() > deadline:
                    log = (folder / f"{kind}.log").read_text(errors="replace").strip()
                    raise ServerProblem(f"The keeper of {kind} did not get its server ready:\n{log}")
                time.sleep(0.05)
    answer: dict[str, str] = json.loads(state.read_text())
    if "problem" in answer:
        raise ServerProblem(answer["problem"])
    return answer


def take_vhost(*, folder: Path, watch: int) -> str:
    """The address of a virtual host that nobody else has taken."""
    answer = ask_for("rabbitmq", folder=folder, watch=watch)
    with locked(folder / "vhosts.lock"):
        number = _taken(folder)
        (folder / "vhosts").write_text(str(number + 1))
    deadline = time.monotonic() + 60
    while number >= int(answer["vhosts"]):
        if time.monotonic() > deadline:
            raise ServerProblem("The keeper of rabbitmq did not declare more virtual hosts within 60 s.")
        time.sleep(0.1)
        answer = ask_for("rabbitmq", folder=folder, watch=watch)
    return answer["uri"].replace("VHOST", f"test-{number}")


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
            with PrivateRabbitMQ(vhosts=_vhosts(0, VHOSTS)) as broker:
                declared = VHOSTS
                description = {"keeper": keeper, "uri": broker.uri("VHOST")}
                _write(state, {**description, "vhosts": str(declared)})
                while not _wait(ended, watch, folder=state.parent, enough=declared - VHOSTS // 2):
                    broker.add_vhosts(_vhosts(declared, VHOSTS))
                    declared += VHOSTS
                    _write(state, {**description, "vhosts": str(declared)})
    except ServerProblem as problem:
        _write(state, {"keeper": keeper, "problem": str(problem)})
    except Exception as error:
        _write(state, {"keeper": keeper, "problem": f"The keeper of {kind} failed: {error!r}"})
        raise


def _write(path: Path, content: dict[str, str]) -> None:
    half = path.with_suffix(".half")
    half.write_text(json.dumps(content))
    half.replace(path)


def _wait(
    ended: threading.Event, watch: int, *, folder: Path | None = None, enough: int = sys.maxsize
) -> bool:
    """Wait for the end (True), or until more virtual hosts are taken than are enough (False)."""
    while reaper.alive(watch) and not ended.wait(timeout=0.2):
        if folder and _taken(folder) > enough:
            return False
    return True


def _vhosts(first: int, count: int) -> list[str]:
    return [f"test-{number}" for number in range(first, first + count)]


def _taken(folder: Path) -> int:
    path = folder / "vhosts"
    return int(path.read_text() or 0) if path.exists() else 0


def main() -> None:
    parser = argparse.ArgumentParser(description="Keep one private server for several processes.")
    parser.add_argument("kind", choices=("rabbitmq", "postgres"))
    parser.add_argument("--watch", type=int, required=True, help="end with this process")
    parser.add_argument("--state", type=Path, required=True, help="where to write the address")
    arguments = parser.parse_args()
    if os.fork():
        # The keeper belongs to the whole run, not to the worker that happened to ask first.
        os._exit(0)
    keep(arguments.kind, watch=arguments.watch, state=arguments.state)


if __name__ == "__main__":
    main()
