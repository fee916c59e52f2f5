"""Orders and offers as others see them: the RPC's answers and the facts of events."""

from __future__ import annotations

from typing import Any

from chassis.tx import Tx
from sqlalchemy import select

from scheduling.rules.matching import Candidate, LeftOut, Ranked
from scheduling.rules.reasons import Reason
from scheduling.tables import Offer, Order, OrderWindow


def order_answer(tx: Tx, *, order: Order) -> dict[str, Any]:
    """An order with its windows, and its offers in the sequence of asking."""
    windows = tx.session.scalars(
        select(OrderWindow).where(OrderWindow.order_id == order.id).order_by(OrderWindow.position)
    )
    offers = tx.session.scalars(select(Offer).where(Offer.order_id == order.id).order_by(Offer.rank))
    return {
        "order_id": order.id,
        "organisation_id": order.organisation_id,
        "district_id": order.district_id,
        "topic_id": order.topic_id,
        "title": order.title,
        "form": order.form,
        "duration_minutes": order.duration_minutes,
        "windows": [{"starts_at": each.starts_at, "ends_at": each.ends_at} for each in windows],
        "online": order.online,
        "venue_id": order.venue_id,
        "group_id": order.group_id,
        "audience": order.audience,
        "head_count": order.head_count,
        "note": order.note,
        "state": order.state,
        "unmet_reason": order.unmet_reason,
        "session_id": order.session_id,
        "offers": [offer_answer(offer, order=order) for offer in offers],
    }


def offer_answer(offer: Offer, *, order: Order) -> dict[str, Any]:
    return {
        **offer_facts(offer, order=order),
        "agreement_id": offer.agreement_id,
        "rank": offer.rank,
        "state": offer.state,
        "deadline": offer.deadline,
        "reason": offer.reason,
        "session_id": offer.session_id,
    }


def offer_facts(offer: Offer, *, order: Order) -> dict[str, Any]:
    """What every event of an offer tells."""
    return {
        "order_id": offer.order_id,
        "offer_id": offer.id,
        "organisation_id": offer.organisation_id,
        "lender_id": offer.lender_id,
        "lecturer_id": offer.lecturer_id,
        "title": order.title,
        "starts_at": offer.starts_at,
        "ends_at": offer.ends_at,
    }


def suggestions(ranked: Ranked) -> dict[str, Any]:
    return {
        "candidates": [_candidate(each) for each in ranked.candidates],
        "left_out": [_left_out(each) for each in ranked.left_out],
    }


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "lecturer_id": candidate.lecturer_id,
        "organisation_id": candidate.organisation_id,
        "agreement_id": candidate.terms.agreement_id if candidate.terms else None,
        "needs_approval": candidate.needs_approval,
        "starts_at": candidate.period.starts_at,
        "ends_at": candidate.period.ends_at,
        "score": candidate.score,
        "reasons": [_reason(reason) for reason in candidate.reasons],
    }


def _left_out(left_out: LeftOut) -> dict[str, Any]:
    return {
        "lecturer_id": left_out.lecturer_id,
        "organisation_id": left_out.organisation_id,
        "reasons": [_reason(reason) for reason in left_out.reasons],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "points": reason.points, "zh": reason.zh, "en": reason.en}
