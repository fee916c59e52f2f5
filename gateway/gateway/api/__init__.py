"""The REST API: `/api/v1`, documented by OpenAPI 3.1 made from the schemas that check it."""

from __future__ import annotations

from gateway.api.base import register

__all__ = ["register"]
