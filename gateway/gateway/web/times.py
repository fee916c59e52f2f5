"""Moments as people read and type them, in the district's time zone, with the weekday. Plain functions."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZH_DAYS = "一二三四五六日"
EN_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EN_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def say_day(day: date, *, language: str, today: date) -> str:
    """`11月25日（周三）` or `Wed 25 Nov`; the year is said when it is another one."""
    other_year = day.year != today.year
    if language == "zh":
        year = f"{day.year}年" if other_year else ""
        return f"{year}{day.month}月{day.day}日（周{ZH_DAYS[day.weekday()]}）"
    year = f" {day.year}" if other_year else ""
    return f"{EN_DAYS[day.weekday()]} {day.day} {EN_MONTHS[day.month - 1]}{year}"


def say_week(monday: date, *, language: str) -> str:
    """`11月16日–22日`, `11月30日–12月6日`, `16–22 Nov`, `30 Nov – 6 Dec`."""
    sunday = monday + timedelta(days=6)
    one_month = sunday.month == monday.month
    if language == "zh":
        end = f"{sunday.day}日" if one_month else f"{sunday.month}月{sunday.day}日"
        return f"{monday.month}月{monday.day}日–{end}"
    month = EN_MONTHS[sunday.month - 1]
    if one_month:
        return f"{monday.day}–{sunday.day} {month}"
    return f"{monday.day} {EN_MONTHS[monday.month - 1]} – {sunday.day} {month}"


def say_moment(moment: datetime, *, zone: ZoneInfo, language: str, today: date) -> str:
    """`11月25日（周三）19:00` or `Wed 25 Nov, 19:00`."""
    local = moment.astimezone(zone)
    comma = "" if language == "zh" else ", "
    return f"{say_day(local.date(), language=language, today=today)}{comma}{local:%H:%M}"


def say_span(starts_at: datetime, ends_at: datetime, *, zone: ZoneInfo, language: str, today: date) -> str:
    """`11月25日（周三）19:00–21:00`; a span over midnight names both days."""
    begin = say_moment(starts_at, zone=zone, language=language, today=today)
    end = ends_at.astimezone(zone)
    if end.date() == starts_at.astimezone(zone).date():
        return f"{begin}–{end:%H:%M}"
    return f"{begin} – {say_moment(ends_at, zone=zone, language=language, today=today)}"


def say_minutes(minutes: int, *, language: str) -> str:
    """`1 小时 30 分钟` or `1 h 30 min`."""
    hours, rest = divmod(int(minutes), 60)
    words = ("小时", "分钟") if language == "zh" else ("h", "min")
    parts = [f"{hours} {words[0]}"] if hours else []
    if rest or not parts:
        parts.append(f"{rest} {words[1]}")
    return " ".join(parts)


def monday_of(day: date) -> date:
    """Weeks begin on Monday."""
    return day - timedelta(days=day.weekday())


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a local day begins."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def moment_of(day: str, clock: str, zone: ZoneInfo) -> datetime | None:
    """A typed date and time as a moment; None when it is none."""
    try:
        return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), zone).astimezone(UTC)
    except ValueError:
        return None


def day_of(text: str | None, default: date) -> date:
    """A date out of an address, or the default when there is none or it is nonsense."""
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return default
    return found if date(2000, 1, 1) <= found <= date(2200, 1, 1) else default
