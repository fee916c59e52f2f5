"""What the running application is made of, for the code that answers a request."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, cast

from chassis.rpc import RpcClient
from chassis.store import Store
from chassis.tx import Tx
from flask import current_app, g, has_request_context

EXTENSION = "lectern"


@dataclass(frozen=True)
class Parts:
    """The two databases of the gateway, the ways to the services and to its own desk, and the settings."""

    directory: Store
    views: Store
    rpc: RpcClient
    desk: RpcClient
    settings: Any

    @property
    def secret(self) -> str:
        """What signs actors, tokens and links."""
        return cast(str, self.settings.secret)


def parts() -> Parts:
    """The parts of the application that answers now."""
    found: Parts = current_app.extensions[EXTENSION]
    return found


def directory_tx() -> AbstractContextManager[Tx]:
    """A reading transaction of the directory."""
    return parts().directory.reading()


def views_tx() -> AbstractContextManager[Tx]:
    """A reading transaction of the views; the answer made from it may say how old they are."""
    if has_request_context():
        g.read_views = True
    return parts().views.reading()
