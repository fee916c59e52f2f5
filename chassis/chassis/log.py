"""Structured logs: one JSON object per line (or coloured text on a terminal), with the correlation id.

The id travels in a context variable, so that each line of a request, of the command it became and of the
events that followed says to which it belongs. Logs name ids, never persons.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog


def get(name: str) -> Any:
    """A logger of this name."""
    return structlog.stdlib.get_logger(name)


@contextmanager
def bound(**values: Any) -> Iterator[None]:
    """Every line within the block carries these values."""
    tokens = structlog.contextvars.bind_contextvars(**{k: v for k, v in values.items() if v is not None})
    try:
        yield
    finally:
        structlog.contextvars.reset_contextvars(**tokens)


def set_up(*, service: str, level: str | None = None, as_json: bool | None = None) -> None:
    """Send everything, the libraries' own lines included, through one formatter to standard error.

    `LECTERN_LOG_LEVEL` and `LECTERN_LOG_FORMAT` (json or console) decide where the arguments do not.
    """
    level = level or os.environ.get("LECTERN_LOG_LEVEL", "INFO")
    if as_json is None:
        as_json = os.environ.get("LECTERN_LOG_FORMAT", "console" if sys.stderr.isatty() else "json") == "json"
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        lambda _logger, _method, line: {"service": service, **line},
        structlog.processors.StackInfoRenderer(),
    ]
    last: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if as_json
        else [structlog.dev.ConsoleRenderer()]
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("amqp").setLevel("WARNING")
    logging.getLogger("alembic").setLevel("WARNING")


def _quiet_until_set_up() -> None:
    """Library use and tests: hand lines to `logging`, which shows warnings only."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["event"]),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


_quiet_until_set_up()
