"""`lectern run-server`: a process per service on RabbitMQ and PostgreSQL, given or private ones."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from chassis import topology
from lectern import databases, home, ports
from lectern import settings as settings_of
from lectern.demo import DemoAccounts, load_example
from lectern.parts import DATABASES, SERVICES, service_class, service_classes
from lectern.servers import PrivatePostgres, PrivateRabbitMQ, ServerProblem
from lectern.supervisor import Program, Supervisor, python
from lectern.words import Failure, note

PROCESSES = ("web", *SERVICES)
WEB_WORKERS = 2
WEB_THREADS = 16
READY_SECONDS = 90
MOST_REPLICAS = 64


def run(
    *, replicas: Mapping[str, int], host: str, port: int | None, data: Path | None, example: bool = True
) -> None:
    """Serve until Ctrl-C or SIGTERM; what is not given in the environment is started under `data`."""
    base = settings_of.load().home
    folder = data or base / "server"
    with home.held(folder), ExitStack() as cleanup:
        port = ports.choose_port(host, port)
        address = ports.address(host, port)
        environment = cleanup.enter_context(servers(folder))
        environment["LECTERN_HOME"] = str(folder)
        environment.setdefault("LECTERN_PUBLIC_URL", os.environ.get("LECTERN_PUBLIC_URL", address))
        os.environ.update(environment)
        settings = settings_of.load()
        databases.upgrade_all(settings_of.database_urls(settings))
        topology.apply(environment["AMQP_URI"], service_classes())
        accounts = load_example(settings) if example else DemoAccounts()
        environment |= accounts.environment()
        cleanup.enter_context(_environment_file(folder, environment))
        cleanup.enter_context(home.announced(folder, address))
        supervisor = Supervisor()
        cleanup.callback(_say_stopped)
        cleanup.callback(supervisor.stop)
        with _stopping(supervisor):
            for program in programs(replicas=replicas, host=host, port=port, environment=environment):
                supervisor.start(program)
            deadline = time.monotonic() + READY_SECONDS
            supervisor.watch(
                until=lambda: time.monotonic() > deadline or is_ready(address, environment["AMQP_URI"])
            )
            if not supervisor.stopping:
                if time.monotonic() > deadline:
                    note(
                        f"部分进程在 {READY_SECONDS} 秒内未就绪，请看上面的输出；将继续尝试。",
                        f"Some processes were not ready within {READY_SECONDS} s; see above. Still trying.",
                    )
                accounts.show(address)
                supervisor.watch()


@contextmanager
def servers(folder: Path) -> Iterator[dict[str, str]]:
    """AMQP_URI and every <NAME>_DATABASE_URL: as given, or of private servers for what is not given."""
    found = {"AMQP_URI": os.environ.get("AMQP_URI", "")}
    variables = {name: f"{name.upper()}_DATABASE_URL" for name in DATABASES}
    found |= {variable: os.environ.get(variable, "") for variable in variables.values()}
    missing = [variable for variable in variables.values() if not found[variable]]
    if missing and len(missing) < len(variables):
        raise Failure(
            f"只设置了部分数据库地址，缺少：{'、'.join(missing)}。"
            f"请全部设置，或全部取消以使用自带的 PostgreSQL。",
            f"Only some databases are named; missing: {', '.join(missing)}."
            f" Set them all, or unset them all to use a private PostgreSQL.",
        )
    with ExitStack() as cleanup:
        try:
            if missing:
                note("正在启动自带的 PostgreSQL …", "Starting a private PostgreSQL ...")
                server = cleanup.enter_context(PrivatePostgres(home=folder / "postgres"))
                for name, variable in variables.items():
                    found[variable] = server.create_database(name, own_role=True)
            if not found["AMQP_URI"]:
                note("正在启动自带的 RabbitMQ …", "Starting a private RabbitMQ ...")
                broker = cleanup.enter_context(PrivateRabbitMQ(home=folder / "rabbitmq"))
                found["AMQP_URI"] = broker.uri()
        except ServerProblem as problem:
            raise Failure(str(problem), str(problem)) from problem
        yield found


def programs(
    *, replicas: Mapping[str, int], host: str, port: int, environment: Mapping[str, str]
) -> list[Program]:
    """The processes to run; each service gets the address of its own database only."""
    shared = {name: value for name, value in environment.items() if not name.endswith("_DATABASE_URL")}
    wanted = []
    for name in SERVICES:
        needed = _databases_of(name)
        own = {variable: environment[variable] for variable in needed}
        count = replicas.get(name, 1)
        for number in range(1, count + 1):
            title = name if count == 1 else f"{name}.{number}"
            wanted.append(Program(title, python("lectern", "service", name), {**shared, **own}))
    web = {variable: environment[variable] for variable in ("DIRECTORY_DATABASE_URL", "VIEWS_DATABASE_URL")}
    wanted.append(
        Program("web", web_command(host, port, replicas.get("web", WEB_WORKERS)), {**shared, **web})
    )
    return wanted


def web_command(host: str, port: int, workers: int) -> list[str]:
    """gunicorn with threads, never patched by eventlet, without its control socket under $HOME."""
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return [
        *python("gunicorn", "--worker-class", "gthread", "--no-control-socket"),
        *("--workers", str(workers), "--threads", str(WEB_THREADS), "--bind", bind),
        *("--graceful-timeout", "10", "--timeout", "60", "--keep-alive", "30", "--log-level", "warning"),
        "gateway.wsgi:app",
    ]


def parse_replicas(words: Sequence[str], environment: Mapping[str, str]) -> dict[str, int]:
    """`ENROLLMENT=3` from the arguments, or else from the environment, as {"enrollment": 3}."""
    given = {name.upper(): environment[name.upper()] for name in PROCESSES if environment.get(name.upper())}
    for word in words:
        name, equals, count = word.partition("=")
        if not equals or name.lower() not in PROCESSES:
            known = ", ".join(process.upper() for process in PROCESSES)
            raise Failure(
                f"无法理解 {word!r}。请写成 名称=数量，名称为：{known}。",
                f"{word!r} is not understood. Write NAME=COUNT, with a name of: {known}.",
            )
        given[name.upper()] = count
    counts = {}
    for name, count in given.items():
        if not count.isdecimal() or not 1 <= int(count) <= MOST_REPLICAS:
            raise Failure(
                f"{name}={count}：数量应为 1 至 {MOST_REPLICAS} 的整数。",
                f"{name}={count}: the count must be a whole number from 1 to {MOST_REPLICAS}.",
            )
        counts[name.lower()] = int(count)
    return counts


def is_ready(address: str, amqp_uri: str) -> bool:
    """Whether the pages answer and every service takes calls and events."""
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=2) as answer:
            if answer.status != 200:
                return False
    except (urllib.error.URLError, OSError):
        return False
    return not _without_consumer(amqp_uri)


def _without_consumer(amqp_uri: str) -> list[str]:
    """The queues of services that nobody reads yet."""
    import kombu

    names = [service_class(name).name for name in SERVICES]  # type: ignore[attr-defined]
    answering = [name for name in names if name != "gateway"]
    missing = []
    try:
        with kombu.Connection(amqp_uri, connect_timeout=5) as connection:
            for queue in [f"inbox.{name}" for name in names] + [f"rpc-{name}" for name in answering]:
                channel = connection.channel()
                try:
                    declared = channel.queue_declare(queue=queue, passive=True)
                    if declared.consumer_count == 0:
                        missing.append(queue)
                    channel.close()
                except connection.channel_errors:
                    missing.append(queue)
    except OSError:
        return ["broker"]
    return missing


def _databases_of(service: str) -> list[str]:
    from chassis.command import entrypoints

    return [f"{name.upper()}_DATABASE_URL" for name in entrypoints(service_class(service)).stores.values()]


@contextmanager
def _environment_file(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Where `lectern --server …` in another terminal finds the addresses while this runs."""
    path = folder / "environment.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(dict(environment), indent=1))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def use_running_server(folder: Path) -> None:
    """Take over the addresses of the installation that `lectern run-server` runs with this data."""
    path = folder / "environment.json"
    if not path.exists():
        raise Failure(
            f"{folder} 中没有正在运行的 lectern run-server。请先启动它，或设置 AMQP_URI 与各数据库地址。",
            f"No lectern run-server is running with the data in {folder}."
            f" Start it first, or set AMQP_URI and the database addresses.",
        )
    os.environ.update(json.loads(path.read_text()))


def remove_data(folder: Path) -> None:
    """Remove what private servers kept; the next `lectern run-server` starts with the example anew."""
    with home.held(folder):
        for name in ("postgres", "rabbitmq"):
            place = folder / name
            # Where the server's own user could not come to the folder, the data lie elsewhere.
            shutil.rmtree((place / "elsewhere").resolve(), ignore_errors=True)
            shutil.rmtree(place, ignore_errors=True)
    note(
        "数据已删除。用 make run-server 重新开始。", "The data are removed. Start over with make run-server."
    )


@contextmanager
def _stopping(supervisor: Supervisor) -> Iterator[None]:
    """The first SIGINT or SIGTERM asks for an orderly end; the processes hear of it from the supervisor."""
    before = {
        number: signal.signal(number, lambda *_: supervisor.stop_soon())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say_stopped() -> None:
    note("已停止，数据已保存。", "Stopped; the data are kept.")
