"""All tables of scheduling, by area.

Foreign keys bind a row to the aggregate it is part of (offers to their order, bookings to their session).
Between aggregates there are ids only: a foreign key would take a share lock on the other row at every
insert, outside the one order in which rows are locked (see `booking.limits`), and nothing that is referred
to is ever deleted.
"""

from __future__ import annotations

from scheduling.base import Base
from scheduling.booking.tables import Booking, BookingSlot
from scheduling.lecturers.tables import Availability, Lecturer, LecturerRating, LecturerTopic
from scheduling.menu.tables import Topic
from scheduling.orders.tables import Offer, Order, OrderWindow
from scheduling.places.tables import AudienceGroup, Venue
from scheduling.register.tables import AbsentPerson, Organisation
from scheduling.sessions.tables import Session, SessionShare
from scheduling.sharing.tables import Agreement

metadata = Base.metadata

__all__ = [
    "AbsentPerson",
    "Agreement",
    "AudienceGroup",
    "Availability",
    "Booking",
    "BookingSlot",
    "Lecturer",
    "LecturerRating",
    "LecturerTopic",
    "Offer",
    "Order",
    "OrderWindow",
    "Organisation",
    "Session",
    "SessionShare",
    "Topic",
    "Venue",
    "metadata",
]
