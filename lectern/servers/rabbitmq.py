"""A RabbitMQ of one's own: own node, port mapper, ports, data and logs, no plugin.

Virtual hosts are declared through RabbitMQ's definitions file before the node starts, since each call of
`rabbitmqctl` costs an Erlang virtual machine (two to four seconds).
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from lectern.servers import programs
from lectern.servers.processes import Child, Guard, free_port, listening, wait_until
from lectern.servers.programs import ServerProblem

USER = "lectern"
NODE = "lectern@localhost"
GREETING = b"AMQP\x00\x00\x09\x01"
METHOD_FRAME = b"\x01"


class PrivateRabbitMQ:
    """`with PrivateRabbitMQ() as broker: connect(broker.uri())`.

    Without `home` everything lives in a temporary folder that is removed at the end; with it the data stay.
    """

    def __init__(
        self, *, home: Path | None = None, vhosts: Sequence[str] = ("/",), start_seconds: float = 120
    ) -> None:
        self._server = programs.require(programs.RABBITMQ_SERVER)
        self._mapper = programs.require(programs.EPMD)
        self._keep = home is not None
        self.home = home.resolve() if home else Path(tempfile.mkdtemp(prefix="lectern-mq-"))
        self.home.mkdir(parents=True, exist_ok=True)
        self._start_seconds = start_seconds
        self._vhosts = list(vhosts)
        self._password = self._stored_password()
        self.port = 0
        self._map_port = 0
        self._node_port = 0
        self._children: list[Child] = []
        self._guard = Guard()
        if not self._keep:
            self._guard.watch_folder(self.home)

    def __enter__(self) -> Self:
        try:
            for attempt in range(3):
                self.port, self._map_port, self._node_port = free_port(), free_port(), free_port()
                try:
                    self.start()
                    return self
                except ServerProblem:
                    # Another process may have taken a port between the look and the start.
                    taken = self._children and "eaddrinuse" in self._children[-1].last_words(200)
                    if attempt == 2 or not taken:
                        raise
            raise AssertionError("unreachable")
        except BaseException:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def log(self) -> Path:
        return self.home / "log" / "server.log"

    @property
    def running(self) -> bool:
        return bool(self._children) and all(child.running for child in self._children)

    @property
    def pid(self) -> int:
        return self._children[-1].pid

    def uri(self, vhost: str = "/") -> str:
        """The address for `AMQP_URI`, with user and password."""
        return f"amqp://{USER}:{self._password}@127.0.0.1:{self.port}/{quote(vhost, safe='')}"

    def start(self) -> None:
        """Start the node on its ports and wait until it speaks AMQP."""
        (self.home / "log").mkdir(exist_ok=True)
        self._write_configuration()
        environment = self._environment()
        for port, argv, log in (
            (self._map_port, [str(self._mapper), "-address", "127.0.0.1"], self.home / "log" / "epmd.log"),
            (self.port, [str(self._server)], self.log),
        ):
            child = Child(argv=argv, env=environment, log=log, cwd=self.home, guard=self._guard)
            self._children.append(child)
            speaks = self._greets if port == self.port else lambda: listening(self._map_port)
            ready = wait_until(lambda: speaks() or not child.running, seconds=self._start_seconds)  # noqa: B023
            if not (ready and child.running):
                words = child.last_words()
                self.kill()
                raise ServerProblem(
                    f"RabbitMQ did not start within {self._start_seconds:.0f} s. The end of its log:\n{words}"
                )

    def stop(self) -> None:
        """Stop in order; the data stay and `start` brings the same node back."""
        for child in reversed(self._children):
            child.signal_first(signal.SIGCONT)
            child.signal(signal.SIGTERM)
            if not child.wait(seconds=30):
                child.kill()
        self._forget_children()

    def kill(self) -> None:
        """`kill -9`, as a crash of the machine would end it."""
        for child in reversed(self._children):
            child.kill()
        self._forget_children()

    def restart(self) -> None:
        self.stop()
        self.start()

    def freeze(self) -> None:
        """Stop the clock of the node: connections stay open and nothing answers."""
        for child in self._children:
            child.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        for child in self._children:
            child.signal(signal.SIGCONT)

    def add_vhosts(self, names: Sequence[str]) -> None:
        """Add virtual hosts to the running node; takes some seconds, however many they are."""
        self._vhosts.extend(name for name in names if name not in self._vhosts)
        self._write_definitions()
        self.control("import_definitions", str(self.home / "definitions.json"))

    def control(self, *arguments: str) -> str:
        """Run `rabbitmqctl` against this node."""
        program = self._server.with_name("rabbitmqctl")
        done = subprocess.run(
            [str(program), "-n", NODE, *arguments],
            check=False,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode != 0:
            raise ServerProblem(f"rabbitmqctl {arguments[0]} failed: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def close(self) -> None:
        """Stop and, unless a home was given, remove everything."""
        with suppress(OSError):
            if self._keep:
                self.stop()
            else:
                self.kill()
        if not self._keep:
            shutil.rmtree(self.home, ignore_errors=True)
        self._guard.close()

    def _forget_children(self) -> None:
        self._children.clear()
        self._guard.forget()
        if not self._keep:
            self._guard.watch_folder(self.home)

    def _greets(self) -> bool:
        """Whether the port answers the protocol header, not only accepts the connection."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(GREETING)
                return connection.recv(1) == METHOD_FRAME
        except OSError:
            return False

    def _stored_password(self) -> str:
        path = self.home / "password"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(18))
        return path.read_text().strip()

    def _write_configuration(self) -> None:
        self._write_definitions()
        (self.home / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            f"load_definitions = {self.home / 'definitions.json'}\n"
            "disk_free_limit.absolute = 50MB\n"
            "vm_memory_high_watermark.absolute = 1GB\n"
            "log.file = false\n"
            "log.console = true\n"
            "log.console.level = warning\n"
        )
        (self.home / "advanced.config").write_text("[].\n")
        (self.home / "enabled_plugins").write_text("[].\n")
        (self.home / "environment.conf").write_text("")

    def _write_definitions(self) -> None:
        names = list(dict.fromkeys(["/", *self._vhosts]))
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        definitions = {
            "users": [{"name": USER, "password": self._password, "tags": "administrator"}],
            "vhosts": [{"name": name} for name in names],
            "permissions": [{"user": USER, "vhost": name, **everything} for name in names],
        }
        path = self.home / "definitions.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(definitions))

    def _environment(self) -> dict[str, str]:
        """The environment without any RABBITMQ_ or ERL_ variable that points at another node."""
        inherited = {
            k: v for k, v in os.environ.items() if not k.startswith(("RABBITMQ_", "ERL_", "NOTIFY_"))
        }
        return {
            **inherited,
            "HOME": str(self.home),
            "ERL_EPMD_PORT": str(self._map_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": NODE,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._node_port),
            "RABBITMQ_MNESIA_BASE": str(self.home / "data"),
            "RABBITMQ_LOG_BASE": str(self.home / "log"),
            "RABBITMQ_CONF_ENV_FILE": str(self.home / "environment.conf"),
            "RABBITMQ_CONFIG_FILE": str(self.home / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.home / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.home / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(self.home / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}"
            ),
            "RABBITMQ_CTL_ERL_ARGS": "-start_epmd false",
            "LANG": "C.UTF-8",
        }
