"""The web process of the server mode: `gunicorn -k gthread --no-control-socket gateway.wsgi:app`."""

from __future__ import annotations

from chassis.amqp_rpc import AmqpRpcClient
from chassis.store import Store
from flask import Flask

from chassis import config, log
from gateway.app import create_app


def make_app() -> Flask:
    """The application on RabbitMQ and the two databases that the environment names."""
    log.set_up(service="gateway")
    settings = config.load()
    if settings.amqp_uri is None:
        raise SystemExit(
            "AMQP_URI is not set: `lectern run` serves everything in one process without a broker"
        )
    return create_app(
        directory=Store("directory", settings.database_url("directory")),
        views=Store("views", settings.database_url("views")),
        rpc=AmqpRpcClient(settings.amqp_uri, settings.secret),
        settings=settings,
    )


app = make_app()
