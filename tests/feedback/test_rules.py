"""The rules of feedback: what is kept of an answer, when a result is shown, who reads it."""

from __future__ import annotations

from itertools import pairwise, permutations

import pytest
from feedback.rules.box import Box, empty_box, means, put_in
from feedback.rules.publication import is_due
from feedback.rules.readers import Concerned, may_read_result
from hypothesis import given
from hypothesis import strategies as st

QUESTIONS = ("ideology", "overall")
ANSWERS = [
    ({"ideology": 5, "overall": 4}, "讲得好"),
    ({"ideology": 1, "overall": 2}, ""),
    ({"ideology": 3, "overall": 3}, "a little long"),
]


def filled(answers: list[tuple[dict[str, int], str]]) -> Box:
    box = empty_box(questions=QUESTIONS)
    for ratings, comment in answers:
        box = put_in(box=box, ratings=ratings, comment=comment)
    return box


def test_a_box_counts_marks_and_keeps_comments() -> None:
    assert filled(ANSWERS) == Box(
        answers=3,
        counts={"ideology": [1, 0, 1, 0, 1], "overall": [0, 1, 1, 1, 0]},
        comments=["a little long", "讲得好"],
    )


def test_the_order_of_arrival_is_not_in_the_box() -> None:
    boxes = [filled(list(order)) for order in permutations(ANSWERS)]
    assert all(box == boxes[0] for box in boxes)


def test_which_comment_came_with_which_marks_is_not_in_the_box() -> None:
    (first, said), (second, _), third = ANSWERS
    assert filled([(first, said), (second, ""), third]) == filled([(first, ""), (second, said), third])


@pytest.mark.parametrize(
    "ratings",
    [
        {"ideology": 5},
        {"ideology": 5, "overall": 0},
        {"ideology": 6, "overall": 1},
        {"ideology": 1, "overall": 1, "humour": 1},
    ],
)
def test_a_box_refuses_half_an_answer(ratings: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="exactly one mark"):
        put_in(box=empty_box(questions=QUESTIONS), ratings=ratings, comment="")


@pytest.mark.parametrize(
    ("counts", "mean"),
    [
        ([0, 0, 0, 0, 3], 5.0),
        ([1, 0, 0, 0, 1], 3.0),
        ([0, 1, 0, 0, 2], 4.0),
        ([0, 0, 1, 0, 2], 4.33),
        ([0, 0, 0, 1, 2], 4.67),
        ([0, 0, 7, 1, 0], 3.13),
        ([7, 1, 0, 0, 0], 1.13),
    ],
)
def test_means_have_two_decimals_halves_upwards(counts: list[int], mean: float) -> None:
    box = Box(answers=sum(counts), counts={"overall": counts}, comments=[])
    assert means(box=box) == {"overall": mean}


def test_nobody_has_no_mean() -> None:
    with pytest.raises(ValueError, match="nobody has answered"):
        means(box=empty_box(questions=QUESTIONS))


@pytest.mark.parametrize(
    ("answers", "published", "closing", "due"),
    [
        (0, 0, False, False),
        (4, 0, False, False),
        (4, 0, True, False),
        (5, 0, False, True),
        (5, 0, True, True),
        (7, 0, False, True),
        (9, 5, False, False),
        (10, 5, False, True),
        (5, 5, True, False),
        (6, 5, True, False),
        (7, 5, True, False),
        (8, 5, True, True),
        (12, 10, True, False),
        (13, 10, True, True),
    ],
)
def test_when_a_result_is_due(answers: int, published: int, closing: bool, due: bool) -> None:
    assert is_due(answers=answers, published=published, threshold=5, closing=closing) is due


@given(
    arrivals=st.lists(st.integers(min_value=0, max_value=7), max_size=30),
    threshold=st.integers(min_value=1, max_value=9),
)
def test_two_results_never_differ_by_less_than_a_step(arrivals: list[int], threshold: int) -> None:
    shown, answers = [0], 0
    for number, more in enumerate([*arrivals, 0]):
        answers += more
        closing = number == len(arrivals)
        if is_due(answers=answers, published=shown[-1], threshold=threshold, closing=closing):
            shown.append(answers)
    steps = [later - earlier for earlier, later in pairwise(shown)]
    assert all(step >= threshold for step in steps[:-1])
    assert all(step >= min(threshold, 3) for step in steps)
    assert shown[-1] == 0 or shown[1] >= threshold
    assert answers - shown[-1] < max(threshold, 1)


def test_a_threshold_is_at_least_one() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        is_due(answers=1, published=0, threshold=0, closing=False)


SESSION = Concerned(host_id="host", lender_id="lender", lecturer_id="lecturer", district_id="district")


@pytest.mark.parametrize(
    ("person", "organisation", "district", "roles", "may"),
    [
        ("lecturer", "elsewhere", "elsewhere", {"lecturer"}, True),
        ("p", "host", "district", {"school_staff"}, True),
        ("p", "host", "district", {"principal"}, True),
        ("p", "host", "district", {"vice_principal"}, True),
        ("p", "host", "district", {"council_member"}, True),
        ("p", "host", "district", {"liaison"}, False),
        ("p", "host", "district", {"learner"}, False),
        ("p", "host", "district", {"lecturer"}, False),
        ("p", "lender", "district", {"liaison"}, True),
        ("p", "lender", "district", {"school_staff"}, False),
        ("p", "other", "district", {"principal", "liaison"}, False),
        ("p", "other", "district", {"operator"}, True),
        ("p", "other", "elsewhere", {"operator"}, False),
        ("p", "other", None, {"operator"}, False),
        (None, "host", "district", {"school_staff"}, True),
        (None, None, None, set(), False),
    ],
)
def test_who_may_read_a_result(
    person: str | None, organisation: str | None, district: str | None, roles: set[str], may: bool
) -> None:
    assert (
        may_read_result(
            person_id=person,
            organisation_id=organisation,
            district_id=district,
            roles=roles,
            session=SESSION,
        )
        is may
    )


def test_an_operator_reads_nothing_of_a_session_without_a_district() -> None:
    nowhere = Concerned(host_id="host", lender_id="lender", lecturer_id="lecturer", district_id=None)
    assert not may_read_result(
        person_id="p", organisation_id="o", district_id=None, roles={"operator"}, session=nowhere
    )
