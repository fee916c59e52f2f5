"""`lectern parked …` and `lectern replay`: what an operator does with messages, with who and why."""

from __future__ import annotations

import getpass
import sys
from datetime import datetime
from typing import Any

import click
from rich.table import Table

from chassis import parking
from chassis import replay as replaying
from lectern import settings as settings_of
from lectern.databases import opened
from lectern.parts import DATABASES, SERVICES
from lectern.words import Failure, choose, note, out, print_json

NAMES = click.Choice([name for name in DATABASES if name in SERVICES])
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
why_option = click.option("--why", required=True, help="The reason, kept with the action.")
actor_option = click.option("--actor", default=None, help="Who does it; the user of this machine by default.")


@click.group()
def parked() -> None:
    """Messages that were set aside because they could not be handled."""


@parked.command("list")
@click.argument("services", nargs=-1, type=NAMES)
@click.option("--reason", help="Only those parked for this reason.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@as_json_option
def list_parked(services: tuple[str, ...], reason: str | None, limit: int, as_json: bool) -> None:
    """List parked messages of all services or of those named."""
    rows: list[dict[str, Any]] = []
    for name in services or [name for name in DATABASES if name in SERVICES]:
        with opened(name) as store:
            rows += [
                {"service": name, **row} for row in parking.list_parked(store, reason=reason, limit=limit)
            ]
    if as_json:
        print_json(rows)
        return
    if not rows:
        note("没有搁置的消息。", "No message is parked.")
        return
    table = Table(box=None, padding=(0, 2))
    for zh, en in (
        ("服务", "Service"),
        ("编号", "Id"),
        ("类型", "Type"),
        ("原因", "Reason"),
        ("尝试", "Tries"),
        ("等待", "Behind"),
        ("错误", "Error"),
    ):
        table.add_column(choose(zh, en), overflow="fold")
    for row in rows:
        error = (row["error"] or "").strip().splitlines()
        cells = [row[key] for key in ("service", "id", "type", "reason", "attempts", "waiting")]
        table.add_row(*(str(cell) for cell in cells), error[-1][:120] if error else "")
    out.print(table)


@parked.command()
@click.argument("service", type=NAMES)
@click.argument("number", type=int)
@as_json_option
def show(service: str, number: int, as_json: bool) -> None:
    """Show one parked message with body, error and what was done about it."""
    with opened(service) as store:
        row = parking.show(store, number)
    if as_json:
        print_json(row)
        return
    for key, value in row.items():
        if key not in ("body", "error", "actions") and value is not None:
            out.print(f"{key:12} {value}", markup=False)
    for action in row["actions"]:
        out.print(f"{action['at']:%Y-%m-%d %H:%M} {action['action']} {action['actor']}: {action['note']}")
    out.print(f"\n{row['body']}", markup=False)
    if row["error"]:
        out.print(f"\n{row['error']}", markup=False)


@parked.command()
@click.argument("service", type=NAMES)
@click.argument("numbers", nargs=-1, type=int)
@click.option("--reason", help="Retry all that were parked for this reason.")
@why_option
@actor_option
def retry(service: str, numbers: tuple[int, ...], reason: str | None, why: str, actor: str | None) -> None:
    """Try again, by number or by reason."""
    if bool(numbers) == bool(reason):
        raise click.UsageError(choose("请给出编号，或用 --reason。", "Give numbers, or --reason."))
    with opened(service) as store:
        if reason:
            count = parking.retry_all(store, reason=reason, actor=actor or getpass.getuser(), note=why)
        else:
            count = len(numbers)
            for number in numbers:
                parking.retry(store, number, actor=actor or getpass.getuser(), note=why)
    note(f"{count} 条消息将重新处理。", f"{count} messages are tried again.")


@parked.command()
@click.argument("service", type=NAMES)
@click.argument("number", type=int)
@click.option("--body", type=click.File("r", encoding="utf-8"), help="The new body; - reads it from a pipe.")
@why_option
@actor_option
def edit(service: str, number: int, body: Any, why: str, actor: str | None) -> None:
    """Correct the body and try again; without --body in your editor."""
    with opened(service) as store:
        before = parking.show(store, number)["body"]
        if body is not None:
            after: str | None = body.read()
        elif sys.stdin.isatty():
            after = click.edit(before, extension=".json")
        else:
            raise click.UsageError(choose("请用 --body 给出新的内容。", "Give the new body with --body."))
        if after is None or after.strip() == before.strip():
            note("内容未变，什么也没有做。", "The body is the same; nothing was done.")
            return
        parking.edit(store, number, body=after, actor=actor or getpass.getuser(), note=why)
    note("已更正，将重新处理。", "Corrected; it is tried again.")


@parked.command()
@click.argument("service", type=NAMES)
@click.argument("number", type=int)
@why_option
@actor_option
def skip(service: str, number: int, why: str, actor: str | None) -> None:
    """Give a message up; what waits behind it goes on."""
    with opened(service) as store:
        parking.skip(store, number, actor=actor or getpass.getuser(), note=why)
    note("已跳过，后续消息继续处理。", "Skipped; what waited behind it goes on.")


@click.command()
@click.argument("source", type=click.Choice([name for name in DATABASES if name != "views"]))
@click.option("--since", type=click.DateTime(), help="Recorded at or after this time (local time).")
@click.option("--aggregate", help="Only events of the thing with this id.")
@click.option("--type", "event_type", help="Only events of this type, such as scheduling.session.held.v1.")
@click.option("--consumer", help="Send to the queue of this service alone (server mode).")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json_option
def replay(
    *,
    source: str,
    since: datetime | None,
    aggregate: str | None,
    event_type: str | None,
    consumer: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Send what a service announced once more; who has it already takes no notice."""
    settings = settings_of.load()
    start = since.replace(tzinfo=settings.timezone) if since else None
    broker = _broker_for(consumer, settings.amqp_uri)
    with opened(source) as store:
        count = replaying.count(store, since=start, aggregate=aggregate, type=event_type)
        if not yes and sys.stdin.isatty():
            click.confirm(choose(f"重发 {count} 条消息？", f"Send {count} events again?"), abort=True)
        sent = replaying.replay(
            store, since=start, aggregate=aggregate, type=event_type, consumer=consumer, broker=broker
        )
    if as_json:
        print_json({"source": source, "events": sent})
    else:
        note(f"{sent} 条消息将重发。", f"{sent} events are sent again.")


def _broker_for(consumer: str | None, amqp_uri: str | None) -> Any:
    """Only a replay to one consumer speaks to the broker itself; the relay does the rest."""
    if consumer is None:
        return None
    if not amqp_uri:
        raise Failure(
            "--consumer 只用于服务器模式：未设置 AMQP_URI。去掉它即可重发给所有服务，已有者会忽略。",
            "--consumer is for the server mode: AMQP_URI is not set."
            " Without it everybody is told again, and who has it takes no notice.",
        )
    from chassis.amqp import AmqpBroker

    return AmqpBroker(amqp_uri)
