"""What feedback answers to questions."""

from __future__ import annotations

from typing import Any

from chassis.tx import Tx
from contracts.errors import NotFound

from contracts import vocabulary
from feedback.evaluations import NotAttended
from feedback.rules.readers import Concerned, may_read_result
from feedback.tables import Form, Participant, Result


def form(tx: Tx, *, session_id: str) -> dict[str, Any]:
    """The form as the actor sees it: those who attended, and those who may read the result."""
    found = tx.session.get(Form, session_id)
    person_id = tx.actor.person_id if tx.actor else None
    participant = tx.session.get(Participant, (session_id, person_id)) if person_id else None
    if found is None or (participant is None and not _may_read(tx, found)):
        raise NotAttended()
    is_open = found.state == "open" and found.closes_at > tx.now
    answered = participant is not None and participant.answered
    return {
        "session_id": session_id,
        "title": found.title,
        "open": is_open,
        "closes_at": found.closes_at,
        "questions": list(vocabulary.QUESTIONS),
        "may_answer": (
            is_open and participant is not None and not answered and found.lecturer_id != person_id
        ),
        "answered": answered,
    }


def result(tx: Tx, *, session_id: str) -> dict[str, Any]:
    """The published result; before that, how many answers there are and how many it takes.

    `answers` is the number behind the means once they are there: a figure that moved with each answer would
    tell a watcher when somebody answered.
    """
    found = tx.session.get(Form, session_id)
    if found is None or not _may_read(tx, found):
        raise NotFound()
    published = tx.session.get(Result, session_id)
    return {
        "session_id": session_id,
        "title": found.title,
        "published": published is not None,
        "closed": found.state == "closed" or found.closes_at <= tx.now,
        "threshold": found.threshold,
        "answers": published.answers if published else found.answers,
        "overall": published.overall if published else None,
        "questions": published.questions if published else [],
        "comments": published.comments if published else [],
    }


def _may_read(tx: Tx, found: Form) -> bool:
    actor = tx.actor
    return actor is not None and may_read_result(
        person_id=actor.person_id,
        organisation_id=actor.organisation_id,
        district_id=actor.district_id,
        roles=actor.roles,
        session=Concerned(
            host_id=found.organisation_id,
            lender_id=found.lender_id,
            lecturer_id=found.lecturer_id,
            district_id=found.district_id,
        ),
    )
