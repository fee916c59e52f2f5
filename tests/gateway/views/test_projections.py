"""Views are the same whatever the order between aggregates, and however often an event comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from chassis.command import entrypoints
from chassis.testing import Harness, assert_migrations_match
from contracts.registry import EVENTS
from gateway.views import tables
from gateway.views.service import ViewsService
from sqlalchemy import select

PACKAGES = {"views": "gateway.views", "directory": "gateway.directory"}
TELLS_NOTHING_TO_SHOW = {"notifications.message.sent.v1", "notifications.message.failed.v1"}


def everything(harness: Harness) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of every view."""
    with harness.store.reading() as tx:
        return {
            table.name: sorted((tuple(row) for row in tx.session.execute(select(table))), key=repr)
            for table in tables.metadata.sorted_tables
        }


def test_every_event_of_the_contracts_is_shown() -> None:
    handled = set(entrypoints(ViewsService).handlers)
    assert set(EVENTS) - handled == TELLS_NOTHING_TO_SHOW


def test_migrations_make_the_tables(postgres_url: Any) -> None:
    assert_migrations_match("gateway.views", postgres_url("views_migrated"), tables.metadata)


def test_migrations_make_the_tables_on_sqlite(tmp_path: Any) -> None:
    assert_migrations_match("gateway.views", f"sqlite:///{tmp_path / 'views.sqlite3'}", tables.metadata)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_order_between_aggregates_and_repeats_do_not_matter(
    seed: int, harness: Harness, story: Any, deliver: Callable[[list[Any]], None]
) -> None:
    deliver(story.shuffled(seed))
    with Harness(ViewsService, packages=PACKAGES) as plain:
        for each in story.told:
            plain.deliver(
                each.type,
                aggregate=each.aggregate,
                data=each.data,
                version=each.version,
                event_id=each.id,
            )
        expected = everything(plain)
    assert everything(harness) == expected
    assert all(expected[table.name] for table in tables.metadata.sorted_tables)
    assert {row["state"] for row in harness.inbox_rows()} == {"done"}


def test_a_newer_contract_may_say_more(harness: Harness, story: Any, named: Callable[[str], str]) -> None:
    import json

    from chassis import envelope, ids

    first = story.told[0]
    wrapped = envelope.wrap(
        first.type,
        id=ids.new_id(),
        time=harness.clock.now(),
        aggregate=first.aggregate,
        data={**first.type.dump(first.data), "motto": "为人民服务"},
        district=None,
        organisation=None,
        actor=None,
        correlation="c",
        causation=None,
        hops=0,
    )
    harness.deliver_body(json.dumps({**wrapped, "sequence": 1}).encode(), times=2)
    assert [row[0] for row in everything(harness)["organisations"]] == [named("luodian")]
