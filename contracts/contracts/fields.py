"""Field types and limits that every contract shares."""

from __future__ import annotations

import unicodedata
from typing import Any

from marshmallow import ValidationError, fields, validate

NAME = 120
TITLE = 200
NOTE = 2000
CODE = 64
MAX_PEOPLE = 20_000


class Id(fields.UUID):
    """A UUID, as its canonical text in Python too."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise self.make_error("invalid_uuid")
        return str(super()._deserialize(value, attr, data, **kwargs))


class Instant(fields.AwareDateTime):
    """A moment with its offset, ISO 8601, in years that every database and time zone can reckon with."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return _reckonable(super()._deserialize(value, attr, data, **kwargs))


class Day(fields.Date):
    """A local date, in years that can be reckoned with."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return _reckonable(super()._deserialize(value, attr, data, **kwargs))


def _reckonable(moment: Any) -> Any:
    """The moment; refused where adding an offset or a year could leave the calendar."""
    if not 1900 <= moment.year <= 2999:
        raise ValidationError("must lie between the years 1900 and 2999")
    return moment


class Text(fields.String):
    """Trimmed text of 1 to `most` characters that every database can keep.

    NUL, other control characters (but for new lines and tabs) and lone surrogates are refused.
    """

    def __init__(self, most: int, *, least: int = 1, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(min=least, max=most), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs).strip()
        for character in text:
            if unicodedata.category(character) in {"Cc", "Cs"} and character not in "\n\r\t":
                raise ValidationError("contains characters that cannot be kept")
        return text


class Whole(fields.Integer):
    """A whole number within bounds; no number in quotes, no 3.0."""

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(min=least, max=most), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


def one_of(*choices: str, **kwargs: Any) -> fields.String:
    """A word out of a closed list."""
    return fields.String(validate=validate.OneOf(choices), **kwargs)


def latitude(**kwargs: Any) -> fields.Float:
    """Degrees north, WGS 84."""
    return fields.Float(validate=validate.Range(min=-90, max=90), allow_none=True, **kwargs)


def longitude(**kwargs: Any) -> fields.Float:
    """Degrees east, WGS 84."""
    return fields.Float(validate=validate.Range(min=-180, max=180), allow_none=True, **kwargs)
