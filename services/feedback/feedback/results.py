"""Results: published over enough answers at a time, read by those whose session it was."""

from __future__ import annotations

from chassis.tx import Tx
from contracts.feedback import events

from contracts import vocabulary
from feedback.rules.box import Box, means
from feedback.rules.publication import is_due
from feedback.tables import BallotBox, Form, Result


def publish(tx: Tx, *, form: Form, closing: bool) -> None:
    """Publish the result over all answers so far, if enough of them are new. The form must be locked."""
    if not is_due(answers=form.answers, published=form.published, threshold=form.threshold, closing=closing):
        return
    box = tx.lock(BallotBox, [form.session_id])[form.session_id]
    mean = means(box=Box(answers=form.answers, counts=box.counts, comments=box.comments))
    questions = [{"question": question, "mean": mean[question]} for question in vocabulary.QUESTIONS]
    tx.session.merge(
        Result(
            session_id=form.session_id,
            answers=form.answers,
            overall=mean["overall"],
            questions=questions,
            comments=list(box.comments),
            published_at=tx.now,
        )
    )
    form.published = form.answers
    tx.record(
        events.RESULT_PUBLISHED,
        aggregate=form.session_id,
        organisation=form.organisation_id,
        district=form.district_id,
        data={
            "session_id": form.session_id,
            "organisation_id": form.organisation_id,
            "lecturer_id": form.lecturer_id,
            "lender_id": form.lender_id,
            "topic_id": form.topic_id,
            "title": form.title,
            "answers": form.answers,
            "overall": mean["overall"],
            "questions": questions,
        },
    )
