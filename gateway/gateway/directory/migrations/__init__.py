"""Alembic migrations of the directory's database."""
