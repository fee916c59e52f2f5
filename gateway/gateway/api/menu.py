"""What can be ordered, from whom and where."""

from __future__ import annotations

from typing import Any

from contracts.fields import Instant, one_of
from contracts.scheduling import rpc

from contracts import vocabulary
from gateway import auth, clients
from gateway.api import reading, schemas
from gateway.api.base import PREFIX, Blueprint, operation, paged
from gateway.api.fields import Flag, PageArgs, Strict, optional_id, search
from gateway.parts import views_tx
from gateway.views import queries

blueprint = Blueprint(
    "menu", __name__, url_prefix=PREFIX, description="Topics, places, lecturers, agreements"
)


class TopicArgs(PageArgs):
    """Which topics."""

    search = search()
    category = one_of(*vocabulary.CATEGORIES, load_default=None)
    published_only = Flag(load_default=True)


class VenueArgs(Strict):
    """Whose places come first."""

    organisation_id = optional_id("places of this organisation come first")


class LecturerArgs(Strict):
    """Whose lecturers."""

    organisation_id = optional_id("only lecturers at home here")


class TimeArgs(Strict):
    """A stretch of time, `from` belonging to it and `before` not."""

    starts_from = Instant(required=True, data_key="from")
    starts_before = Instant(required=True, data_key="before")


@blueprint.route("/topics")
@operation(blueprint, 200, schemas.TopicPage, page=True)
@blueprint.arguments(TopicArgs, location="query")
def topics(args: dict[str, Any]) -> Any:
    """The course menu of the district, by code."""
    with views_tx() as tx:
        page = queries.topics(tx, actor=auth.current_actor(), **args)
    return paged(page.items, page.total, args)


@blueprint.route("/topics/<id:topic_id>")
@operation(blueprint, 200, schemas.Topic, found=True)
def topic(topic_id: str) -> dict[str, Any]:
    """One topic."""
    with views_tx() as tx:
        return reading.found(queries.topic(tx, actor=auth.current_actor(), topic_id=topic_id))


@blueprint.route("/venues")
@operation(blueprint, 200, schemas.Venues)
@blueprint.arguments(VenueArgs, location="query")
def venues(args: dict[str, Any]) -> dict[str, Any]:
    """The places of the district."""
    with views_tx() as tx:
        return {"items": queries.venues(tx, district_id=auth.current_actor().district_id, **args)}


@blueprint.route("/groups")
@operation(blueprint, 200, schemas.Groups, roles=reading.READERS)
def groups() -> dict[str, Any]:
    """The audience groups of the own organisation."""
    with views_tx() as tx:
        return {"items": queries.groups(tx, organisation_id=auth.current_actor().organisation_id)}


@blueprint.route("/agreements")
@operation(blueprint, 200, schemas.Agreements, roles=reading.READERS)
def agreements() -> dict[str, Any]:
    """The agreements by which the own organisation lends or borrows lecturers."""
    with views_tx() as tx:
        return {"items": queries.agreements(tx, organisation_id=auth.current_actor().organisation_id)}


@blueprint.route("/lecturers")
@operation(blueprint, 200, schemas.Lecturers, roles=reading.READERS)
@blueprint.arguments(LecturerArgs, location="query")
def lecturers(args: dict[str, Any]) -> dict[str, Any]:
    """Own lecturers, and those lent to the own organisation today."""
    with views_tx() as tx:
        rows = queries.lecturers(tx, actor=auth.current_actor(), today=reading.today(), **args)
    return {"items": reading.with_names(rows, "lecturer")}


@blueprint.route("/lecturers/<id:lecturer_id>/week")
@operation(blueprint, 200, schemas.Week, found=True)
@blueprint.arguments(TimeArgs, location="query")
def week(args: dict[str, Any], lecturer_id: str) -> dict[str, Any]:
    """What a lecturer gives and is asked for; to others than those concerned, only when."""
    reading.stretch(args["starts_from"], args["starts_before"], most_days=62)
    actor = auth.current_actor()
    with views_tx() as tx:
        reading.found(queries.lecturer(tx, actor=actor, today=reading.today(), lecturer_id=lecturer_id))
        entries = queries.lecturer_week(tx, actor=actor, lecturer_id=lecturer_id, **args)
    return {**reading.with_names([{"lecturer_id": lecturer_id}], "lecturer")[0], **args, "entries": entries}


@blueprint.route("/lecturers/<id:lecturer_id>/free-busy")
@operation(blueprint, 200, rpc.FreeBusy, found=True)
@blueprint.arguments(TimeArgs, location="query")
def free_busy(args: dict[str, Any], lecturer_id: str) -> dict[str, Any]:
    """When a lecturer whom one may ask is busy, and when available; at most 62 days."""
    asked = {
        "lecturer_id": lecturer_id,
        "starts_at": args["starts_from"],
        "ends_at": args["starts_before"],
    }
    return clients.call(rpc.FREE_BUSY, asked)
