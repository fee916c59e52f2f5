"""A lecturer's rating: the mean over all published answers, each session counted once."""

from __future__ import annotations

from chassis.tx import Tx
from sqlalchemy import func, select

from scheduling.tables import Lecturer, LecturerRating


def take_result(tx: Tx, *, session_id: str, lecturer_id: str, answers: int, overall: float) -> None:
    """Put a session's result in the place of its earlier one, and count again."""
    locked = tx.lock(Lecturer, [lecturer_id])
    tx.session.merge(
        LecturerRating(session_id=session_id, lecturer_id=lecturer_id, answers=answers, overall=overall)
    )
    tx.session.flush()
    total, told = tx.session.execute(
        select(
            func.sum(LecturerRating.answers), func.sum(LecturerRating.answers * LecturerRating.overall)
        ).where(LecturerRating.lecturer_id == lecturer_id)
    ).one()
    if lecturer_id in locked:
        locked[lecturer_id].rating_answers = int(total)
        locked[lecturer_id].rating_mean = float(told) / int(total)


def district_mean(tx: Tx, *, district_id: str) -> float | None:
    """The mean over all answers about the lecturers of a district; None while there are none."""
    answers = func.sum(Lecturer.rating_answers)
    told = func.sum(Lecturer.rating_answers * func.coalesce(Lecturer.rating_mean, 0.0))
    total, points = tx.session.execute(select(answers, told).where(Lecturer.district_id == district_id)).one()
    return float(points) / int(total) if total else None
