"""Organisations of the district, their registers and their figures."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, time
from typing import Any

from contracts.errors import NotFound
from contracts.fields import Day, one_of

from contracts import vocabulary
from gateway import auth
from gateway.api import reading, schemas
from gateway.api.base import PREFIX, Blueprint, operation, paged
from gateway.api.fields import PageArgs, Strict, search
from gateway.directory import people
from gateway.parts import directory_tx, parts, views_tx
from gateway.views import queries

blueprint = Blueprint("organisations", __name__, url_prefix=PREFIX, description="Organisations and figures")
KEEPERS = (*auth.STAFF, "operator", "liaison")


class DayArgs(Strict):
    """A stretch of local days, `from` belonging to it and `before` not."""

    on_from = Day(required=True, data_key="from")
    on_before = Day(required=True, data_key="before")


class MemberArgs(PageArgs):
    """Which members."""

    role = one_of(*vocabulary.ROLES, load_default=None)
    search = search()


@blueprint.route("/organisations")
@operation(blueprint, 200, schemas.OrganisationEntries)
def organisations() -> dict[str, Any]:
    """The organisations of the district."""
    with views_tx() as tx:
        return {"items": queries.organisations(tx, district_id=auth.current_actor().district_id)}


@blueprint.route("/organisations/<id:organisation_id>/counts")
@operation(blueprint, 200, schemas.Counts, roles=reading.READERS, found=True)
@blueprint.arguments(DayArgs, location="query")
def counts(args: dict[str, Any], organisation_id: str) -> dict[str, Any]:
    """The figures of the own organisation; operators ask for any of their district."""
    reading.stretch(args["on_from"], args["on_before"], most_days=3660)
    actor = auth.current_actor()
    if organisation_id != actor.organisation_id and "operator" not in actor.roles:
        raise NotFound()
    zone = parts().settings.timezone
    with views_tx() as tx:
        rows = queries.counts(
            tx,
            district_id=actor.district_id,
            organisation_id=organisation_id,
            starts_from=datetime.combine(args["on_from"], time(), zone),
            starts_before=datetime.combine(args["on_before"], time(), zone),
            on_from=args["on_from"],
            on_before=args["on_before"],
        )
    return reading.found(rows[0] if rows else None)


@blueprint.route("/members")
@operation(blueprint, 200, schemas.MemberPage, roles=KEEPERS, page=True)
@blueprint.arguments(MemberArgs, location="query")
def members(args: dict[str, Any]) -> Any:
    """Those who hold a role in the own organisation, by code."""
    organisation_id = auth.current_actor().organisation_id or ""
    with directory_tx() as tx:
        found, total = people.members(
            tx, **{**args, "search": args["search"] or ""}, organisation_id=organisation_id
        )
    return paged([asdict(member) for member in found], total, args)


@blueprint.route("/unmet-topics")
@operation(blueprint, 200, schemas.UnmetTopicPage, roles=reading.READERS, page=True)
@blueprint.arguments(PageArgs, location="query")
def unmet_topics(args: dict[str, Any]) -> Any:
    """What the own organisation (operators: the district) ordered in vain, the most wanted first."""
    actor = auth.current_actor()
    own = None if "operator" in actor.roles else actor.organisation_id
    with views_tx() as tx:
        page = queries.unmet_topics(tx, district_id=actor.district_id, organisation_id=own, **args)
    return paged(page.items, page.total, args)
