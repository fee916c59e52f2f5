"""Where the history is played: all services on the installation's databases, with a clock moved by hand."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Any

from chassis.access import Actor
from chassis.clock import FixedClock
from chassis.config import Settings
from chassis.embedded import Embedded
from chassis.ids import command_id
from chassis.store import Store
from contracts.registry import Rpc
from sqlalchemy import func, select

from chassis import tables
from lectern.parts import service_classes

_TIMEOUT = 30.0
_PAUSE = 0.02
_LONGEST_PAUSE = 0.1


class NotSettled(Exception):
    """An event could not be handled, or is still under way after a long time."""


class Stage:
    """Runs the services while the history is played. Use as a context manager."""

    def __init__(self, settings: Settings, *, now: datetime) -> None:
        self.settings = replace(settings, smtp=None)  # nobody is sent mail about what never was
        self.clock = FixedClock(now)
        self.embedded = Embedded(service_classes(), self.settings, clock=self.clock, timers=False)

    def __enter__(self) -> Stage:
        self.embedded.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.embedded.stop()

    @property
    def directory(self) -> Store:
        return self.embedded.stores["directory"]

    @property
    def scheduling(self) -> Store:
        return self.embedded.stores["scheduling"]

    def move_to(self, moment: datetime) -> None:
        """Let it be this moment; time never runs back."""
        if moment > self.clock.now():
            self.clock.advance(moment - self.clock.now())

    def ask(self, actor: Actor, rpc: Rpc, key: str, request: dict[str, Any]) -> dict[str, Any]:
        """A command or a query, as the gateway would send it; the same key is the same command."""
        return self.embedded.rpc.call(
            rpc,
            actor=actor,
            request=request,
            command_id=command_id("example", rpc.name, key) if rpc.is_command else None,
            timeout=_TIMEOUT,
        )

    def pass_time(self) -> None:
        """What the services do by themselves at this moment: publish, close, hold, lapse."""
        self.embedded.run_timers()
        self.settle()

    def settle(self, timeout: float = 120.0) -> None:
        """Wait until every event has reached everybody who hears it, and what that announced, too.

        The databases are looked at one after the other, so one quiet look may miss an event that moves from
        one not yet looked at to one that was. Two quiet looks between which nothing arrived anywhere cannot.
        """
        deadline = time.monotonic() + timeout
        before: list[tuple[int, int]] | None = None
        pause = _PAUSE
        while True:
            looks = [_look(store) for store in self.embedded.stores.values()]
            arrived = [look.arrived for look in looks]
            if not any(look.under_way for look in looks):
                if arrived == before:
                    return
                before = arrived
                continue
            before = None
            if time.monotonic() > deadline:
                raise NotSettled(f"events are still under way after {timeout:.0f} s")
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)


@dataclass(frozen=True)
class _Look:
    """What one database has to do, and how much ever arrived in its outbox and inbox."""

    under_way: int
    arrived: tuple[int, int]


def _look(store: Store) -> _Look:
    with store.reading() as tx:
        found = tx.session.connection().execute(_QUESTION).one()
    if found.parked:
        raise NotSettled(f"{store.name}: {found.parked} events are parked; see lectern parked list")
    return _Look(found.to_publish + found.to_handle, (found.told, found.heard))


_inbox, _outbox = tables.inbox.c, tables.outbox.c
# Asked many times, so it is put together once.
_QUESTION = select(
    select(func.count()).where(_outbox.published_at.is_(None)).scalar_subquery().label("to_publish"),
    select(func.count()).where(_inbox.state == "new").scalar_subquery().label("to_handle"),
    select(func.count()).where(_inbox.state == "parked").scalar_subquery().label("parked"),
    select(func.coalesce(func.max(_outbox.id), 0)).scalar_subquery().label("told"),
    select(func.coalesce(func.max(_inbox.id), 0)).scalar_subquery().label("heard"),
)
