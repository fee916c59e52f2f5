"""The process behind the read model: it hears every service, and it relays what the directory announces."""

from __future__ import annotations

from chassis.command import Messaging, StoreProvider, handles
from chassis.envelope import Event
from chassis.tx import Tx
from contracts.directory import events as directory_events
from contracts.enrollment import events as enrollment
from contracts.feedback import events as feedback
from contracts.notifications import events as notifications
from contracts.scheduling import events as scheduling

from gateway.views.projections import evaluations, menu, messages, orders, organisations, seats, sessions


class ViewsService:
    """Writes the views from events; it answers no calls, pages read its database themselves."""

    name = "gateway"
    store = StoreProvider("views")
    directory = StoreProvider("directory")
    messaging = Messaging(relays=("directory",), hears_pulses=True, together=50)

    @handles(directory_events.ORGANISATION_LISTED)
    def list_organisation(self, tx: Tx, event: Event) -> None:
        organisations.list_organisation(tx, event)

    @handles(directory_events.PERSON_LISTED)
    def list_person(self, tx: Tx, event: Event) -> None:
        organisations.list_person(tx, event)

    @handles(scheduling.TOPIC_LISTED)
    def list_topic(self, tx: Tx, event: Event) -> None:
        menu.list_topic(tx, event)

    @handles(scheduling.LECTURER_LISTED)
    def list_lecturer(self, tx: Tx, event: Event) -> None:
        menu.list_lecturer(tx, event)

    @handles(scheduling.VENUE_LISTED)
    def list_venue(self, tx: Tx, event: Event) -> None:
        menu.list_venue(tx, event)

    @handles(scheduling.GROUP_LISTED)
    def list_group(self, tx: Tx, event: Event) -> None:
        menu.list_group(tx, event)

    @handles(scheduling.AGREEMENT_LISTED)
    def list_agreement(self, tx: Tx, event: Event) -> None:
        menu.list_agreement(tx, event)

    @handles(scheduling.ORDER_PLACED)
    def place_order(self, tx: Tx, event: Event) -> None:
        orders.place(tx, event)

    @handles(scheduling.ORDER_DISPATCHED)
    def dispatch_order(self, tx: Tx, event: Event) -> None:
        orders.dispatch(tx, event)

    @handles(scheduling.ORDER_UNMET)
    def leave_order_unmet(self, tx: Tx, event: Event) -> None:
        orders.leave_unmet(tx, event)

    @handles(scheduling.ORDER_SCHEDULED)
    def schedule_order(self, tx: Tx, event: Event) -> None:
        orders.schedule(tx, event)

    @handles(scheduling.ORDER_CANCELLED)
    def cancel_order(self, tx: Tx, event: Event) -> None:
        orders.cancel(tx, event)

    @handles(scheduling.ORDER_DELIVERED)
    def deliver_order(self, tx: Tx, event: Event) -> None:
        orders.deliver(tx, event)

    @handles(scheduling.OFFER_MADE)
    def make_offer(self, tx: Tx, event: Event) -> None:
        orders.make_offer(tx, event)

    @handles(scheduling.OFFER_APPROVED)
    def approve_offer(self, tx: Tx, event: Event) -> None:
        orders.approve_offer(tx, event)

    @handles(scheduling.OFFER_REFUSED)
    def refuse_offer(self, tx: Tx, event: Event) -> None:
        orders.refuse_offer(tx, event)

    @handles(scheduling.OFFER_ACCEPTED)
    def accept_offer(self, tx: Tx, event: Event) -> None:
        orders.accept_offer(tx, event)

    @handles(scheduling.OFFER_DECLINED)
    def decline_offer(self, tx: Tx, event: Event) -> None:
        orders.decline_offer(tx, event)

    @handles(scheduling.OFFER_LAPSED)
    def lapse_offer(self, tx: Tx, event: Event) -> None:
        orders.lapse_offer(tx, event)

    @handles(scheduling.OFFER_WITHDRAWN)
    def withdraw_offer(self, tx: Tx, event: Event) -> None:
        orders.withdraw_offer(tx, event)

    @handles(scheduling.SESSION_SCHEDULED)
    def schedule_session(self, tx: Tx, event: Event) -> None:
        sessions.schedule(tx, event)

    @handles(scheduling.SESSION_RESCHEDULED)
    def reschedule_session(self, tx: Tx, event: Event) -> None:
        sessions.reschedule(tx, event)

    @handles(scheduling.SESSION_CANCELLED)
    def cancel_session(self, tx: Tx, event: Event) -> None:
        sessions.cancel(tx, event)

    @handles(scheduling.SESSION_HELD)
    def hold_session(self, tx: Tx, event: Event) -> None:
        sessions.hold(tx, event)

    @handles(enrollment.SEAT_CONFIRMED)
    def confirm_seat(self, tx: Tx, event: Event) -> None:
        seats.confirm(tx, event)

    @handles(enrollment.SEAT_WAITLISTED)
    def waitlist_seat(self, tx: Tx, event: Event) -> None:
        seats.waitlist(tx, event)

    @handles(enrollment.SEAT_PROMOTED)
    def promote_seat(self, tx: Tx, event: Event) -> None:
        seats.promote(tx, event)

    @handles(enrollment.SEAT_CANCELLED)
    def cancel_seat(self, tx: Tx, event: Event) -> None:
        seats.cancel(tx, event)

    @handles(enrollment.ATTENDANCE_RECORDED)
    def record_attendance(self, tx: Tx, event: Event) -> None:
        seats.attend(tx, event)

    @handles(enrollment.ATTENDANCE_MISSED)
    def record_absence(self, tx: Tx, event: Event) -> None:
        seats.miss(tx, event)

    @handles(enrollment.HOURS_CREDITED)
    def credit_hours(self, tx: Tx, event: Event) -> None:
        seats.credit(tx, event)

    @handles(feedback.FORM_OPENED)
    def open_form(self, tx: Tx, event: Event) -> None:
        evaluations.open_form(tx, event)

    @handles(feedback.FORM_CLOSED)
    def close_form(self, tx: Tx, event: Event) -> None:
        evaluations.close_form(tx, event)

    @handles(feedback.RESULT_PUBLISHED)
    def publish_result(self, tx: Tx, event: Event) -> None:
        evaluations.publish_result(tx, event)

    @handles(notifications.MESSAGE_QUEUED)
    def queue_message(self, tx: Tx, event: Event) -> None:
        messages.queue(tx, event)

    @handles(notifications.MESSAGE_READ)
    def read_message(self, tx: Tx, event: Event) -> None:
        messages.read(tx, event)
