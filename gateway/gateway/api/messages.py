"""The bearer's messages."""

from __future__ import annotations

from typing import Any

from contracts.notifications import rpc
from marshmallow import fields

from gateway import clients
from gateway.api import reading
from gateway.api.base import PREFIX, Blueprint, operation, page_of, paged
from gateway.api.fields import Flag, PageArgs

blueprint = Blueprint("messages", __name__, url_prefix=PREFIX, description="Messages")


class MessageArgs(PageArgs):
    """Which messages."""

    unread_only = Flag(load_default=False)


class MessagePage(page_of(rpc.MessageAnswer, name="AnyMessagePage")):  # type: ignore[misc]
    """A part of the messages, and how many of all are unread."""

    unread = fields.Integer(required=True)


@blueprint.route("/messages")
@operation(blueprint, 200, MessagePage, page=True)
@blueprint.arguments(MessageArgs, location="query")
def messages(args: dict[str, Any]) -> Any:
    """The bearer's messages, newest first."""
    reading.person_id()
    inbox = clients.call(rpc.INBOX, args)
    body, status, headers = paged(inbox["messages"], inbox["total"], args)
    return {**body, "unread": inbox["unread"]}, status, headers


@blueprint.route("/messages/read", methods=["POST"])
@operation(blueprint, 200, rpc.MarkReadAnswer, writes=True)
@blueprint.arguments(rpc.MarkRead)
def mark_read(body: dict[str, Any], idempotency: str) -> dict[str, Any]:
    """Mark messages as read; none named means all."""
    reading.person_id()
    return clients.call(rpc.MARK_READ, body, idempotency=idempotency)
