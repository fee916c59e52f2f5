"""`lectern doctor`: looks at an installation and names cause and next step of what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chassis.config import Settings

from lectern.doctor import broker, machine, outside, stores
from lectern.doctor.findings import Finding, problem

CHECKS: dict[str, Callable[[Settings], Iterator[Finding]]] = {
    "data": machine.look_at_data,
    "clock": machine.look_at_clock,
    "databases": stores.look_at_databases,
    "broker": broker.look_at_broker,
    "messages": stores.look_at_messages,
    "public address": outside.look_at_public_address,
    "channels": outside.look_at_channels,
}


def examine(settings: Settings) -> list[Finding]:
    """Every finding, good ones included. A check that fails itself is a finding too."""
    found: list[Finding] = []
    for name, check in CHECKS.items():
        try:
            found.extend(check(settings))
        except Exception as error:  # noqa: BLE001 - one broken check must not hide the others
            found.append(
                problem(
                    name,
                    zh=f"检查未能完成：{type(error).__name__}: {error}",
                    en=f"The check could not be completed: {type(error).__name__}: {error}",
                    next_zh="请连同此输出报告问题。",
                    next_en="Report it together with this output.",
                )
            )
    return found
