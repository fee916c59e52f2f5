"""From event to row, one module by noun.

The inbox brings each event once and the events of one aggregate in order. What it does not promise is order
between aggregates, so nothing here needs a row of another aggregate to be there already.
"""
