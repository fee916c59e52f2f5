"""The private servers start, take a crash, and leave nothing behind, also when their owner is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import kombu
import psycopg
import pytest
import sqlalchemy

from lectern.servers import PrivatePostgres, PrivateRabbitMQ, ServerProblem, programs, reaper

OWNER = """
import sys, time
from lectern.servers import PrivatePostgres
server = PrivatePostgres(durable=False).__enter__()
print(server.pid, server.home, flush=True)
time.sleep(600)
"""


def eventually(fact: Callable[[], bool], *, seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_postgres_keeps_what_was_committed_through_a_crash() -> None:
    with PrivatePostgres() as server:
        server.execute("CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)")
        first, port = server.pid, server.port
        server.kill()
        assert not reaper.alive(first)
        server.start()
        assert (server.port, server.execute("SELECT n FROM kept")) == (port, [(7,)])
        assert server.execute("SHOW fsync") == [("on",)]
        home = server.home
    assert not home.exists()


def test_a_role_of_its_own_reaches_its_database_and_no_other() -> None:
    with PrivatePostgres(durable=False) as server:
        url = server.create_database("scheduling", own_role=True)
        server.create_database("enrollment", own_role=True)
        engine = sqlalchemy.create_engine(url)
        with engine.connect() as connection:
            assert connection.execute(sqlalchemy.text("SELECT current_user")).scalar() == "scheduling"
        engine.dispose()
        elsewhere = connection_of(server, database="enrollment", user="scheduling")
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(elsewhere)


def test_a_frozen_postgres_answers_nothing_until_thawed() -> None:
    with (
        PrivatePostgres(durable=False) as server,
        closing(psycopg.connect(connection_of(server), autocommit=True)) as connection,
    ):
        server.freeze()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(connection_of(server), connect_timeout=2)
        server.thaw()
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_postgres_with_a_home_finds_its_data_again(tmp_path: Path) -> None:
    home = tmp_path / "postgres"
    for _ in range(2):
        with PrivatePostgres(home=home, durable=False) as server:
            server.execute("CREATE TABLE IF NOT EXISTS seen (n int)", "INSERT INTO seen VALUES (1)")
            seen = server.execute("SELECT count(*) FROM seen")
    assert seen == [(2,)]


def test_the_lock_file_of_a_dead_server_keeps_nobody_out(tmp_path: Path) -> None:
    home = tmp_path / "postgres"
    with PrivatePostgres(home=home) as server:
        server.execute("CREATE TABLE kept (n int)")
        data, lock = server.home / "data", (server.home / "data" / "postmaster.pid").read_text()
        assert reaper.working_in(data)
        server.kill()
    assert not reaper.working_in(data)
    # The number of the dead server as that of a living process, as when numbers come round.
    (data / "postmaster.pid").write_text(lock.replace(lock.splitlines()[0], str(os.getppid()), 1))
    with PrivatePostgres(home=home) as server:
        assert server.execute("SELECT count(*) FROM kept") == [(0,)]


def test_rabbitmq_keeps_persistent_messages_and_grows_virtual_hosts(own_rabbitmq: PrivateRabbitMQ) -> None:
    own_rabbitmq.add_vhosts(["later"])
    with kombu.Connection(own_rabbitmq.uri("later")) as connection, connection.channel() as channel:
        kombu.Queue("kept", durable=True, channel=channel).declare()
        kombu.Producer(channel).publish("hello", routing_key="kept", delivery_mode=2)
    # A queue that was declared a moment ago may not survive kill -9 (a limit of RabbitMQ): stop in order.
    own_rabbitmq.restart()
    assert own_rabbitmq.running
    with kombu.Connection(own_rabbitmq.uri("later")) as connection, connection.channel() as channel:
        message = kombu.Queue("kept", durable=True, channel=channel).get(no_ack=True)
        assert message is not None
        assert message.body == "hello"
    first = own_rabbitmq.pid
    own_rabbitmq.kill()
    assert (own_rabbitmq.running, reaper.alive(first)) == (False, False)
    home = own_rabbitmq.home
    own_rabbitmq.close()
    assert not home.exists()


def test_a_killed_owner_leaves_no_server_and_no_folder() -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pid_text, home = owner.stdout.readline().split()
    assert reaper.alive(int(pid_text))
    os.kill(owner.pid, signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    assert eventually(lambda: not reaper.alive(int(pid_text)) and not Path(home).exists())


def test_tests_share_one_broker_and_have_virtual_hosts_of_their_own(new_vhost: Callable[[], str]) -> None:
    first, second = new_vhost(), new_vhost()
    assert first.rpartition("/")[0] == second.rpartition("/")[0]
    assert first != second


def test_a_database_url_is_a_fresh_database(database_url: str) -> None:
    engine = sqlalchemy.create_engine(database_url)
    assert sqlalchemy.inspect(engine).get_table_names() == []
    engine.dispose()


def test_a_missing_program_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = programs.Program(
        name="no-such-server", title="NoSuch", packages=("no-such-package",), places=()
    )
    monkeypatch.setattr(programs, "_become_root", lambda: None)
    with pytest.raises(ServerProblem, match=r"NoSuch is not installed.*no-such-package"):
        programs.require(nowhere)


def connection_of(server: PrivatePostgres, *, database: str = "postgres", user: str = "lectern_admin") -> str:
    return f"host=127.0.0.1 port={server.port} user={user} password={server.password} dbname={database}"
