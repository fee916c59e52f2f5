"""What every operation of the API shares: who asks, the key of a write, paging, problems, documentation.

`operation` is the one decorator of a view: it authenticates by bearer (never by cookie, so that no forged
form can reach the API), demands `Idempotency-Key` of a write, and documents both together with the problems
that may be answered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlencode

import flask_smorest
from flask import Flask, request
from flask_wtf import CSRFProtect
from marshmallow import Schema, fields

from gateway import auth, clients
from gateway.api import bearer, documents
from gateway.api.parsing import Parser

PREFIX = "/api/v1"
View = TypeVar("View", bound=Callable[..., Any])


class Blueprint(flask_smorest.Blueprint):
    """A group of operations whose arguments are read strictly."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        """`name` is the group's in the document; the application knows it apart from pages of that name."""
        super().__init__(f"{documents.OURS}{name}", *args, **kwargs)

    def arguments(self, schema: Any, *, location: str = "json", **kwargs: Any) -> Callable[[View], View]:
        """The arguments of an operation; its problems are documented by `operation`."""
        decorate = super().arguments(schema, location=location, **kwargs)

        def quiet(view: View) -> View:
            decorated = decorate(view)
            decorated._apidoc["arguments"].pop("responses")
            decorated._apidoc.setdefault("locations", []).append(location)
            return decorated

        return quiet


def operation(
    blueprint: Blueprint,
    status: int,
    schema: type[Schema] | Schema | None = None,
    *,
    roles: tuple[str, ...] = (),
    public: bool = False,
    writes: bool = False,
    found: bool = False,
    page: bool = False,
    headers: dict[str, Any] | None = None,
) -> Callable[[View], View]:
    """An operation answering `schema` with `status`.

    `roles` are those of which the bearer needs one, `found` says that a 404 is possible, `page` that the
    answer is a part of a list.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not public:
                actor = bearer.authenticate()
                auth.act_as(actor)
                if roles:
                    actor.needs(*roles)
            if writes:
                kwargs["idempotency"] = clients.usable_key(request.headers.get("Idempotency-Key"))
            return view(*args, **kwargs)

        locations = getattr(view, "_apidoc", {}).get("locations", [])
        described = documents.describe(
            public=public, writes=writes, found=found, arguments=bool(locations), body="json" in locations
        )
        shown = {**(headers or {}), **(documents.PAGE_HEADERS if page else {})}
        answered = blueprint.response(status, schema, headers=shown or None)(guarded)
        documented: View = blueprint.doc(**described)(answered)
        return documented

    return decorate


def page_of(item: type[Schema], *, name: str) -> type[Schema]:
    """The schema of a part of a list."""
    members: dict[str, Any] = {
        "items": fields.List(fields.Nested(item), required=True),
        "total": fields.Integer(required=True),
        "limit": fields.Integer(required=True),
        "offset": fields.Integer(required=True),
    }
    return Schema.from_dict(members, name=name)


def paged(
    items: list[dict[str, Any]], total: int, args: Mapping[str, Any]
) -> tuple[dict[str, Any], int, dict[str, str]]:
    """A part of a list, with the way to its neighbours in the `Link` header."""
    limit, offset = args["limit"], args["offset"]
    body = {"items": items, "total": total, "limit": limit, "offset": offset}
    links = {"first": 0}
    if offset > 0:
        links["prev"] = max(0, offset - limit)
    if offset + limit < total:
        links["next"] = offset + limit
    shown = ", ".join(f'<{_at(limit, at)}>; rel="{name}"' for name, at in links.items())
    return body, 200, {"Link": shown}


def _at(limit: int, offset: int) -> str:
    kept = [
        (name, value) for name, value in request.args.items(multi=True) if name not in ("limit", "offset")
    ]
    return f"{request.path}?{urlencode([*kept, ('limit', limit), ('offset', offset)])}"


def register(app: Flask, *, csrf: CSRFProtect) -> None:
    """Add the API, its document and its reading room to the application."""
    from gateway.api import blueprints, reading

    api = documents.make_api(app)
    for blueprint in blueprints.ALL:
        csrf.exempt(blueprint)
        api.register_blueprint(blueprint)
    documents.serve(app, api)
    reading.shows_age(app)
