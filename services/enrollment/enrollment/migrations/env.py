"""Alembic's entry: everything is in the chassis."""

from chassis.migrate import run_env

from enrollment.tables import Base

run_env(Base.metadata)
