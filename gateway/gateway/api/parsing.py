"""Reading arguments: strictly, and without a body that could break the reader."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from contracts.errors import InvalidRequest
from flask import Request
from marshmallow import RAISE
from webargs import core
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

_SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


class Parser(FlaskParser):
    """webargs, refusing unknown fields everywhere but in headers, and JSON that is none."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 - webargs' own class attribute
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "json": None,
        "query": RAISE,
        "form": RAISE,
    }

    def _raw_load_json(self, req: Request) -> Any:
        if not req.is_json:
            if req.content_length or req.headers.get("Content-Type"):
                raise UnsupportedMediaType()
            return core.missing
        body = req.get_data(cache=True)
        return read_json(body) if body else core.missing


def read_json(body: bytes) -> Any:
    """The value of a JSON text; NaN, numbers of thousands of digits and endless nesting are refused.

    So is text that no database keeps, anywhere in the body: fields refuse it themselves, but names of unknown
    fields and cells of an import would travel on and fail only there.
    """
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BadRequest("not JSON") from None
    if _SUSPICIOUS.search(body) and not all(map(_can_be_kept, _texts(value))):
        raise InvalidRequest(errors={"_schema": ["contains characters that cannot be kept"]})
    return value


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value, names included."""
    left = [value]
    while left:
        at = left.pop()
        if isinstance(at, str):
            yield at
        elif isinstance(at, dict):
            left += [*at.keys(), *at.values()]
        elif isinstance(at, list):
            left += at


def _can_be_kept(text: str) -> bool:
    return not any(character == "\x00" or "\ud800" <= character <= "\udfff" for character in text)


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
