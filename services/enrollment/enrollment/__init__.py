"""Seats, waiting lists, attendance and study hours of every session."""
