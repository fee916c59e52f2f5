"""The history of the example, played as commands at the times when people would have given them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from chassis.access import Actor
from contracts.enrollment import rpc as enrollment
from contracts.feedback import rpc as feedback
from contracts.scheduling import rpc as scheduling
from contracts.vocabulary import QUESTIONS

from lectern.example import evenings
from lectern.example.cast import Cast
from lectern.example.dates import Calendar
from lectern.example.evenings import Evening, Wish
from lectern.example.stage import Stage

HISTORY = timedelta(days=36)
_ROOM = timedelta(minutes=30)  # a window is this much longer than the session


@dataclass(frozen=True)
class Act:
    """Something that people do at a moment."""

    at: datetime
    do: Callable[[], None]


def play(stage: Stage, cast: Cast, *, now: datetime) -> None:
    """Play everything up to `now`, each act when everybody has heard of those before it."""
    days = Calendar(now, stage.settings.timezone)
    acts = [act for evening in evenings.held(days) for act in _Told(stage, cast, evening).acts_of_held()]
    for evening in evenings.coming(days):
        acts += _Told(stage, cast, evening).acts_of_coming(now)
    for at, together in groupby(sorted(acts, key=lambda act: act.at), key=lambda act: act.at):
        stage.move_to(at)
        for act in together:
            act.do()
        stage.settle()
    stage.move_to(now)
    stage.pass_time()
    for wish in evenings.wishes(days):
        _make(stage, cast, wish)


class _Told:
    """One session, from the order to the evaluations."""

    def __init__(self, stage: Stage, cast: Cast, evening: Evening) -> None:
        self._stage = stage
        self._cast = cast
        self._evening = evening
        self._staff = cast.staff(evening.host)
        self._learners = cast.learners(*evening.learners)[: evening.wanted]
        self._session_id = ""

    def acts_of_held(self) -> Iterator[Act]:
        starts_at = self._evening.starts_at
        ends_at = starts_at + timedelta(minutes=self._evening.minutes)
        yield Act(starts_at - timedelta(days=5), self._book)
        yield Act(starts_at - timedelta(days=2), self._enrol)
        yield Act(starts_at - timedelta(minutes=10), self._check_in)
        yield Act(ends_at, self._hold)
        yield Act(ends_at + timedelta(hours=1), self._evaluate)
        yield Act(ends_at + timedelta(hours=2), self._stage.pass_time)

    def acts_of_coming(self, now: datetime) -> Iterator[Act]:
        yield Act(now - timedelta(days=3), self._book)
        yield Act(now - timedelta(days=1, hours=2), self._enrol)
        if self._evening.key == "newcomers":
            yield Act(now - timedelta(hours=3), self._move_half_an_hour)

    def _ask(self, actor: Actor, rpc: Any, part: str, **request: Any) -> dict[str, Any]:
        return self._stage.ask(actor, rpc, f"{self._evening.key}:{part}", request)

    def _book(self) -> None:
        evening = self._evening
        order = self._ask(self._staff, scheduling.PLACE_ORDER, "order", **_order(self._cast, evening))
        asked = [self._cast.person(evening.lecturer)]
        order = self._ask(
            self._staff,
            scheduling.DISPATCH_ORDER,
            "dispatch",
            order_id=order["order_id"],
            lecturer_ids=asked,
        )
        offer = order["offers"][-1]
        chosen = {"offer_id": offer["offer_id"]}
        if offer["state"] == "awaiting_approval":
            liaison = self._cast.liaison(offer["lender_id"])
            self._ask(liaison, scheduling.APPROVE_OFFER, "approve", **chosen)
        lecturer = self._cast.lecturer(offer["lecturer_id"])
        accepted = self._ask(lecturer, scheduling.ACCEPT_OFFER, "accept", **chosen)
        self._session_id = accepted["session_id"]

    def _enrol(self) -> None:
        for number, learner in enumerate(self._learners):
            self._ask(learner, enrollment.ENROL, f"enrol:{number}", session_id=self._session_id)

    def _check_in(self) -> None:
        """Most type the code at the door; the last one is ticked by the staff."""
        door = self._ask(self._staff, enrollment.DOOR, "door", session_id=self._session_id)
        *typing, ticked = self._learners[: self._evening.came]
        for number, learner in enumerate(typing):
            request = {"session_id": self._session_id, "code": door["code"]}
            self._ask(learner, enrollment.CHECK_IN, f"check-in:{number}", **request)
        request = {"session_id": self._session_id, "person_id": ticked.person_id}
        self._ask(self._staff, enrollment.CHECK_IN_MEMBER, "tick", **request)

    def _hold(self) -> None:
        self._ask(self._staff, scheduling.HOLD_SESSION, "hold", session_id=self._session_id)

    def _evaluate(self) -> None:
        """All but two of those who came say what they think."""
        evening = self._evening
        for number, learner in enumerate(self._learners[: max(0, evening.came - 2)]):
            marks = evening.marks[number % len(evening.marks)]
            self._ask(
                learner,
                feedback.EVALUATE,
                f"evaluate:{number}",
                session_id=self._session_id,
                ratings=dict(zip(QUESTIONS, marks, strict=True)),
                comment=evening.comments[number] if number < len(evening.comments) else "",
            )

    def _move_half_an_hour(self) -> None:
        starts_at = self._evening.starts_at + _ROOM
        ends_at = starts_at + timedelta(minutes=self._evening.minutes)
        self._ask(
            self._staff,
            scheduling.RESCHEDULE_SESSION,
            "move",
            session_id=self._session_id,
            starts_at=starts_at.isoformat(),
            ends_at=ends_at.isoformat(),
        )


def _make(stage: Stage, cast: Cast, wish: Wish) -> None:
    """Place an order and let it come to where it waits."""
    staff = cast.staff(wish.host)
    order = stage.ask(staff, scheduling.PLACE_ORDER, f"{wish.key}:order", _order(cast, wish))
    if not wish.ask:
        return
    request = {"order_id": order["order_id"], "lecturer_ids": [cast.person(code) for code in wish.ask]}
    order = stage.ask(staff, scheduling.DISPATCH_ORDER, f"{wish.key}:dispatch", request)
    for number in range(wish.declined):
        offer = order["offers"][-1]
        no = {"offer_id": offer["offer_id"], "reason": "那天晚上已有安排。"}
        lecturer = cast.lecturer(offer["lecturer_id"])
        stage.ask(lecturer, scheduling.DECLINE_OFFER, f"{wish.key}:decline:{number}", no)
        order = stage.ask(staff, scheduling.GET_ORDER, "", {"order_id": order["order_id"]})


def _order(cast: Cast, wanted: Evening | Wish) -> dict[str, Any]:
    """The request that places the order of a session, or of a wish."""
    request: dict[str, Any] = {
        "organisation_id": cast.organisations[wanted.host],
        "venue_id": cast.venues[wanted.venue] if wanted.venue else None,
        "online": wanted.venue is None,
        "head_count": wanted.head_count,
    }
    ends_at = wanted.starts_at + timedelta(minutes=wanted.minutes)
    if isinstance(wanted, Evening):
        ends_at += _ROOM
        request["topic_id"] = cast.topics[wanted.topic]
        request["group_id"] = cast.groups[wanted.group] if wanted.group else None
        request["audience"] = wanted.audience
        request["shares"] = [
            {"organisation_id": cast.organisations[code], "seats": seats}
            for code, seats in wanted.shares.items()
        ]
    else:
        request["topic_id"] = cast.topics[wanted.topic] if wanted.topic else None
        request["missing_topic"] = wanted.missing_topic
        request["note"] = wanted.note
        request["dispatch"] = wanted.automatic
    request["windows"] = [{"starts_at": wanted.starts_at.isoformat(), "ends_at": ends_at.isoformat()}]
    return request
