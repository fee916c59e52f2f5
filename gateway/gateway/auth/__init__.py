"""Who asks: people with a session, people and partners with a bearer token, lecturers with a signed link.

`current_actor` is what everything else needs. Pages know people by a cookie; /api knows bearers only and
never looks at the cookie, which is why it needs no protection against forged forms.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import quote

from chassis.access import Actor
from contracts.errors import NotAllowed, NotSignedIn
from flask import g, redirect, request
from flask_login import current_user

from gateway.auth.signed_in import MembershipChoice, SignedIn

STAFF = ("principal", "vice_principal", "school_staff")
LOGIN_PATH = "/login"
View = TypeVar("View", bound=Callable[..., Any])

__all__ = [
    "STAFF",
    "MembershipChoice",
    "SignedIn",
    "act_as",
    "actor_via_link",
    "current_actor",
    "current_actor_or_none",
    "current_person",
    "login_required",
    "roles_required",
]


def current_person() -> SignedIn | None:
    """Who is signed in with a cookie."""
    return cast(SignedIn, current_user._get_current_object()) if current_user.is_authenticated else None


def current_actor_or_none() -> Actor | None:
    """Who acts in this request, if anybody does."""
    if "lectern_actor" in g:
        return cast("Actor | None", g.lectern_actor)
    person = current_person()
    return person.actor(via="web") if person else None


def current_actor() -> Actor:
    """Who acts in this request; refuses when nobody does."""
    actor = current_actor_or_none()
    if actor is None:
        raise NotSignedIn()
    return actor


def act_as(actor: Actor | None) -> None:
    """Let the rest of this request act as this bearer, whatever the cookie says."""
    g.lectern_actor = actor


def actor_via_link(person_id: str) -> Actor:
    """The lecturer whom a signed link was sent to; nothing but its own offers is open to it."""
    return Actor(person_id, None, None, frozenset({"lecturer"}), "link")


def login_required(view: View) -> View:
    """A page for those who are signed in; others are asked to, and come back to it."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if current_person() is None:
            there = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else "/"
            return redirect(f"{LOGIN_PATH}?next={quote(there)}", 303)
        return view(*args, **kwargs)

    return cast(View, guarded)


def roles_required(*roles: str) -> Callable[[View], View]:
    """A page for those who hold one of the roles where they now act."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if current_actor().roles.isdisjoint(roles):
                raise NotAllowed()
            return view(*args, **kwargs)

        return login_required(cast(View, guarded))

    return guard
