"""Which language a page speaks: Chinese is the source, English a complete catalogue beside it.

The reader's own choice is kept in a cookie. Without one a page is Chinese, unless the browser asks for
English and for no Chinese at all.
"""

from __future__ import annotations

from flask import Blueprint, Flask, has_request_context, redirect, request
from flask_babel import Babel
from werkzeug.wrappers import Response

from gateway.auth.sessions import safe_next

COOKIE = "lectern_language"
YEAR = 365 * 24 * 3600
_LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
pages = Blueprint("languages", __name__)


def set_up(app: Flask) -> None:
    """Let Babel know where the catalogue is and which locale to use."""
    app.config.setdefault("BABEL_DEFAULT_LOCALE", _LOCALES["zh"])
    Babel(app, locale_selector=lambda: _LOCALES[request_language()])
    app.register_blueprint(pages)


def request_language() -> str:
    """`zh` or `en`."""
    if not has_request_context():
        return "zh"
    chosen = request.cookies.get(COOKIE)
    if chosen in _LOCALES:
        return chosen
    accepted = [value.lower() for value, _quality in request.accept_languages]
    if any(value.startswith("zh") for value in accepted):
        return "zh"
    return "en" if any(value.startswith("en") for value in accepted) else "zh"


@pages.post("/language")
def choose_language() -> Response:
    """Remember the reader's choice and go back to the page."""
    response = redirect(safe_next(request.form.get("next")), 303)
    language = request.form.get("language", "")
    if language in _LOCALES:
        response.set_cookie(
            COOKIE, language, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure
        )
    return response
