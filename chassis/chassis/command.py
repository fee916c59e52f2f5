"""How a service says what it answers, hears and does on time.

The decorators wrap a plain method and leave a note on it; they import no framework. The embedded shell and
the tests read the notes and call the methods on plain threads, the nameko shell turns them into nameko
entrypoints. A decorated command or query is called as `service.method(context={...}, request={...})` and
returns `{"ok": true, "data": ..., "replayed": ...}` or `{"ok": false, "problem": ...}`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import Any, TypeVar, overload

from contracts.errors import Refusal
from contracts.registry import EventType, Rpc

from chassis import answering
from chassis.rpc import RpcClient
from chassis.store import Store

NOTE = "lectern_entrypoint"
Answer = Callable[..., dict[str, Any] | Refusal]
Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass(frozen=True)
class Answers:
    """A method that answers an RPC."""

    rpc: Rpc


@dataclass(frozen=True)
class Handles:
    """A method that takes an event of another service."""

    event: EventType


@dataclass(frozen=True)
class Every:
    """A method that runs again and again, on each replica."""

    seconds: float


def command(
    rpc: Rpc, *, remembers: tuple[str, ...] | None = None
) -> Callable[[Answer], Callable[..., dict[str, Any]]]:
    """The method changes something: `method(self, tx, request) -> data`, once per command id.

    The command log keeps a hash of the request. Where that would betray what must stay secret (a few marks
    are soon guessed), `remembers` names the only fields that enter it.
    """
    if not rpc.is_command:
        raise ValueError(f"{rpc.name} is registered as a query")
    return _answers(rpc, partial(answering.answer_command, remembers=remembers))


def query(rpc: Rpc) -> Callable[[Answer], Callable[..., dict[str, Any]]]:
    """The method only reads: `method(self, tx, request) -> data`."""
    if rpc.is_command:
        raise ValueError(f"{rpc.name} is registered as a command")
    return _answers(rpc, answering.answer_query)


def handles(event: EventType) -> Callable[[Method], Method]:
    """The method takes this event: `method(self, tx, event)`, once, in the order of the aggregate."""

    def note(method: Method) -> Method:
        setattr(method, NOTE, Handles(event))
        return method

    return note


def every(*, seconds: float) -> Callable[[Method], Method]:
    """The method runs every so many seconds on each replica: `method(self)`; two at once must be safe."""

    def note(method: Method) -> Method:
        setattr(method, NOTE, Every(seconds))
        return method

    return note


def _answers(rpc: Rpc, answer: Callable[..., dict[str, Any]]) -> Callable[..., Any]:
    def wrap(method: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        if method.__name__ != rpc.method:
            raise ValueError(f"{rpc.name} must be answered by a method of that name, not {method.__name__}")

        @wraps(method)
        def call(
            self: Any, context: dict[str, Any] | None = None, request: dict[str, Any] | None = None
        ) -> dict[str, Any]:
            return answer(rpc, method, self, context or {}, request or {})

        setattr(call, NOTE, Answers(rpc))
        return call

    return wrap


class StoreProvider:
    """Class attribute: the shell puts the `Store` of this database in its place."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._attribute = name

    def __set_name__(self, owner: type, attribute: str) -> None:
        self._attribute = attribute

    @overload
    def __get__(self, instance: None, owner: type) -> StoreProvider: ...

    @overload
    def __get__(self, instance: object, owner: type) -> Store: ...

    def __get__(self, instance: object | None, owner: type) -> StoreProvider | Store:
        if instance is None:
            return self
        raise AttributeError(f"no shell has put a store in {owner.__name__}.{self._attribute}")


class RpcProvider:
    """Class attribute: the shell puts the `RpcClient` in its place."""

    @overload
    def __get__(self, instance: None, owner: type) -> RpcProvider: ...

    @overload
    def __get__(self, instance: object, owner: type) -> RpcClient: ...

    def __get__(self, instance: object | None, owner: type) -> RpcProvider | RpcClient:
        if instance is None:
            return self
        raise AttributeError(f"no shell has put an RPC client in {owner.__name__}")


@dataclass(frozen=True)
class Messaging:
    """Class attribute: how this service's inbox and relay run.

    `relays` names further stores of the class whose outbox this process relays; `hears_pulses` keeps in
    table `pulses` when each source was last heard; `together` is the number of events that may be handled
    in one transaction when they queue up (only for services whose handlers touch no row that commands lock).
    """

    relays: tuple[str, ...] = ()
    hears_pulses: bool = False
    together: int = 1


@dataclass(frozen=True)
class Entrypoints:
    """Everything a service class declares, by reading its notes."""

    answers: dict[str, Rpc] = field(default_factory=dict)
    handlers: dict[str, str] = field(default_factory=dict)
    events: dict[str, EventType] = field(default_factory=dict)
    timers: dict[str, float] = field(default_factory=dict)
    stores: dict[str, str] = field(default_factory=dict)
    rpc: tuple[str, ...] = ()
    messaging: Messaging = Messaging()

    @property
    def bindings(self) -> list[str]:
        """The topic patterns of this service's queue: all events of each aggregate it handles any of."""
        return sorted({event.binding for event in self.events.values()})


def entrypoints(service: type) -> Entrypoints:
    """The entrypoints of a service class; refuses what two methods claim."""
    found = Entrypoints()
    answers, handlers, events, timers, stores = ({}, {}, {}, {}, {})  # type: ignore[var-annotated]
    rpc: list[str] = []
    messaging = found.messaging
    for name in dir(service):
        value = getattr(service, name)
        note = getattr(value, NOTE, None)
        if isinstance(note, Answers):
            answers[name] = note.rpc
        elif isinstance(note, Handles):
            if note.event.name in handlers:
                raise ValueError(f"{note.event.name} is handled by {handlers[note.event.name]} and {name}")
            handlers[note.event.name], events[note.event.name] = name, note.event
        elif isinstance(note, Every):
            timers[name] = note.seconds
        elif isinstance(value, StoreProvider):
            stores[name] = value.name
        elif isinstance(value, RpcProvider):
            rpc.append(name)
        elif isinstance(value, Messaging):
            messaging = value
    for name, called in answers.items():
        if called.service != service.name:  # type: ignore[attr-defined]
            raise ValueError(f"{name} answers for {called.service}")
    return Entrypoints(answers, handlers, events, timers, stores, tuple(rpc), messaging)
