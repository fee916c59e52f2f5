"""Every limit of a booking, in one place.

Acceptance of an offer and rescheduling both come through here, so that no way of booking knows fewer limits
than another. A booking is safe because of three things, each of which is enough for time alone:

1. `lock`: the rows of lecturer, venue, audience group and agreement, always in this sequence (after the rows
   of order and session). Whoever else wants one of them waits here, and then sees what was booked.
   Without it nothing is double-booked either, but racers deadlock for seconds.
2. `check`: under the locks, overlaps, travel between places, availability, monthly cap, agreement and quota.
3. The wall: an exclusion constraint on PostgreSQL, slot rows under a unique key on SQLite, and a CHECK on
   the quota. `bookings.occupy` turns what the wall says into the same refusals.

The monthly cap counts rows under the lecturer's lock and has no wall behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

from chassis.tx import Tx
from sqlalchemy import select

from scheduling import calendar
from scheduling.booking import busy
from scheduling.booking.refusals import (
    AgreementIsNotValid,
    AgreementIsUsedUp,
    AudienceIsTaken,
    CannotBeBooked,
    LecturerIsAtTheCap,
    LecturerIsAway,
    LecturerIsBusy,
    LecturerIsInactive,
    VenueIsTaken,
    VenueIsTooSmall,
)
from scheduling.booking.tables import GROUP, LECTURER, VENUE
from scheduling.lecturers.availability import rules_of
from scheduling.rules.availability import is_available
from scheduling.rules.periods import Period, local_day, month_period
from scheduling.rules.travel import ONLINE, REACH, Place, Stay, in_the_way
from scheduling.tables import Agreement, AudienceGroup, Lecturer, Venue

BUSY: dict[str, type[CannotBeBooked]] = {
    LECTURER: LecturerIsBusy,
    VENUE: VenueIsTaken,
    GROUP: AudienceIsTaken,
}


@dataclass(frozen=True)
class Claim:
    """What a session wants to take.

    `lecturer_agreed`: the lecturer has just said yes to this very time, whatever the availability rules say.
    `holds_quota`: the session is counted in its agreement already.
    """

    session_id: str
    host_id: str
    lecturer_id: str
    venue_id: str | None
    group_id: str | None
    agreement_id: str | None
    period: Period
    seats: int
    lecturer_agreed: bool
    holds_quota: bool

    @property
    def resources(self) -> list[busy.Resource]:
        return busy.resources_of(lecturer_id=self.lecturer_id, venue_id=self.venue_id, group_id=self.group_id)


@dataclass(frozen=True)
class Held:
    """The locked rows behind a claim."""

    lecturer: Lecturer
    venue: Venue | None
    agreement: Agreement | None


def lock(tx: Tx, *, claim: Claim) -> Held:
    """Lock whatever owns a limit, always in the same sequence."""
    lecturers = tx.lock(Lecturer, [claim.lecturer_id])
    venues = tx.lock(Venue, [claim.venue_id]) if claim.venue_id else {}
    if claim.group_id:
        tx.lock(AudienceGroup, [claim.group_id])
    agreements = tx.lock(Agreement, [claim.agreement_id]) if claim.agreement_id else {}
    return Held(
        lecturer=lecturers[claim.lecturer_id],
        venue=venues.get(claim.venue_id or ""),
        agreement=agreements.get(claim.agreement_id or ""),
    )


def check(tx: Tx, *, claim: Claim, held: Held) -> None:
    """Refuse what any limit forbids; nothing has been written yet."""
    if not held.lecturer.active:
        raise LecturerIsInactive()
    if held.venue is not None and held.venue.capacity < claim.seats:
        raise VenueIsTooSmall(seats=held.venue.capacity, needed=claim.seats)
    _check_agreement(claim=claim, held=held)
    check_time(tx, claim=claim, place=_place(held.venue))
    _check_availability(tx, claim=claim)
    _check_cap(tx, claim=claim, cap=held.lecturer.monthly_cap)


def check_time(tx: Tx, *, claim: Claim, place: Place) -> None:
    """Refuse when lecturer, venue or audience are taken, or the lecturer could not be there in time."""
    taken = busy.busy_periods(
        tx, resources=claim.resources, within=claim.period, except_session=claim.session_id
    )
    for kind, id_ in claim.resources:
        if (kind, id_) in taken:
            raise BUSY[kind]()
    around = busy.stays(
        tx,
        lecturer_ids=[claim.lecturer_id],
        within=claim.period.widened(REACH),
        except_session=claim.session_id,
    )
    if in_the_way(around.get(claim.lecturer_id, []), wanted=Stay(claim.period, place)):
        raise LecturerIsBusy()


def place_of(tx: Tx, *, venue_id: str | None) -> Place:
    if venue_id is None:
        return ONLINE
    return _place(tx.session.scalar(select(Venue).where(Venue.id == venue_id)))


def _place(venue: Venue | None) -> Place:
    return Place(venue.id, venue.latitude, venue.longitude) if venue else ONLINE


def _check_agreement(*, claim: Claim, held: Held) -> None:
    if held.lecturer.organisation_id == claim.host_id:
        return
    agreement = held.agreement
    if agreement is None or agreement.lender_id != held.lecturer.organisation_id:
        raise AgreementIsNotValid()
    day = local_day(claim.period.starts_at, zone=calendar.zone())
    if agreement.borrower_id != claim.host_id or not agreement.valid_on(day):
        raise AgreementIsNotValid()
    if not claim.holds_quota and agreement.used >= agreement.quota_sessions:
        raise used_up(agreement)


def used_up(agreement: Agreement) -> AgreementIsUsedUp:
    return AgreementIsUsedUp(agreement=agreement.code, quota=agreement.quota_sessions)


def _check_availability(tx: Tx, *, claim: Claim) -> None:
    if claim.lecturer_agreed:
        return
    rules = rules_of(tx, lecturer_ids=[claim.lecturer_id]).get(claim.lecturer_id, ())
    if not is_available(rules, claim.period, zone=calendar.zone()):
        raise LecturerIsAway()


def _check_cap(tx: Tx, *, claim: Claim, cap: int) -> None:
    month = month_period(claim.period.starts_at, zone=calendar.zone())
    found = busy.session_starts(
        tx, lecturer_ids=[claim.lecturer_id], within=month, except_session=claim.session_id
    )
    if len(found.get(claim.lecturer_id, [])) >= cap:
        raise LecturerIsAtTheCap(cap=cap)
