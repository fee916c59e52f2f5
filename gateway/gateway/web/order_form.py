"""The order form: from what was typed to what scheduling is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from gateway.web import times, words
from gateway.web.typed import Typed

WINDOWS = 10
SHARES = 12
_REFUSALS = {
    "topic_is_missing": "topic_id",
    "topic_is_not_on_the_menu": "topic_id",
    "place_is_missing": "venue_id",
    "shares_exceed_the_seats": "shares",
    "share_is_given_twice": "shares",
}


def window_count(form: Typed) -> int:
    """How many windows the form shows: those typed, and what was asked for."""
    asked = form["windows"]
    shown = int(asked) if asked.isdecimal() and len(asked) < 3 else 2
    typed = [number for number in range(WINDOWS) if any(_parts(form, number))]
    return min(WINDOWS, max(shown, 2, *(number + 1 for number in typed)) if typed else max(shown, 2))


def read(form: Typed, *, organisation_id: str, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """The request; what is wrong stands in the form afterwards."""
    request: dict[str, Any] = {"organisation_id": organisation_id}
    if form["topic_id"] in ("", "missing"):
        request["missing_topic"] = form.text("missing_topic", most=200)
        request["form"] = form.chosen("form", words.FORMS)
    else:
        request["topic_id"] = form["topic_id"]
    request["windows"] = list(_windows(form, zone, now))
    if form["place"] == "online":
        request["online"] = True
    elif form["venue_id"]:
        request["venue_id"] = form["venue_id"]
    else:
        form.wrong("venue_id", _("请选择一个场地，或改为线上。"))
    if form["group_id"]:
        request["group_id"] = form["group_id"]
    request["audience"] = form.chosen("audience", words.AUDIENCES)
    request["head_count"] = form.whole("head_count", least=1, most=20_000)
    request["shares"] = list(_shares(form))
    request["note"] = form.text("note", most=2000, required=False)
    request["dispatch"] = form["action"] == "dispatch"
    return request


def refuse(form: Typed, problem: dict[str, Any]) -> None:
    """A refusal of scheduling, beside the field that it is about."""
    form.refuse(problem, _REFUSALS)
    for name in [name for name in form.errors if name.startswith("windows")]:
        sentence = form.errors.pop(name)
        number = re.search(r"\d+", name)
        form.wrong(f"window_{number.group()}" if number else "windows_all", sentence)


def defaults(arguments: Mapping[str, str]) -> Typed:
    """An empty form; the menu may have chosen a topic already."""
    return Typed(
        {
            "topic_id": arguments.get("topic", ""),
            "place": "venue",
            "audience": "all",
            "form": "lecture",
            "head_count": "40",
        }
    )


def _windows(form: Typed, zone: ZoneInfo, now: datetime) -> Iterable[dict[str, datetime]]:
    typed = [number for number in range(WINDOWS) if any(_parts(form, number))]
    if not typed:
        form.wrong("window_0", _("请至少填一个可以上课的时间段。"))
    for number in typed:
        day, begin, end = _parts(form, number)
        starts_at, ends_at = times.moment_of(day, begin, zone), times.moment_of(day, end, zone)
        if starts_at is None or ends_at is None:
            form.wrong(f"window_{number}", _("请填全日期、最早开始和最晚结束的时间。"))
        elif ends_at <= starts_at:
            form.wrong(f"window_{number}", _("最晚结束要晚于最早开始；跨夜的请按天分开填写。"))
        elif starts_at <= now:
            form.wrong(f"window_{number}", _("这个时间已经过去了，请选现在以后的时间。"))
        else:
            yield {"starts_at": starts_at, "ends_at": ends_at}


def _parts(form: Typed, number: int) -> tuple[str, str, str]:
    return form[f"day_{number}"], form[f"from_{number}"], form[f"until_{number}"]


def _shares(form: Typed) -> Iterable[dict[str, Any]]:
    for number in range(SHARES):
        organisation_id, seats = form[f"share_{number}"], form[f"seats_{number}"].strip()
        if not organisation_id and not seats:
            continue
        if not organisation_id or not seats.isdecimal() or len(seats) > 5:
            form.wrong("shares", _("预留名额要选单位，并填写人数。"))
        else:
            yield {"organisation_id": organisation_id, "seats": int(seats)}
