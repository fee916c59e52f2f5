"""When a login is locked: plain decisions, no clock and no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

MOST_TRIES = 10
LOCKED_FOR = timedelta(minutes=15)


@dataclass(frozen=True)
class Tries:
    """The tries at one login since its last success."""

    tries: int = 0
    last_at: datetime | None = None
    locked_until: datetime | None = None


def locked_for(before: Tries, *, now: datetime) -> timedelta | None:
    """How long the login stays locked, or None when a try may be made."""
    if before.locked_until is not None and now < before.locked_until:
        return before.locked_until - now
    return None


def take_try(before: Tries, *, now: datetime) -> Tries:
    """The tries with one more, counted before the password is looked at; a success forgets them all.

    The tenth in a row locks the login, so that it may still succeed but is the last to be looked at.
    """
    over = before.locked_until is not None or before.last_at is None or now - before.last_at >= LOCKED_FOR
    tries = 1 if over else before.tries + 1
    return Tries(tries, now, now + LOCKED_FOR if tries >= MOST_TRIES else None)
