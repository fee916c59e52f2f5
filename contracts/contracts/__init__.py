"""What Lectern's services say to each other.

One module (or package) per producing service holds the marshmallow schemas of its events and of the
commands and queries it answers. `envelope` is the wrapper round every event, `registry` knows every
event type and RPC by name, `errors` are refusals: errors with a sentence for the person who caused them.

This package imports nothing of Lectern's.
"""
