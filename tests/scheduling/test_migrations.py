"""The migrations make the tables that the code declares, and the wall behind them."""

from __future__ import annotations

import pytest
from chassis.store import Store
from chassis.testing import assert_migrations_match, temporary_store
from scheduling.tables import metadata
from sqlalchemy import text


def test_migrations_match_the_tables(database_url: str) -> None:
    assert_migrations_match("scheduling", database_url, metadata)


def test_the_exclusion_constraint_is_there(postgres_url: object) -> None:
    """Alembic does not compare exclusion constraints."""
    store: Store = temporary_store("scheduling", postgres_url("scheduling"))  # type: ignore[operator]
    with store.reading() as tx:
        definition = tx.session.scalar(
            text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ex_bookings_overlap'")
        )
    store.dispose()
    assert definition == (
        "EXCLUDE USING gist (kind WITH =, resource_id WITH =,"
        " tstzrange(starts_at, ends_at, '[)'::text) WITH &&) WHERE (active)"
    )


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO agreements VALUES (:a, 'x', :a, :b, '2026-01-01', '2026-12-31', 1, 2, 'liaison')",
        "INSERT INTO agreements VALUES (:a, 'x', :a, :b, '2026-01-01', '2026-12-31', 1, -1, 'liaison')",
        "INSERT INTO agreements VALUES (:a, 'x', :a, :a, '2026-01-01', '2026-12-31', 1, 0, 'liaison')",
        "INSERT INTO agreements VALUES (:a, 'x', :a, :b, '2026-12-31', '2026-01-01', 1, 0, 'liaison')",
    ],
)
def test_the_database_has_the_last_word_on_agreements(database_url: str, statement: str) -> None:
    store = temporary_store("scheduling", database_url)
    ids = {"a": "10000000000070008000000000000001", "b": "10000000000070008000000000000002"}
    try:
        with pytest.raises(Exception, match="ck_agreements"), store.transaction() as tx:
            tx.session.execute(text(statement), ids)
    finally:
        store.dispose()
