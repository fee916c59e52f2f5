"""Short words for what most schemas are made of."""

from __future__ import annotations

from contracts.fields import Id
from marshmallow import fields

from gateway.api.fields import Moment


def text(*, none: bool = False) -> fields.String:
    return fields.String(required=True, allow_none=none)


def count() -> fields.Integer:
    return fields.Integer(required=True)


def an_id(*, none: bool = False) -> Id:
    return Id(required=True, allow_none=none)


def moment(*, none: bool = False) -> Moment:
    return Moment(required=True, allow_none=none)
