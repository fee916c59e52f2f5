"""Reads of the API: the views, with names from the directory, and how old they are."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from contracts.errors import InvalidRequest, NotAllowed, NotFound
from flask import Flask, Response, g

from gateway import auth
from gateway.directory import names
from gateway.parts import directory_tx, parts, views_tx
from gateway.views import queries

READERS = (*auth.STAFF, "operator", "council_member", "liaison")
AGE_HEADER = "Lectern-View-Age"
_AGE_SECONDS = 1.0


def now() -> datetime:
    """The time as the views' clock tells it."""
    return parts().views.clock.now()


def today() -> date:
    """The local date."""
    return now().astimezone(parts().settings.timezone).date()


def person_id() -> str:
    """The bearer as a person; keys of partner units are none."""
    actor = auth.current_actor()
    if actor.person_id is None:
        raise NotAllowed()
    return actor.person_id


def found(row: dict[str, Any] | None) -> dict[str, Any]:
    """The row; refuses what does not exist, or is not the bearer's to see."""
    if row is None:
        raise NotFound()
    return row


def stretch(starts: Any, before: Any, *, most_days: int) -> None:
    """Refuse a stretch of time that is empty or too long for one answer."""
    if before <= starts:
        raise InvalidRequest(errors={"before": ["must be later than from"]})
    if (before - starts).days > most_days:
        raise InvalidRequest(errors={"before": [f"at most {most_days} days after from"]})


def with_names(rows: Iterable[dict[str, Any]], *keys: str) -> list[dict[str, Any]]:
    """The rows with `<key>_name` beside each `<key>_id` of a person, None where there is none."""
    rows = list(rows)
    with directory_tx() as tx:
        known = names.people(tx, [row.get(f"{key}_id") for row in rows for key in keys])
    return [{**row, **{f"{key}_name": known.get(row.get(f"{key}_id") or "") for key in keys}} for row in rows]


def shows_age(app: Flask) -> None:
    """Let every answer made from the views say how old they are, in seconds."""
    told: dict[str, float] = {"at": float("-inf"), "seconds": 0.0}

    def tell(response: Response) -> Response:
        if g.get("read_views") and response.status_code < 500:  # the views may be what failed
            if time.monotonic() - told["at"] > _AGE_SECONDS:
                with views_tx() as tx:
                    ages = queries.age(tx, now=now())
                told["seconds"] = max((each.seconds or 0.0 for each in ages), default=0.0)
                told["at"] = time.monotonic()
            response.headers[AGE_HEADER] = f"{told['seconds']:.0f}"
        return response

    app.after_request(tell)
