"""Commands and queries that feedback answers."""

from __future__ import annotations

from marshmallow import fields

from contracts.fields import NOTE, Id, Instant, Text, Whole
from contracts.registry import Request, Response, command, query

SERVICE = "feedback"


class SessionForm(Request):
    """The evaluation form of one session."""

    session_id = Id(required=True)


class FormAnswer(Response):
    """The form as the actor sees it."""

    session_id = Id(required=True)
    title = fields.String(required=True)
    open = fields.Boolean(required=True)
    closes_at = Instant(required=True)
    questions = fields.List(fields.String(), required=True)
    may_answer = fields.Boolean(required=True)
    answered = fields.Boolean(required=True)


class Ratings(Request):
    """One mark for each question, 1 (poor) to 5 (very good)."""

    ideology = Whole(1, 5, required=True)
    practice = Whole(1, 5, required=True)
    profession = Whole(1, 5, required=True)
    overall = Whole(1, 5, required=True)


class Evaluate(Request):
    """The actor's one, anonymous evaluation."""

    session_id = Id(required=True)
    ratings = fields.Nested(Ratings, required=True)
    comment = Text(NOTE, least=0, load_default="")


class EvaluateAnswer(Response):
    """Taken. Says nothing that would tie the actor to the answer."""

    session_id = Id(required=True)
    accepted = fields.Boolean(required=True)


class QuestionMean(Response):
    """The mean of one question."""

    question = fields.String(required=True)
    mean = fields.Float(required=True)


class ResultAnswer(Response):
    """The result of one session; means and comments are empty until it is published."""

    session_id = Id(required=True)
    title = fields.String(required=True)
    published = fields.Boolean(required=True)
    closed = fields.Boolean(required=True)
    threshold = fields.Integer(required=True)
    answers = fields.Integer(required=True)
    overall = fields.Float(required=True, allow_none=True)
    questions = fields.List(fields.Nested(QuestionMean), required=True)
    comments = fields.List(fields.String(), required=True)


FORM = query(SERVICE, "form", SessionForm, FormAnswer)
EVALUATE = command(SERVICE, "evaluate", Evaluate, EvaluateAnswer)
RESULT = query(SERVICE, "result", SessionForm, ResultAnswer)
