"""Alembic migrations of enrollment's database."""
