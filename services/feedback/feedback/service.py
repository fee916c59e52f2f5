"""The feedback service: evaluation forms, anonymous answers, results."""

from __future__ import annotations

import os
from functools import cached_property
from typing import Any

from chassis.access import SYSTEM
from chassis.command import Messaging, StoreProvider, command, every, handles, query
from chassis.envelope import Event
from chassis.tx import Tx
from contracts.enrollment import events as enrollment
from contracts.feedback import rpc
from contracts.scheduling import events as scheduling

from feedback import evaluations, forms, installation, queries

BATCH = 50


class FeedbackService:
    """Opens a form for each session that was held; tells a result, never an answer."""

    name = "feedback"
    store = StoreProvider("feedback")
    messaging = Messaging()

    @cached_property
    def threshold(self) -> int:
        return installation.threshold(os.environ)

    # The marks and words stay out of the command log: a hash of four marks is guessed in no time.
    @command(rpc.EVALUATE, remembers=("session_id",))
    def evaluate(self, tx: Tx, request: dict[str, Any]) -> dict[str, Any]:
        return evaluations.evaluate(tx, **request)

    @query(rpc.FORM)
    def form(self, tx: Tx, request: dict[str, Any]) -> dict[str, Any]:
        return queries.form(tx, **request)

    @query(rpc.RESULT)
    def result(self, tx: Tx, request: dict[str, Any]) -> dict[str, Any]:
        return queries.result(tx, **request)

    @handles(scheduling.SESSION_HELD)
    def open_form(self, tx: Tx, event: Event) -> None:
        held = event.data
        forms.open_form(
            tx,
            session_id=held["session_id"],
            organisation_id=held["organisation_id"],
            district_id=event.district,
            lecturer_id=held["lecturer_id"],
            lender_id=held["lender_id"],
            topic_id=held["topic_id"],
            title=held["title"],
            threshold=self.threshold,
        )

    @handles(enrollment.ATTENDANCE_RECORDED)
    def admit(self, tx: Tx, event: Event) -> None:
        forms.admit(tx, session_id=event.data["session_id"], person_id=event.data["person_id"])

    @every(seconds=2)
    def tend_forms(self) -> None:
        """Publish and close what is due, each form in a transaction of its own."""
        with self.store.reading() as tx:
            due = forms.due_forms(tx, limit=BATCH)
        for session_id in due:
            with self.store.transaction(actor=SYSTEM) as tx:
                forms.tend(tx, session_id=session_id)
