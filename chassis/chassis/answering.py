"""What happens between an RPC's arrival and its answer.

Decode the context, refuse what came too late, load the request, then one transaction: the use case, the
facts it recorded and the command log's row. The row is written last, in the same breath as the facts. A
repeat therefore does the work again and rolls it back when it meets the row (or when anything else goes
wrong and the row turns out to be there), then gives the first answer. This costs the common case one
statement, and a repeat no more than the first time; two at the same moment meet at the row's unique key, and
the second waits there for the first. Refusals are not remembered: nothing was done.

Deadlocks, serialization failures and lock time-outs are tried again, three times in all, with jitter.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from contracts.errors import Busy, CommandReused, InvalidRequest, Refusal, TooLate
from contracts.registry import Rpc, schema_of
from marshmallow import ValidationError
from sqlalchemy import select

from chassis import failpoints, log
from chassis.access import Actor, verify
from chassis.envelope import dumps
from chassis.faults import CommitUnknown, is_transient
from chassis.ids import new_id
from chassis.store import Store
from chassis.tables import commands
from chassis.tx import Tx

TRIES = 3
Method = Callable[..., dict[str, Any]]


class _Call(NamedTuple):
    rpc: Rpc
    actor: Actor
    command_id: str
    correlation: str
    request: dict[str, Any]
    request_hash: str


def answer_command(
    rpc: Rpc,
    method: Method,
    service: Any,
    context: dict[str, Any],
    request: dict[str, Any],
    *,
    remembers: tuple[str, ...] | None = None,
) -> dict[str, Any]:
    """Do the command once and answer it as often as it is asked."""
    with log.bound(correlation_id=context.get("correlation_id"), operation=rpc.name):
        try:
            call = _decode(rpc, service, context, request, remembers)
            return _tried(lambda: _do(call, method, service))
        except Refusal as refusal:
            return {"ok": False, "problem": refusal.problem()}


def answer_query(
    rpc: Rpc, method: Method, service: Any, context: dict[str, Any], request: dict[str, Any]
) -> dict[str, Any]:
    """Answer from one snapshot."""
    with log.bound(correlation_id=context.get("correlation_id"), operation=rpc.name):
        try:
            call = _decode(rpc, service, context, request)
            return _tried(lambda: _look(call, method, service))
        except Refusal as refusal:
            return {"ok": False, "problem": refusal.problem()}


def _decode(
    rpc: Rpc,
    service: Any,
    context: dict[str, Any],
    request: dict[str, Any],
    remembers: tuple[str, ...] | None = None,
) -> _Call:
    deadline = context.get("deadline")
    if deadline is not None and time.time() > float(deadline):
        raise TooLate()
    actor = verify(context.get("actor"), service.secret)
    command_id = _uuid(context.get("command_id")) or new_id()
    try:
        loaded = schema_of(rpc.request).load(request)
    except ValidationError as error:
        raise InvalidRequest(errors=error.normalized_messages()) from None
    correlation = context.get("correlation_id") or command_id
    remembered = request if remembers is None else {name: request.get(name) for name in remembers}
    return _Call(rpc, actor, command_id, correlation, loaded, _hash(rpc, actor, remembered))


def _do(call: _Call, method: Method, service: Any) -> dict[str, Any]:
    store: Store = service.store
    try:
        with store.transaction(
            actor=call.actor, correlation=call.correlation, causation=call.command_id
        ) as tx:
            data = _checked(call.rpc, method(service, tx, call.request))
            tx.log_command(
                id=call.command_id,
                operation=call.rpc.name,
                request_hash=call.request_hash,
                answer=dumps(data),
            )
            failpoints.reach("command.before_commit")
    except Exception as error:
        if is_transient(error) or isinstance(error, CommitUnknown):
            raise  # the log protects the next try, whatever became of this one
        stored = _stored_answer(store, call)
        if stored is None:
            raise
        return {"ok": True, "data": stored, "replayed": True}
    failpoints.reach("command.committed")
    return {"ok": True, "data": data, "replayed": False}


def _look(call: _Call, method: Method, service: Any) -> dict[str, Any]:
    store: Store | None = getattr(service, "store", None)
    if store is None:  # a service without a database, such as the planner
        return {"ok": True, "data": _checked(call.rpc, method(service, None, call.request))}
    with store.reading(actor=call.actor) as tx:
        return {"ok": True, "data": _checked(call.rpc, method(service, tx, call.request))}


def _stored_answer(store: Store, call: _Call) -> Any:
    """The answer that the log holds for this command; refuses another content under the same id."""
    with store.reading() as tx:
        row = _find(tx, call.command_id)
    if row is None:
        return None
    if row.request_hash != call.request_hash:
        raise CommandReused()
    return json.loads(row.answer)


def _find(tx: Tx, command_id: str) -> Any:
    return (
        tx.session.connection()
        .execute(select(commands.c.request_hash, commands.c.answer).where(commands.c.id == command_id))
        .one_or_none()
    )


def _tried(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The work, tried again while the database says that it may succeed; refuses as busy in the end."""
    for attempt in range(1, TRIES + 1):
        try:
            return work()
        except Exception as error:
            if not is_transient(error) and not isinstance(error, CommitUnknown):
                raise
            log.get(__name__).warning("database.transient", attempt=attempt, error=str(error)[:300])
            if attempt == TRIES and isinstance(error, CommitUnknown):
                raise  # "nothing was done" could be a lie
            if attempt == TRIES:
                raise Busy() from error
            time.sleep(random.uniform(0, 0.05 * 2**attempt))
    raise AssertionError("unreachable")


def _checked(rpc: Rpc, data: dict[str, Any]) -> Any:
    """The answer as JSON values, validated: marshmallow's dump alone would let anything through."""
    schema = schema_of(rpc.response)
    dumped = schema.dump(data)
    errors = schema.validate(dumped)
    if errors:
        raise ValueError(f"{rpc.name} answered what its schema does not allow: {errors}")
    return dumped


def _hash(rpc: Rpc, actor: Actor, request: dict[str, Any]) -> str:
    canonical = json.dumps(
        [rpc.name, actor.label, actor.organisation_id, request], sort_keys=True, ensure_ascii=False
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def _uuid(value: Any) -> str | None:
    if value is None:
        return None
    try:
        return str(uuid.UUID(str(value)))
    except ValueError:
        raise InvalidRequest(errors={"command_id": ["must be a UUID"]}) from None
