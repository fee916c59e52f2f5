"""Events of notifications. The words of a message stay in the service; here is only that it exists."""

from __future__ import annotations

from contracts.fields import Id, Text, one_of
from contracts.registry import EventData, event


class MessageFacts(EventData):
    """Which message to whom, about what."""

    message_id = Id(required=True)
    person_id = Id(required=True)
    kind = Text(80, required=True)


class MessageQueued(MessageFacts):
    """A message stands in a person's inbox."""


class MessageRead(MessageFacts):
    """The person has read it."""


class MessageSent(MessageFacts):
    """An outside channel took the message."""

    channel = one_of("email", required=True)


class MessageFailed(MessageFacts):
    """An outside channel refused the message for good."""

    channel = one_of("email", required=True)
    reason = Text(200, required=True)


MESSAGE_QUEUED = event("notifications.message.queued.v1", aggregate="message", schema=MessageQueued)
MESSAGE_READ = event("notifications.message.read.v1", aggregate="message", schema=MessageRead)
MESSAGE_SENT = event("notifications.message.sent.v1", aggregate="message", schema=MessageSent)
MESSAGE_FAILED = event("notifications.message.failed.v1", aggregate="message", schema=MessageFailed)
