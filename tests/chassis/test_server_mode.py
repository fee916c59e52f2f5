"""Services as processes of their own on RabbitMQ and PostgreSQL, asked over RPC by many threads."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chassis.access import Actor
from chassis.amqp_rpc import AmqpRpcClient
from chassis.ids import new_id
from chassis.rpc import OutcomeUnknown, RemoteError, ServiceUnavailable
from chassis.store import Store
from chassis.testing import SECRET
from contracts.errors import Refused
from sample import contracts as said
from sample.acting import environment_with, run_together
from sample.service import EarService, QuietService
from sample.telling import heard

from chassis import topology

STOP_SECONDS = 10.0


class Process:
    """A service process; what it wrote is shown when something goes wrong."""

    def __init__(self, service: str, environment: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "sample.run_service", service],
                env=environment,
                stdout=output,
                stderr=output,
            )

    def stop(self) -> float:
        """Ask it to end; returns the seconds it took."""
        began = time.monotonic()
        self.popen.send_signal(signal.SIGTERM)
        self.popen.wait(30)
        return time.monotonic() - began

    def freeze(self) -> None:
        self.popen.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.popen.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait(30)


class System:
    """Both services running, and a client to ask them."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.environment = environment
        self.folder = folder
        self.processes: dict[str, Process] = {}
        self.client = AmqpRpcClient(environment["AMQP_URI"], SECRET)
        self.ear = Store("ear", environment["EAR_DATABASE_URL"])

    def start(self, service: str) -> Process:
        process = Process(service, self.environment, self.folder / f"{service}.log")
        self.processes[service] = process
        return process

    def ask(self, rpc: Any, request: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        actor = Actor(None, None, None, frozenset(), "test")
        return self.client.call(rpc, actor=actor, request=request or {}, **options)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 60
        for rpc in (said.COUNT, said.COUNT_HEARD):
            while True:
                try:
                    self.ask(rpc)
                    break
                except (ServiceUnavailable, OutcomeUnknown):
                    assert time.monotonic() < deadline, self.logs()
                    time.sleep(0.1)

    def logs(self) -> str:
        return "\n".join(process.log.read_text() for process in self.processes.values())

    def close(self) -> None:
        self.client.close()
        self.ear.dispose()
        for process in self.processes.values():
            if process.popen.poll() is None:
                process.thaw()
                process.kill()


@pytest.fixture(scope="module")
def system(
    new_vhost: Callable[[], str], postgres_url: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    uri = new_vhost()
    topology.apply(uri, [QuietService, EarService], queue_type="quorum")
    environment = environment_with(
        AMQP_URI=uri,
        SAMPLE_DATABASE_URL=postgres_url("sample", package="sample"),
        EAR_DATABASE_URL=postgres_url("ear", package="sample"),
    )
    running = System(environment, tmp_path_factory.mktemp("logs"))
    for service in ("QuietService", "EarService"):
        running.start(service)
    running.wait_until_ready()
    yield running
    running.close()


def test_command_over_rpc(system: System) -> None:
    command_id = new_id()
    first = system.ask(said.WRITE, {"text": "hello"}, command_id=command_id)
    assert system.ask(said.WRITE, {"text": "hello"}, command_id=command_id) == first


def test_refusal_comes_as_the_problem_it_is(system: System) -> None:
    with pytest.raises(Refused) as refused:
        system.ask(said.WRITE, {"text": "rude"})
    assert refused.value.problem == {
        "code": "note_is_rude",
        "status": 409,
        "zh": "请文明用语，换一种说法。",
        "en": "Please put it politely.",
        "params": {},
    }
    with pytest.raises(Refused) as refused:
        system.ask(said.WRITE, {"words": "x"})
    assert set(refused.value.problem["errors"]) == {"text", "words"}


def test_error_of_the_service_is_a_remote_error(system: System) -> None:
    with pytest.raises(RemoteError, match="as asked"):
        system.ask(said.MISBEHAVE, {"text": "raise"})


def test_service_that_does_not_run_is_known_at_once(system: System) -> None:
    began = time.monotonic()
    with pytest.raises(ServiceUnavailable, match="not running"):
        system.ask(replace(said.COUNT, service="nowhere"))
    assert time.monotonic() - began < 2


def test_broker_that_is_away_is_known_at_once() -> None:
    client = AmqpRpcClient("amqp://guest:guest@127.0.0.1:1/", SECRET)
    began = time.monotonic()
    with pytest.raises(ServiceUnavailable):
        client.call(said.COUNT, actor=Actor(None, None, None), request={})
    assert time.monotonic() - began < 2
    client.close()


def test_many_threads_share_a_client(system: System) -> None:
    answers: list[str] = []

    def ask() -> None:
        for _ in range(10):
            answers.append(system.ask(said.WRITE, {"text": "x"}, timeout=30)["id"])

    run_together(*[ask] * 8)
    assert len(set(answers)) == 80


def test_slow_queries_do_not_hold_up_others(system: System) -> None:
    """Ten greenlets wait in the database at the same time, which takes as long as one."""
    began = time.monotonic()
    run_together(*[lambda: system.ask(said.SLEEP, {"text": "1.0"}, timeout=20)] * 6)
    assert time.monotonic() - began < 4.5


def test_events_reach_the_other_service_in_order(system: System, eventually: Callable[..., None]) -> None:
    sheet = new_id()
    for _ in range(5):
        system.ask(said.WRITE, {"text": "x", "sheet": sheet, "copies": 10}, timeout=20)

    def versions() -> list[int]:
        return [version for aggregate, version in heard(system.ear) if aggregate == sheet]

    eventually(lambda: len(versions()) >= 50, timeout=30)
    assert versions() == list(range(1, 51))


def test_no_answer_in_time_is_unknown_and_asking_again_tells(system: System) -> None:
    """The service is stopped in its tracks: nobody knows, until it goes on and answers the same id once."""
    command_id = new_id()
    before = system.ask(said.COUNT)["count"]
    process = system.processes["QuietService"]
    process.freeze()
    with pytest.raises(OutcomeUnknown):
        system.ask(said.WRITE, {"text": "x"}, command_id=command_id, timeout=0.5)
    process.thaw()
    first = system.ask(said.WRITE, {"text": "x"}, command_id=command_id, timeout=20)
    assert system.ask(said.WRITE, {"text": "x"}, command_id=command_id, timeout=20) == first
    assert system.ask(said.COUNT)["count"] == before + 1


def test_call_survives_the_death_of_the_process_that_took_it(system: System) -> None:
    """A replica dies with the request in hand: RabbitMQ gives it to the next one, the log keeps it single."""
    before = system.ask(said.COUNT)["count"]
    old, command_id = system.processes["QuietService"], new_id()
    old.freeze()
    answers: list[dict[str, Any]] = []
    asking = threading.Thread(
        target=lambda: answers.append(
            system.ask(said.WRITE, {"text": "x"}, command_id=command_id, timeout=40)
        )
    )
    asking.start()
    system.start("QuietService")
    time.sleep(0.2)
    old.kill()
    asking.join(60)
    assert len(answers) == 1, system.logs()
    assert system.ask(said.COUNT)["count"] == before + 1


def test_stop_is_clean_and_within_ten_seconds(system: System, eventually: Callable[..., None]) -> None:
    """Under load: what was answered is kept, what was not can be asked again; exit code 0."""
    sheet, stop = new_id(), threading.Event()
    done: list[str] = []

    def ask() -> None:
        while not stop.is_set():
            command_id = new_id()
            while command_id not in done:
                try:
                    system.ask(said.WRITE, {"text": "x", "sheet": sheet}, command_id=command_id)
                    done.append(command_id)
                except (ServiceUnavailable, OutcomeUnknown):
                    time.sleep(0.05)

    asking = [threading.Thread(target=ask) for _ in range(2)]
    for thread in asking:
        thread.start()
    for service, enough in (("QuietService", 3), ("EarService", 6)):
        eventually(lambda enough=enough: len(done) > enough, timeout=60)
        old = system.processes[service]
        seconds = old.stop()
        assert (old.popen.returncode, seconds < STOP_SECONDS) == (0, True), system.logs()
        system.start(service)
    system.wait_until_ready()
    stop.set()
    for thread in asking:
        thread.join(60)

    def versions() -> list[int]:
        return [version for aggregate, version in heard(system.ear) if aggregate == sheet]

    eventually(lambda: len(versions()) >= len(done), timeout=30)
    assert versions() == list(range(1, len(done) + 1))


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_database_does_not_freeze_the_hub(
    database: str, environment: dict[str, str], request: pytest.FixtureRequest
) -> None:
    url = "sqlite" if database == "sqlite" else request.getfixturevalue("postgresql_url")
    looked = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "sample.look_at_hub", url],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert looked.returncode == 0, looked.stderr
    assert float(looked.stdout) < 0.2


def test_too_late_to_patch_is_an_error(environment: dict[str, str]) -> None:
    program = "import psycopg; from chassis.nameko_shell import patch; patch()"
    environment.pop("PSYCOPG_WAIT_FUNC", None)
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1
    assert "would block every greenlet" in ran.stderr


@pytest.mark.parametrize(
    ("missing", "sentence"), [("AMQP_URI", "AMQP_URI is not set"), (None, "lectern topology apply")]
)
def test_service_says_why_it_does_not_start(
    environment: dict[str, str], rabbitmq_uri: str, missing: str | None, sentence: str
) -> None:
    environment["AMQP_URI"] = rabbitmq_uri
    environment.pop(missing or "", None)
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "sample.run_service", "EarService"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1
    assert sentence in ran.stderr
