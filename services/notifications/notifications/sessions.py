"""Sessions: what scheduling, enrollment and feedback each know of one, put together, and its news.

The services' events reach us in no common order. So every handler about a session first locks its row, and
each keeps enough that the other finds it: whoever comes second does the telling.
"""

from __future__ import annotations

from typing import Any

from chassis.envelope import Event
from chassis.tx import Tx
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from notifications import directory, names
from notifications.messages import News, Office, tell
from notifications.rules.concerned import Hat, People, concerned
from notifications.rules.wording import Both, Wording, named, place
from notifications.tables import Audience, Order, Session

STATES = ("seated", "waiting", "attended", "released")
_INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def locked(tx: Tx, *, session_id: str) -> Session:
    """The session's row, made when missing, locked until the end of the transaction."""
    held: dict[str, Session] = tx.session.info.setdefault("locked_sessions", {})
    if session_id not in held:
        held[session_id] = _lock(tx, session_id=session_id)
    return held[session_id]


def _lock(tx: Tx, *, session_id: str) -> Session:
    found = tx.lock(Session, [session_id]).get(session_id)
    if found is not None:
        return found
    tx.session.execute(
        _INSERT[tx.dialect](Session)
        .values(session_id=session_id, state="unknown", venue_name="", address="")
        .on_conflict_do_nothing()
    )
    return tx.lock(Session, [session_id])[session_id]


def schedule(tx: Tx, *, office: Office, event: Event) -> None:
    """Keep the facts of a booked session and tell lecturer, lender and host."""
    session = locked(tx, session_id=event.data["session_id"])
    session.state = "scheduled"
    session.order_id = event.data["order_id"]
    _keep(session, event.data)
    _keep_place(session, event.data)
    _tell(tx, office=office, event=event, kind="session.scheduled", session=session, facts={})


def reschedule(tx: Tx, *, office: Office, event: Event) -> None:
    """Keep the new time and place and tell everybody concerned what was and what is."""
    session = locked(tx, session_id=event.data["session_id"])
    before, after = event.data["before"], event.data["after"]
    _keep(session, event.data)
    _keep_place(session, after)
    wording = Wording(zone=office.zone, now=tx.now)
    facts = {
        "old_when": wording.span(before["starts_at"], before["ends_at"]),
        "new_when": wording.span(after["starts_at"], after["ends_at"]),
        "old_place": _said_place(before),
        "new_place": _said_place(after),
    }
    _tell(tx, office=office, event=event, kind="session.rescheduled", session=session, facts=facts)


def cancel(tx: Tx, *, office: Office, event: Event) -> None:
    """Tell everybody concerned that the session will not take place."""
    session = locked(tx, session_id=event.data["session_id"])
    session.state = "cancelled"
    session.reason = event.data["reason"]
    _keep(session, event.data)
    _tell_cancelled(tx, office=office, session=session, people=people_of(tx, session=session))


def tell_cancelled_to(tx: Tx, *, office: Office, session: Session, person_id: str) -> None:
    """Tell one more learner that a cancelled session will not take place."""
    _tell_cancelled(tx, office=office, session=session, people=People(learners=frozenset({person_id})))


def people_of(tx: Tx, *, session: Session) -> People:
    """Everybody concerned with a session: the one who ordered it counts among the host's staff."""
    lender = session.lender_id if session.lender_id != session.organisation_id else None
    order = tx.session.get(Order, session.order_id) if session.order_id else None
    placer = {order.placed_by} if order is not None and order.placed_by is not None else set()
    staff = directory.staff_of(tx, organisation_id=session.organisation_id or "")
    return People(
        lecturer=session.lecturer_id,
        liaisons=directory.liaisons_of(tx, organisation_id=lender) if lender else frozenset(),
        staff=staff | placer,
        learners=learners_of(tx, session_id=session.session_id),
    )


def learners_of(tx: Tx, *, session_id: str, states: tuple[str, ...] = STATES) -> frozenset[str]:
    """The learners whose seat is in one of these states."""
    return frozenset(
        tx.session.scalars(
            select(Audience.person_id).where(Audience.session_id == session_id, Audience.state.in_(states))
        )
    )


def facts_of(tx: Tx, *, office: Office, session: Session) -> dict[str, Any]:
    """What every message about a session may say; learners need no more."""
    facts = {
        "title": named(session.title or ""),
        "host": names.organisation(tx, organisation_id=session.organisation_id),
        "place": place(online=session.online, venue_name=session.venue_name, address=session.address),
    }
    if session.starts_at is not None and session.ends_at is not None:
        facts["when"] = Wording(zone=office.zone, now=tx.now).span(session.starts_at, session.ends_at)
    return facts


def _all_facts_of(tx: Tx, *, office: Office, session: Session) -> dict[str, Any]:
    return {
        **facts_of(tx, office=office, session=session),
        "lender": names.organisation(tx, organisation_id=session.lender_id),
        "lecturer": names.person(tx, person_id=session.lecturer_id, otherwise=names.A_LECTURER),
    }


def _tell(
    tx: Tx, *, office: Office, event: Event, kind: str, session: Session, facts: dict[str, Any]
) -> None:
    path = f"/sessions/{session.session_id}"
    news = News(
        kind=kind,
        occasion=event.id,
        facts={**_all_facts_of(tx, office=office, session=session), **facts},
        links=dict.fromkeys(Hat, path),
    )
    told = concerned(kind=kind, people=people_of(tx, session=session))
    tell(tx, office=office, news=news, told=told)


def _tell_cancelled(tx: Tx, *, office: Office, session: Session, people: People) -> None:
    news = News(
        kind="session.cancelled",
        # The seats that go with it bring the same news a second time.
        occasion=f"session.cancelled:{session.session_id}",
        facts={**_all_facts_of(tx, office=office, session=session), "reason": session.reason},
        links=dict.fromkeys(Hat, f"/sessions/{session.session_id}"),
    )
    tell(tx, office=office, news=news, told=concerned(kind="session.cancelled", people=people))


def _keep(session: Session, facts: dict[str, Any]) -> None:
    session.organisation_id = facts["organisation_id"]
    session.lecturer_id = facts["lecturer_id"]
    session.lender_id = facts["lender_id"]
    session.title = facts["title"]
    session.starts_at, session.ends_at = facts["starts_at"], facts["ends_at"]


def _keep_place(session: Session, facts: dict[str, Any]) -> None:
    session.venue_name, session.address = facts["venue_name"], facts["address"]
    session.online = facts["online"]


def _said_place(facts: dict[str, Any]) -> Both:
    return place(online=facts["online"], venue_name=facts["venue_name"], address=facts["address"])
