"""How long a lecturer is on the way between two places.

A town is crossed by bus at 25 km/h on roads 1.4 times as long as the straight line, with ten minutes for the
doors at both ends; nobody is on the way for longer than a day. It is an estimate that errs on the long side.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import asin, ceil, cos, radians, sin, sqrt

from scheduling.rules.periods import Period

EARTH_KM = 6371.0
DETOUR = 1.4
KM_PER_HOUR = 25.0
DOORS_MINUTES = 10
LONGEST_MINUTES = 24 * 60
REACH = timedelta(minutes=LONGEST_MINUTES)


@dataclass(frozen=True)
class Place:
    """Somewhere a lecturer can be; `venue_id` is empty for a home, coordinates where they are unknown."""

    venue_id: str | None = None
    latitude: float | None = None
    longitude: float | None = None


ONLINE = Place()


@dataclass(frozen=True)
class Stay:
    """A lecturer's booked time and where it is spent; online it could be anywhere."""

    period: Period
    place: Place


def kilometres(a: Place, b: Place) -> float | None:
    """The straight line over the globe; None where a coordinate is unknown."""
    if a.latitude is None or a.longitude is None or b.latitude is None or b.longitude is None:
        return None
    north, east = radians(b.latitude - a.latitude), radians(b.longitude - a.longitude)
    chord = sin(north / 2) ** 2 + cos(radians(a.latitude)) * cos(radians(b.latitude)) * sin(east / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(chord)))


def travel_minutes(a: Place, b: Place) -> int | None:
    """Minutes from one place to another; 0 for the same venue, None where it is unknown."""
    if a.venue_id is not None and a.venue_id == b.venue_id:
        return 0
    distance = kilometres(a, b)
    if distance is None:
        return None
    return min(LONGEST_MINUTES, ceil(distance * DETOUR / KM_PER_HOUR * 60) + DOORS_MINUTES)


def in_the_way(stays: tuple[Stay, ...] | list[Stay], *, wanted: Stay) -> bool:
    """Whether booked time overlaps the wanted time or is too near to travel between the two."""
    return any(_conflict(stay, wanted) for stay in stays)


def _conflict(stay: Stay, wanted: Stay) -> bool:
    if stay.period.overlaps(wanted.period):
        return True
    first, second = sorted((stay, wanted), key=lambda each: each.period)
    gap = second.period.starts_at - first.period.ends_at
    return gap < REACH and gap < timedelta(minutes=travel_minutes(first.place, second.place) or 0)
