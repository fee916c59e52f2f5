"""Every event type and every RPC by name.

Event type names are `<service>.<subject>.<past tense>.v<N>`. `aggregate` is the kind of aggregate whose
version numbers the event; it routes the event, so that a consumer of one event of an aggregate sees all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema


class EventData(Schema):
    """Base of event payloads: strict when written, tolerant when read."""

    class Meta:
        unknown = EXCLUDE


class Request(Schema):
    """Base of RPC requests: an unknown field is a mistake of the caller."""

    class Meta:
        unknown = RAISE


class Response(Schema):
    """Base of RPC responses: a newer service may say more than we know."""

    class Meta:
        unknown = EXCLUDE


@cache
def schema_of(cls: type[Schema]) -> Schema:
    """The one instance of a schema class: making one costs more than using it, and use changes nothing."""
    return cls()


@dataclass(frozen=True)
class EventType:
    """One version of one fact that a service announces."""

    name: str
    aggregate: str
    schema: type[EventData]

    @property
    def source(self) -> str:
        return self.name.split(".", 1)[0]

    @property
    def version(self) -> int:
        return int(self.name.rsplit(".v", 1)[1])

    @property
    def routing_key(self) -> str:
        """`<source>.<aggregate>.<rest>`: a session event of aggregate session is not told twice."""
        source, rest = self.name.split(".", 1)
        if rest.startswith(f"{self.aggregate}."):
            return self.name
        return f"{source}.{self.aggregate}.{rest}"

    @property
    def binding(self) -> str:
        """The topic pattern that matches every event of this aggregate."""
        return f"{self.source}.{self.aggregate}.#"

    def dump(self, data: dict[str, Any]) -> dict[str, Any]:
        """Data as JSON values; raises ValueError when it does not satisfy the schema.

        marshmallow's dump does not validate, so what was dumped is validated afterwards, strictly.
        """
        schema = schema_of(self.schema)
        dumped: dict[str, Any] = schema.dump(data)
        unknown = set(data) - set(schema.fields)
        errors = schema.validate(dumped)
        if errors or unknown:
            raise ValueError(f"{self.name}: {errors or 'unknown fields'} {sorted(unknown)}")
        return dumped

    def load(self, data: dict[str, Any]) -> dict[str, Any]:
        """JSON values as Python values; raises marshmallow.ValidationError."""
        loaded: dict[str, Any] = schema_of(self.schema).load(data)
        return loaded


@dataclass(frozen=True)
class Rpc:
    """A command or a query that a service answers."""

    service: str
    method: str
    request: type[Request]
    response: type[Response]
    is_command: bool

    @property
    def name(self) -> str:
        return f"{self.service}.{self.method}"


EVENTS: dict[str, EventType] = {}
RPCS: dict[str, Rpc] = {}


def event(name: str, *, aggregate: str, schema: type[EventData]) -> EventType:
    """Register an event type; a name is registered once."""
    if name in EVENTS:
        raise ValueError(f"event {name} is registered twice")
    EVENTS[name] = EventType(name=name, aggregate=aggregate, schema=schema)
    return EVENTS[name]


def command(service: str, method: str, request: type[Request], response: type[Response]) -> Rpc:
    """Register a command: it changes something, and repeats are recognised by its id."""
    return _rpc(service, method, request, response, is_command=True)


def query(service: str, method: str, request: type[Request], response: type[Response]) -> Rpc:
    """Register a query: it changes nothing."""
    return _rpc(service, method, request, response, is_command=False)


def _rpc(
    service: str, method: str, request: type[Request], response: type[Response], *, is_command: bool
) -> Rpc:
    rpc = Rpc(service=service, method=method, request=request, response=response, is_command=is_command)
    if rpc.name in RPCS:
        raise ValueError(f"rpc {rpc.name} is registered twice")
    RPCS[rpc.name] = rpc
    return rpc
