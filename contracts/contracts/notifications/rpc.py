"""Commands and queries that notifications answers."""

from __future__ import annotations

from marshmallow import fields, validate

from contracts.fields import NAME, Id, Instant, Text, Whole
from contracts.imports import ImportRows, ImportRowsAnswer
from contracts.registry import Request, Response, command, query

SERVICE = "notifications"


class InboxRequest(Request):
    """The actor's messages, newest first."""

    unread_only = fields.Boolean(load_default=False)
    limit = Whole(1, 100, load_default=20)
    offset = Whole(0, 100_000, load_default=0)


class MessageAnswer(Response):
    """One message in both languages; `link` is a path in the gateway, or empty."""

    message_id = Id(required=True)
    kind = fields.String(required=True)
    subject_zh = fields.String(required=True)
    subject_en = fields.String(required=True)
    body_zh = fields.String(required=True)
    body_en = fields.String(required=True)
    link = fields.String(required=True)
    created_at = Instant(required=True)
    read_at = Instant(required=True, allow_none=True)


class Inbox(Response):
    """A page of messages, how many there are in all, how many of them unread."""

    messages = fields.List(fields.Nested(MessageAnswer), required=True)
    total = fields.Integer(required=True)
    unread = fields.Integer(required=True)


class MarkRead(Request):
    """Mark messages of the actor as read; none named means all."""

    message_ids = fields.List(Id(), load_default=list, validate=validate.Length(max=1000))


class MarkReadAnswer(Response):
    """How many were unread before."""

    marked = fields.Integer(required=True)


class ContactRow(Request):
    """How a person is addressed and reached; sheet `contacts` of an import, made from `people`."""

    row = Whole(1, 10_000_000, required=True)
    person_id = Id(required=True)
    name = Text(NAME, required=True)
    email = fields.Email(load_default=None, allow_none=True)


IMPORT_SCHEMAS: dict[str, type[Request]] = {"contacts": ContactRow}

INBOX = query(SERVICE, "inbox", InboxRequest, Inbox)
MARK_READ = command(SERVICE, "mark_read", MarkRead, MarkReadAnswer)
IMPORT_ROWS = command(SERVICE, "import_rows", ImportRows, ImportRowsAnswer)
