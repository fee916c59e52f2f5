"""Times and places in words, in both languages: 11月25日（周三）19:00–20:30, Wed 25 November, 19:00–20:30."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

_WEEKDAYS_ZH = "一二三四五六日"
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS_EN = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Both:
    """The same said in Chinese and in English."""

    zh: str
    en: str

    def said(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class Wording:
    """Words for moments as a reader at `now` in `zone` understands them: another year is named."""

    zone: tzinfo
    now: datetime

    def moment(self, at: datetime) -> Both:
        """A point in time."""
        day, time = self._day(at), at.astimezone(self.zone).strftime("%H:%M")
        return Both(zh=f"{day.zh}{time}", en=f"{day.en}, {time}")

    def span(self, starts_at: datetime, ends_at: datetime) -> Both:
        """A stretch of time; the day is said once when both ends lie in it."""
        start, end = starts_at.astimezone(self.zone), ends_at.astimezone(self.zone)
        if start.date() != end.date():
            first, last = self.moment(starts_at), self.moment(ends_at)
            return Both(zh=f"{first.zh}至{last.zh}", en=f"{first.en} to {last.en}")
        first = self.moment(starts_at)
        until = end.strftime("%H:%M")
        return Both(zh=f"{first.zh}–{until}", en=f"{first.en}–{until}")

    def _day(self, at: datetime) -> Both:
        local = at.astimezone(self.zone)
        weekday = local.weekday()
        zh = f"{local.month}月{local.day}日（周{_WEEKDAYS_ZH[weekday]}）"
        en = f"{_WEEKDAYS_EN[weekday]} {local.day} {_MONTHS_EN[local.month - 1]}"
        if local.year != self.now.astimezone(self.zone).year:
            return Both(zh=f"{local.year}年{zh}", en=f"{en} {local.year}")
        return Both(zh=zh, en=en)


def place(*, online: bool | None, venue_name: str, address: str) -> Both:
    """Where; empty when not known."""
    if online:
        return Both(zh="线上", en="online")
    if not venue_name:
        return Both(zh=address, en=address)
    if not address:
        return Both(zh=venue_name, en=venue_name)
    return Both(zh=f"{venue_name}（{address}）", en=f"{venue_name} ({address})")


def named(title: str) -> Both:
    """A title as it stands in a sentence; one that names a work itself gets other marks."""
    return Both(zh=f"“{title}”" if "《" in title else f"《{title}》", en=title)


def one_line(text: str) -> str:
    """Text without line breaks: a subject with one could smuggle a header into an e-mail."""
    return " ".join(text.split())
