"""Sharing agreements (共建协议): who lends lecturers and places to whom, when, and how often."""
