"""The migrations of the directory make the tables that the code declares."""

from __future__ import annotations

from chassis.testing import assert_migrations_match
from gateway.directory.tables import Base


def test_migrations_match(database_url: str) -> None:
    assert_migrations_match("gateway.directory", database_url, Base.metadata)
