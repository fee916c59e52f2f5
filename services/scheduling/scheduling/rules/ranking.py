"""How candidates are ranked: points per reason, 100 at most, each reason with its figures.

Ratings are shrunk towards the district's mean, so that one kind answer does not beat forty good ones and a
newcomer starts at the mean. Fair share compares what a lecturer gave lately with the mean of the circle: who
gave twice the mean gets nothing for it, who gave nothing gets all.
"""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from scheduling.rules.periods import Period, month_of
from scheduling.rules.reasons import Reason, month_en, say, time_en, time_zh

RECENT_DAYS = 90


@dataclass(frozen=True)
class Weights:
    """The most points each reason can give (100 together), and what the scales mean."""

    topic: float = 20.0
    free: float = 5.0
    load: float = 20.0
    quota: float = 10.0
    travel: float = 15.0
    rating: float = 15.0
    fair_share: float = 15.0
    no_points_from_minutes: int = 120
    too_far_minutes: int = 180
    worst_rating: float = 3.0
    best_rating: float = 5.0
    prior_answers: int = 5
    mean_without_ratings: float = 4.0


@dataclass(frozen=True)
class Circle:
    """What the lecturers who could be asked have in common."""

    mean_rating: float | None
    mean_recent: float


@dataclass(frozen=True)
class Fit:
    """The time that was found, in which of the windows (0 is the one the school named first)."""

    period: Period
    window: int
    windows: int


@dataclass(frozen=True)
class Standing:
    """The figures of one candidate. `teaches` is None where the order has no topic of the menu."""

    teaches: bool | None
    load: int
    cap: int
    recent: int
    rating_mean: float | None
    rating_answers: int
    quota: tuple[str, int, int] | None
    travel: int | None
    online: bool
    fit: Fit


def grade(standing: Standing, *, circle: Circle, weights: Weights, zone: ZoneInfo) -> list[Reason]:
    """Every reason for a candidate, with its points."""
    return [
        *_topic(standing, weights),
        _free(standing, weights, zone),
        _load(standing, weights, zone),
        _quota(standing, weights),
        _travel(standing, weights),
        _rating(standing, circle, weights),
        _fair_share(standing, circle, weights),
    ]


def shrunk_rating(
    *, mean: float | None, answers: int, district_mean: float | None, weights: Weights
) -> float:
    """The mean of the lecturer's answers and of `prior_answers` imagined ones at the district's mean."""
    prior = weights.mean_without_ratings if district_mean is None else district_mean
    told = (mean or 0.0) * answers
    return (told + prior * weights.prior_answers) / (answers + weights.prior_answers)


def _topic(standing: Standing, weights: Weights) -> list[Reason]:
    if standing.teaches is None:
        return []
    if standing.teaches:
        return [say("teaches_topic", points=weights.topic)]
    return [say("teaches_topic", sentence="other_topic")]


def _free(standing: Standing, weights: Weights, zone: ZoneInfo) -> Reason:
    fit = standing.fit
    return say(
        "free",
        points=weights.free * (1 - fit.window / fit.windows),
        zh_time=time_zh(fit.period, zone=zone),
        en_time=time_en(fit.period, zone=zone),
    )


def _load(standing: Standing, weights: Weights, zone: ZoneInfo) -> Reason:
    _, month = month_of(standing.fit.period.starts_at, zone=zone)
    room = 1 - standing.load / standing.cap if standing.cap else 0.0
    return say(
        "load",
        points=weights.load * _within(room),
        month=month,
        en_month=month_en(month),
        load=standing.load,
        cap=standing.cap,
    )


def _quota(standing: Standing, weights: Weights) -> Reason:
    if standing.quota is None:
        return say("quota", points=weights.quota, sentence="own")
    code, left, quota = standing.quota
    points = weights.quota * _within(left / quota if quota else 0.0)
    return say("quota", points=points, agreement=code, left=left, quota=quota)


def _travel(standing: Standing, weights: Weights) -> Reason:
    if standing.online:
        return say("travel", points=weights.travel, sentence="online")
    if standing.travel is None:
        return say("travel", points=weights.travel / 2, sentence="travel_unknown")
    nearness = 1 - standing.travel / weights.no_points_from_minutes
    return say("travel", points=weights.travel * _within(nearness), minutes=standing.travel)


def _rating(standing: Standing, circle: Circle, weights: Weights) -> Reason:
    value = shrunk_rating(
        mean=standing.rating_mean,
        answers=standing.rating_answers,
        district_mean=circle.mean_rating,
        weights=weights,
    )
    scale = (value - weights.worst_rating) / (weights.best_rating - weights.worst_rating)
    points = weights.rating * _within(scale)
    if standing.rating_mean is None or not standing.rating_answers:
        return say("rating", points=points, sentence="rating_none", mean=f"{value:.1f}")
    return say("rating", points=points, mean=f"{standing.rating_mean:.1f}", answers=standing.rating_answers)


def _fair_share(standing: Standing, circle: Circle, weights: Weights) -> Reason:
    # Measured against at least one session, so that the first session anybody gives does not cost it all.
    share = standing.recent / (2 * max(circle.mean_recent, 1.0))
    return say(
        "fair_share",
        points=weights.fair_share * _within(1 - share),
        days=RECENT_DAYS,
        recent=standing.recent,
        mean=f"{circle.mean_recent:.1f}",
    )


def _within(share: float) -> float:
    return min(1.0, max(0.0, share))
