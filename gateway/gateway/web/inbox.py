"""The inbox (消息): what concerns the reader, newest first."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from contracts.notifications import rpc
from flask import Blueprint, flash, g, redirect, render_template, request
from flask_babel import gettext as _

from gateway import clients
from gateway.auth import login_required
from gateway.auth.sessions import safe_next
from gateway.web import asking
from gateway.web.paging import offset_of

pages = Blueprint("inbox", __name__)
PAGE = 20


@pages.get("/inbox")
@login_required
def inbox() -> str:
    """Messages in the service's own words; when it is away the page says so and stays a page."""
    unread_only = request.args.get("show") == "unread"
    offset = min(offset_of(request.args), 100_000)
    found = asking.exact(rpc.INBOX, {"unread_only": unread_only, "limit": PAGE, "offset": offset})
    if found is not None:
        g.unread = found["unread"]
    return render_template("inbox.html", inbox=found, unread_only=unread_only, limit=PAGE, offset=offset)


@pages.post("/inbox/<uuid:message_id>/open")
@login_required
def open_message(message_id: UUID) -> Any:
    """Mark the message as read and go to what it is about."""
    clients.call(rpc.MARK_READ, {"message_ids": [str(message_id)]}, idempotency=request.form.get(asking.KEY))
    return redirect(safe_next(request.form.get("link"), "/inbox"), 303)


@pages.post("/inbox/read")
@login_required
def read_all() -> Any:
    clients.call(rpc.MARK_READ, {"message_ids": []}, idempotency=request.form.get(asking.KEY))
    flash(_("全部标为已读。"), "done")
    return redirect("/inbox", 303)
