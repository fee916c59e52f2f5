"""Asking another process: the port, its errors, and the client of the embedded mode.

A time-out after the request left means "unknown", and the error says so: only asking again with the same
command id tells. `chassis.amqp_rpc` is the client of the server mode.
"""

from __future__ import annotations

import json
import time
from typing import Any, Protocol

from contracts.errors import Refused
from contracts.registry import Rpc

from chassis.access import Actor, sign
from chassis.ids import new_id


class ServiceUnavailable(Exception):
    """The request did not leave, or nobody was there to take it: nothing was done."""


class OutcomeUnknown(Exception):
    """The request left and no answer came in time: ask again with the same command id."""


class RemoteError(Exception):
    """The service failed while answering; its log has the correlation id."""


class RpcClient(Protocol):
    """Where a caller's questions go."""

    def call(
        self,
        rpc: Rpc,
        *,
        actor: Actor,
        request: dict[str, Any],
        command_id: str | None = None,
        correlation: str | None = None,
        timeout: float = 5.0,
    ) -> dict[str, Any]:
        """The response's data; raises Refused, ServiceUnavailable, OutcomeUnknown or RemoteError."""
        ...


def make_context(
    rpc: Rpc,
    *,
    actor: Actor,
    secret: str,
    command_id: str | None,
    correlation: str | None,
    timeout: float,
) -> dict[str, Any]:
    """The context that travels with a request. The deadline is the machine's time, not the moved clock's."""
    if rpc.is_command and command_id is None:
        command_id = new_id()
    return {
        "actor": sign(actor, secret),
        "command_id": command_id,
        "correlation_id": correlation or command_id or new_id(),
        "deadline": time.time() + timeout,
    }


def wire(value: Any) -> str:
    """JSON in ASCII: a request may hold what no encoding takes (half a surrogate pair, NaN).

    It must arrive all the same, to be refused by name.
    """
    return json.dumps(value, separators=(",", ":"))


def data_of(answer: dict[str, Any]) -> dict[str, Any]:
    """The data of a service's answer; raises Refused when it is a problem."""
    if not answer["ok"]:
        raise Refused(answer["problem"])
    data: dict[str, Any] = answer["data"]
    return data


class LocalRpcClient:
    """Calls the services of this process in the caller's thread, through JSON like everybody else."""

    def __init__(self, services: dict[str, Any], secret: str) -> None:
        self._services = services
        self._secret = secret

    def call(
        self,
        rpc: Rpc,
        *,
        actor: Actor,
        request: dict[str, Any],
        command_id: str | None = None,
        correlation: str | None = None,
        timeout: float = 5.0,
    ) -> dict[str, Any]:
        service = self._services.get(rpc.service)
        method = getattr(service, rpc.method, None)
        if method is None:
            raise ServiceUnavailable(f"{rpc.name} is not answered here")
        context = make_context(
            rpc,
            actor=actor,
            secret=self._secret,
            command_id=command_id,
            correlation=correlation,
            timeout=timeout,
        )
        sent = json.loads(wire({"context": context, "request": request}))
        try:
            answer = json.loads(wire(method(**sent)))
        except Exception as error:
            raise RemoteError(f"{rpc.name}: {type(error).__name__}: {error}") from error
        return data_of(answer)
