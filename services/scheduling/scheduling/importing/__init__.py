"""Rows of an import become topics, venues, groups, lecturers, agreements and availability rules."""
