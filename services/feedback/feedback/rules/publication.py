"""When a result may be shown.

Two results of one session, laid side by side, tell what was answered between them. So a result is replaced
only by one with at least a threshold of new answers in it. The last one, when the form closes, may hold
fewer new answers, for otherwise up to a threshold of people would have spoken in vain; but never one or two,
whose answers could be calculated from the difference.
"""

from __future__ import annotations

LAST_STEP = 3


def is_due(*, answers: int, published: int, threshold: int, closing: bool) -> bool:
    """Whether the `answers` given so far may replace (or become) the result over `published` answers."""
    if threshold < 1:
        raise ValueError("a threshold is at least 1")
    if published == 0:
        return answers >= threshold
    step = min(threshold, LAST_STEP) if closing else threshold
    return answers - published >= step
