"""marshmallow classes as JSON Schema: what stands on the wire.

The same subset of keywords means the same in draft 7 (AsyncAPI) and in 2020-12 (the stored snapshots).
Unknown fields are allowed, because readers ignore them. A field type that is not known here is an error:
a document that leaves something out would be worse than none.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from marshmallow import Schema, fields, missing, validate

JsonSchema = dict[str, Any]


def json_schema(cls: type[Schema]) -> JsonSchema:
    """The schema of an object of this class, nested ones in place."""
    found = cls().fields
    schema: JsonSchema = {
        "type": "object",
        "description": inspect.cleandoc(cls.__doc__ or ""),
        "properties": {name: _field(field) for name, field in found.items()},
    }
    required = [name for name, field in found.items() if field.required]
    if required:
        schema["required"] = required
    return schema


def _field(field: fields.Field) -> JsonSchema:
    schema = _type(field)
    for validator in field.validators:
        schema |= _limits(validator, schema)
    if field.allow_none:
        schema = _or_null(schema)
    if "description" in field.metadata:
        schema["description"] = field.metadata["description"]
    if not field.required:
        default = field.load_default() if callable(field.load_default) else field.load_default
        if default is not missing:
            schema["default"] = default
    return schema


def _type(field: fields.Field) -> JsonSchema:
    for cls, make in _TYPES:
        if isinstance(field, cls):
            return make(field)
    raise TypeError(f"no JSON Schema is known for {type(field).__name__} ({field.name})")


def _list(field: Any) -> JsonSchema:
    return {"type": "array", "items": _field(field.inner)}


def _nested(field: Any) -> JsonSchema:
    return json_schema(type(field.schema))


def _time(field: Any) -> JsonSchema:
    if field.format != "%H:%M":
        raise TypeError(f"no JSON Schema is known for a time as {field.format}")
    return {"type": "string", "pattern": "^[0-9]{1,2}:[0-9]{1,2}$"}


def _plain(**schema: str) -> Callable[[Any], JsonSchema]:
    return lambda _field: dict(schema)


# The first that fits: more special ones stand before the class that they extend.
_TYPES: tuple[tuple[type[fields.Field], Callable[[Any], JsonSchema]], ...] = (
    (fields.Nested, _nested),
    (fields.List, _list),
    (fields.Dict, _plain(type="object")),
    (fields.Boolean, _plain(type="boolean")),
    (fields.Integer, _plain(type="integer")),
    (fields.Float, _plain(type="number")),
    (fields.UUID, _plain(type="string", format="uuid")),
    (fields.Email, _plain(type="string", format="email")),
    (fields.String, _plain(type="string")),
    (fields.Time, _time),
    (fields.Date, _plain(type="string", format="date")),
    (fields.AwareDateTime, _plain(type="string", format="date-time")),
)


def _limits(validator: Any, schema: JsonSchema) -> JsonSchema:
    match validator:
        case validate.OneOf():
            return {"enum": list(validator.choices)}
        case validate.Equal():
            return {"const": validator.comparable}
        case validate.Regexp():
            return {"pattern": validator.regex.pattern}
        case validate.Length():
            noun = "Items" if schema["type"] == "array" else "Length"
            return _bounds(f"min{noun}", f"max{noun}", validator)
        case validate.Range():
            return _bounds("minimum", "maximum", validator)
        case validate.Email():
            return {}  # the format says it
    raise TypeError(f"no JSON Schema is known for {type(validator).__name__}")


def _bounds(least: str, most: str, validator: Any) -> JsonSchema:
    bounds = {least: validator.min, most: validator.max}
    return {keyword: bound for keyword, bound in bounds.items() if bound is not None}


def _or_null(schema: JsonSchema) -> JsonSchema:
    nullable = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        nullable["enum"] = [*schema["enum"], None]
    return nullable
