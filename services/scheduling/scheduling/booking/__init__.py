"""Booked time of lecturers, venues and audience groups: one place where every limit is checked.

How a booking is made safe: see `limits`.
"""
