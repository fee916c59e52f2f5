"""The migrations make the tables that the code declares."""

from __future__ import annotations

from chassis.testing import assert_migrations_match
from notifications.tables import metadata


def test_migrations_match_the_tables(database_url: str) -> None:
    assert_migrations_match("notifications", database_url, metadata)
