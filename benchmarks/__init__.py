"""Lectern measured beside the bare parts it is made of, on one machine, in one run.

Every figure stands next to that of the plainest program doing the same on the same server: pgbench sends the
statements of an enrolment, a Flask application of three lines answers on the same web server, kombu alone
publishes, confirms and consumes. Ratios travel between machines, absolute figures do not.
"""
