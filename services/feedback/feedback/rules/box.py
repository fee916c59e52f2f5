"""The ballot box of a form: what may be kept of an answer, and nothing else.

A box is a count for each mark of each question and a bag of comments. The bag is kept sorted by text, so
that neither the order of arrival nor which comment came with which marks is in it: the same answers give
the same box, whoever gave them and in whatever order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MARKS = range(1, 6)


@dataclass(frozen=True)
class Box:
    """`counts[question][mark - 1]` is how many gave that mark."""

    answers: int
    counts: Mapping[str, Sequence[int]]
    comments: Sequence[str]


def empty_box(*, questions: Sequence[str]) -> Box:
    """A box before the first answer."""
    return Box(answers=0, counts={question: [0] * len(MARKS) for question in questions}, comments=[])


def put_in(*, box: Box, ratings: Mapping[str, int], comment: str) -> Box:
    """The box with one more answer; raises ValueError unless every question has one mark of 1 to 5."""
    if set(ratings) != set(box.counts) or any(mark not in MARKS for mark in ratings.values()):
        raise ValueError("an answer has exactly one mark of 1 to 5 for each question")
    counts = {question: list(marks) for question, marks in box.counts.items()}
    for question, mark in ratings.items():
        counts[question][mark - 1] += 1
    said = comment.strip()
    comments = sorted([*box.comments, said]) if said else list(box.comments)
    return Box(answers=box.answers + 1, counts=counts, comments=comments)


def means(*, box: Box) -> dict[str, float]:
    """The mean of each question to two decimals, halves upwards; raises ValueError when nobody answered."""
    if box.answers < 1:
        raise ValueError("nobody has answered yet")
    return {question: _mean(marks) for question, marks in box.counts.items()}


def _mean(counts: Sequence[int]) -> float:
    number = sum(counts)
    total = sum(mark * count for mark, count in zip(MARKS, counts, strict=True))
    # Whole numbers, because 3.125 as a binary fraction would sometimes be rounded down.
    return (200 * total + number) // (2 * number) / 100
