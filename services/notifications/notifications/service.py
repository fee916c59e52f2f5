"""The notifications service: tells exactly those concerned, once, in their inbox and by e-mail."""

from __future__ import annotations

from typing import Any

from chassis.command import Messaging, StoreProvider, command, every, handles, query
from chassis.config import Settings
from chassis.envelope import Event
from chassis.tx import Tx
from contracts.directory import events as directory_events
from contracts.enrollment import events as enrollment
from contracts.feedback import events as feedback
from contracts.notifications import rpc
from contracts.scheduling import events as scheduling

from notifications import (
    contacts,
    directory,
    evaluations,
    installation,
    messages,
    orders,
    post,
    queries,
    seats,
    sessions,
    venues,
)


class NotificationsService:
    """Hears what happens and writes to those whom it concerns."""

    name = "notifications"
    store = StoreProvider("notifications")
    # Handlers lock no row that a command locks, so many events may share a transaction.
    messaging = Messaging(together=20)
    settings: Settings

    @property
    def office(self) -> messages.Office:
        return installation.office(self.settings)

    @query(rpc.INBOX)
    def inbox(self, tx: Tx, request: dict[str, Any]) -> dict[str, Any]:
        return queries.inbox(tx, **request)

    @command(rpc.MARK_READ)
    def mark_read(self, tx: Tx, request: dict[str, Any]) -> dict[str, Any]:
        return messages.mark_read(tx, **request)

    @command(rpc.IMPORT_ROWS)
    def import_rows(self, tx: Tx, request: dict[str, Any]) -> dict[str, Any]:
        return contacts.import_rows(tx, **request)

    @every(seconds=5)
    def send_mail(self) -> None:
        server = installation.mail_server(self.settings)
        if server is not None:
            post.send_due(store=self.store, server=server)

    @handles(directory_events.ORGANISATION_LISTED)
    def list_organisation(self, tx: Tx, event: Event) -> None:
        listed = event.data
        directory.list_organisation(
            tx,
            organisation_id=listed["organisation_id"],
            name=listed["name"],
            name_en=listed["name_en"],
        )

    @handles(directory_events.PERSON_LISTED)
    def list_person(self, tx: Tx, event: Event) -> None:
        listed = event.data
        directory.list_person(
            tx,
            person_id=listed["person_id"],
            district_id=listed["district_id"],
            active=listed["active"],
            memberships=listed["memberships"],
        )

    @handles(scheduling.VENUE_LISTED)
    def list_venue(self, tx: Tx, event: Event) -> None:
        listed = event.data
        venues.list_venue(tx, venue_id=listed["venue_id"], name=listed["name"], address=listed["address"])

    @handles(scheduling.ORDER_PLACED)
    def tell_order_placed(self, tx: Tx, event: Event) -> None:
        orders.place_order(tx, office=self.office, event=event)

    @handles(scheduling.ORDER_UNMET)
    def tell_order_unmet(self, tx: Tx, event: Event) -> None:
        orders.leave_unmet(tx, office=self.office, event=event)

    @handles(scheduling.ORDER_SCHEDULED)
    def note_order_scheduled(self, tx: Tx, event: Event) -> None:
        orders.schedule(tx, event=event)

    @handles(scheduling.ORDER_CANCELLED)
    def tell_order_cancelled(self, tx: Tx, event: Event) -> None:
        orders.cancel(tx, office=self.office, event=event)

    @handles(scheduling.OFFER_MADE)
    def tell_offer_made(self, tx: Tx, event: Event) -> None:
        orders.make_offer(tx, office=self.office, event=event)

    @handles(scheduling.OFFER_APPROVED)
    def tell_offer_approved(self, tx: Tx, event: Event) -> None:
        orders.approve_offer(tx, office=self.office, event=event)

    @handles(scheduling.OFFER_REFUSED)
    def tell_offer_refused(self, tx: Tx, event: Event) -> None:
        orders.answer_no(tx, office=self.office, event=event, kind="offer.refused")

    @handles(scheduling.OFFER_DECLINED)
    def tell_offer_declined(self, tx: Tx, event: Event) -> None:
        orders.answer_no(tx, office=self.office, event=event, kind="offer.declined")

    @handles(scheduling.OFFER_LAPSED)
    def tell_offer_lapsed(self, tx: Tx, event: Event) -> None:
        orders.lapse_offer(tx, office=self.office, event=event)

    @handles(scheduling.OFFER_WITHDRAWN)
    def tell_offer_withdrawn(self, tx: Tx, event: Event) -> None:
        orders.withdraw_offer(tx, office=self.office, event=event)

    @handles(scheduling.SESSION_SCHEDULED)
    def tell_session_scheduled(self, tx: Tx, event: Event) -> None:
        sessions.schedule(tx, office=self.office, event=event)

    @handles(scheduling.SESSION_RESCHEDULED)
    def tell_session_rescheduled(self, tx: Tx, event: Event) -> None:
        sessions.reschedule(tx, office=self.office, event=event)

    @handles(scheduling.SESSION_CANCELLED)
    def tell_session_cancelled(self, tx: Tx, event: Event) -> None:
        sessions.cancel(tx, office=self.office, event=event)

    @handles(enrollment.SEAT_CONFIRMED)
    def tell_seat_confirmed(self, tx: Tx, event: Event) -> None:
        seats.take(tx, office=self.office, event=event, kind="seat.confirmed")

    @handles(enrollment.SEAT_WAITLISTED)
    def tell_seat_waitlisted(self, tx: Tx, event: Event) -> None:
        seats.take(tx, office=self.office, event=event, kind="seat.waitlisted")

    @handles(enrollment.SEAT_PROMOTED)
    def tell_seat_promoted(self, tx: Tx, event: Event) -> None:
        seats.take(tx, office=self.office, event=event, kind="seat.promoted")

    @handles(enrollment.SEAT_CANCELLED)
    def tell_seat_cancelled(self, tx: Tx, event: Event) -> None:
        seats.give_back(tx, office=self.office, event=event)

    @handles(enrollment.ATTENDANCE_RECORDED)
    def note_attendance(self, tx: Tx, event: Event) -> None:
        seats.attend(tx, office=self.office, event=event)

    @handles(feedback.FORM_OPENED)
    def tell_form_opened(self, tx: Tx, event: Event) -> None:
        evaluations.open_form(tx, office=self.office, event=event)

    @handles(feedback.RESULT_PUBLISHED)
    def tell_result_published(self, tx: Tx, event: Event) -> None:
        evaluations.publish(tx, office=self.office, event=event)
