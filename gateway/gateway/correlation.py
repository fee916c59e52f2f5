"""The id that follows a request through everything it causes; callers may choose it with X-Request-ID."""

from __future__ import annotations

import re
from typing import cast

from chassis.ids import new_id
from flask import Flask, Response, g, has_request_context, request

from chassis import log

HEADER = "X-Request-ID"
_ALLOWED = re.compile(r"[A-Za-z0-9._-]{8,64}")


def set_up(app: Flask) -> None:
    """Read or make the id first of all, bind it to the log, and answer it last of all."""
    app.before_request(_begin)
    app.after_request(_answer)
    app.teardown_request(_end)


def correlation_id() -> str:
    """The id of this request (a new one where there is no request)."""
    if not has_request_context():
        return new_id()
    if "correlation" not in g:
        given = request.headers.get(HEADER, "")
        g.correlation = given if _ALLOWED.fullmatch(given) else new_id()
    return cast(str, g.correlation)


def _begin() -> None:
    bound = log.bound(correlation_id=correlation_id(), method=request.method, path=request.path)
    bound.__enter__()
    g.log_binding = bound


def _answer(response: Response) -> Response:
    response.headers[HEADER] = correlation_id()
    return response


def _end(_error: BaseException | None) -> None:
    bound = g.pop("log_binding", None)
    if bound is not None:
        bound.__exit__(None, None, None)
