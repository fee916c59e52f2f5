"""The wrapper round every event: CloudEvents 1.0 in JSON, with the attributes Lectern adds.

`sequence` is the aggregate's version after the event, `subject` is `<aggregate kind>/<aggregate id>`,
`district` and `organisation` are the tenant the event belongs to, `actor` the person (or key) who caused
it, `correlationid` follows one request through everything it caused, `causationid` is the event or command
that caused this one, and `hops` counts events caused by events, so that a loop ends.
"""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

MAX_HOPS = 16


class Envelope(Schema):
    """CloudEvents 1.0 with Lectern's extension attributes (lower case, as the specification demands)."""

    class Meta:
        unknown = EXCLUDE

    specversion = fields.String(required=True, validate=validate.Equal("1.0"))
    id = fields.UUID(required=True)
    source = fields.String(required=True, validate=validate.Regexp(r"^/[a-z_]+$"))
    type = fields.String(required=True, validate=validate.Regexp(r"^[a-z_]+(\.[a-z_]+){2,3}\.v[1-9][0-9]*$"))
    time = fields.AwareDateTime(required=True, format="iso")
    subject = fields.String(required=True, validate=validate.Regexp(r"^[a-z_]+/[^/]{1,64}$"))
    datacontenttype = fields.String(load_default="application/json")
    dataschema = fields.String(required=True)
    sequence = fields.Integer(required=True, strict=True, validate=validate.Range(min=1))
    district = fields.UUID(load_default=None, allow_none=True)
    organisation = fields.UUID(load_default=None, allow_none=True)
    actor = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=80))
    correlationid = fields.String(required=True, validate=validate.Length(min=1, max=80))
    causationid = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=80))
    hops = fields.Integer(
        load_default=0, strict=True, validate=validate.Range(min=0, max=MAX_HOPS, error="too many hops")
    )
    data = fields.Dict(keys=fields.String(), required=True)


_SCHEMA = Envelope()


def validate_envelope(body: dict[str, Any]) -> dict[str, Any]:
    """The envelope's attributes as Python values (ids as text); raises marshmallow.ValidationError."""
    if not isinstance(body, dict):
        raise ValidationError("an event must be a JSON object")
    loaded: dict[str, Any] = _SCHEMA.load(body)
    for name in ("id", "district", "organisation"):
        if loaded[name] is not None:
            loaded[name] = str(loaded[name])
    return loaded
