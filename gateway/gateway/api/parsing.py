"""Reading arguments: strictly, and without a body that could break the reader."""

from __future__ import annotations

import json
from typing import Any

from flask import Request
from marshmallow import RAISE
from webargs import core
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType


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
    """The value of a JSON text; NaN, numbers of thousands of digits and endless nesting are refused."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BadRequest("not JSON") from None


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
