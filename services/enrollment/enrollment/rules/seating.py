"""How the seats of one session are shared out, and who moves up when one falls free.

A session has `capacity` seats. An organisation may have a *share*: seats that only its learners can take.
What is not shared is *open* to everybody. A learner takes a seat of the own organisation's share while there
is one, then an open one; nobody is ever moved. So the learners of an organisation fill its share first, and
only those beyond it count against the open seats: `seated` per share and one number for the open seats say
everything, and it does not matter which learner sits on which kind of seat.

The rule of promotion, as pages state it: first come, first served among those for whom the free seat is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace


class NoSeatLeft(Exception):
    """The caller did not ask `free_for` first."""


class NobodyIsSeated(Exception):
    """There is no seat of this organisation to give back."""


@dataclass(frozen=True)
class Share:
    """Seats kept for one organisation, and how many of its learners are seated, beyond the share too."""

    seats: int
    seated: int = 0

    @property
    def taken(self) -> int:
        """Seats of the share that are taken."""
        return min(self.seats, self.seated)

    @property
    def beyond(self) -> int:
        """Learners of the organisation who sit on open seats."""
        return max(0, self.seated - self.seats)


@dataclass(frozen=True)
class Room:
    """How full a session is. `open_taken` counts everybody who sits on an open seat."""

    capacity: int
    open_taken: int = 0
    shares: Mapping[str, Share] = field(default_factory=dict)

    @property
    def shared(self) -> int:
        return sum(share.seats for share in self.shares.values())

    @property
    def open_free(self) -> int:
        return self.capacity - self.shared - self.open_taken

    @property
    def taken(self) -> int:
        return self.open_taken + sum(share.taken for share in self.shares.values())

    def free_for(self, organisation_id: str) -> int:
        """Seats that a learner of this organisation could take now."""
        share = self.shares.get(organisation_id)
        return self.open_free + (share.seats - share.taken if share else 0)

    def seat(self, organisation_id: str) -> Room:
        """The room after one more learner of this organisation took a seat."""
        if self.free_for(organisation_id) < 1:
            raise NoSeatLeft(organisation_id)
        return self._moved(organisation_id, 1)

    def unseat(self, organisation_id: str) -> Room:
        """The room after a learner of this organisation gave a seat back."""
        share = self.shares.get(organisation_id)
        if (share.seated if share else self.open_taken - self._beyond) < 1:
            raise NobodyIsSeated(organisation_id)
        return self._moved(organisation_id, -1)

    def open_to(self) -> frozenset[str] | None:
        """The organisations whose learners may move up now; None means everybody."""
        if self.open_free > 0:
            return None
        return frozenset(
            organisation for organisation, share in self.shares.items() if share.seated < share.seats
        )

    @property
    def _beyond(self) -> int:
        return sum(share.beyond for share in self.shares.values())

    def _moved(self, organisation_id: str, by: int) -> Room:
        share = self.shares.get(organisation_id)
        if share is None:
            return replace(self, open_taken=self.open_taken + by)
        after = replace(share, seated=share.seated + by)
        return replace(
            self,
            open_taken=self.open_taken + after.beyond - share.beyond,
            shares={**self.shares, organisation_id: after},
        )


def fit_shares(*, capacity: int, wanted: Iterable[tuple[str, int]]) -> dict[str, int]:
    """The shares in their sequence, the later ones cut down to what is left; empty ones are dropped."""
    fitted: dict[str, int] = {}
    left = capacity
    for organisation_id, seats in wanted:
        given = min(seats, left)
        if given > 0:
            fitted[organisation_id] = fitted.get(organisation_id, 0) + given
            left -= given
    return fitted


def share_out(*, capacity: int, seats: Mapping[str, int], seated: Mapping[str, int]) -> Room:
    """The room with new shares and the same learners in it.

    Its `open_free` is negative when those who are seated do not fit into these shares.
    """
    shares = {
        organisation_id: Share(kept, seated.get(organisation_id, 0))
        for organisation_id, kept in seats.items()
        if kept > 0
    }
    elsewhere = sum(count for organisation_id, count in seated.items() if organisation_id not in shares)
    beyond = sum(share.beyond for share in shares.values())
    return Room(capacity=capacity, open_taken=elsewhere + beyond, shares=shares)
