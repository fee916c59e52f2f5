"""The command `lectern`. Exit codes: 0 done, 1 it could not be done (a sentence says why), 2 wrong usage.

Services and servers are imported inside the commands, so that `lectern --help` is quick and a command needs
only what it uses.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from lectern.parts import SERVICES
from lectern.words import Failure, choose, note, out, print_json

OTHERS = {
    "account": "lectern.accounts:account",
    "import": "lectern.importing.command:import_command",
    "parked": "lectern.operations:parked",
    "replay": "lectern.operations:replay",
}


class Commands(click.Group):
    """Commands that live in modules of their own are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *OTHERS])

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in OTHERS:
            return super().get_command(ctx, name)
        from importlib import import_module

        module, _, attribute = OTHERS[name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lectern", prog_name="lectern")
@click.option(
    "--server",
    is_flag=True,
    help="Work on what `lectern run-server` runs on this machine (its own RabbitMQ and PostgreSQL).",
)
def main(server: bool) -> None:
    """Lectern (共享讲台): districts, schools and partner units share lecturers."""
    if server:
        from lectern import settings
        from lectern.server_mode import use_running_server

        use_running_server(settings.load().home / "server")


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve the pages on.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port; without it 8000 or the next free one.")
@click.option("--example/--no-example", default=True, help="Load the example region on the first start.")
def run(host: str, port: int | None, example: bool) -> None:
    """Start everything in this one process, on SQLite files."""
    from lectern import embedded

    _set_up_log("lectern", level="WARNING")
    embedded.run(host=host, port=port, example=example)


@main.command("run-server")
@click.argument("replicas", nargs=-1, metavar="[NAME=COUNT]...")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve the pages on.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port; without it 8000 or the next free one.")
@click.option("--data", type=click.Path(path_type=Path), help="Where private servers keep their data.")
@click.option("--example/--no-example", default=True, help="Load the example region on the first start.")
def run_server(
    replicas: tuple[str, ...], host: str, port: int | None, data: Path | None, example: bool
) -> None:
    """Start a process per service on RabbitMQ and PostgreSQL.

    AMQP_URI and <NAME>_DATABASE_URL name the servers; without them private ones are started.
    ENROLLMENT=3 runs three processes of a service; WEB=4 gives the pages four workers.
    """
    import os

    from lectern import server_mode

    _set_up_log("lectern", level="WARNING")
    counts = server_mode.parse_replicas(replicas, os.environ)
    server_mode.run(replicas=counts, host=host, port=port, data=data, example=example)


@main.command()
@click.argument("name", type=click.Choice(list(SERVICES)))
def service(name: str) -> None:
    """Run the process of one service (server mode)."""
    import warnings

    # eventlet's own notice, which nobody who runs this can act on.
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    # Before anything else: it patches the standard library for eventlet.
    from chassis import nameko_shell

    nameko_shell.run_service(SERVICES[name])


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True)
def web(host: str, port: int, workers: int) -> None:
    """Serve the pages and the API with gunicorn (server mode)."""
    import os

    from lectern.server_mode import web_command

    command = web_command(host, port, workers)
    os.execv(command[0], command)


@main.command()
@click.option("--check", is_flag=True, help="Only say what is missing; exit code 1 when something is.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def migrate(check: bool, as_json: bool) -> None:
    """Bring every database to its newest migration."""
    from lectern import databases, settings

    _set_up_log("lectern", level="WARNING")
    urls = settings.database_urls(settings.load())
    missing = databases.pending(urls)
    if missing and not check:
        databases.upgrade_all(urls)
    if as_json:
        print_json({"pending" if check else "applied": missing})
    else:
        for name, revisions in missing.items():
            out.print(f"{name}: {', '.join(revisions)}", markup=False)
        if not missing:
            note("所有数据库结构均为最新。", "Every database is up to date.")
    if missing and check:
        raise SystemExit(1)


@main.group()
def topology() -> None:
    """Exchange and queues of the broker (server mode)."""


@topology.command("apply")
def topology_apply() -> None:
    """Declare what the services need; what exists stays."""
    from chassis import topology as declared
    from lectern.parts import service_classes

    declared.apply(_amqp_uri(), service_classes())
    note("消息拓扑已声明。", "The topology is declared.")


@topology.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def topology_check(as_json: bool) -> None:
    """Say what is missing; exit code 1 when something is."""
    from lectern import topologies
    from lectern.parts import service_classes

    missing = topologies.missing(_amqp_uri(), service_classes())
    if as_json:
        print_json({"missing": missing})
    else:
        for sentence in missing:
            out.print(sentence, markup=False)
        if not missing:
            note("消息拓扑完整。", "The topology is complete.")
    if missing:
        raise SystemExit(1)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor(as_json: bool) -> None:
    """Look for what is wrong and name cause and next step; exit code 1 when something is."""
    from lectern import settings
    from lectern.doctor import examine
    from lectern.doctor.findings import NOTE, OK, PROBLEM

    _set_up_log("lectern", level="ERROR")
    findings = examine(settings.load())
    bad = any(finding.state == PROBLEM for finding in findings)
    if as_json:
        print_json({"healthy": not bad, "findings": [finding.as_dict() for finding in findings]})
    else:
        marks = {OK: ("✓", "green"), NOTE: ("•", "yellow"), PROBLEM: ("✗", "red")}
        for finding in findings:
            mark, colour = marks[finding.state]
            out.print(f"[{colour}]{mark}[/{colour}] ", end="")
            out.print(f"{finding.check}: {choose(finding.zh, finding.en)}", markup=False)
            if finding.next_en:
                out.print(f"    → {choose(finding.next_zh, finding.next_en)}", markup=False)
    if bad:
        raise SystemExit(1)


@main.command("demo-reset")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--private-servers", is_flag=True, help="Only remove the data of `lectern run-server`.")
def demo_reset(yes: bool, private_servers: bool) -> None:
    """Remove all data of `lectern run` and load the example region anew, dated around today."""
    from lectern import embedded, server_mode

    _set_up_log("lectern", level="WARNING")
    settings = embedded.settings_of_embedded()
    if not yes and sys.stdin.isatty():
        question = choose("将删除 {} 中的全部数据，继续？", "All data in {} will be removed. Go on?")
        folder = settings.home / "server" if private_servers else settings.home
        click.confirm(question.format(folder), abort=True)
    if private_servers:
        server_mode.remove_data(settings.home / "server")
    else:
        embedded.reset(settings)


@main.command("documents")
@click.option("--check", is_flag=True, help="Only compare; exit code 1 when one is out of date.")
def make_documents(check: bool) -> None:
    """Write the documents that are made from the code: the REST API, the events."""
    from lectern import documents

    _set_up_log("lectern", level="WARNING")
    outdated = documents.outdated()
    for path, text in outdated.items():
        if check:
            note(
                f"{path.name} 与代码不符，请运行 make documents。",
                f"{path.name} is out of date: make documents.",
            )
        else:
            path.write_text(text, encoding="utf-8")
            note(f"已更新 {path.name}。", f"{path.name} is written anew.")
    if not outdated:
        note("生成的文档均与代码一致。", "The generated documents agree with the code.")
    if outdated and check:
        raise SystemExit(1)


def _amqp_uri() -> str:
    from lectern import settings

    uri = settings.load().amqp_uri
    if not uri:
        raise Failure(
            "未设置 AMQP_URI。单进程模式没有消息服务器；lectern run-server 运行时请加 --server。",
            "AMQP_URI is not set. One process needs no broker; while lectern run-server runs, add --server.",
        )
    return str(uri)


def _set_up_log(name: str, **options: Any) -> None:
    from chassis import log

    log.set_up(service=name, **options)


if __name__ == "__main__":
    main()
