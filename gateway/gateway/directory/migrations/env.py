"""Alembic's entrance."""

from chassis.migrate import run_env

from gateway.directory.tables import Base

run_env(Base.metadata)
