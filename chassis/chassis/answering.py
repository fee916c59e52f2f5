"""What happens between an RPC's arrival and its answer.

Decode the context, refuse what came too late, load the request, then one transaction: the use case, the
facts it recorded and the command log's row. The row is written last, in the same breath as the facts. A
repeat therefore does the work again and rolls it back when it meets the row (or when anything else goes
wrong and the row turns out to be there), then gives the first answer. This costs the common case one
statement, and a repeat no more than the first time; two at the same moment meet at the row's unique key, and
the second waits there for the first. Refusals are not remembered: nothing was done. A method may also return
a refusal instead of raising it: then what it did is kept (an offer that lapsed, a wrong code that was
counted), and the caller is refused all the same.

Deadlocks, serialization failures and lock time-outs are tried again, three times in all, with jitter.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

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
from chassis.tx import CommandRepeated, Tx

TRIES = 3
Method = Callable[..., dict[str, Any] | Refusal]
Result = TypeVar("Result")


class _Name(NamedTuple):
    """What makes a command the same command."""

    operation: str
    actor: Actor
    command_id: str
    correlation: str
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
            name, loaded = _decode(rpc, service, context, request, remembers)

            def work(tx: Tx) -> dict[str, Any] | Refusal:
                answer = method(service, tx, loaded)
                return answer if isinstance(answer, Refusal) else _checked(rpc, answer)

            answer = _tried(lambda: _do(service.store, name, work))
            if isinstance(answer, Refusal):
                return {"ok": False, "problem": answer.problem()}
            data, replayed = answer
            return {"ok": True, "data": data, "replayed": replayed}
        except Refusal as refusal:
            return {"ok": False, "problem": refusal.problem()}


def answer_query(
    rpc: Rpc, method: Method, service: Any, context: dict[str, Any], request: dict[str, Any]
) -> dict[str, Any]:
    """Answer from one snapshot."""
    with log.bound(correlation_id=context.get("correlation_id"), operation=rpc.name):
        try:
            name, loaded = _decode(rpc, service, context, request)
            return {"ok": True, "data": _tried(lambda: _look(rpc, name, method, service, loaded))}
        except Refusal as refusal:
            return {"ok": False, "problem": refusal.problem()}


def _decode(
    rpc: Rpc,
    service: Any,
    context: dict[str, Any],
    request: dict[str, Any],
    remembers: tuple[str, ...] | None = None,
) -> tuple[_Name, dict[str, Any]]:
    deadline = context.get("deadline")
    if deadline is not None and time.time() > float(deadline):
        raise TooLate()
    actor = verify(context.get("actor"), service.secret)
    command_id = _uuid(context.get("command_id")) or new_id()
    try:
        loaded = schema_of(rpc.request).load(request)
    except ValidationError as error:
        raise InvalidRequest(errors=_printable(error.normalized_messages())) from None
    correlation = context.get("correlation_id") or command_id
    remembered = request if remembers is None else {name: request.get(name) for name in remembers}
    request_hash = _hash(rpc.name, actor, remembered)
    return _Name(rpc.name, actor, command_id, correlation, request_hash), loaded


def once(
    store: Store,
    *,
    actor: Actor,
    command_id: str,
    operation: str,
    request: dict[str, Any],
    work: Callable[[Tx], dict[str, Any]],
    correlation: str | None = None,
) -> tuple[dict[str, Any], bool]:
    """A command without a service class: its answer (JSON values), and whether it is a repeat's."""
    name = _Name(operation, actor, command_id, correlation or command_id, _hash(operation, actor, request))
    answer = _tried(lambda: _do(store, name, work))
    if isinstance(answer, Refusal):
        raise answer
    return answer


def _do(
    store: Store, name: _Name, work: Callable[[Tx], dict[str, Any] | Refusal]
) -> tuple[Any, bool] | Refusal:
    """The work and its row in the log, or the answer the log holds already; a returned refusal as it is."""
    try:
        with store.transaction(
            actor=name.actor, correlation=name.correlation, causation=name.command_id
        ) as tx:
            data = work(tx)
            if not isinstance(data, Refusal):
                tx.log_command(
                    id=name.command_id,
                    operation=name.operation,
                    request_hash=name.request_hash,
                    answer=dumps(data),
                )
            elif _find(tx, name.command_id) is not None:
                raise CommandRepeated(name.command_id)
            failpoints.reach("command.before_commit")
    except Exception as error:
        if is_transient(error) or isinstance(error, CommitUnknown):
            raise  # the log protects the next try, whatever became of this one
        stored = _stored_answer(store, name)
        if stored is None:
            raise
        return stored, True
    failpoints.reach("command.committed")
    return data if isinstance(data, Refusal) else (data, False)


def _look(rpc: Rpc, name: _Name, method: Method, service: Any, request: dict[str, Any]) -> Any:
    store: Store | None = getattr(service, "store", None)
    if store is None:  # a service without a database, such as the planner
        return _checked(rpc, method(service, None, request))
    with store.reading(actor=name.actor) as tx:
        return _checked(rpc, method(service, tx, request))


def _stored_answer(store: Store, name: _Name) -> Any:
    """The answer that the log holds for this command; refuses another content under the same id."""
    with store.reading() as tx:
        row = _find(tx, name.command_id)
    if row is None:
        return None
    if row.request_hash != name.request_hash:
        raise CommandReused()
    return json.loads(row.answer)


def _find(tx: Tx, command_id: str) -> Any:
    return (
        tx.session.connection()
        .execute(select(commands.c.request_hash, commands.c.answer).where(commands.c.id == command_id))
        .one_or_none()
    )


def _tried(work: Callable[[], Result]) -> Result:
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


def _checked(rpc: Rpc, data: Any) -> Any:
    """The answer as JSON values, validated: marshmallow's dump alone would let anything through."""
    schema = schema_of(rpc.response)
    dumped = schema.dump(data)
    errors = schema.validate(dumped)
    if errors:
        raise ValueError(f"{rpc.name} answered what its schema does not allow: {errors}")
    return dumped


def _hash(operation: str, actor: Actor, request: dict[str, Any]) -> str:
    canonical = json.dumps([operation, actor.label, actor.organisation_id, request], sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _printable(errors: Any) -> Any:
    """Names of unknown fields are the caller's text: what cannot be printed is not echoed."""
    if isinstance(errors, dict):
        return {_printable(name): _printable(about) for name, about in errors.items()}
    if isinstance(errors, list):
        return [_printable(about) for about in errors]
    if isinstance(errors, str):
        return "".join(character if character.isprintable() else "\ufffd" for character in errors)
    return errors


def _uuid(value: Any) -> str | None:
    if value is None:
        return None
    try:
        return str(uuid.UUID(str(value)))
    except ValueError:
        raise InvalidRequest(errors={"command_id": ["must be a UUID"]}) from None
