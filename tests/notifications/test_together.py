"""Events that queue up are handled many in one transaction, and nobody can tell from the outcome."""

from __future__ import annotations

from collections import Counter
from typing import Any

from chassis.broker import Message
from chassis.ids import new_id
from chassis.inbox import Inbox
from contracts.enrollment import events as enrollment
from contracts.registry import EventType
from contracts.scheduling import events as scheduling

from chassis import envelope


class Queue:
    """Events that wait in the inbox until `work`."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.versions: Counter[str] = Counter()
        self.waiting: list[Message] = []

    def hear(self, event_type: EventType, **data: Any) -> None:
        self.versions[event_type.source] += 1
        wrapped = envelope.wrap(
            event_type,
            id=new_id(),
            time=self.world.harness.clock.now(),
            aggregate=self.world.session,
            data=event_type.dump(data),
            district=self.world.district,
            organisation=self.world.school,
            actor=None,
            correlation=new_id(),
            causation=None,
            hops=0,
        )
        body = envelope.dumps({**wrapped, "sequence": self.versions[event_type.source]}).encode()
        self.waiting.append(Message(routing_key=event_type.routing_key, body=body, id="", type=""))

    def seat(self, event_type: EventType, person: str, **data: Any) -> None:
        facts = self.world.session_facts()
        self.hear(
            event_type,
            session_id=self.world.session,
            seat_id=new_id(),
            person_id=person,
            organisation_id=self.world.school,
            host_id=self.world.school,
            title=facts["title"],
            starts_at=facts["starts_at"],
            ends_at=facts["ends_at"],
            taken=1,
            waiting=0,
            **data,
        )

    def work(self) -> None:
        Inbox(self.world.harness.store).store(self.waiting)
        self.world.harness.work()


def test_events_of_one_session_in_one_transaction(world: Any) -> None:
    queue = Queue(world)
    stays, leaves = world.learner(), world.learner()
    queue.seat(enrollment.SEAT_CONFIRMED, stays)
    queue.seat(enrollment.SEAT_WAITLISTED, leaves, position=1)
    queue.seat(enrollment.SEAT_PROMOTED, leaves)
    queue.seat(enrollment.SEAT_CANCELLED, leaves, was="seated", by="learner")
    queue.seat(enrollment.SEAT_CANCELLED, stays, was="seated", by="session_cancelled")
    queue.hear(scheduling.SESSION_CANCELLED, **world.session_facts(reason="停电"))
    queue.work()
    assert [row["state"] for row in world.harness.inbox_rows()][-6:] == ["done"] * 6
    assert world.told("seat.confirmed") == [stays]
    assert world.told("seat.waitlisted") == [leaves]
    assert world.told("seat.promoted") == [leaves]
    assert world.told("session.cancelled").count(stays) == 1
    assert leaves not in world.told("session.cancelled")


def test_one_bad_event_does_not_keep_the_others_from_being_told(world: Any) -> None:
    queue = Queue(world)
    first, second = world.learner(), world.learner()
    queue.seat(enrollment.SEAT_CONFIRMED, first)
    queue.seat(enrollment.SEAT_CONFIRMED, second)
    bad = queue.waiting[1]
    queue.waiting[1] = Message(
        routing_key=bad.routing_key, body=bad.body.replace(b'"taken":1', b'"taken":-1'), id="", type=""
    )
    queue.hear(scheduling.SESSION_CANCELLED, **world.session_facts(reason="停电"))
    queue.work()
    assert [row["state"] for row in world.harness.inbox_rows()][-3:] == ["done", "parked", "done"]
    assert world.told("seat.confirmed") == [first]
    assert world.told("session.cancelled").count(first) == 1
    assert second not in world.told("session.cancelled")
