"""The pages: server-rendered, Chinese first with English beside it, usable without JavaScript.

A page reads the views and asks the owning service only where the reader must see an own write at once. It
decides nothing: what may be done is the service's word, and its refusals are shown as they come.
"""

from __future__ import annotations

from flask import Flask

from gateway.web import (
    account,
    calendar,
    chrome,
    door,
    evaluations,
    figures,
    home,
    inbox,
    keys,
    languages,
    lecturers,
    link,
    menu,
    offers,
    orders,
    seats,
    sessions,
    shown,
)

PAGES = (
    home,
    account,
    menu,
    orders,
    offers,
    link,
    calendar,
    sessions,
    seats,
    door,
    evaluations,
    inbox,
    lecturers,
    figures,
    keys,
)


def register(app: Flask) -> None:
    """Add the pages, their filters and their languages to the application."""
    languages.set_up(app)
    shown.set_up(app)
    chrome.set_up(app)
    for module in PAGES:
        app.register_blueprint(module.pages)
