"""Venues, by name and address, for saying where."""

from __future__ import annotations

from chassis.tx import Tx

from notifications.tables import Venue


def list_venue(tx: Tx, *, venue_id: str, name: str, address: str) -> None:
    """Keep what the venue is called and where it is."""
    tx.session.merge(Venue(venue_id=venue_id, name=name, address=address))
