"""Fields of the API's own: query arguments are text, and are read as strictly as JSON."""

from __future__ import annotations

from typing import Any

from contracts.fields import Id, Instant, Text
from marshmallow import RAISE, Schema, fields, validate


class Strict(Schema):
    """Arguments: what is not known is a mistake."""

    class Meta:
        unknown = RAISE


class Number(fields.Integer):
    """A whole number in a query: plain digits."""

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(min=least, max=most), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not (isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10):
            raise self.make_error("invalid", input=value)
        return int(value)


class Flag(fields.Boolean):
    """true or false in a query."""

    truthy = {"true"}  # noqa: RUF012 - marshmallow's own class attributes
    falsy = {"false"}  # noqa: RUF012


class Moment(Instant):
    """An instant in an answer; views hand some of them out as the text they keep."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value if isinstance(value, str) else super()._serialize(value, attr, obj, **kwargs)


class PageArgs(Strict):
    """Which part of a list."""

    limit = Number(1, 100, load_default=50, metadata={"description": "how many at most"})
    offset = Number(0, 100_000, load_default=0, metadata={"description": "how many to leave out first"})


def search() -> Text:
    """Words to look for; `%` and `_` mean themselves."""
    return Text(100, load_default=None, metadata={"description": "words to look for"})


def optional_id(description: str) -> Id:
    return Id(load_default=None, metadata={"description": description})
