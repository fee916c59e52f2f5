"""The time zone of the installation, in which days, months and wall-clock times are meant."""

from __future__ import annotations

import os
from functools import lru_cache
from zoneinfo import ZoneInfo

DEFAULT_ZONE = "Asia/Shanghai"


def zone() -> ZoneInfo:
    """What `LECTERN_TIMEZONE` names."""
    return _named(os.environ.get("LECTERN_TIMEZONE") or DEFAULT_ZONE)


@lru_cache(maxsize=8)
def _named(name: str) -> ZoneInfo:
    return ZoneInfo(name)
