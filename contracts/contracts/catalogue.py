"""All contracts at once: importing a module registers what is in it."""

from __future__ import annotations

from importlib import import_module

from contracts.registry import EVENTS, RPCS, EventType, Request, Rpc

MODULES = (
    "contracts.directory.events",
    "contracts.scheduling.events",
    "contracts.scheduling.rpc",
    "contracts.enrollment.events",
    "contracts.enrollment.rpc",
    "contracts.feedback.events",
    "contracts.feedback.rpc",
    "contracts.notifications.events",
    "contracts.notifications.rpc",
)


def events() -> dict[str, EventType]:
    """Every event type by name, sorted."""
    _import_all()
    return dict(sorted(EVENTS.items()))


def rpcs() -> dict[str, Rpc]:
    """Every RPC by name, sorted."""
    _import_all()
    return dict(sorted(RPCS.items()))


def rows() -> dict[str, type[Request]]:
    """The schema of the rows of every sheet that a service imports, as `<service>.rows.<sheet>`."""
    found: dict[str, type[Request]] = {}
    for service in ("scheduling", "notifications"):
        sheets = import_module(f"contracts.{service}.rpc").IMPORT_SCHEMAS
        found |= {f"{service}.rows.{sheet}": schema for sheet, schema in sheets.items()}
    return found


def _import_all() -> None:
    for module in MODULES:
        import_module(module)
