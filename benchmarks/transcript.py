"""What the enrollment service sends to its database for one enrolment, written down as a pgbench script.

The service itself enrols a learner while its statements are recorded, so that pgbench sends the same ones
however they change. Values become pgbench's: the learner and the session of the turn, fresh ids, the time;
long texts become as many letters.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from chassis.access import Actor
from chassis.rpc import LocalRpcClient
from chassis.store import Store
from contracts.enrollment import rpc
from enrollment.service import EnrollmentService
from sqlalchemy import Engine, event

SECRET = "for the transcript only"
HEAD = """\\set n :n + 1
\\set learner :client_id * 100000 + :n
\\set which (:client_id + :n) % :sessions
BEGIN;"""
LONG = 100

Sent = tuple[str, dict[str, Any]]


def script(url: str, *, person_id: str, session_id: str, organisation_id: str, district_id: str) -> str:
    """Enrol this learner in this session once, and give the pgbench script of what was sent."""
    store = Store("enrollment", url, pool_size=2)
    service = EnrollmentService()
    service.secret = SECRET  # type: ignore[attr-defined]
    service.store = store
    client = LocalRpcClient({"enrollment": service}, SECRET)
    actor = Actor(person_id, organisation_id, district_id, frozenset({"learner"}))
    with _recorded(store.engine) as sent:
        client.call(rpc.ENROL, actor=actor, request={"session_id": session_id})
    store.dispose()
    known = {person_id: "bench_learner(:learner)", session_id: "bench_session(:which)"}
    lines = [HEAD]
    for number, (statement, values) in enumerate(sent):
        # The first one reads the session, whose times the others ask for.
        end = " \\gset" if number == 0 else ";"
        lines.append(_as_pgbench(statement, values, known) + end)
    return "\n".join([*lines, "COMMIT;", ""])


@contextmanager
def _recorded(engine: Engine) -> Iterator[list[Sent]]:
    sent: list[Sent] = []

    def write_down(
        _connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool
    ) -> None:
        if many:
            raise ValueError(f"pgbench has no way to send many rows: {statement}")
        sent.append((statement, dict(values)))

    event.listen(engine, "before_cursor_execute", write_down)
    yield sent
    event.remove(engine, "before_cursor_execute", write_down)


def _as_pgbench(statement: str, values: dict[str, Any], known: dict[str, str]) -> str:
    text = " ".join(statement.split())
    for name, value in values.items():
        text = text.replace(f"%({name})s", _expression(name, value, known))
    return text.replace("%%", "%").replace(":'", ": '")


def _expression(name: str, value: Any, known: dict[str, str]) -> str:
    if isinstance(value, list):
        return f"ARRAY[{', '.join(_expression(name, each, known) for each in value)}]"
    if value is None or isinstance(value, int):
        return "NULL" if value is None else str(value)
    if isinstance(value, datetime):
        column = next((each for each in ("starts", "ends") if each[:-1] in name), None)
        return f":{column}_at::timestamptz" if column else "now()"
    text = str(value)
    if text in known:
        return known[text]
    if _is_uuid(text):
        return ":organisation_id::uuid" if "organisation" in name else "gen_random_uuid()"
    return f"repeat('x', {len(text)})" if len(text) > LONG else _quoted(text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
