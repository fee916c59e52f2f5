"""Migrations, run from Python: `<package>/migrations/{env.py,script.py.mako,versions/}` of each service.

A service's env.py is `from chassis.migrate import run_env` and `run_env(metadata)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from alembic import command, context
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData

from chassis import engines, tables

_MIGRATING = 0x1EC7E21


def upgrade(package: str, url: str, *, revision: str = "head") -> None:
    """Bring the database to the newest revision of the package; who comes second waits for the first."""
    with _connected(url) as connection:
        if connection.dialect.name == "postgresql":
            # Filling a column may take longer than any request may.
            connection.exec_driver_sql("SET statement_timeout = 0; SET lock_timeout = '60s'")
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({_MIGRATING})")
            connection.commit()
        config = _config(package)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


def pending(package: str, url: str) -> list[str]:
    """The revisions of the package that the database lacks, oldest first."""
    scripts = ScriptDirectory.from_config(_config(package))
    with _connected(url) as connection:
        applied = MigrationContext.configure(connection).get_current_heads()
    missing = [script.revision for script in scripts.iterate_revisions("heads", applied or "base")]
    return [revision for revision in reversed(missing) if revision not in applied]


def differences(url: str, metadata: MetaData) -> list[object]:
    """What Alembic would have to change so that the database looks like the tables in the code."""
    with _connected(url) as connection:
        found = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(found, [metadata, tables.metadata]))  # type: ignore[arg-type]


def run_env(metadata: MetaData) -> None:
    """The whole of a service's env.py."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=[metadata, tables.metadata],
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _config(package: str) -> Config:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise LookupError(f"there is no package {package}")
    config = Config()
    config.set_main_option("script_location", str(Path(spec.origin).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = engines.open_engine(url, pool_size=1)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
