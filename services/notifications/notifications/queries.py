"""What notifications answers to questions."""

from __future__ import annotations

from typing import Any

from chassis.tx import Tx
from contracts.errors import NotAllowed
from sqlalchemy import func, select

from notifications.tables import Message


def inbox(tx: Tx, *, unread_only: bool, limit: int, offset: int) -> dict[str, Any]:
    """The actor's messages, newest first, with how many there are and how many of them unread."""
    person_id = tx.actor.person_id
    if person_id is None:
        raise NotAllowed()
    mine = Message.person_id == person_id
    total, read = tx.session.execute(select(func.count(), func.count(Message.read_at)).where(mine)).one()
    wanted = select(Message).where(mine)
    if unread_only:
        wanted = wanted.where(Message.read_at.is_(None))
    page = tx.session.scalars(
        wanted.order_by(Message.created_at.desc(), Message.id.desc()).limit(limit).offset(offset)
    )
    return {
        "messages": [_shown(message) for message in page],
        "total": total - read if unread_only else total,
        "unread": total - read,
    }


def _shown(message: Message) -> dict[str, Any]:
    return {
        "message_id": message.id,
        "kind": message.kind,
        "subject_zh": message.subject_zh,
        "subject_en": message.subject_en,
        "body_zh": message.body_zh,
        "body_en": message.body_en,
        "link": message.link,
        "created_at": message.created_at,
        "read_at": message.read_at,
    }
