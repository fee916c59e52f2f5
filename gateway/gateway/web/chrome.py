"""What surrounds every page: the places to go by role, unread messages, and how old the views are."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from flask import Flask, g, request
from flask_babel import lazy_gettext as _
from sqlalchemy.exc import SQLAlchemyError

from chassis import log
from gateway.auth import STAFF, SignedIn, current_person
from gateway.parts import parts, views_tx
from gateway.views import queries
from gateway.views.queries import Age

ORDERS = frozenset((*STAFF, "liaison", "operator", "council_member"))
PLACES_ORDERS = frozenset((*STAFF, "liaison", "operator"))
HOSTS = frozenset((*STAFF, "operator"))
_AGE_SECONDS = 2.0
_ages: dict[int, tuple[float, list[Age]]] = {}


@dataclass(frozen=True)
class Place:
    """An entry of the navigation; `roles` empty means everybody, `main` puts it into the phone's bar."""

    path: str
    label: Any
    icon: str
    roles: frozenset[str] = frozenset()
    main: bool = False


PLACES = (
    Place("/", _("首页"), "house", main=True),
    Place("/calendar", _("日历"), "calendar-week", main=True),
    Place("/orders", _("点单"), "journal-text", ORDERS, main=True),
    Place("/offers", _("邀请"), "send", frozenset({"lecturer", "liaison"}), main=True),
    Place("/my", _("我的课"), "ticket-perforated", frozenset({"learner"}), main=True),
    Place("/menu", _("课程菜单"), "list"),
    Place("/week", _("我的一周"), "clock", frozenset({"lecturer"})),
    Place("/lecturers", _("讲师团"), "mortarboard", ORDERS),
    Place("/counts", _("统计"), "bar-chart", ORDERS),
    Place("/unmet", _("未满足需求"), "lightbulb", ORDERS),
    Place("/results", _("评价结果"), "star", ORDERS | {"lecturer"}),
    Place("/members", _("成员账号"), "people", HOSTS),
    Place("/keys", _("接口密钥"), "key", PLACES_ORDERS),
    Place("/inbox", _("消息"), "envelope", main=True),
)


def set_up(app: Flask) -> None:
    """Let every template ask for its surroundings; nothing is read before it does."""
    app.add_template_global(places)
    app.add_template_global(is_here)
    app.add_template_global(unread)
    app.add_template_global(lag)
    app.add_template_global(service_away)
    app.add_template_global(holds)


def places() -> list[Place]:
    """Where the reader may go."""
    person = current_person()
    if person is None:
        return []
    return [place for place in PLACES if not place.roles or not place.roles.isdisjoint(person.roles)]


def is_here(place: Place) -> bool:
    """Whether the page belongs to this place."""
    person = current_person()
    own_week = person is not None and request.path == f"/lecturers/{person.person_id}/week"
    if place.path == "/week" or own_week:
        return place.path == "/week" and own_week
    return request.path == place.path if place.path == "/" else request.path.startswith(place.path)


def holds(*roles: str) -> bool:
    """Whether the reader holds one of the roles here."""
    person: SignedIn | None = current_person()
    return person is not None and not person.roles.isdisjoint(roles)


def unread() -> int:
    """How many messages the reader has not read; none rather than an error page."""
    person = current_person()
    if person is None:
        return 0
    if "unread" not in g:
        try:
            with views_tx() as tx:
                g.unread = queries.unread_count(tx, person_id=person.person_id)
        except SQLAlchemyError:
            log.get(__name__).exception("unread.failed")
            g.unread = 0
    return int(g.unread)


def lag() -> Age | None:
    """The source that the views lag behind, when it is worth telling. Looked up every two seconds."""
    store = parts().views
    at, ages = _ages.get(id(store), (0.0, []))
    if time.monotonic() - at > _AGE_SECONDS:
        try:
            with store.reading() as tx:
                ages = queries.age(tx, now=tx.now)
        except SQLAlchemyError:
            log.get(__name__).exception("age.failed")
            ages = []
        _ages[id(store)] = (time.monotonic(), ages)
    return queries.lag(ages)


def service_away() -> str | None:
    """The service that the page wanted to ask, and could not."""
    away: str | None = g.get("service_away")
    return away
