"""What the environment says about feedback.

FEEDBACK_THRESHOLD  how many answers a result takes, and by how many it grows; default 5
"""

from __future__ import annotations

from collections.abc import Mapping

DEFAULT = 5


def threshold(environment: Mapping[str, str]) -> int:
    """The threshold for forms that open from now on; raises ValueError when it is no number from 1 on."""
    value = int(environment.get("FEEDBACK_THRESHOLD") or DEFAULT)
    if value < 1:
        raise ValueError("FEEDBACK_THRESHOLD must be at least 1")
    return value
