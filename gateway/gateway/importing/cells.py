"""Reading one cell: from what people type or Excel stores to a value, or a sentence that says what is wrong.

Numbers and dates arrive as Excel keeps them (a date may be a day count, a code a float), words in Chinese or
as codes, digits in full width.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from marshmallow import ValidationError, validate

from gateway.importing.columns import Column
from gateway.importing.words import BOOKS, plain

_EXCEL_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!"})
_EXCEL_DAY_ZERO = date(1899, 12, 30)
_SEPARATORS = re.compile(r"[;；,，、\n]+")
_AFTERNOON = re.compile(r"(下午|晚上|晚|pm)", re.IGNORECASE)
_FORENOON = re.compile(r"(上午|早上|am)", re.IGNORECASE)
_EMAIL = validate.Email()
_LONG_TEXT = 200  # longer texts may hold several paragraphs


class BadCell(Exception):
    """The cell does not say what its column needs."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh = zh
        self.en = en
        super().__init__(en)


def read_cell(column: Column, cell: Any) -> Any:
    """The value of a cell that is not blank; raises BadCell."""
    if isinstance(cell, str) and cell.strip() in _EXCEL_ERRORS:
        raise BadCell("单元格里是公式错误", "the cell holds a formula error")
    return _READERS[column.kind](column, cell)


def _as_text(cell: Any) -> str:
    """A cell as trimmed text; what Excel stored as 13800.0 is 13800."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and math.isfinite(cell) and cell.is_integer():
        cell = int(cell)
    if not isinstance(cell, (str, int, float)):
        raise BadCell("不是文字或数字", "is neither text nor a number")
    text = str(cell).strip(" \t\r\n\u3000\u200b\ufeff\xa0")
    for character in text:
        if unicodedata.category(character) in {"Cc", "Cs"} and character not in "\n\r\t":
            raise BadCell("有无法保存的字符", "holds characters that cannot be kept")
    return text


def _narrow(cell: Any) -> str:
    """A cell as text in half width: for codes, numbers, dates and words of a list."""
    return unicodedata.normalize("NFKC", _as_text(cell)).strip()


def _text(column: Column, cell: Any) -> str:
    text = _as_text(cell)
    if column.most <= _LONG_TEXT:
        text = re.sub(r"\s+", " ", text)
    if len(text) > column.most:
        raise BadCell(f"超过 {column.most} 字", f"is longer than {column.most} characters")
    return text


def _code(column: Column, cell: Any) -> str:
    code = _narrow(cell)
    if len(code) > column.most:
        raise BadCell(f"超过 {column.most} 字", f"is longer than {column.most} characters")
    if re.search(r"[\s;,、@/]", code):
        raise BadCell(
            "代码里不能有空格、逗号、分号、顿号、@ 和 /", "a code has no blank, comma, semicolon, @ or /"
        )
    return code


def _list(column: Column, cell: Any) -> list[Any]:
    parts = cell if isinstance(cell, list) else _SEPARATORS.split(_as_text(cell))
    found = [part for part in parts if not (isinstance(part, str) and not part.strip())]
    if len(found) > column.most:
        raise BadCell(f"超过 {column.most} 项", f"has more than {column.most} entries")
    return found


def _codes(column: Column, cell: Any) -> list[str]:
    one = Column(column.name, "code", column.headers, most=64)
    return list(dict.fromkeys(_code(one, part) for part in _list(column, cell)))


def _word(book: str, cell: Any) -> str:
    word = _narrow(cell)
    code = BOOKS[book].get(plain(word))
    if code is None:
        known = ", ".join(dict.fromkeys(BOOKS[book].values()))
        raise BadCell(f"不认识“{word[:40]}”，可填：{known}", f"“{word[:40]}” is none of: {known}")
    return code


def _choice(column: Column, cell: Any) -> str:
    return _word(column.book, cell)


def _choices(column: Column, cell: Any) -> list[str]:
    return list(dict.fromkeys(_word(column.book, part) for part in _list(column, cell)))


def _roles(column: Column, cell: Any) -> list[str]:
    """`role`, or `role@ORGANISATION` for a role held in another organisation."""
    one = Column("roles", "code", column.headers, most=64)
    roles = []
    for part in _list(column, cell):
        word, at, organisation = _narrow(part).partition("@")
        role = _word("role", word)
        if at and not organisation.strip():
            raise BadCell("@ 后面应是单位代码", "an organisation's code must follow the @")
        roles.append(f"{role}@{_code(one, organisation)}" if at else role)
    return list(dict.fromkeys(roles))


def _weekday(column: Column, cell: Any) -> int:
    return int(_word(column.book, cell))


def _flag(column: Column, cell: Any) -> bool:
    return cell if isinstance(cell, bool) else _word("flag", cell) == "yes"


def _whole(column: Column, cell: Any) -> int:
    match = re.fullmatch(r"([+-]?\d{1,12})(?:\.0+)?(?:分钟|人|场|次|座)?", _narrow(cell).replace(",", ""))
    if match is None or isinstance(cell, bool):
        raise BadCell("应是整数", "must be a whole number")
    return int(_within(column, int(match[1])))


def _decimal(column: Column, cell: Any) -> float:
    try:
        number = float(_narrow(cell))
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or isinstance(cell, bool):
        raise BadCell("应是数字", "must be a number")
    return float(_within(column, number))


def _within(column: Column, number: float) -> float:
    if not column.least <= number <= column.most:
        least, most = f"{column.least:g}", f"{column.most:g}"
        raise BadCell(f"应在 {least} 到 {most} 之间", f"must lie between {least} and {most}")
    return number


def _date(column: Column, cell: Any) -> str:
    text = _narrow(cell)
    number = re.fullmatch(r"(\d{5})(?:\.\d+)?", text)
    if number is not None:
        return (_EXCEL_DAY_ZERO + timedelta(days=int(number[1]))).isoformat()
    match = re.match(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?$", text)
    match = match or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text)
    try:
        found = date(*map(int, match.groups())) if match else None
    except ValueError:
        found = None
    if found is None or not 1900 <= found.year <= 2200:
        raise BadCell("应是日期，例如 2025-11-26", "must be a date such as 2025-11-26")
    return found.isoformat()


def _time(column: Column, cell: Any) -> str:
    if isinstance(cell, float) and 0 <= cell < 1:
        minutes = round(cell * 1440)
        return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
    text = _narrow(cell)
    bare = _FORENOON.sub("", _AFTERNOON.sub("", text)).strip()
    match = re.fullmatch(
        r"(?:\d{4}-\d\d-\d\d[ T])?(\d{1,2})[:点时](\d{1,2})?(?:分)?(?::\d{2}(?:\.\d+)?)?", bare
    )
    hour, minute = (int(match[1]), int(match[2] or 0)) if match else (99, 0)
    if match and _AFTERNOON.search(text) and hour < 12:
        hour += 12
    if hour > 23 or minute > 59:
        raise BadCell("应是时间，例如 18:30", "must be a time such as 18:30")
    return f"{hour:02d}:{minute:02d}"


def _phone(column: Column, cell: Any) -> str:
    number = re.sub(r"[\s\-()]", "", _narrow(cell))
    if not re.fullmatch(r"\+?\d{5,19}", number):
        raise BadCell("应是电话号码", "must be a telephone number")
    return number


def _email(column: Column, cell: Any) -> str:
    address = _narrow(cell)
    try:
        _EMAIL(address)
    except ValidationError:
        raise BadCell("应是电子邮箱", "must be an e-mail address") from None
    if len(address) > column.most:
        raise BadCell(f"超过 {column.most} 字", f"is longer than {column.most} characters")
    return address


def _login(column: Column, cell: Any) -> str:
    login = _narrow(cell).lower()
    if not column.least <= len(login) <= column.most or re.search(r"\s", login):
        raise BadCell(
            f"登录名应为 {column.least:g} 到 {column.most:g} 字，不含空格",
            f"a login has {column.least:g} to {column.most:g} characters and no blank",
        )
    return login


_READERS: dict[str, Callable[[Column, Any], Any]] = {
    "text": _text,
    "code": _code,
    "codes": _codes,
    "choice": _choice,
    "choices": _choices,
    "roles": _roles,
    "weekday": _weekday,
    "flag": _flag,
    "whole": _whole,
    "decimal": _decimal,
    "date": _date,
    "time": _time,
    "phone": _phone,
    "email": _email,
    "login": _login,
}
