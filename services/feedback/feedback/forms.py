"""Evaluation forms: one opens for those who attended when a session was held, and closes by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from chassis.tx import Tx
from contracts.feedback import events
from sqlalchemy import ColumnElement, delete, or_, select

from contracts import vocabulary
from feedback import results
from feedback.rules.box import empty_box
from feedback.tables import BallotBox, Form, Participant

OPEN_FOR = timedelta(days=7)


def open_form(
    tx: Tx,
    *,
    session_id: str,
    organisation_id: str,
    district_id: str | None,
    lecturer_id: str,
    lender_id: str,
    topic_id: str | None,
    title: str,
    threshold: int,
) -> None:
    """Open the form of a session that was held; it stands open for a week from now.

    The week counts from the opening, not from the session: when the news came late, nobody loses days.
    """
    if tx.session.get(Form, session_id) is not None:
        return
    form = Form(
        session_id=session_id,
        organisation_id=organisation_id,
        district_id=district_id,
        lecturer_id=lecturer_id,
        lender_id=lender_id,
        topic_id=topic_id,
        title=title,
        opened_at=tx.now,
        closes_at=tx.now + OPEN_FOR,
        state="open",
        threshold=threshold,
        answers=0,
        published=0,
    )
    box = empty_box(questions=vocabulary.QUESTIONS)
    tx.session.add_all([form, BallotBox(session_id=session_id, counts=dict(box.counts), comments=[])])
    tx.record(
        events.FORM_OPENED,
        aggregate=session_id,
        organisation=organisation_id,
        district=district_id,
        data={
            "session_id": session_id,
            "organisation_id": organisation_id,
            "lecturer_id": lecturer_id,
            "title": title,
            "closes_at": form.closes_at,
        },
    )


def admit(tx: Tx, *, session_id: str, person_id: str) -> None:
    """Let one who attended evaluate; the form may not be open yet."""
    if tx.session.get(Participant, (session_id, person_id)) is None:
        tx.session.add(Participant(session_id=session_id, person_id=person_id, answered=False))


def due_forms(tx: Tx, *, limit: int) -> list[str]:
    """Open forms whose time is over or whose result is due, the longest waiting first."""
    return list(
        tx.session.scalars(
            select(Form.session_id)
            .where(Form.state == "open", _is_due(now=tx.now))
            .order_by(Form.closes_at, Form.session_id)
            .limit(limit)
        )
    )


def tend(tx: Tx, *, session_id: str) -> None:
    """Publish what is due of one form and close it when its time is over.

    This runs apart from the answers, under nobody's name: were the result published by the answer that
    completes it, the event would carry that person as its actor.
    """
    form = tx.session.scalar(
        select(Form)
        .where(Form.session_id == session_id, Form.state == "open", _is_due(now=tx.now))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if form is None:
        return
    closing = form.closes_at <= tx.now
    results.publish(tx, form=form, closing=closing)
    if closing:
        _close(tx, form=form)


def _is_due(*, now: datetime) -> ColumnElement[bool]:
    return or_(Form.closes_at <= now, Form.answers - Form.published >= Form.threshold)


def _close(tx: Tx, *, form: Form) -> None:
    """Close for good; answers that were too few to be shown are destroyed with the box."""
    form.state = "closed"
    tx.session.execute(delete(BallotBox).where(BallotBox.session_id == form.session_id))
    tx.record(
        events.FORM_CLOSED,
        aggregate=form.session_id,
        organisation=form.organisation_id,
        district=form.district_id,
        data={
            "session_id": form.session_id,
            "organisation_id": form.organisation_id,
            "lecturer_id": form.lecturer_id,
            "published": form.published > 0,
        },
    )
