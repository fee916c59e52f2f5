"""How a page asks a service, and what it does with a no."""

from __future__ import annotations

from typing import Any

from chassis.rpc import OutcomeUnknown, RemoteError, ServiceUnavailable
from contracts.errors import Busy, NotFound, Refused, TooLate
from contracts.registry import Rpc
from flask import flash, g, redirect, request
from werkzeug.wrappers import Response

from gateway import clients
from gateway.web.shown import says

KEY = "idempotency"
_NOTHING_TO_SHOW = (401, 404)


def command(rpc: Rpc, content: dict[str, Any], *, go: str, done: str, **more: Any) -> Response:
    """Do what a form asks and go on to a page, which says that it was done, or why not.

    What does not exist stays a 404, and a service that is away a 503: the browser can send it once more.
    """
    try:
        clients.call(rpc, content, idempotency=request.form.get(KEY), **more)
    except Refused as refused:
        if refused.status in _NOTHING_TO_SHOW:
            raise
        flash(says(refused.problem), "refused")
    else:
        flash(done, "done")
    return redirect(go, 303)


def exact(rpc: Rpc, content: dict[str, Any]) -> dict[str, Any] | None:
    """The owning service's own word, or None when it is away: the page then shows the view and says so."""
    try:
        return clients.call(rpc, content, timeout=3.0)
    except (ServiceUnavailable, OutcomeUnknown, RemoteError):
        pass
    except Refused as refused:
        if refused.code not in (Busy.code(), TooLate.code()):
            raise
    g.service_away = rpc.service
    return None


def exact_or_hidden(rpc: Rpc, content: dict[str, Any]) -> dict[str, Any] | None:
    """Like `exact`, and None too where the service says that this is not for the actor."""
    try:
        return exact(rpc, content)
    except Refused as refused:
        if refused.status in (403, 404, 409):
            return None
        raise


def found(row: dict[str, Any] | None) -> dict[str, Any]:
    """The row, or the same 404 as for everything that is not the actor's."""
    if row is None:
        raise NotFound()
    return row
