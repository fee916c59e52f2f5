"""How rows of an import reach the service that owns them, and how each row is answered."""

from __future__ import annotations

from marshmallow import fields, validate

from contracts.fields import Whole, one_of
from contracts.registry import Request, Response


class ImportRows(Request):
    """A batch of rows of one sheet; references to organisations and people are ids already.

    Each row is checked by the sheet's own row schema, so that one bad row does not stop the others.
    With `dry_run` everything is checked and nothing is kept.
    """

    sheet = fields.String(required=True, validate=validate.Length(min=1, max=32))
    rows = fields.List(fields.Dict(keys=fields.String()), required=True, validate=validate.Length(max=1000))
    dry_run = fields.Boolean(load_default=False)


class RowAnswer(Response):
    """What became of one row; `zh` and `en` say why it was refused."""

    row = Whole(1, 10_000_000, required=True)
    outcome = one_of("created", "updated", "unchanged", "refused", required=True)
    zh = fields.String(load_default="")
    en = fields.String(load_default="")


class ImportRowsAnswer(Response):
    """One answer for each row, in the same sequence."""

    results = fields.List(fields.Nested(RowAnswer), required=True)
