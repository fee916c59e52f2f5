"""Alembic's entry; see chassis.migrate."""

from chassis.migrate import run_env
from feedback.tables import metadata

run_env(metadata)
