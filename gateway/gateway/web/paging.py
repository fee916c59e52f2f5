"""Paging of lists by the address."""

from __future__ import annotations

from collections.abc import Mapping


def offset_of(arguments: Mapping[str, str]) -> int:
    """Where the page begins; nonsense means at the beginning."""
    text = arguments.get("offset", "0")
    return min(int(text), 1_000_000) if text.isdecimal() and len(text) < 9 else 0
