"""One question at a time: an order's offers, from the asking to the answer.

Every function works with the order's row locked, so that two answers, an answer and the clock, or an answer
and a cancellation come one after the other. Whoever is late gets a polite no, and the next one is asked in
the same transaction. A refusal that has such an effect is returned and not raised: the effect stays.
"""

from __future__ import annotations

from typing import Any

from chassis.tx import Tx
from contracts.errors import NotAllowed, NotFound, Refusal
from contracts.scheduling import events
from sqlalchemy import func, select

from scheduling import access
from scheduling.booking.refusals import CannotBeBooked
from scheduling.orders import candidates, outcomes
from scheduling.orders.answers import offer_answer, offer_facts
from scheduling.orders.refusals import (
    OfferAwaitsApproval,
    OfferHasLapsed,
    OfferWasAccepted,
    OfferWasApproved,
    OfferWasDeclined,
    OfferWasRefused,
    OfferWasWithdrawn,
)
from scheduling.rules.deadlines import is_late, offer_deadline
from scheduling.rules.matching import Candidate
from scheduling.sessions.booking import book_session
from scheduling.tables import Offer, Order, Organisation

AWAITING, OFFERED = "awaiting_approval", "offered"
OPEN = (AWAITING, OFFERED)
_CLOSED: dict[str, type[Refusal]] = {
    "accepted": OfferWasAccepted,
    "declined": OfferWasDeclined,
    "refused": OfferWasRefused,
    "lapsed": OfferHasLapsed,
    "withdrawn": OfferWasWithdrawn,
}


def get_offer(tx: Tx, *, offer_id: str) -> dict[str, Any]:
    offer, order = _find(tx, offer_id=offer_id)
    _refuse_strangers(tx, offer=offer, order=order)
    return offer_answer(offer, order=order)


def ask_next(tx: Tx, *, order: Order) -> Offer | None:
    """Ask the next candidate of a locked order; when nobody is left, the order is unmet."""
    asked = tx.session.scalar(select(func.count()).where(Offer.order_id == order.id)) or 0
    found = candidates.next_candidate(tx, order=order)
    if found is None:
        reason = "all_refused" if asked else "no_candidate"
        if _all_passed(tx, order=order):
            reason = "window_passed"
        outcomes.mark_unmet(tx, order=order, reason=reason, asked=asked)
        return None
    return _make(tx, order=order, candidate=found, rank=asked + 1)


def approve_offer(tx: Tx, *, offer_id: str) -> dict[str, Any] | Refusal:
    """The lending unit agrees; the lecturer has the word. A second time changes nothing."""
    offer, order = _locked(tx, offer_id=offer_id)
    _needs_liaison(tx, offer=offer, order=order)
    if offer.state in ("refused", "lapsed", "withdrawn"):
        raise _CLOSED[offer.state]()
    if offer.state != AWAITING:
        return offer_answer(offer, order=order)
    if is_late(now=tx.now, deadline=offer.deadline):
        return lapse(tx, offer=offer, order=order)
    offer.state, offer.approved_at = OFFERED, tx.now
    offer.deadline = offer_deadline(now=tx.now, starts_at=offer.starts_at)
    _announce(tx, events.OFFER_APPROVED, offer=offer, order=order, facts={"deadline": offer.deadline})
    return offer_answer(offer, order=order)


def refuse_offer(tx: Tx, *, offer_id: str, reason: str) -> dict[str, Any] | Refusal:
    """The lending unit does not agree; the next one is asked. A second time changes nothing."""
    offer, order = _locked(tx, offer_id=offer_id)
    _needs_liaison(tx, offer=offer, order=order)
    if offer.state == "refused":
        return offer_answer(offer, order=order)
    if offer.state == OFFERED:
        raise OfferWasApproved()
    _refuse_closed(offer)
    if is_late(now=tx.now, deadline=offer.deadline):
        return lapse(tx, offer=offer, order=order)
    _close(tx, offer=offer, state="refused", reason=reason)
    _announce(tx, events.OFFER_REFUSED, offer=offer, order=order, facts={"reason": reason})
    ask_next(tx, order=order)
    return offer_answer(offer, order=order)


def accept_offer(tx: Tx, *, offer_id: str) -> dict[str, Any] | Refusal:
    """The lecturer says yes: the session is booked, or somebody was faster. Twice is one acceptance."""
    offer, order = _locked(tx, offer_id=offer_id)
    _needs_lecturer(tx, offer=offer, order=order)
    if offer.state == "accepted":
        return offer_answer(offer, order=order)
    _refuse_closed(offer)
    if offer.state == AWAITING:
        raise OfferAwaitsApproval()
    if is_late(now=tx.now, deadline=offer.deadline):
        return lapse(tx, offer=offer, order=order)
    try:
        session = book_session(tx, order=order, offer=offer)
    except CannotBeBooked as taken:
        withdraw(tx, offer=offer, order=order, reason=taken.withdraws)
        ask_next(tx, order=order)
        return taken
    offer.session_id = session.id
    _close(tx, offer=offer, state="accepted", reason="")
    _announce(tx, events.OFFER_ACCEPTED, offer=offer, order=order, facts={"session_id": session.id})
    outcomes.mark_scheduled(tx, order=order, session_id=session.id, lecturer_id=offer.lecturer_id)
    return offer_answer(offer, order=order)


def decline_offer(tx: Tx, *, offer_id: str, reason: str) -> dict[str, Any] | Refusal:
    """The lecturer says no; the next one is asked. A second time changes nothing."""
    offer, order = _locked(tx, offer_id=offer_id)
    _needs_lecturer(tx, offer=offer, order=order)
    if offer.state == "declined":
        return offer_answer(offer, order=order)
    _refuse_closed(offer)
    if offer.state == AWAITING:
        raise OfferAwaitsApproval()
    if is_late(now=tx.now, deadline=offer.deadline):
        return lapse(tx, offer=offer, order=order)
    _close(tx, offer=offer, state="declined", reason=reason)
    _announce(tx, events.OFFER_DECLINED, offer=offer, order=order, facts={"reason": reason})
    ask_next(tx, order=order)
    return offer_answer(offer, order=order)


def open_offer(tx: Tx, *, order: Order) -> Offer | None:
    """The offer of a locked order that waits for an answer."""
    return tx.session.scalar(select(Offer).where(Offer.order_id == order.id, Offer.state.in_(OPEN)))


def withdraw(tx: Tx, *, offer: Offer, order: Order, reason: str) -> None:
    """Take the question back."""
    _close(tx, offer=offer, state="withdrawn", reason="")
    _announce(tx, events.OFFER_WITHDRAWN, offer=offer, order=order, facts={"reason": reason})


def lapse(tx: Tx, *, offer: Offer, order: Order) -> OfferHasLapsed:
    """Nobody answered in time: ask the next one, and tell so whoever comes late."""
    waiting_for = "liaison" if offer.state == AWAITING else "lecturer"
    _close(tx, offer=offer, state="lapsed", reason="")
    _announce(tx, events.OFFER_LAPSED, offer=offer, order=order, facts={"waiting_for": waiting_for})
    ask_next(tx, order=order)
    return OfferHasLapsed()


def due_offers(tx: Tx, *, limit: int = 100) -> list[str]:
    """Open offers whose deadline has passed."""
    query = (
        select(Offer.id)
        .where(Offer.state.in_(OPEN), Offer.deadline <= tx.now)
        .order_by(Offer.deadline, Offer.id)
        .limit(limit)
    )
    return list(tx.session.scalars(query))


def lapse_if_due(tx: Tx, *, offer_id: str) -> bool:
    """Lapse one of them, unless somebody else is at its order or was faster."""
    order_id = select(Offer.order_id).where(Offer.id == offer_id).scalar_subquery()
    order = tx.session.scalar(select(Order).where(Order.id == order_id).with_for_update(skip_locked=True))
    if order is None:
        return False
    offer = tx.lock(Offer, [offer_id])[offer_id]
    if offer.state not in OPEN or not is_late(now=tx.now, deadline=offer.deadline):
        return False
    lapse(tx, offer=offer, order=order)
    return True


def _make(tx: Tx, *, order: Order, candidate: Candidate, rank: int) -> Offer:
    offer = Offer(
        id=tx.new_id(),
        order_id=order.id,
        organisation_id=order.organisation_id,
        lender_id=candidate.organisation_id,
        lecturer_id=candidate.lecturer_id,
        agreement_id=candidate.terms.agreement_id if candidate.terms else None,
        rank=rank,
        state=AWAITING if candidate.needs_approval else OFFERED,
        starts_at=candidate.period.starts_at,
        ends_at=candidate.period.ends_at,
        deadline=offer_deadline(now=tx.now, starts_at=candidate.period.starts_at),
        reason="",
        made_at=tx.now,
    )
    tx.session.add(offer)
    tx.session.flush()
    facts = {
        "agreement_id": offer.agreement_id,
        "rank": rank,
        "venue_id": order.venue_id,
        "online": order.online,
        "needs_approval": candidate.needs_approval,
        "deadline": offer.deadline,
    }
    _announce(tx, events.OFFER_MADE, offer=offer, order=order, facts=facts)
    return offer


def _all_passed(tx: Tx, *, order: Order) -> bool:
    """Whether no window has room left before its end."""
    windows = candidates.windows_of(tx, order=order)
    return all((window.ends_at - tx.now).total_seconds() <= order.duration_minutes * 60 for window in windows)


def _close(tx: Tx, *, offer: Offer, state: str, reason: str) -> None:
    offer.state, offer.reason, offer.answered_at = state, reason, tx.now
    tx.session.flush()


def _announce(tx: Tx, event: Any, *, offer: Offer, order: Order, facts: dict[str, Any]) -> None:
    tx.record(
        event,
        aggregate=order.id,
        organisation=order.organisation_id,
        district=order.district_id,
        data={**offer_facts(offer, order=order), **facts},
    )


def _find(tx: Tx, *, offer_id: str) -> tuple[Offer, Order]:
    offer = tx.session.get(Offer, offer_id)
    order = tx.session.get(Order, offer.order_id) if offer else None
    if offer is None or order is None:
        raise NotFound()
    return offer, order


def _locked(tx: Tx, *, offer_id: str) -> tuple[Offer, Order]:
    """The order's lock is the lock of all its offers."""
    order_id = tx.session.scalar(select(Offer.order_id).where(Offer.id == offer_id))
    if order_id is None:
        raise NotFound()
    order = tx.lock(Order, [order_id])[order_id]
    return tx.lock(Offer, [offer_id])[offer_id], order


def _refuse_closed(offer: Offer) -> None:
    if offer.state not in OPEN:
        raise _CLOSED[offer.state]()


def _needs_liaison(tx: Tx, *, offer: Offer, order: Order) -> None:
    if access.holds(
        tx,
        roles=access.APPROVING,
        organisation_id=offer.lender_id,
        district_id=_district_of_lender(tx, offer=offer),
    ):
        return
    _refuse_strangers(tx, offer=offer, order=order)
    raise NotAllowed()


def _needs_lecturer(tx: Tx, *, offer: Offer, order: Order) -> None:
    actor = tx.actor
    if actor.person_id is not None and actor.person_id == offer.lecturer_id:
        return
    _refuse_strangers(tx, offer=offer, order=order)
    raise NotAllowed()


def _refuse_strangers(tx: Tx, *, offer: Offer, order: Order) -> None:
    """An offer is seen by its lecturer, the lending unit and the asking school; by nobody else."""
    actor = tx.actor
    if actor.person_id is not None and actor.person_id == offer.lecturer_id:
        return
    sides = (
        (offer.lender_id, _district_of_lender(tx, offer=offer)),
        (offer.organisation_id, order.district_id),
    )
    if not any(
        access.holds(tx, roles=access.READING, organisation_id=organisation_id, district_id=district_id)
        for organisation_id, district_id in sides
    ):
        raise NotFound()


def _district_of_lender(tx: Tx, *, offer: Offer) -> str | None:
    lender = tx.session.get(Organisation, offer.lender_id)
    return lender.district_id if lender else None
