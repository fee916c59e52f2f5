"""Which times may be asked for: windows of an order, and the time of one session.

All sentences say what is wrong with the time that was given and what would be right.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from contracts.errors import Refusal

from scheduling.rules.periods import Period, last_local_day, local_day, on_mark

LONGEST_SESSION = timedelta(hours=12)
LONGEST_WINDOW = timedelta(hours=14)
FURTHEST = timedelta(days=400)


class TimeRefused(Refusal):
    """A time that cannot be asked for; `errors` points at the field."""

    status: ClassVar[int] = 422


class TimeIsPast(TimeRefused):
    """It would begin before now."""

    zh = "时间已经过去了，请选现在以后的时间。"
    en = "This time has passed. Choose one that is still to come."


class TimeIsReversed(TimeRefused):
    """It ends before it begins, or at once."""

    zh = "结束时间要晚于开始时间。"
    en = "The end must come after the start."


class TimeIsOffTheMark(TimeRefused):
    """Bookings lie on marks of five minutes."""

    zh = "时间要以 5 分钟为单位，例如 19:00 或 19:05。"
    en = "Times go in steps of five minutes, such as 19:00 or 19:05."


class TimeRunsOverMidnight(TimeRefused):
    """It begins on one local day and ends on another."""

    zh = "开始和结束要在同一天，不能跨过午夜。请按天分开填写。"
    en = "Start and end must lie on the same day. Give a window for each day."


class TimeIsTooFarAhead(TimeRefused):
    """Nobody can promise that yet."""

    zh = "最多可以提前 {days} 天，请选近一些的时间。"
    en = "At most {days} days ahead. Choose an earlier time."


class WindowIsTooShort(TimeRefused):
    """The session does not fit into the window."""

    zh = "这个时段只有 {window} 分钟，课程要 {needed} 分钟，请放宽时段。"
    en = "The window has {window} minutes, the session needs {needed}. Widen the window."


class WindowIsTooLong(TimeRefused):
    """A window says when it suits; a whole day and night does not."""

    zh = "一个时段最长 {hours} 小时，请分成几个时段。"
    en = "A window has at most {hours} hours. Split it into several."


class SessionIsTooLong(TimeRefused):
    """Longer than a session may be."""

    zh = "一场最长 {hours} 小时，请缩短或分成几场。"
    en = "A session has at most {hours} hours. Shorten it or split it."


def check_window(
    window: Period, *, duration_minutes: int, now: datetime, zone: ZoneInfo, position: int
) -> None:
    """Refuse a window in which no session of this duration could be booked."""
    errors = _pointing_at("windows", str(position))
    _check_time(window, now=now, zone=zone, errors=errors)
    if window.ends_at - window.starts_at > LONGEST_WINDOW:
        raise WindowIsTooLong(hours=hours(LONGEST_WINDOW), errors=errors("too long"))
    if window.minutes < duration_minutes:
        raise WindowIsTooShort(window=window.minutes, needed=duration_minutes, errors=errors("too short"))


def check_session_time(period: Period, *, now: datetime, zone: ZoneInfo) -> None:
    """Refuse a time at which no session may be booked."""
    errors = _pointing_at("starts_at")
    _check_time(period, now=now, zone=zone, errors=errors)
    if period.ends_at - period.starts_at > LONGEST_SESSION:
        raise SessionIsTooLong(hours=hours(LONGEST_SESSION), errors=errors("too long"))


def hours(length: timedelta) -> int:
    return int(length.total_seconds() // 3600)


def _check_time(
    period: Period, *, now: datetime, zone: ZoneInfo, errors: Callable[[str], dict[str, Any]]
) -> None:
    if period.ends_at <= period.starts_at:
        raise TimeIsReversed(errors=errors("ends before it starts"))
    if not (on_mark(period.starts_at) and on_mark(period.ends_at)):
        raise TimeIsOffTheMark(errors=errors("not on a mark of five minutes"))
    if period.starts_at <= now:
        raise TimeIsPast(errors=errors("in the past"))
    # Compared as lengths: a date near the end of the calendar cannot be added to.
    if period.ends_at - now > FURTHEST:
        raise TimeIsTooFarAhead(days=FURTHEST.days, errors=errors("too far ahead"))
    if local_day(period.starts_at, zone=zone) != last_local_day(period, zone=zone):
        raise TimeRunsOverMidnight(errors=errors("over midnight"))


def _pointing_at(*path: str) -> Callable[[str], dict[str, Any]]:
    """Makes the `errors` of a refusal: the message at its field, nested as marshmallow nests it."""

    def errors(message: str) -> dict[str, Any]:
        found: Any = [message]
        for field in reversed(path):
            found = {field: found}
        return found

    return errors
