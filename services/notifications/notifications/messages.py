"""Messages: to exactly those concerned, once for each occasion.

The unique key on occasion and person is the last word. What happened once but reaches us by two ways (a
cancelled session, and the seat it took with it) has one occasion, so that whichever comes first is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from chassis.tx import Tx
from contracts.errors import NotAllowed, NotFound
from contracts.notifications import events
from sqlalchemy import func, select

from notifications import deliveries, letters
from notifications.rules.concerned import Hat
from notifications.tables import Message, Person


@dataclass(frozen=True)
class Office:
    """How this installation writes: local time, the secret behind links without login, e-mail or not."""

    zone: tzinfo
    secret: str
    sends_mail: bool


@dataclass(frozen=True)
class News:
    """What is to be told: `links` gives each hat a path in the gateway, `facts` fill the templates."""

    kind: str
    occasion: str
    facts: Mapping[str, Any]
    links: Mapping[Hat, str] = field(default_factory=dict)


def tell(tx: Tx, *, office: Office, news: News, told: Mapping[str, Hat]) -> None:
    """Put the news into the inbox of everybody in `told` who has not been told and is active."""
    waiting = _not_yet_told(tx, occasion=news.occasion, person_ids=told)
    written: dict[Hat, letters.Letter] = {}
    queued: list[Message] = []
    for person_id in waiting:
        hat = told[person_id]
        if hat not in written:
            written[hat] = letters.write(kind=news.kind, hat=hat, facts=news.facts)
        queued.append(_message(tx, news=news, person_id=person_id, hat=hat, letter=written[hat]))
    tx.session.add_all(queued)
    tx.session.flush()
    if office.sends_mail:
        deliveries.queue(tx, messages=queued)
    for message in queued:
        tx.record(events.MESSAGE_QUEUED, aggregate=message.id, data=_facts(message))


def mark_read(tx: Tx, *, message_ids: list[str]) -> dict[str, int]:
    """Mark messages of the actor as read, all of them when none is named; refuses foreign ids."""
    person_id = tx.actor.person_id
    if person_id is None:
        raise NotAllowed()
    mine = select(Message).where(Message.person_id == person_id)
    if message_ids:
        named = mine.where(Message.id.in_(sorted(set(message_ids))))
        known = tx.session.scalar(select(func.count()).select_from(named.subquery()))
        if known != len(set(message_ids)):
            raise NotFound()
        mine = named
    unread = tx.session.scalars(
        mine.where(Message.read_at.is_(None)).order_by(Message.id).with_for_update()
    ).all()
    for message in unread:
        message.read_at = tx.now
        tx.record(events.MESSAGE_READ, aggregate=message.id, data=_facts(message))
    return {"marked": len(unread)}


def _not_yet_told(tx: Tx, *, occasion: str, person_ids: Iterable[str]) -> list[str]:
    wanted = sorted(person_ids)
    if not wanted:
        return []
    told = select(Message.person_id).where(Message.occasion == occasion, Message.person_id.in_(wanted))
    gone = select(Person.person_id).where(Person.person_id.in_(wanted), Person.active.is_(False))
    left_out = set(tx.session.scalars(told.union_all(gone)))
    return [person_id for person_id in wanted if person_id not in left_out]


def _message(tx: Tx, *, news: News, person_id: str, hat: Hat, letter: letters.Letter) -> Message:
    return Message(
        id=tx.new_id(),
        person_id=person_id,
        occasion=news.occasion,
        kind=news.kind,
        subject_zh=letter.subject.zh,
        subject_en=letter.subject.en,
        body_zh=letter.body.zh,
        body_en=letter.body.en,
        link=news.links.get(hat, ""),
        created_at=tx.now,
        read_at=None,
    )


def _facts(message: Message) -> dict[str, str]:
    return {"message_id": message.id, "person_id": message.person_id, "kind": message.kind}
