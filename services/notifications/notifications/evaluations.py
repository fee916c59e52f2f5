"""Evaluations: those who attended are asked once, the lecturer and the host are told of the result once."""

from __future__ import annotations

from chassis.envelope import Event
from chassis.tx import Tx

from notifications import names, sessions
from notifications.messages import News, Office, tell
from notifications.rules.concerned import Hat, People, concerned
from notifications.rules.wording import Wording, named
from notifications.tables import Session


def open_form(tx: Tx, *, office: Office, event: Event) -> None:
    """Remember until when answers are taken, and ask those who are known to have attended."""
    session = sessions.locked(tx, session_id=event.data["session_id"])
    if session.state == "unknown":
        session.organisation_id, session.title = event.data["organisation_id"], event.data["title"]
    session.form_closes_at = event.data["closes_at"]
    attended = sessions.learners_of(tx, session_id=session.session_id, states=("attended",))
    ask(tx, office=office, session=session, learners=attended)


def ask(tx: Tx, *, office: Office, session: Session, learners: frozenset[str]) -> None:
    """Ask these learners to evaluate, if the form is open; who was asked before is not asked again."""
    closes_at = session.form_closes_at
    if closes_at is None or closes_at <= tx.now:
        return
    news = News(
        kind="form.opened",
        occasion=f"form.opened:{session.session_id}",
        facts={
            **sessions.facts_of(tx, office=office, session=session),
            "deadline": Wording(zone=office.zone, now=tx.now).moment(closes_at),
        },
        links={Hat.LEARNER: f"/evaluate/{session.session_id}"},
    )
    told = concerned(kind="form.opened", people=People(learners=learners))
    tell(tx, office=office, news=news, told=told)


def publish(tx: Tx, *, office: Office, event: Event) -> None:
    """Tell the lecturer and the host of the first result; later ones stand on the same page."""
    result = event.data
    session = sessions.locked(tx, session_id=result["session_id"])
    news = News(
        kind="result.published",
        occasion=f"result.published:{result['session_id']}",
        facts={
            "title": named(result["title"]),
            "host": names.organisation(tx, organisation_id=result["organisation_id"]),
            "answers": result["answers"],
            "overall": f"{result['overall']:.2f}",
        },
        links=dict.fromkeys(Hat, f"/results/{result['session_id']}"),
    )
    session.organisation_id = session.organisation_id or result["organisation_id"]
    session.lecturer_id = session.lecturer_id or result["lecturer_id"]
    told = concerned(kind="result.published", people=sessions.people_of(tx, session=session))
    tell(tx, office=office, news=news, told=told)
