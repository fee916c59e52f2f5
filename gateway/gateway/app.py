"""The application: sessions, protection, error table, API and pages round two databases and an RPC client."""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import Any

from chassis.rpc import RpcClient
from chassis.store import Store
from flask import Flask
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from gateway import api, correlation, errors, health, limits, security, web
from gateway.auth import current_person, sessions
from gateway.directory import desk
from gateway.parts import EXTENSION, Parts
from gateway.wording import PlainJson

csrf = CSRFProtect()


def create_app(*, directory: Store, views: Store, rpc: RpcClient, settings: Any) -> Flask:
    """The gateway's web application.

    `settings` is chassis.config's: secret, timezone, public_url. `LECTERN_TRUSTED_PROXIES` says how many
    proxies stand in front, whose X-Forwarded-* headers are then believed; by default none is.
    """
    app = Flask("gateway")
    app.secret_key = hmac.new(settings.secret.encode(), b"lectern.cookies", hashlib.sha256).digest()
    app.extensions[EXTENSION] = Parts(
        directory, views, rpc, desk.client(directory, settings.secret), settings
    )
    app.config.update(
        MAX_CONTENT_LENGTH=limits.MOST_BYTES,
        MAX_FORM_PARTS=2000,
        RATELIMIT_STORAGE_URI="memory://",
    )
    app.json = PlainJson(app)
    app.config.from_prefixed_env("LECTERN_WEB")
    security.set_up(app, public_url=str(settings.public_url))
    correlation.set_up(app)
    app.before_request(limits.limit_request)
    limits.limiter.init_app(app)
    sessions.set_up(app)
    csrf.init_app(app)
    errors.set_up(app)
    health.set_up(app)
    app.context_processor(lambda: {"person": current_person()})
    api.register(app, csrf=csrf)
    web.register(app)
    proxies = int(os.environ.get("LECTERN_TRUSTED_PROXIES", "0"))
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, proxies, proxies, proxies)  # type: ignore[method-assign]
    return app
