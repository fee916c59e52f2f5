"""Every group of operations, in the order of the document."""

from __future__ import annotations

from gateway.api import (
    evaluations,
    keys,
    menu,
    messages,
    offers,
    orders,
    organisations,
    seats,
    sessions,
    tokens,
)
from gateway.importing import api as imports

ALL = (
    tokens.blueprint,
    menu.blueprint,
    organisations.blueprint,
    orders.blueprint,
    offers.blueprint,
    sessions.blueprint,
    seats.blueprint,
    evaluations.blueprint,
    messages.blueprint,
    keys.blueprint,
    imports.blueprint,
)
