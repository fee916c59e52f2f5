"""Revisions, in sequence."""
