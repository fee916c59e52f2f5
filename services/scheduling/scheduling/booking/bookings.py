"""Taking and giving back time. Whoever calls has checked the limits under their locks (see `limits`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chassis.tx import Tx
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from scheduling.booking import limits
from scheduling.booking.limits import Claim, Held
from scheduling.booking.refusals import LecturerIsBusy
from scheduling.rules.slots import slots_of
from scheduling.tables import Agreement, Booking, BookingSlot

_TIME = ("ex_bookings_overlap", "booking_slots")
_QUOTA = "ck_agreements_quota"


@contextmanager
def walled(tx: Tx, *, claim: Claim, held: Held) -> Iterator[None]:
    """What is written inside stands or falls as one: the wall has the last word, and says it as a refusal."""
    try:
        with tx.session.begin_nested():
            yield
    except IntegrityError as error:
        if _QUOTA in str(error.orig) and held.agreement is not None:
            raise limits.used_up(held.agreement) from error
        if not any(name in str(error.orig) for name in _TIME):
            raise
        limits.check_time(tx, claim=claim, place=limits.place_of(tx, venue_id=claim.venue_id))
        raise LecturerIsBusy() from error


def occupy(tx: Tx, *, claim: Claim) -> None:
    """Write the bookings of a session that is there already; call it inside `walled`."""
    bookings = [
        {
            "id": tx.new_id(),
            "kind": kind,
            "resource_id": resource_id,
            "starts_at": claim.period.starts_at,
            "ends_at": claim.period.ends_at,
            "session_id": claim.session_id,
            "active": True,
        }
        for kind, resource_id in claim.resources
    ]
    tx.session.execute(insert(Booking), bookings)
    if tx.dialect == "sqlite":
        tx.session.execute(insert(BookingSlot), _slots(bookings, claim=claim))


def release(tx: Tx, *, session_id: str) -> None:
    """Give back the time of a session; doing it twice does nothing."""
    mine = select(Booking.id).where(Booking.session_id == session_id)
    if tx.dialect == "sqlite":
        tx.session.execute(delete(BookingSlot).where(BookingSlot.booking_id.in_(mine)))
    tx.session.execute(
        update(Booking).where(Booking.session_id == session_id, Booking.active).values(active=False)
    )


def take_quota(tx: Tx, *, held: Held) -> None:
    """Count a booked session in its agreement; call it inside `walled`."""
    if held.agreement is not None:
        _count(tx, agreement_id=held.agreement.id, by=1)


def give_back_quota(tx: Tx, *, agreement_id: str | None) -> None:
    """A cancelled session is not counted in its agreement any more."""
    if agreement_id is not None:
        _count(tx, agreement_id=agreement_id, by=-1)


def _count(tx: Tx, *, agreement_id: str, by: int) -> None:
    """In the database's own arithmetic, so that its CHECK sees the true figure even without a lock."""
    tx.session.execute(
        update(Agreement)
        .where(Agreement.id == agreement_id)
        .values(used=Agreement.used + by)
        .execution_options(synchronize_session=False)
    )


def _slots(bookings: list[dict[str, Any]], *, claim: Claim) -> list[dict[str, Any]]:
    return [
        {
            "kind": booking["kind"],
            "resource_id": booking["resource_id"],
            "slot": slot,
            "booking_id": booking["id"],
        }
        for booking in bookings
        for slot in slots_of(claim.period)
    ]
