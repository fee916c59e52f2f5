"""How much, and how often: sizes of bodies and rates of requests.

Rates are counted per process in memory; `RATELIMIT_STORAGE_URI` names a shared store where several processes
serve one address. The limits per login and per check-in code that must hold exactly live in the databases;
these here keep noise away from them.
"""

from __future__ import annotations

from contracts.errors import Refusal
from flask import Request, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import parse
from werkzeug.exceptions import BadRequest

from gateway import auth

MEBIBYTE = 1024 * 1024
MOST_BYTES = MEBIBYTE
BIG_BODIES = {"/api/v1/imports": 32 * MEBIBYTE, "/import": 32 * MEBIBYTE}

SIGN_IN = "300 per minute"
SIGN_IN_PER_LOGIN = "20 per minute"
CHECK_IN = "30 per minute"

limiter = Limiter(key_func=get_remote_address)


class TooOften(Refusal):
    """More requests than one source needs."""

    status = 429
    zh = "操作太频繁了，请过一分钟再试。"
    en = "Too many requests; please try again in a minute."


def count(rate: str, *bucket: str) -> None:
    """Count a request in its bucket; refuses when the bucket's rate is exceeded."""
    if limiter.enabled and not limiter.limiter.hit(parse(rate), *bucket):
        raise TooOften()


def count_check_in() -> None:
    """Count a try at a door's code: one bucket for each person, as a whole class may share an address."""
    actor = auth.current_actor_or_none()
    count(CHECK_IN, "check-in", actor.label if actor else get_remote_address())


def most_bytes(asked: Request) -> int:
    """How long the body of this request may be."""
    for prefix, most in BIG_BODIES.items():
        if asked.path == prefix or asked.path.startswith(f"{prefix}/"):
            return most
    return int(current_app.config["MAX_CONTENT_LENGTH"] or MOST_BYTES)


def limit_request() -> None:
    """Before a request: set how long its body may be; refuse an address with NUL, which no database takes."""
    request.max_content_length = most_bytes(request)
    if b"%00" in request.query_string or "\x00" in request.path:
        raise BadRequest()
