"""Whether this process lives, and whether it can answer."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from chassis import log
from gateway.parts import parts


def set_up(app: Flask) -> None:
    """Answer /healthz (no database) and /readyz (both databases)."""
    app.add_url_rule("/healthz", "healthz", _alive)
    app.add_url_rule("/readyz", "readyz", _ready)


def _alive() -> dict[str, str]:
    return {"status": "ok"}


def _ready() -> Response:
    found: dict[str, Any] = {name: _reachable(name) for name in ("directory", "views")}
    ready = all(found.values())
    answer = jsonify({"status": "ok" if ready else "not ready", "databases": found})
    answer.status_code = 200 if ready else 503
    return answer


def _reachable(name: str) -> bool:
    try:
        with getattr(parts(), name).reading() as tx:
            tx.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        log.get(__name__).exception("database.unreachable", database=name)
        return False
    return True
