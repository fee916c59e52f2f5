"""Evaluations: one each, anonymous."""

from __future__ import annotations

from typing import Any

from chassis.tx import Tx
from contracts.errors import NotAllowed, Refusal
from sqlalchemy import update

from feedback.rules.box import Box, put_in
from feedback.tables import BallotBox, Form, Participant


class NotAttended(Refusal):
    """There is no form for this person: the same answer whether or not the session exists."""

    status = 404
    zh = "没有找到您可以评价的课。只有签到的学员可以评价；如果您到场却没有签到，请联系主办方补签。"
    en = (
        "There is no class here for you to evaluate. Only those who checked in may; if you were there "
        "without checking in, please ask the host to mark you as present."
    )


class AlreadyEvaluated(Refusal):
    """One evaluation each."""

    zh = "您已经评价过这次课。评价是匿名的，交了就不能再改。"
    en = "You have already evaluated this class. Evaluations are anonymous and cannot be changed afterwards."


class EvaluationClosed(Refusal):
    """The form takes no more answers."""

    zh = "这次课的评价已经截止，不能再提交。想说的话可以直接告诉主办方。"
    en = "The evaluation of this class has closed. You may still tell the host directly."


class OwnSession(Refusal):
    """Nobody evaluates their own teaching."""

    zh = "这是您自己讲的课，不能由您评价。"
    en = "You taught this class yourself, so you cannot evaluate it."


def evaluate(tx: Tx, *, session_id: str, ratings: dict[str, int], comment: str) -> dict[str, Any]:
    """Put the actor's one answer into the box; nothing is announced.

    The answer and the flag of the participant share a transaction, so that neither can be without the
    other; `tables` tells why this does not tie them together.
    """
    person_id = tx.actor.person_id if tx.actor else None
    if person_id is None:
        raise NotAllowed()
    if tx.session.get(Participant, (session_id, person_id)) is None:
        raise NotAttended()
    # The form's lock stands in front of the box's and makes closing wait for answers, and answers for it.
    form = tx.lock(Form, [session_id]).get(session_id)
    if form is None:
        raise NotAttended()
    if form.lecturer_id == person_id:
        raise OwnSession()
    _mark_answered(tx, session_id=session_id, person_id=person_id)
    if form.state != "open" or form.closes_at <= tx.now:
        raise EvaluationClosed()
    box = tx.lock(BallotBox, [session_id])[session_id]
    filled = put_in(
        box=Box(answers=form.answers, counts=box.counts, comments=box.comments),
        ratings=ratings,
        comment=comment,
    )
    box.counts, box.comments = dict(filled.counts), list(filled.comments)
    form.answers = filled.answers
    return {"session_id": session_id, "accepted": True}


def _mark_answered(tx: Tx, *, session_id: str, person_id: str) -> None:
    """The conditional update is the last word on "once each", whoever races."""
    marked = tx.session.execute(
        update(Participant)
        .where(
            Participant.session_id == session_id,
            Participant.person_id == person_id,
            Participant.answered.is_(False),
        )
        .values(answered=True)
        .execution_options(synchronize_session=False)
    )
    if marked.rowcount == 0:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise AlreadyEvaluated()
