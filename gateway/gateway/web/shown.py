"""How values are shown: the filters and functions that templates use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, current_app
from markupsafe import Markup

from gateway.clients import new_idempotency_key
from gateway.parts import parts
from gateway.web import times, words
from gateway.web.languages import request_language

_ICONS = files("gateway") / "static" / "vendor" / "bootstrap-icons"


def set_up(app: Flask) -> None:
    """Give the templates what they need to show values."""
    for function in (when, span, day, week, clock_time, minutes, input_day, input_time, mean, moment):
        app.add_template_filter(function)
    app.add_template_global(icon)
    app.add_template_global(words.word, "word")
    app.jinja_env.globals["word_lists"] = words.LISTS
    app.add_template_global(named, "named")
    app.add_template_global(new_idempotency_key)
    app.add_template_global(request_language, "language")
    app.add_template_global(says)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def zone() -> ZoneInfo:
    """The region's time zone."""
    found = parts().settings.timezone
    return found if isinstance(found, ZoneInfo) else ZoneInfo(str(found))


def now() -> datetime:
    """The clock of the views' store, which tests can move."""
    return parts().views.clock.now()


def today() -> date:
    """The local date."""
    return now().astimezone(zone()).date()


def moment(value: datetime | str) -> datetime:
    """A moment out of JSON, or one that is already."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def when(value: datetime | str) -> str:
    return times.say_moment(moment(value), zone=zone(), language=request_language(), today=today())


def span(row: Mapping[str, Any]) -> str:
    """From when to when, of anything with starts_at and ends_at."""
    return times.say_span(
        moment(row["starts_at"]),
        moment(row["ends_at"]),
        zone=zone(),
        language=request_language(),
        today=today(),
    )


def day(value: date | datetime) -> str:
    local = value.astimezone(zone()).date() if isinstance(value, datetime) else value
    return times.say_day(local, language=request_language(), today=today())


def week(monday: date) -> str:
    """The seven days from a Monday on."""
    return times.say_week(monday, language=request_language())


def clock_time(value: datetime | str) -> str:
    return f"{moment(value).astimezone(zone()):%H:%M}"


def minutes(value: int) -> str:
    return times.say_minutes(value, language=request_language())


def input_day(value: datetime | date | str | None) -> str:
    """For an <input type=date>."""
    if not value:
        return ""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return moment(value).astimezone(zone()).date().isoformat()


def input_time(value: datetime | str | None) -> str:
    """For an <input type=time>."""
    return f"{moment(value).astimezone(zone()):%H:%M}" if value else ""


def mean(value: float | None) -> str:
    """A mean mark with two decimals, or a dash."""
    return "—" if value is None else f"{value:.2f}"


def named(row: Mapping[str, Any], prefix: str = "organisation") -> str:
    """An organisation's name in the reader's language, out of `<prefix>_name` and `<prefix>_name_en`."""
    name = row.get(f"{prefix}_name") or ""
    english = row.get(f"{prefix}_name_en") or ""
    return str(english if request_language() == "en" and english else name)


def says(thing: Mapping[str, Any], prefix: str = "") -> str:
    """The sentence in the reader's language, of a problem, a reason or a message."""
    language = request_language()
    return str(thing.get(f"{prefix}{language}") or thing.get(f"{prefix}zh") or "")


def icon(name: str, label: str = "") -> Markup:
    """An icon inline; with a label it speaks for itself, without one it is decoration."""
    drawn = Markup(_drawing(name))
    if label:
        return Markup('<span class="icon" role="img" aria-label="{}">{}</span>').format(label, drawn)
    return Markup('<span class="icon" aria-hidden="true">{}</span>').format(drawn)


@cache
def _drawing(name: str) -> str:
    if not re.fullmatch(r"[a-z-]+", name):
        raise ValueError(f"no icon {name!r}")
    source = (_ICONS / f"{name}.svg").read_text(encoding="utf-8")
    return re.sub(r' (width|height|class)="[^"]*"', "", source).strip()


def demo_accounts() -> list[dict[str, str]]:
    """Accounts of the example region, when this installation shows them."""
    found = current_app.config.get("DEMO_ACCOUNTS") or []
    return [account for account in found if isinstance(account, dict)]
