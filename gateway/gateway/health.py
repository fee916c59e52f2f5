"""Whether this process lives, and whether it can answer."""

from __future__ import annotations

from flask import Flask, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from chassis import log, migrate
from gateway.parts import parts

PACKAGES = {"directory": "gateway.directory", "views": "gateway.views"}


def set_up(app: Flask) -> None:
    """Answer /healthz (no database) and /readyz (both databases, at their newest migrations)."""
    migrated: set[str] = set()

    def ready() -> Response:
        states = {name: _state(name, migrated) for name in PACKAGES}
        fine = set(states.values()) == {"ok"}
        answer = jsonify({"status": "ok" if fine else "not ready", "databases": states})
        answer.status_code = 200 if fine else 503
        return answer

    app.add_url_rule("/healthz", "healthz", _alive)
    app.add_url_rule("/readyz", "readyz", ready)


def _alive() -> dict[str, str]:
    return {"status": "ok"}


def _state(name: str, migrated: set[str]) -> str:
    """A database's state; migrations are looked for until they are there."""
    store = getattr(parts(), name)
    try:
        with store.reading() as tx:
            tx.session.execute(text("SELECT 1"))
        if name not in migrated and migrate.pending(PACKAGES[name], store.url):
            return "needs migration"
    except SQLAlchemyError:
        log.get(__name__).exception("database.unreachable", database=name)
        return "unreachable"
    migrated.add(name)
    return "ok"
