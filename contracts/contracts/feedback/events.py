"""Events of feedback. None of them tells who answered what, or when one answered."""

from __future__ import annotations

from marshmallow import fields

from contracts import vocabulary
from contracts.fields import TITLE, Id, Instant, Text, Whole, one_of
from contracts.registry import EventData, event


class FormOpened(EventData):
    """Those who attended may evaluate the session until `closes_at`."""

    session_id = Id(required=True)
    organisation_id = Id(required=True, metadata={"description": "the host"})
    lecturer_id = Id(required=True)
    title = Text(TITLE, required=True)
    closes_at = Instant(required=True)


class FormClosed(EventData):
    """No more answers are taken; `published` tells whether enough had come."""

    session_id = Id(required=True)
    organisation_id = Id(required=True)
    lecturer_id = Id(required=True)
    published = fields.Boolean(required=True)


class QuestionResult(EventData):
    """The mean of one question over all answers, 1 (poor) to 5 (very good)."""

    question = one_of(*vocabulary.QUESTIONS, required=True)
    mean = fields.Float(required=True)


class ResultPublished(EventData):
    """Enough answers have come: the result over the answers counted so far, replacing an earlier one.

    `topic_id` is empty for a session outside the menu. `answers` counts the answers in the means.
    """

    session_id = Id(required=True)
    organisation_id = Id(required=True)
    lecturer_id = Id(required=True)
    lender_id = Id(required=True)
    topic_id = Id(required=True, allow_none=True)
    title = Text(TITLE, required=True)
    answers = Whole(1, 1_000_000, required=True)
    overall = fields.Float(required=True)
    questions = fields.List(fields.Nested(QuestionResult), required=True)


FORM_OPENED = event("feedback.form.opened.v1", aggregate="form", schema=FormOpened)
FORM_CLOSED = event("feedback.form.closed.v1", aggregate="form", schema=FormClosed)
RESULT_PUBLISHED = event("feedback.result.published.v1", aggregate="form", schema=ResultPublished)
