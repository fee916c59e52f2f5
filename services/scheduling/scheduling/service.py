"""The scheduling service: what it answers, what it hears, what it does on time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chassis.access import SYSTEM
from chassis.command import Messaging, StoreProvider, command, every, handles, query
from chassis.envelope import Event
from chassis.tx import Tx
from contracts.directory import events as directory
from contracts.errors import Refusal
from contracts.feedback import events as feedback
from contracts.scheduling import rpc

from chassis import log
from scheduling.importing import imports
from scheduling.lecturers import free_busy, ratings
from scheduling.orders import offers, orders
from scheduling.register import directory as register
from scheduling.sessions import sessions

Answer = dict[str, Any]


class SchedulingService:
    """Lecturers, course menu, sharing agreements, orders, offers and sessions."""

    name = "scheduling"
    store = StoreProvider("scheduling")
    messaging = Messaging()

    @command(rpc.PLACE_ORDER)
    def place_order(self, tx: Tx, request: dict[str, Any]) -> Answer:
        return orders.place_order(tx, **request)

    @command(rpc.DISPATCH_ORDER)
    def dispatch_order(self, tx: Tx, request: dict[str, Any]) -> Answer:
        return orders.dispatch_order(tx, **request)

    @command(rpc.CANCEL_ORDER)
    def cancel_order(self, tx: Tx, request: dict[str, Any]) -> Answer:
        return orders.cancel_order(tx, **request)

    @query(rpc.GET_ORDER)
    def get_order(self, tx: Tx, request: dict[str, Any]) -> Answer:
        return orders.get_order(tx, **request)

    @query(rpc.SUGGEST)
    def suggest(self, tx: Tx, request: dict[str, Any]) -> Answer:
        return orders.suggest(tx, **request)

    @command(rpc.APPROVE_OFFER)
    def approve_offer(self, tx: Tx, request: dict[str, Any]) -> Answer | Refusal:
        return offers.approve_offer(tx, **request)

    @command(rpc.REFUSE_OFFER)
    def refuse_offer(self, tx: Tx, request: dict[str, Any]) -> Answer | Refusal:
        return offers.refuse_offer(tx, **request)

    @command(rpc.ACCEPT_OFFER)
    def accept_offer(self, tx: Tx, request: dict[str, Any]) -> Answer | Refusal:
        return offers.accept_offer(tx, **request)

    @command(rpc.DECLINE_OFFER)
    def decline_offer(self, tx: Tx, request: dict[str, Any]) -> Answer | Refusal:
        return offers.decline_offer(tx, **request)

    @query(rpc.GET_OFFER)
    def get_offer(self, tx: Tx, request: dict[str, Any]) -> Answer:
        return offers.get_offer(tx, **request)

    @query(rpc.GET_SESSION)
    def get_session(self, tx: Tx, request: dict[str, Any]) -> Answer:
        return sessions.get_session(tx, **request)

    @command(rpc.RESCHEDULE_SESSION)
    def reschedule_session(self, tx: Tx, request: dict[str, Any]) -> Answer:
        return sessions.reschedule_session(tx, **request)

    @command(rpc.CANCEL_SESSION)
    def cancel_session(self, tx: Tx, request: dict[str, Any]) -> Answer:
        return sessions.cancel_session(tx, **request)

    @command(rpc.HOLD_SESSION)
    def hold_session(self, tx: Tx, request: dict[str, Any]) -> Answer:
        return sessions.hold_session(tx, **request)

    @query(rpc.FREE_BUSY)
    def free_busy(self, tx: Tx, request: dict[str, Any]) -> Answer:
        return free_busy.free_busy(tx, **request)

    @command(rpc.IMPORT_ROWS)
    def import_rows(self, tx: Tx, request: dict[str, Any]) -> Answer:
        return imports.import_rows(tx, **request)

    @handles(feedback.RESULT_PUBLISHED)
    def take_result(self, tx: Tx, event: Event) -> None:
        told = event.data
        ratings.take_result(
            tx,
            session_id=told["session_id"],
            lecturer_id=told["lecturer_id"],
            answers=told["answers"],
            overall=told["overall"],
        )

    @handles(directory.ORGANISATION_LISTED)
    def take_organisation(self, tx: Tx, event: Event) -> None:
        told = event.data
        register.take_organisation(
            tx,
            organisation_id=told["organisation_id"],
            district_id=told["district_id"],
            parent_id=told["parent_id"],
            latitude=told["latitude"],
            longitude=told["longitude"],
        )

    @handles(directory.PERSON_LISTED)
    def take_person(self, tx: Tx, event: Event) -> None:
        register.take_person(tx, person_id=event.data["person_id"], active=event.data["active"])

    @every(seconds=5)
    def lapse_offers(self) -> None:
        """Ask the next candidate where nobody answered in time."""
        self._each(offers.due_offers, lambda tx, id_: offers.lapse_if_due(tx, offer_id=id_))

    @every(seconds=30)
    def hold_sessions(self) -> None:
        """Confirm sessions that ended a while ago."""
        self._each(sessions.due_sessions, lambda tx, id_: sessions.hold_if_due(tx, session_id=id_))

    def _each(self, due: Callable[[Tx], list[str]], do: Callable[[Tx, str], bool]) -> None:
        """Each in a transaction of its own: one that fails is logged and holds up no other."""
        with self.store.reading(actor=SYSTEM) as tx:
            ids = due(tx)
        for id_ in ids:
            try:
                with self.store.transaction(actor=SYSTEM) as tx:
                    do(tx, id_)
            except Exception:  # noqa: BLE001 - the timer comes again, and the others are due as well
                log.get(__name__).exception("timer.failed", service=self.name, id=id_)
