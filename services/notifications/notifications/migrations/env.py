"""Alembic's entry; see chassis.migrate."""

from chassis.migrate import run_env
from notifications.tables import metadata

run_env(metadata)
