"""Decisions of enrollment: plain Python, no database, no clock."""
