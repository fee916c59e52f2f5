"""Documents that are made from the code and kept in `docs/`: written anew, or compared by `make check`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def openapi() -> str:
    """What the REST API serves as its own description."""
    from chassis.rpc import LocalRpcClient
    from chassis.store import Store
    from gateway.app import create_app

    from chassis import config

    with tempfile.TemporaryDirectory() as folder:
        settings = config.load(home=folder)
        stores = {name: Store(name, f"sqlite:///{folder}/{name}.sqlite3") for name in ("directory", "views")}
        app = create_app(rpc=LocalRpcClient({}, settings.secret), settings=settings, **stores)
        text = app.test_client().get("/api/v1/openapi.json").text
        for store in stores.values():
            store.dispose()
    return text


def asyncapi() -> str:
    """Every event with its schema, by service."""
    from contracts.asyncapi import text

    return text()


def known() -> dict[Path, Callable[[], str]]:
    """The documents by their place in the tree."""
    return {ROOT / "docs" / "openapi.json": openapi, ROOT / "docs" / "asyncapi.yaml": asyncapi}


def outdated() -> dict[Path, str]:
    """The documents that differ from the code, with what they should be."""
    made = {path: make() for path, make in known().items()}
    return {path: text for path, text in made.items() if not path.exists() or path.read_text("utf-8") != text}
