"""JSON values that satisfy a marshmallow class, made up by hypothesis from its fields."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st
from marshmallow import Schema, fields, validate

_LETTERS = st.sampled_from("课讲abc《》 -🙂\n\"'<&")


def json_of(cls: type[Schema]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects of this class; optional fields may be left out."""
    found = cls().fields
    return st.fixed_dictionaries(
        {name: _value(field) for name, field in found.items() if field.required},
        optional={name: _value(field) for name, field in found.items() if not field.required},
    )


def _value(field: fields.Field) -> st.SearchStrategy[Any]:
    values = _some(field)
    return st.none() | values if field.allow_none else values


def _some(field: fields.Field) -> st.SearchStrategy[Any]:
    for cls, make in _MADE_UP:
        if isinstance(field, cls):
            return make(field)
    raise TypeError(f"nothing is known about {type(field).__name__}")


def _limit(field: fields.Field, cls: type) -> Any:
    return next((validator for validator in field.validators if isinstance(validator, cls)), None)


def _whole(field: fields.Field) -> st.SearchStrategy[int]:
    bounds = _limit(field, validate.Range)
    return st.integers(bounds.min, bounds.max)


def _real(field: fields.Field) -> st.SearchStrategy[float]:
    bounds = _limit(field, validate.Range)
    least, most = (bounds.min, bounds.max) if bounds else (-1e6, 1e6)
    return st.floats(least, most, allow_nan=False)


def _text(field: fields.Field) -> st.SearchStrategy[str]:
    if choices := _limit(field, validate.OneOf):
        return st.sampled_from(sorted(choices.choices))
    length = _limit(field, validate.Length)
    text = st.text(_LETTERS, min_size=length.min or 0, max_size=min(length.max, 40)).map(str.strip)
    return text.filter(lambda value: len(value) >= (length.min or 0))


def _list(field: Any) -> st.SearchStrategy[list[Any]]:
    return st.lists(_value(field.inner), max_size=3)


def _nested(field: Any) -> st.SearchStrategy[dict[str, Any]]:
    return json_of(type(field.schema))


_DAYS = st.dates(date(1900, 1, 2), date(2999, 12, 30))
_MOMENTS = st.builds(datetime.combine, _DAYS, st.times(timezones=st.just(UTC)))
_MADE_UP: tuple[tuple[type[fields.Field], Callable[[Any], st.SearchStrategy[Any]]], ...] = (
    (fields.Nested, _nested),
    (fields.List, _list),
    (fields.Boolean, lambda _: st.booleans()),
    (fields.Integer, _whole),
    (fields.Float, _real),
    (fields.UUID, lambda _: st.uuids().map(str)),
    (fields.String, _text),
    (fields.Date, lambda _: _DAYS.map(date.isoformat)),
    (fields.AwareDateTime, lambda _: _MOMENTS.map(datetime.isoformat)),
)
