"""Seats: learners of a session, as enrollment announces them."""

from __future__ import annotations

from typing import Any

from chassis.envelope import Event
from chassis.tx import Tx
from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite

from notifications import evaluations, sessions
from notifications.messages import News, Office, tell
from notifications.rules.concerned import Hat, People, concerned
from notifications.tables import Audience, Session

_INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
STATE_AFTER = {"seat.confirmed": "seated", "seat.promoted": "seated", "seat.waitlisted": "waiting"}


def take(tx: Tx, *, office: Office, event: Event, kind: str) -> None:
    """A learner has a seat or stands on the waiting list; tell them.

    When the session is known to be cancelled the seat is about to go with it, and that is the news.
    """
    session = _known(tx, event=event)
    _keep(tx, event=event, state=STATE_AFTER[kind])
    if session.state == "cancelled":
        sessions.tell_cancelled_to(tx, office=office, session=session, person_id=event.data["person_id"])
        return
    facts = {"position": event.data["position"]} if kind == "seat.waitlisted" else {}
    _tell(tx, office=office, event=event, kind=kind, session=session, facts=facts)


def give_back(tx: Tx, *, office: Office, event: Event) -> None:
    """A seat is free again; tell the learner unless they gave it back themselves."""
    session = _known(tx, event=event)
    by, person_id = event.data["by"], event.data["person_id"]
    if by == "session_cancelled":
        _keep(tx, event=event, state="released")
        if session.state == "cancelled":
            sessions.tell_cancelled_to(tx, office=office, session=session, person_id=person_id)
        return
    tx.session.execute(
        delete(Audience).where(Audience.session_id == session.session_id, Audience.person_id == person_id)
    )
    if by == "staff":
        facts = {"was": event.data["was"]}
        _tell(tx, office=office, event=event, kind="seat.cancelled", session=session, facts=facts)


def attend(tx: Tx, *, office: Office, event: Event) -> None:
    """A learner was there; when the evaluation is open already, ask them too."""
    session = sessions.locked(tx, session_id=event.data["session_id"])
    _keep(tx, event=event, state="attended")
    evaluations.ask(tx, office=office, session=session, learners=frozenset({event.data["person_id"]}))


def _known(tx: Tx, *, event: Event) -> Session:
    """The session with what the seat tells of it, as long as scheduling has not told more."""
    session = sessions.locked(tx, session_id=event.data["session_id"])
    if session.state == "unknown":
        session.organisation_id = event.data["host_id"]
        session.title = event.data["title"]
        session.starts_at, session.ends_at = event.data["starts_at"], event.data["ends_at"]
    return session


def _keep(tx: Tx, *, event: Event, state: str) -> None:
    statement = _INSERT[tx.dialect](Audience).values(
        session_id=event.data["session_id"], person_id=event.data["person_id"], state=state
    )
    tx.session.execute(
        statement.on_conflict_do_update(
            index_elements=[Audience.session_id, Audience.person_id], set_={"state": state}
        )
    )


def _tell(
    tx: Tx, *, office: Office, event: Event, kind: str, session: Session, facts: dict[str, Any]
) -> None:
    news = News(
        kind=kind,
        occasion=event.id,
        facts={**sessions.facts_of(tx, office=office, session=session), **facts},
        links={Hat.LEARNER: f"/sessions/{session.session_id}"},
    )
    people = People(learners=frozenset({event.data["person_id"]}))
    tell(tx, office=office, news=news, told=concerned(kind=kind, people=people))
