"""What pages and the REST API read: one SQL statement each, plain dicts out.

Every function takes a reading transaction of the views first. Who may see a row is decided here, by the
actor; "does not exist" and "is not yours" are both None, so that the answer is the same 404. There are no
names of persons in the views: a page asks the directory for all it needs at once.
"""

from gateway.views.queries.calendar import calendar_sessions, lecturer_week, session
from gateway.views.queries.figures import counts, results, unmet_topics, waiting
from gateway.views.queries.freshness import Age, age, lag
from gateway.views.queries.menu import (
    agreements,
    groups,
    lecturer,
    lecturers,
    organisation_names,
    organisations,
    topic,
    topics,
    venues,
    venues_to_order,
)
from gateway.views.queries.orders import (
    offer,
    offers_for_lecturer,
    offers_for_lender,
    open_orders,
    order,
    orders,
)
from gateway.views.queries.paging import Page
from gateway.views.queries.seats import my_hours, my_seat, my_seats, seats_of_organisation, unread_count

__all__ = [
    "Age",
    "Page",
    "age",
    "agreements",
    "calendar_sessions",
    "counts",
    "groups",
    "lag",
    "lecturer",
    "lecturer_week",
    "lecturers",
    "my_hours",
    "my_seat",
    "my_seats",
    "offer",
    "offers_for_lecturer",
    "offers_for_lender",
    "open_orders",
    "order",
    "orders",
    "organisation_names",
    "organisations",
    "results",
    "seats_of_organisation",
    "session",
    "topic",
    "topics",
    "unmet_topics",
    "unread_count",
    "venues",
    "venues_to_order",
    "waiting",
]
