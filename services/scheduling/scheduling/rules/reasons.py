"""The sentences of a suggestion: why a lecturer is suggested or left out, with figures, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from scheduling.rules.periods import Period

_WEEKDAYS_ZH = "一二三四五六日"
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

SENTENCES: dict[str, tuple[str, str]] = {
    # for
    "teaches_topic": ("能讲这个课题", "Teaches this topic"),
    "other_topic": ("名册上没有这个课题，由本单位指定", "Not registered for this topic; your own choice"),
    "free": ("{zh_time} 有空", "Free on {en_time}"),
    "load": ("{month}月已排 {load} 场，上限 {cap} 场", "{load} of at most {cap} sessions in {en_month}"),
    "own": ("本单位讲师，不占协议场次", "Your own lecturer, no agreement needed"),
    "quota": (
        "协议 {agreement} 还剩 {left} 场（共 {quota} 场）",
        "Agreement {agreement} has {left} of {quota} sessions left",
    ),
    "online": ("线上讲课，不用赶路", "Online, no travel"),
    "travel": ("路上约 {minutes} 分钟", "About {minutes} minutes of travel"),
    "travel_unknown": ("缺少坐标，路程不详", "Travel unknown: coordinates are missing"),
    "rating": ("评价 {mean}（{answers} 份）", "Rated {mean} ({answers} answers)"),
    "rating_none": ("暂无评价，按平均 {mean} 计", "Not rated yet, counted as the mean of {mean}"),
    "fair_share": (
        "近 {days} 天讲了 {recent} 场，可请讲师平均 {mean} 场",
        "Sessions given in the last {days} days: {recent}; the mean of the circle is {mean}",
    ),
    # against
    "not_free": ("所选时段没有空", "Not free in the time asked for"),
    "away": ("所选时段不在可授课时间内", "Does not lecture in the time asked for"),
    "cap_reached": (
        "{month}月已排 {load} 场，达到上限 {cap} 场",
        "{load} of at most {cap} sessions in {en_month}: the cap is reached",
    ),
    "quota_used_up": (
        "协议 {agreement} 的 {quota} 场已经用完",
        "Agreement {agreement} is used up: {quota} of {quota} sessions",
    ),
    "agreement_not_valid": ("{day} 没有有效的共享协议", "No sharing agreement is valid on {day}"),
    "inactive": ("讲师目前停用", "The lecturer is not active at present"),
    "already_asked": ("这张点单已经问过这位讲师", "Was asked for this order before"),
    "too_far": (
        "路上约 {minutes} 分钟，超过 {limit} 分钟",
        "About {minutes} minutes of travel, more than {limit}",
    ),
    "venue_taken": ("场地在所选时段已被占用", "The venue is taken in the time asked for"),
    "group_taken": ("这批学员在所选时段已有安排", "The audience is busy in the time asked for"),
    "window_passed": ("所选时段已经过去", "The time asked for has passed"),
}


@dataclass(frozen=True)
class Reason:
    """One reason for or against; `code` is stable, the sentences carry the figures."""

    code: str
    points: float
    zh: str
    en: str


def say(
    code: str, *, points: float = 0.0, sentence: str | None = None, **figures: str | int | float
) -> Reason:
    """A reason in both languages; `sentence` where a code has more than one way to be said."""
    zh, en = SENTENCES[sentence or code]
    return Reason(code, round(points, 1), zh.format(**figures), en.format(**figures))


def month_en(month: int) -> str:
    return _MONTHS_EN[month - 1]


def time_zh(period: Period, *, zone: ZoneInfo) -> str:
    """Like 11月25日（周三）19:00 to 20:30, in local time."""
    start = period.starts_at.astimezone(zone)
    weekday = _WEEKDAYS_ZH[start.weekday()]
    return f"{start.month}月{start.day}日（周{weekday}）{_hours(start, period, zone)}"


def time_en(period: Period, *, zone: ZoneInfo) -> str:
    """Like Wed 25 Nov 19:00 to 20:30, in local time."""
    start = period.starts_at.astimezone(zone)
    day = f"{_WEEKDAYS_EN[start.weekday()]} {start.day} {_MONTHS_EN[start.month - 1]}"
    return f"{day} {_hours(start, period, zone)}"


def _hours(start: datetime, period: Period, zone: ZoneInfo) -> str:
    return f"{start:%H:%M}\u2013{period.ends_at.astimezone(zone):%H:%M}"
