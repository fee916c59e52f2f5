"""Orders and their offers: the school that asks, and whoever is asked."""

from __future__ import annotations

from typing import Any

from chassis.access import sign_link
from chassis.envelope import Event
from chassis.tx import Tx

from notifications import directory, names
from notifications.messages import News, Office, tell
from notifications.rules.concerned import Hat, People, concerned
from notifications.rules.wording import Both, Wording, named, place
from notifications.tables import Offer, Order, Venue

UNMET = {
    "topic_missing": Both(zh="课程菜单里没有这个题目", en="the menu does not have this topic"),
    "no_candidate": Both(
        zh="没有能在这些时间讲这个题目的讲师", en="no lecturer can give this topic at these times"
    ),
    "all_refused": Both(zh="能请的讲师都没有接受", en="none of the lecturers who could be asked accepted"),
    "window_passed": Both(zh="可选的时间已经过去", en="the possible times have passed"),
}
WITHDRAWN = {
    "order_cancelled": Both(zh="对方取消了点单", en="the order was cancelled"),
    "time_taken": Both(zh="这段时间已另有安排", en="the time has been taken meanwhile"),
    "rules_changed": Both(zh="协议或规定有变动", en="the agreement or the rules have changed"),
}
UNMET_OTHERWISE = WITHDRAWN_OTHERWISE = Both(zh="情况有变", en="circumstances have changed")


def place_order(tx: Tx, *, office: Office, event: Event) -> None:
    """Remember who placed it and tell their colleagues."""
    placed = event.data
    tx.session.merge(Order(order_id=placed["order_id"], placed_by=placed["placed_by"], scheduled=False))
    wording = Wording(zone=office.zone, now=tx.now)
    facts = {
        "placer": names.person(tx, person_id=placed["placed_by"], otherwise=names.A_COLLEAGUE),
        "head_count": placed["head_count"],
        "windows": [wording.span(each["starts_at"], each["ends_at"]) for each in placed["windows"]],
    }
    _tell_school(tx, office=office, event=event, kind="order.placed", facts=facts, actor=placed["placed_by"])


def leave_unmet(tx: Tx, *, office: Office, event: Event) -> None:
    """Tell the school that nobody is left to ask, and why."""
    facts = {
        "reason": UNMET.get(event.data["reason"], UNMET_OTHERWISE),
        "asked_count": event.data["asked"],
    }
    _tell_school(tx, office=office, event=event, kind="order.unmet", facts=facts)


def schedule(tx: Tx, *, event: Event) -> None:
    """Remember that the order became a session, whose events tell everything from now on."""
    order = tx.session.get(Order, event.data["order_id"])
    if order is not None:
        order.scheduled = True


def cancel(tx: Tx, *, office: Office, event: Event) -> None:
    """Tell the school, unless the order had a session: then the session's own event does."""
    order = tx.session.get(Order, event.data["order_id"])
    if order is None or not order.scheduled:
        facts = {"reason": event.data["reason"]}
        _tell_school(tx, office=office, event=event, kind="order.cancelled", facts=facts, actor=event.actor)


def make_offer(tx: Tx, *, office: Office, event: Event) -> None:
    """Ask the lending unit's liaisons where they decide, else the lecturer."""
    made = event.data
    asked = Hat.LIAISON if made["needs_approval"] else Hat.LECTURER
    tx.session.merge(
        Offer(
            offer_id=made["offer_id"],
            asked=asked,
            venue_id=made["venue_id"],
            online=made["online"],
        )
    )
    _tell_about_offer(
        tx, office=office, event=event, kind="offer.made", asked=asked, facts=_asking(tx, office, event)
    )


def approve_offer(tx: Tx, *, office: Office, event: Event) -> None:
    """The liaison agreed: now ask the lecturer."""
    offer = tx.session.get(Offer, event.data["offer_id"])
    if offer is not None:
        offer.asked = Hat.LECTURER
    _tell_about_offer(tx, office=office, event=event, kind="offer.approved", facts=_asking(tx, office, event))


def answer_no(tx: Tx, *, office: Office, event: Event, kind: str) -> None:
    """The liaison refused or the lecturer declined: tell the school that asks."""
    facts = {"reason": event.data["reason"]}
    _tell_about_offer(tx, office=office, event=event, kind=kind, facts=facts)


def lapse_offer(tx: Tx, *, office: Office, event: Event) -> None:
    """Tell the school, and those who did not answer in time."""
    late = Hat(event.data["waiting_for"])
    _tell_about_offer(
        tx, office=office, event=event, kind="offer.lapsed", asked=late, facts={"late": str(late)}
    )


def withdraw_offer(tx: Tx, *, office: Office, event: Event) -> None:
    """Tell whoever was considering it that the question no longer stands."""
    offer = tx.session.get(Offer, event.data["offer_id"])
    asked = Hat(offer.asked) if offer is not None else Hat.LECTURER
    facts = {"reason": WITHDRAWN.get(event.data["reason"], WITHDRAWN_OTHERWISE)}
    _tell_about_offer(tx, office=office, event=event, kind="offer.withdrawn", asked=asked, facts=facts)


def _asking(tx: Tx, office: Office, event: Event) -> dict[str, Any]:
    """What one must know to answer an offer: until when, and where it would be."""
    offer = tx.session.get(Offer, event.data["offer_id"])
    venue = tx.session.get(Venue, offer.venue_id) if offer is not None and offer.venue_id else None
    where = place(
        online=offer.online if offer is not None else None,
        venue_name=venue.name if venue is not None else "",
        address=venue.address if venue is not None else "",
    )
    deadline = Wording(zone=office.zone, now=tx.now).moment(event.data["deadline"])
    return {"deadline": deadline, "place": where}


def _school(tx: Tx, *, event: Event) -> frozenset[str]:
    """The school's staff and the one who placed the order, who may be a liaison."""
    order = tx.session.get(Order, event.data["order_id"])
    placer = {order.placed_by} if order is not None and order.placed_by is not None else set()
    return directory.staff_of(tx, organisation_id=event.data["organisation_id"]) | placer


def _tell_school(
    tx: Tx, *, office: Office, event: Event, kind: str, facts: dict[str, Any], actor: str | None = None
) -> None:
    host = names.organisation(tx, organisation_id=event.data["organisation_id"])
    news = News(
        kind=kind,
        occasion=event.id,
        facts={"title": named(event.data["title"]), "host": host, **facts},
        links={Hat.STAFF: f"/orders/{event.data['order_id']}"},
    )
    people = People(staff=_school(tx, event=event), actor=actor)
    tell(tx, office=office, news=news, told=concerned(kind=kind, people=people))


def _tell_about_offer(
    tx: Tx, *, office: Office, event: Event, kind: str, facts: dict[str, Any], asked: Hat = Hat.LECTURER
) -> None:
    offer = event.data
    news = News(
        kind=kind,
        occasion=event.id,
        facts={
            "title": named(offer["title"]),
            "host": names.organisation(tx, organisation_id=offer["organisation_id"]),
            "lender": names.organisation(tx, organisation_id=offer["lender_id"]),
            "lecturer": names.person(tx, person_id=offer["lecturer_id"], otherwise=names.A_LECTURER),
            "when": Wording(zone=office.zone, now=tx.now).span(offer["starts_at"], offer["ends_at"]),
            **facts,
        },
        links=_offer_links(office, kind=kind, offer=offer),
    )
    people = People(
        lecturer=offer["lecturer_id"],
        liaisons=directory.liaisons_of(tx, organisation_id=offer["lender_id"]),
        staff=_school(tx, event=event),
        asked=asked,
    )
    tell(tx, office=office, news=news, told=concerned(kind=kind, people=people))


def _offer_links(office: Office, *, kind: str, offer: dict[str, Any]) -> dict[Hat, str]:
    """The lecturer answers by a signed link without login, as long as there is something to answer."""
    page = f"/offers/{offer['offer_id']}"
    lecturer = page
    if kind in {"offer.made", "offer.approved"}:
        token = sign_link("offer", offer["offer_id"], offer["lecturer_id"], secret=office.secret)
        lecturer = f"/o/{token}"
    return {Hat.LECTURER: lecturer, Hat.LIAISON: page, Hat.STAFF: f"/orders/{offer['order_id']}"}
