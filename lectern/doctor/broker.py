"""The broker: reachable, awake, with all queues declared and nothing stranded."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import kombu
from amqp.exceptions import AccessRefused, NotAllowed
from chassis.config import Settings

from lectern import topologies
from lectern.doctor.findings import Finding, fine, problem, remark
from lectern.parts import service_classes

CHECK = "broker"


def look_at_broker(settings: Settings) -> Iterator[Finding]:
    """Whether messages can pass; in the embedded mode there is nothing that could be down."""
    if not settings.amqp_uri:
        yield fine(CHECK, zh="单进程模式，消息在进程内传递。", en="One process; messages stay inside it.")
        return
    where = urlsplit(settings.amqp_uri)
    place = f"{where.hostname}:{where.port or 5672}"
    try:
        with kombu.Connection(settings.amqp_uri, connect_timeout=5) as connection:
            connection.connect()
            version = str(connection.connection.server_properties.get("version", "?"))
            unrouted = _count(connection, "unrouted")
    except (AccessRefused, NotAllowed) as error:
        yield problem(
            CHECK,
            zh=f"RabbitMQ（{place}）拒绝了用户 {where.username} 或虚拟主机：{error}",
            en=f"RabbitMQ at {place} refused the user {where.username} or the virtual host: {error}",
            next_zh="请检查 AMQP_URI 中的用户、密码和虚拟主机，以及该用户的权限。",
            next_en="Check user, password and virtual host in AMQP_URI, and the user's permissions.",
        )
        return
    except OSError as error:
        yield problem(
            CHECK,
            zh=f"连接不到 RabbitMQ（{place}）：{error}",
            en=f"RabbitMQ at {place} cannot be reached: {error}",
            next_zh="请启动 RabbitMQ，或更正 AMQP_URI 与防火墙。期间提交的内容不会丢失，恢复后自动送出。",
            next_en="Start RabbitMQ, or correct AMQP_URI and the firewall."
            " What was accepted meanwhile is kept and sent afterwards.",
        )
        return
    yield fine(CHECK, zh=f"RabbitMQ {version}（{place}）可用。", en=f"RabbitMQ {version} at {place} answers.")
    if unrouted:
        yield remark(
            CHECK,
            zh=f"队列 unrouted 中有 {unrouted} 条无人接收的消息。",
            en=f"{unrouted} messages that no service wanted are in the queue unrouted.",
            next_zh="若刚增加了订阅，请运行 lectern topology apply，再用 lectern replay 重发。",
            next_en="If a subscription is new, run lectern topology apply, then lectern replay.",
        )
    for sentence in topologies.missing(settings.amqp_uri, service_classes()):
        yield problem(
            CHECK,
            zh=f"消息拓扑不完整：{sentence}",
            en=f"The topology is incomplete: {sentence}",
            next_zh="请运行 lectern topology apply。",
            next_en="Run lectern topology apply.",
        )


def _count(connection: kombu.Connection, queue: str) -> int:
    """The messages in a queue; none when there is no such queue."""
    channel = connection.channel()
    try:
        return int(channel.queue_declare(queue=queue, passive=True).message_count)
    except connection.channel_errors:
        return 0
