"""The enrollment service: seats, waiting lists, attendance, study hours."""

from __future__ import annotations

import secrets
from typing import Any

from chassis.access import SYSTEM
from chassis.command import Messaging, StoreProvider, command, every, handles, query
from chassis.config import Settings
from chassis.envelope import Event
from chassis.tx import Tx
from contracts.directory import events as directory
from contracts.enrollment import rpc
from contracts.errors import Refusal
from contracts.scheduling import events as scheduling

from chassis import log
from enrollment import attendance, members, queries, seats, sessions, waiting


class EnrollmentService:
    """Owns who sits where: no seat is sold twice, nobody sits in two places at once."""

    name = "enrollment"
    store = StoreProvider("enrollment")
    messaging = Messaging()
    settings: Settings

    @command(rpc.ENROL)
    def enrol(self, tx: Tx, request: dict[str, Any]) -> dict[str, Any]:
        return seats.enrol(tx, **request)

    @command(rpc.CANCEL_SEAT)
    def cancel_seat(self, tx: Tx, request: dict[str, Any]) -> dict[str, Any]:
        return seats.cancel_seat(tx, **request)

    @command(rpc.CHECK_IN)
    def check_in(self, tx: Tx, request: dict[str, Any]) -> dict[str, Any] | Refusal:
        return attendance.check_in(tx, **request, zone=self.settings.timezone)

    @command(rpc.CHECK_IN_MEMBER)
    def check_in_member(self, tx: Tx, request: dict[str, Any]) -> dict[str, Any]:
        return attendance.check_in_member(tx, **request, zone=self.settings.timezone)

    @command(rpc.SET_SHARES)
    def set_shares(self, tx: Tx, request: dict[str, Any]) -> dict[str, Any]:
        sessions.set_shares(tx, **request)
        return queries.door(tx, session_id=request["session_id"])

    @query(rpc.DOOR)
    def door(self, tx: Tx, request: dict[str, Any]) -> dict[str, Any]:
        return queries.door(tx, **request)

    @query(rpc.MY_SEAT)
    def my_seat(self, tx: Tx, request: dict[str, Any]) -> dict[str, Any]:
        return queries.my_seat(tx, **request)

    @handles(directory.PERSON_LISTED)
    def list_member(self, tx: Tx, event: Event) -> None:
        person = {key: value for key, value in event.data.items() if key != "memberships"}
        members.list_member(tx, **person)

    @handles(scheduling.SESSION_SCHEDULED)
    def open_session(self, tx: Tx, event: Event) -> None:
        booked = event.data
        sessions.open_session(
            tx,
            session_id=booked["session_id"],
            host_id=booked["organisation_id"],
            district_id=booked["district_id"],
            lecturer_id=booked["lecturer_id"],
            title=booked["title"],
            starts_at=booked["starts_at"],
            ends_at=booked["ends_at"],
            capacity=booked["capacity"],
            shares=[(share["organisation_id"], share["seats"]) for share in booked["shares"]],
            check_in_code=f"{secrets.randbelow(1_000_000):06}",
        )

    @handles(scheduling.SESSION_RESCHEDULED)
    def move_session(self, tx: Tx, event: Event) -> None:
        moved = event.data
        sessions.move_session(
            tx,
            session_id=moved["session_id"],
            title=moved["title"],
            starts_at=moved["starts_at"],
            ends_at=moved["ends_at"],
        )

    @handles(scheduling.SESSION_CANCELLED)
    def cancel_session(self, tx: Tx, event: Event) -> None:
        sessions.cancel_session(tx, session_id=event.data["session_id"])

    @handles(scheduling.SESSION_HELD)
    def hold_session(self, tx: Tx, event: Event) -> None:
        sessions.hold_session(tx, session_id=event.data["session_id"], zone=self.settings.timezone)

    @every(seconds=60)
    def move_up_late(self) -> None:
        """Seat those who were passed over while busy elsewhere and no longer are."""
        with self.store.transaction(actor=SYSTEM) as tx:
            waiting.move_up_late(tx)

    @every(seconds=3600)
    def count_again(self) -> None:
        """Say it loudly should the counters of a session ever differ from its seats."""
        with self.store.reading(actor=SYSTEM) as tx:
            wrong = sessions.miscounted(tx)
        if wrong:
            log.get(__name__).error("seats.miscounted", sessions=wrong)
