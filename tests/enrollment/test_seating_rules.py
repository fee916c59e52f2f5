"""The rules of seats, shares and promotion, checked against what they promise for any sequence of events."""

from __future__ import annotations

from collections import Counter

import pytest
from enrollment.rules.seating import NobodyIsSeated, NoSeatLeft, Room, Share, fit_shares, share_out
from hypothesis import given
from hypothesis import strategies as st

ORGANISATIONS = ("a", "b", "c")


class Model:
    """A session as a list of learners: the plainest thing that could be right."""

    def __init__(self, capacity: int, shares: dict[str, int]) -> None:
        self.room = Room(capacity=capacity, shares={key: Share(seats) for key, seats in shares.items()})
        self.seated: list[tuple[int, str]] = []
        self.waiting: list[tuple[int, str]] = []
        self.count = 0

    def enrol(self, organisation: str) -> None:
        self.count += 1
        if self.room.free_for(organisation):
            self.room = self.room.seat(organisation)
            self.seated.append((self.count, organisation))
        else:
            self.waiting.append((self.count, organisation))

    def cancel(self, index: int) -> None:
        if self.seated:
            _, organisation = self.seated.pop(index % len(self.seated))
            self.room = self.room.unseat(organisation)
            self.promote()

    def promote(self) -> None:
        while True:
            welcome = self.room.open_to()
            first = next((who for who in self.waiting if welcome is None or who[1] in welcome), None)
            if first is None:
                return
            for number, organisation in self.waiting:
                if number < first[0]:
                    assert self.room.free_for(organisation) == 0, "somebody was passed over"
            self.waiting.remove(first)
            self.seated.append(first)
            self.room = self.room.seat(first[1])

    def check(self) -> None:
        room, seated = self.room, Counter(organisation for _, organisation in self.seated)
        assert room.taken == len(self.seated) <= room.capacity
        for organisation, share in room.shares.items():
            assert share.seated == seated[organisation]
            others = sum(count for key, count in seated.items() if key != organisation)
            assert others <= room.capacity - share.seats, "a kept seat went to somebody else"
        assert 0 <= room.open_taken <= room.capacity - room.shared
        assert all(room.free_for(organisation) == 0 for _, organisation in self.waiting)
        assert room == share_out(
            capacity=room.capacity,
            seats={key: share.seats for key, share in room.shares.items()},
            seated=seated,
        )


shares = st.dictionaries(st.sampled_from(ORGANISATIONS[:2]), st.integers(1, 4))
moves = st.lists(
    st.one_of(
        st.tuples(st.just("enrol"), st.sampled_from(ORGANISATIONS)),
        st.tuples(st.just("cancel"), st.integers(0, 20)),
    ),
    max_size=40,
)


@given(capacity=st.integers(1, 8), wanted=shares, sequence=moves)
def test_whatever_happens_no_seat_is_oversold_and_nobody_waits_beside_a_free_one(
    capacity: int, wanted: dict[str, int], sequence: list[tuple[str, str | int]]
) -> None:
    model = Model(capacity, fit_shares(capacity=capacity, wanted=wanted.items()))
    for what, which in sequence:
        if what == "enrol":
            model.enrol(str(which))
        else:
            model.cancel(int(which))
        model.check()


@given(capacity=st.integers(1, 50), wanted=st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 30))))
def test_shares_are_cut_down_in_their_sequence(capacity: int, wanted: list[tuple[str, int]]) -> None:
    fitted = fit_shares(capacity=capacity, wanted=wanted)
    asked: Counter[str] = Counter()
    for organisation, seats in wanted:
        asked[organisation] += seats
    assert sum(fitted.values()) == min(capacity, sum(asked.values()))
    assert all(0 < seats <= asked[organisation] for organisation, seats in fitted.items())
    left = capacity
    for organisation, seats in wanted:
        given_here = min(seats, left)
        left -= given_here
        if given_here < seats:
            break
        assert fitted.get(organisation, 0) >= given_here


@given(
    capacity=st.integers(1, 20),
    seats=st.dictionaries(st.sampled_from(ORGANISATIONS), st.integers(0, 20)),
    seated=st.dictionaries(st.sampled_from(ORGANISATIONS), st.integers(0, 20)),
)
def test_new_shares_fit_exactly_when_everybody_can_stay(
    capacity: int, seats: dict[str, int], seated: dict[str, int]
) -> None:
    room = share_out(capacity=capacity, seats=seats, seated=seated)
    assert room.taken == sum(seated.values())
    needed = sum(max(seats.get(key, 0), seated.get(key, 0)) for key in ORGANISATIONS)
    assert (room.open_free >= 0) == (needed <= capacity)


def test_an_own_share_is_taken_before_open_seats() -> None:
    room = Room(capacity=3, shares={"a": Share(2)})
    assert room.seat("a").open_free == 1
    assert room.seat("a").seat("a").seat("a").open_free == 0
    assert room.seat("b").free_for("b") == 0
    assert room.seat("b").free_for("a") == 2


def test_a_free_seat_of_a_share_is_open_to_that_organisation_only() -> None:
    room = Room(capacity=2, open_taken=1, shares={"a": Share(1, seated=1)})
    assert room.open_to() == frozenset()
    assert room.unseat("a").open_to() == {"a"}
    assert room.unseat("b").open_to() is None


def test_who_sits_beyond_the_share_frees_an_open_seat() -> None:
    room = Room(capacity=2, open_taken=1, shares={"a": Share(1, seated=2)})
    assert room.unseat("a").open_to() is None
    assert room.unseat("a").open_free == 1


def test_a_full_room_seats_nobody_and_an_empty_one_loses_nobody() -> None:
    with pytest.raises(NoSeatLeft):
        Room(capacity=1, open_taken=1).seat("a")
    with pytest.raises(NobodyIsSeated):
        Room(capacity=1).unseat("a")
    with pytest.raises(NobodyIsSeated):
        Room(capacity=2, open_taken=1, shares={"a": Share(1, seated=2)}).unseat("b")
