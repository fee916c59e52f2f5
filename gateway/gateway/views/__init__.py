"""The read model: what pages and the REST API show, written only from events.

`tables` says what is kept, `projections` write it event by event, `queries` read it, `service` is the process
that hears the events. No row here refers to another by a foreign key: events of different aggregates arrive
in any order, so a seat may be known before its session.
"""
