"""The OpenAPI document, and the page that shows it with files of this site."""

from __future__ import annotations

from typing import Any

import flask_smorest
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Blueprint, Flask, Response, json, render_template
from marshmallow import fields
from werkzeug.routing import UUIDConverter

from gateway.errors import PROBLEM

VERSION = "1.0.0"
OURS = "api_"
PAGE_HEADERS = {
    "Link": {"description": "first, prev and next parts of the list (RFC 8288)", "schema": {"type": "string"}}
}
_PROBLEMS = {
    400: "The request cannot be understood, or its Idempotency-Key is missing.",
    401: "No bearer, or one that is unknown, too old or ended.",
    403: "The bearer's roles do not reach this far.",
    404: "There is no such thing, or it belongs to somebody else.",
    409: "A rule stands against it; `code` says which.",
    413: "The body is too large.",
    415: "The body is not of a type that is taken here.",
    422: "Fields are missing, unknown, of the wrong type or out of range; `errors` says which. Also an"
    " Idempotency-Key that was used for another content.",
    429: "Too many requests; `Retry-After` says when to come back.",
    503: "The service for this is away or busy. `service_is_away`, `busy` and `too_late`: nothing was done."
    " `answer_is_away`: unknown; ask again with the same Idempotency-Key.",
}
_PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "A problem document (RFC 9457).",
    "required": ["type", "title", "status", "code", "zh", "en", "correlation"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stable, for programs"},
        "zh": {"type": "string", "description": "what is wrong and what to do, in Chinese"},
        "en": {"type": "string", "description": "the same in English"},
        "correlation": {"type": "string", "description": "the id of this request in the logs"},
        "params": {"type": "object", "description": "the figures in the sentences"},
        "errors": {"type": "object", "description": "what is wrong, by field"},
    },
}
_KEY_PARAMETER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "description": "A fresh value for each new operation, the same one to ask again: it is done once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[\\x21-\\x7e]+$"},
}
_DESCRIPTION = """\
Districts, schools and partner units share lecturers. Times are ISO 8601 with an offset; ids are UUIDs; ids of
another organisation answer 404 like ids that do not exist.

`POST /api/v1/tokens` gives a person a bearer token for 12 hours; partner units use an API key
(`lectern_live_…`) as bearer. Every other write needs `Idempotency-Key`. Lists take `limit` and `offset` and
answer `total` and a `Link` header. `Lectern-View-Age` says how many seconds old an answer from the views is.
Whatever goes wrong is answered as `application/problem+json` with a stable `code` and a sentence in Chinese
and English.
"""


class Api(flask_smorest.Api):
    """flask-smorest without its error handler: the application has one table for all."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Left to `gateway.errors`."""

    def _register_responses(self) -> None:
        """Problems are described below, in one place."""

    def _register_etag_headers(self) -> None:
        """Not used."""

    def _register_pagination_header(self) -> None:
        """Not used: totals stand in the body, neighbours in `Link`."""


class IdConverter(UUIDConverter):
    """A UUID in a path, as text."""

    def to_python(self, value: str) -> str:  # type: ignore[override]
        return str(super().to_python(value))

    def to_url(self, value: Any) -> str:
        return str(value)


def make_api(app: Flask) -> Api:
    """The API of this application, still without operations."""
    app.url_map.converters["id"] = IdConverter
    api = Api(
        app,
        spec_kwargs={
            "title": "Lectern 共享讲台",
            "version": VERSION,
            "openapi_version": "3.1.0",
            "marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=_schema_name),
            "info": {"description": _DESCRIPTION},
            "servers": [{"url": "/"}],
        },
    )
    api.register_converter(IdConverter, lambda _: {"type": "string", "format": "uuid"})
    api.ma_plugin.converter.add_attribute_function(_uuid_format)
    components = api.spec.components
    components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    components.schema("Problem", _PROBLEM_SCHEMA)
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, description in _PROBLEMS.items():
        components.response(f"Problem{status}", {"description": description, "content": content})
    components.response("Problem", {"description": "Anything else.", "content": content})
    return api


def describe(*, public: bool, writes: bool, found: bool, arguments: bool, body: bool) -> dict[str, Any]:
    """What `operation` adds to the document of an operation."""
    statuses = {429}
    statuses |= set() if public else {401, 403, 503}
    statuses |= {400, 409, 422} if writes else set()
    statuses |= {404} if found else set()
    statuses |= {422} if arguments else set()
    statuses |= {400, 413, 415} if body else set()
    responses: dict[str, Any] = {
        str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in sorted(statuses)
    }
    responses["default"] = {"$ref": "#/components/responses/Problem"}
    described: dict[str, Any] = {"responses": responses}
    described["security"] = [] if public else [{"bearer": []}]
    if writes:
        described["parameters"] = [_KEY_PARAMETER]
    return described


def serve(app: Flask, api: Api) -> None:
    """Answer the document at /api/v1/openapi.json and show it at /api/v1/docs."""
    text = json_text(api)
    reading = Blueprint(
        "api_documents",
        __name__,
        url_prefix="/api/v1",
        template_folder="templates",
        static_folder="swagger",
        static_url_path="/docs/files",
    )

    @reading.get("/openapi.json")
    def document() -> Response:
        return Response(text, mimetype="application/json")

    @reading.get("/docs")
    def docs() -> str:
        return render_template("api/docs.html")

    app.register_blueprint(reading)


def json_text(api: Api) -> str:
    """The document as text that changes only when the API does."""
    shown = api.spec.to_dict()
    groups = [operation for path in shown["paths"].values() for operation in path.values()]
    for operation in groups:
        if isinstance(operation, dict):
            operation["tags"] = [tag.removeprefix(OURS) for tag in operation["tags"]]
    for tag in shown["tags"]:
        tag["name"] = tag["name"].removeprefix(OURS)
    return json.dumps(shown, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _schema_name(schema: Any) -> str:
    """Schemas are shown under their class names, which are unique over the contracts and the API."""
    cls = schema if isinstance(schema, type) else type(schema)
    return cls.__name__


def _uuid_format(_self: Any, field: fields.Field[Any], **_: Any) -> dict[str, Any]:
    return {"format": "uuid"} if isinstance(field, fields.UUID) else {}
