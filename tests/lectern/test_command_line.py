"""The small decisions of the command line: ports, the lock, replicas, settings, exit codes, sentences."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lectern import home, ports, server_mode
from lectern.cli import main
from lectern.words import Failure

HOLDER = """
import sys, time
from pathlib import Path
from lectern import home
with home.held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def english_and_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LECTERN_LANG", "en")
    monkeypatch.setenv("LECTERN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AMQP_URI", raising=False)
    monkeypatch.delenv("LECTERN_CLOCK_FILE", raising=False)


@pytest.fixture
def taken_port() -> Iterator[int]:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def lectern(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_a_named_port_that_is_taken_is_refused_with_a_sentence(taken_port: int) -> None:
    with pytest.raises(Failure, match=f"Port {taken_port} is taken.*--port"):
        ports.choose_port("127.0.0.1", taken_port)


def test_without_a_name_the_next_free_port_is_taken(taken_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "DEFAULT_PORT", taken_port)
    chosen = ports.choose_port("127.0.0.1", None)
    assert taken_port < chosen < taken_port + ports.TRIES


def test_a_foreign_address_is_refused_with_a_sentence() -> None:
    with pytest.raises(Failure, match=r"cannot be served on 203\.0\.113\.9"):
        ports.choose_port("203.0.113.9", 8000)


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("::1", "http://[::1]:8000"),
    ],
)
def test_the_address_can_be_typed_into_a_browser(host: str, shown: str) -> None:
    assert ports.address(host, 8000) == shown


def test_one_process_holds_the_data_and_the_lock_dies_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    sentence = rf"already running.*process {holder.pid}.*LECTERN_HOME"
    with pytest.raises(Failure, match=sentence), home.held(folder):
        pass
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    with home.held(folder):
        assert (folder / "lock").read_text() == str(os.getpid())


def test_a_data_directory_that_cannot_be_made_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "data"
    with pytest.raises(Failure, match=r"cannot be written.*LECTERN_HOME"), home.held(folder):
        pass


def test_replicas_come_from_arguments_before_the_environment() -> None:
    counts = server_mode.parse_replicas(["ENROLLMENT=3", "web=4"], {"ENROLLMENT": "2", "FEEDBACK": "2"})
    assert counts == {"enrollment": 3, "feedback": 2, "web": 4}


@pytest.mark.parametrize(
    "word", ["ENROLLMENT", "ENROLLMENT=", "ENROLLMENT=0", "ENROLLMENT=-1", "ENROLMENT=2"]
)
def test_replicas_that_make_no_sense_are_refused(word: str) -> None:
    with pytest.raises(Failure):
        server_mode.parse_replicas([word], {})


def test_each_service_is_given_its_own_database_only() -> None:
    environment = {f"{name.upper()}_DATABASE_URL": name for name in server_mode.DATABASES}
    environment["AMQP_URI"] = "amqp://"
    programs = server_mode.programs(
        replicas={"enrollment": 2}, host="127.0.0.1", port=8000, environment=environment
    )
    given = {
        program.name: sorted(v for k, v in program.env.items() if k != "AMQP_URI") for program in programs
    }
    assert given == {
        "scheduling": ["scheduling"],
        "enrollment.1": ["enrollment"],
        "enrollment.2": ["enrollment"],
        "feedback": ["feedback"],
        "notifications": ["notifications"],
        "views": ["directory", "views"],
        "web": ["directory", "views"],
    }


def test_some_database_addresses_without_the_others_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEEDBACK_DATABASE_URL", "postgresql://nowhere/feedback")
    with pytest.raises(Failure, match=r"missing: DIRECTORY_DATABASE_URL"), server_mode.servers(tmp_path):
        pass


def test_an_unknown_time_zone_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LECTERN_TIMEZONE", "Asia/Luodian")
    result = lectern("doctor")
    assert result.exit_code == 1
    assert "Asia/Luodian" in result.stderr
    assert "Asia/Shanghai" in result.stderr


def test_wrong_usage_has_exit_code_2() -> None:
    assert lectern("run", "--port", "seventy").exit_code == 2
    assert lectern("parked", "retry", "enrollment", "--why", "none named").exit_code == 2


def test_run_refuses_a_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMQP_URI", "amqp://guest@localhost")
    result = lectern("run")
    assert result.exit_code == 1
    assert "run-server" in result.stderr


def test_commands_for_a_broker_say_that_there_is_none() -> None:
    result = lectern("topology", "check")
    assert result.exit_code == 1
    assert "AMQP_URI is not set" in result.stderr


def test_chinese_readers_are_addressed_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LECTERN_LANG", "zh_CN.UTF-8")
    assert "未设置 AMQP_URI" in lectern("topology", "check").stderr


def test_every_command_explains_itself() -> None:
    for name in main.list_commands(None):  # type: ignore[arg-type]
        result = lectern(name, "--help")
        assert (name, result.exit_code) == (name, 0)
        assert "Usage:" in result.output


def test_help_needs_neither_services_nor_servers() -> None:
    code = "import sys, lectern.cli; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert {"psycopg", "sqlalchemy", "eventlet", "nameko", "gateway"} & set(loaded.split()) == set()


def test_doctor_as_json_has_cause_and_next_step() -> None:
    document = json.loads(lectern("doctor", "--json").stdout)
    states = {finding["check"]: finding["state"] for finding in document["findings"]}
    assert states["databases"] == "note"
    assert states["broker"] == "ok"
    assert [f for f in document["findings"] if f["state"] != "ok" and not (f["cause"] and f["next"])] == []
    assert document["healthy"] is True
