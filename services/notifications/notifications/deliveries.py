"""Deliveries: messages on their way out of the house by e-mail.

A letter is claimed in one transaction (the attempt is counted, a lease taken), sent outside of any, and
settled in another. When the process dies after the server took the letter and before we wrote that down,
the lease runs out and it is sent again, with the same Message-ID: at least once, rarely twice, never lost.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.tx import Tx
from contracts.notifications import events
from sqlalchemy import select

from notifications.rules.retry import wait_after
from notifications.rules.wording import Both, one_line
from notifications.tables import Contact, Delivery, Message

EMAIL = "email"
# Longer than a whole conversation with a mail server may take at its time-outs.
LEASE = timedelta(minutes=5)
REASON = 200


@dataclass(frozen=True)
class Claimed:
    """A letter in hand: to whom, what, and the number of this attempt."""

    message_id: str
    address: str
    subject: Both
    body: Both
    link: str
    written_at: datetime
    attempt: int


def queue(tx: Tx, *, messages: Iterable[Message]) -> None:
    """Send these by e-mail too, to those who have an address."""
    by_person = {message.person_id: message for message in messages}
    reachable = tx.session.scalars(
        select(Contact.person_id).where(Contact.person_id.in_(sorted(by_person)), Contact.email.is_not(None))
    )
    tx.session.add_all(
        Delivery(
            message_id=by_person[person_id].id,
            channel=EMAIL,
            state="queued",
            attempts=0,
            next_at=tx.now,
            reason=None,
        )
        for person_id in sorted(reachable)
    )


def claim(tx: Tx) -> Claimed | None:
    """Take the letter that is due longest, if any; the address is looked up now, not when it was written."""
    delivery = tx.session.scalar(
        select(Delivery)
        .where(Delivery.state == "queued", Delivery.next_at <= tx.now)
        .order_by(Delivery.next_at, Delivery.message_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if delivery is None:
        return None
    message = tx.session.get_one(Message, delivery.message_id)
    contact = tx.session.get(Contact, message.person_id)
    delivery.attempts += 1
    delivery.next_at = tx.now + LEASE
    return Claimed(
        message_id=message.id,
        address=(contact.email if contact else None) or "",
        subject=Both(zh=message.subject_zh, en=message.subject_en),
        body=Both(zh=message.body_zh, en=message.body_en),
        link=message.link,
        written_at=message.created_at,
        attempt=delivery.attempts,
    )


def settle_sent(tx: Tx, *, claimed: Claimed) -> None:
    """The server took it."""
    delivery = _held(tx, claimed)
    if delivery is None:
        return
    delivery.state, delivery.reason = "sent", None
    tx.record(events.MESSAGE_SENT, aggregate=claimed.message_id, data=_facts(tx, claimed))


def settle_failed(tx: Tx, *, claimed: Claimed, reason: str, final: bool) -> None:
    """It did not go: try again later, or give up when that is useless or it was the last try."""
    delivery = _held(tx, claimed)
    if delivery is None:
        return
    delivery.reason = one_line(reason)[:REASON] or "no reason given"
    wait = None if final else wait_after(attempt=claimed.attempt, draw=random.random)
    if wait is not None:
        delivery.next_at = tx.now + wait
        return
    delivery.state = "failed"
    data = {**_facts(tx, claimed), "reason": delivery.reason}
    tx.record(events.MESSAGE_FAILED, aggregate=claimed.message_id, data=data)


def _held(tx: Tx, claimed: Claimed) -> Delivery | None:
    """The delivery, unless somebody else has claimed it after our lease ran out."""
    return tx.session.scalar(
        select(Delivery)
        .where(
            Delivery.message_id == claimed.message_id,
            Delivery.channel == EMAIL,
            Delivery.state == "queued",
            Delivery.attempts == claimed.attempt,
        )
        .with_for_update()
    )


def _facts(tx: Tx, claimed: Claimed) -> dict[str, str]:
    message = tx.session.get_one(Message, claimed.message_id)
    return {
        "message_id": message.id,
        "person_id": message.person_id,
        "kind": message.kind,
        "channel": EMAIL,
    }
