"""Who is told about what.

`TOLD` is the whole rule: for each kind of message the hats of those concerned. `asked` stands for whoever
the offer waits for: the lending unit's liaisons before they agreed, the lecturer afterwards. Everybody gets
one message, under the first of their hats in `Hat`'s order, because that one says most about what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Hat(StrEnum):
    """In which capacity somebody is told; the earlier one wins."""

    LECTURER = "lecturer"
    LEARNER = "learner"
    LIAISON = "liaison"
    STAFF = "staff"


STAFF_ROLES = frozenset({"principal", "vice_principal", "school_staff"})
ASKED = "asked"

TOLD: dict[str, tuple[str, ...]] = {
    "order.placed": (Hat.STAFF,),
    "order.unmet": (Hat.STAFF,),
    "order.cancelled": (Hat.STAFF,),
    "offer.made": (ASKED,),
    "offer.approved": (Hat.LECTURER,),
    "offer.refused": (Hat.STAFF,),
    "offer.declined": (Hat.STAFF,),
    "offer.lapsed": (ASKED, Hat.STAFF),
    "offer.withdrawn": (ASKED,),
    "session.scheduled": (Hat.LECTURER, Hat.LIAISON, Hat.STAFF),
    "session.rescheduled": (Hat.LECTURER, Hat.LEARNER, Hat.LIAISON, Hat.STAFF),
    "session.cancelled": (Hat.LECTURER, Hat.LEARNER, Hat.LIAISON, Hat.STAFF),
    "seat.confirmed": (Hat.LEARNER,),
    "seat.waitlisted": (Hat.LEARNER,),
    "seat.promoted": (Hat.LEARNER,),
    "seat.cancelled": (Hat.LEARNER,),
    "form.opened": (Hat.LEARNER,),
    "result.published": (Hat.LECTURER, Hat.STAFF),
}
# Who did these themselves need not be told; of everything else they get a copy for their records.
NOT_TO_THE_ACTOR = frozenset({"order.placed", "order.cancelled"})


@dataclass(frozen=True)
class People:
    """Everybody who might be concerned, by hat. `staff` are those of the school that asks or hosts."""

    lecturer: str | None = None
    learners: frozenset[str] = frozenset()
    liaisons: frozenset[str] = frozenset()
    staff: frozenset[str] = frozenset()
    asked: Hat = Hat.LECTURER
    actor: str | None = None

    def wearing(self, hat: str) -> Iterable[str]:
        if hat == ASKED:
            return self.wearing(self.asked)
        if hat == Hat.LECTURER:
            return [] if self.lecturer is None else [self.lecturer]
        return {Hat.LEARNER: self.learners, Hat.LIAISON: self.liaisons, Hat.STAFF: self.staff}[Hat(hat)]


def concerned(*, kind: str, people: People) -> dict[str, Hat]:
    """Exactly those to be told, each with the one hat under which they are addressed."""
    hats = {people.asked if hat == ASKED else Hat(hat) for hat in TOLD[kind]}
    told: dict[str, Hat] = {}
    for hat in Hat:
        if hat in hats:
            for person_id in people.wearing(hat):
                told.setdefault(person_id, hat)
    if kind in NOT_TO_THE_ACTOR and people.actor is not None:
        told.pop(people.actor, None)
    return told
