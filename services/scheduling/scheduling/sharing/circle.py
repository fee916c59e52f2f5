"""Who lends to whom: from whose lecturers, places and topics an organisation may choose."""

from __future__ import annotations

from chassis.tx import Tx
from contracts.errors import NotFound
from sqlalchemy import select

from scheduling import calendar
from scheduling.register.directory import family
from scheduling.rules.periods import local_day
from scheduling.tables import Agreement, AudienceGroup, Lecturer, Topic, Venue


def agreements_of(tx: Tx, *, borrower_id: str) -> list[Agreement]:
    """Every agreement under which others lend to an organisation, those that have ended too."""
    query = select(Agreement).where(Agreement.borrower_id == borrower_id).order_by(Agreement.id)
    return list(tx.session.scalars(query))


def lenders_of(tx: Tx, *, borrower_id: str) -> set[str]:
    """Who lends to an organisation, now or from some later day on."""
    today = local_day(tx.now, zone=calendar.zone())
    return {
        agreement.lender_id
        for agreement in agreements_of(tx, borrower_id=borrower_id)
        if agreement.ends_on >= today
    }


def may_ask_for(tx: Tx, *, lecturer: Lecturer, organisation_id: str) -> bool:
    """Whether an organisation may ask for a lecturer: its own, or lent to it."""
    own = lecturer.organisation_id == organisation_id
    return own or lecturer.organisation_id in lenders_of(tx, borrower_id=organisation_id)


def topic_for(tx: Tx, *, topic_id: str, organisation_id: str, district_id: str) -> Topic:
    """A topic of the district's menu, or of a lender's; another one is not there."""
    topic = tx.session.get(Topic, topic_id)
    if topic is None:
        raise NotFound()
    if topic.district_id != district_id and topic.organisation_id not in lenders_of(
        tx, borrower_id=organisation_id
    ):
        raise NotFound()
    return topic


def venue_for(tx: Tx, *, venue_id: str, organisation_id: str) -> Venue:
    """A venue that an organisation may book: its own, its parent's, its children's, or a lender's."""
    venue = tx.session.get(Venue, venue_id)
    if venue is None:
        raise NotFound()
    if venue.organisation_id != organisation_id:
        parent_id, children = family(tx, organisation_id=organisation_id)
        lenders = lenders_of(tx, borrower_id=organisation_id)
        if venue.organisation_id not in {parent_id, *children, *lenders}:
            raise NotFound()
    return venue


def group_for(tx: Tx, *, group_id: str, organisation_id: str) -> AudienceGroup:
    """An audience group that an organisation may invite: its own or its children's."""
    group = tx.session.get(AudienceGroup, group_id)
    if group is None:
        raise NotFound()
    if group.organisation_id != organisation_id:
        _, children = family(tx, organisation_id=organisation_id)
        if group.organisation_id not in children:
            raise NotFound()
    return group
