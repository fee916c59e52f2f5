"""Alembic's entry: everything is in the chassis."""

from chassis.migrate import run_env

from scheduling.tables import metadata

run_env(metadata)
