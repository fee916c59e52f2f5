"""Who is suggested, in which sequence, for which reasons; and who is left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scheduling.rules.availability import Rule
from scheduling.rules.matching import Candidate, Demand, LeftOut, Profile, Terms, consider, rank
from scheduling.rules.periods import Period
from scheduling.rules.ranking import Circle, Weights, shrunk_rating
from scheduling.rules.reasons import SENTENCES, say, time_en, time_zh
from scheduling.rules.travel import Place, Stay

from .conftest import SHANGHAI, WEDNESDAY, at

NOW = at("09:00", on=date(2026, 3, 2))
HALL = Place("hall", 31.40, 121.36)
NEAR, FAR = Place(None, 31.42, 121.38), Place(None, 30.00, 121.36)
CIRCLE = Circle(mean_rating=4.0, mean_recent=2.0)
MARCH = (2026, 3)


def evening(starts: str, ends: str, on: date = WEDNESDAY) -> Period:
    return Period(at(starts, on=on), at(ends, on=on))


DEMAND = Demand(
    windows=(evening("18:00", "21:00"),),
    duration_minutes=90,
    online=False,
    place=HALL,
    has_topic=True,
    venue_busy=(),
    group_busy=(),
    now=NOW,
    zone=SHANGHAI,
)
OWN = Profile(
    lecturer_id="a",
    organisation_id="school",
    own=True,
    teaches=True,
    active=True,
    asked=False,
    monthly_cap=4,
    loads={},
    recent=0,
    stays=(),
    rules=(),
    terms=(),
    home=NEAR,
    rating_mean=None,
    rating_answers=0,
)
TERMS = Terms("t1", "LD-1", date(2026, 1, 1), date(2026, 12, 31), quota=8, used=2, needs_approval=True)
LENT = replace(OWN, own=False, organisation_id="partner", terms=(TERMS,))


def judge(profile: Profile = OWN, demand: Demand = DEMAND, **more: Any) -> Candidate | LeftOut:
    return consider(profile, demand=demand, circle=CIRCLE, weights=Weights(), **more)


def suggested(profile: Profile = OWN, demand: Demand = DEMAND, **more: Any) -> Candidate:
    found = judge(profile, demand, **more)
    assert isinstance(found, Candidate), found
    return found


def points(candidate: Candidate) -> dict[str, float]:
    return {reason.code: reason.points for reason in candidate.reasons}


def against(profile: Profile, demand: Demand = DEMAND, **more: Any) -> list[str]:
    found = judge(profile, demand, **more)
    assert isinstance(found, LeftOut), found
    return [reason.code for reason in found.reasons]


def test_every_reason_is_given_with_its_figures() -> None:
    candidate = suggested(replace(LENT, loads={MARCH: 1}, recent=2, rating_mean=4.6, rating_answers=12))
    assert [reason.code for reason in candidate.reasons] == [
        "teaches_topic",
        "free",
        "load",
        "quota",
        "travel",
        "rating",
        "fair_share",
    ]
    assert [reason.zh for reason in candidate.reasons] == [
        "能讲这个课题",
        "3月4日（周三）18:00\u201319:30 有空",
        "3月已排 1 场，上限 4 场",
        "协议 LD-1 还剩 6 场（共 8 场）",
        "路上约 20 分钟",
        "评价 4.6（12 份）",
        "近 90 天讲了 2 场，可请讲师平均 2.0 场",
    ]
    assert points(candidate) == {
        "teaches_topic": 20.0,
        "free": 5.0,
        "load": 15.0,
        "quota": 7.5,
        "travel": 12.5,
        "rating": 10.7,
        "fair_share": 7.5,
    }
    assert candidate.score == 78.2
    assert candidate.needs_approval


def test_times_read_in_both_languages() -> None:
    assert time_zh(evening("19:00", "20:30"), zone=SHANGHAI) == "3月4日（周三）19:00\u201320:30"
    assert time_en(evening("19:00", "20:30"), zone=SHANGHAI) == "Wed 4 Mar 19:00\u201320:30"


def test_the_first_start_that_fits_is_proposed_in_steps_of_a_quarter() -> None:
    busy = replace(OWN, stays=(Stay(evening("17:00", "18:05"), HALL),))
    assert suggested(busy).period == evening("18:15", "19:45")
    taken = replace(DEMAND, venue_busy=(evening("17:00", "18:20"),), group_busy=(evening("18:20", "18:40"),))
    assert suggested(OWN, taken).period == evening("18:45", "20:15")


def test_the_way_from_another_booking_is_kept_free() -> None:
    elsewhere = Place("other", 31.42, 121.38)  # 20 minutes away
    busy = replace(OWN, stays=(Stay(evening("17:00", "18:00"), elsewhere),))
    assert suggested(busy).period == evening("18:30", "20:00")


def test_windows_are_tried_in_the_sequence_given() -> None:
    thursday = evening("18:00", "21:00", date(2026, 3, 5))
    demand = replace(DEMAND, windows=(thursday, *DEMAND.windows))
    first, second = (
        suggested(OWN, demand),
        suggested(replace(OWN, rules=(Rule("free", on=WEDNESDAY, starts=time(18), ends=time(21)),)), demand),
    )
    assert first.period.starts_at == thursday.starts_at
    assert second.period.starts_at == at("18:00")
    assert points(first)["free"] == 5.0
    assert points(second)["free"] == 2.5


def test_starts_that_have_passed_are_not_proposed() -> None:
    assert suggested(OWN, replace(DEMAND, now=at("18:31"))).period == evening("18:45", "20:15")
    assert suggested(OWN, replace(DEMAND, now=at("18:30"))).period == evening("18:45", "20:15")
    assert against(OWN, replace(DEMAND, now=at("19:30"))) == ["window_passed"]


@pytest.mark.parametrize(
    ("profile", "codes"),
    [
        (replace(OWN, active=False), ["inactive"]),
        (replace(OWN, asked=True), ["already_asked"]),
        (replace(OWN, home=FAR), ["too_far"]),
        (replace(OWN, active=False, asked=True, home=FAR), ["inactive", "already_asked", "too_far"]),
        (replace(OWN, stays=(Stay(evening("18:00", "21:00"), HALL),)), ["not_free"]),
        (replace(OWN, rules=(Rule("away", on=WEDNESDAY),)), ["away"]),
        (replace(OWN, loads={MARCH: 4}), ["cap_reached"]),
        (replace(OWN, monthly_cap=0), ["cap_reached"]),
        (replace(LENT, terms=(replace(TERMS, used=8),)), ["quota_used_up"]),
        (replace(LENT, terms=(replace(TERMS, ends_on=date(2026, 3, 3)),)), ["agreement_not_valid"]),
        (replace(LENT, terms=(replace(TERMS, starts_on=date(2026, 3, 5)),)), ["agreement_not_valid"]),
        (
            replace(OWN, loads={MARCH: 4}, rules=(Rule("away", weekday=3),), active=False),
            ["inactive", "away", "cap_reached"],
        ),
    ],
)
def test_whoever_cannot_be_asked_is_left_out_with_every_reason(profile: Profile, codes: list[str]) -> None:
    assert against(profile) == codes


def test_a_venue_or_audience_that_is_taken_leaves_everybody_out() -> None:
    whole = (evening("18:00", "21:00"),)
    assert against(OWN, replace(DEMAND, venue_busy=whole)) == ["venue_taken"]
    assert against(OWN, replace(DEMAND, group_busy=whole)) == ["group_taken"]
    assert against(OWN, replace(DEMAND, group_busy=whole, venue_busy=whole)) == ["venue_taken", "group_taken"]


def test_a_conflict_reads_the_same_whatever_it_is() -> None:
    overlap = judge(replace(OWN, stays=(Stay(evening("18:00", "21:00"), HALL),)))
    too_short = judge(
        replace(
            OWN,
            stays=(
                Stay(evening("17:00", "17:55"), Place("x", 30.9, 121.36)),
                Stay(evening("21:05", "22:00"), Place("x", 30.9, 121.36)),
            ),
        )
    )
    assert isinstance(overlap, LeftOut)
    assert isinstance(too_short, LeftOut)
    assert overlap.reasons == too_short.reasons


def test_the_staff_may_insist_on_somebody_far_away_but_on_nothing_else() -> None:
    assert judge(replace(OWN, home=FAR), insist=True).lecturer_id == "a"
    assert suggested(replace(OWN, home=FAR), insist=True).score < suggested().score
    assert against(replace(OWN, asked=True, home=FAR), insist=True) == ["already_asked"]


def test_the_cap_counts_the_month_of_the_session() -> None:
    april = evening("18:00", "21:00", date(2026, 4, 1))
    full = replace(OWN, loads={MARCH: 4})
    candidate = suggested(full, replace(DEMAND, windows=(*DEMAND.windows, april)))
    assert candidate.period.starts_at == april.starts_at
    assert points(candidate)["load"] == 20.0


def test_of_two_agreements_the_one_that_ends_first_is_used() -> None:
    soon = replace(TERMS, agreement_id="t2", code="LD-2", ends_on=date(2026, 6, 30))
    used_up = replace(soon, agreement_id="t3", used=8, ends_on=date(2026, 4, 1))
    found = suggested(replace(LENT, terms=(TERMS, soon, used_up))).terms
    assert found is not None
    assert found.agreement_id == "t2"


def test_own_lecturers_use_no_agreement() -> None:
    candidate = suggested(replace(OWN, terms=(TERMS,)))
    assert candidate.terms is None
    assert not candidate.needs_approval


def test_online_nobody_travels_and_unknown_ways_count_half() -> None:
    assert points(suggested(replace(OWN, home=FAR), replace(DEMAND, online=True)))["travel"] == 15.0
    assert points(suggested(replace(OWN, home=Place())))["travel"] == 7.5


def test_a_topic_outside_the_menu_gives_no_points_for_teaching_it() -> None:
    candidate = suggested(replace(OWN, teaches=False), replace(DEMAND, has_topic=False))
    assert "teaches_topic" not in points(candidate)
    assert points(suggested(replace(OWN, teaches=False), insist=True))["teaches_topic"] == 0.0


def test_one_kind_answer_does_not_beat_forty_good_ones() -> None:
    one = suggested(replace(OWN, rating_mean=5.0, rating_answers=1))
    forty = suggested(replace(OWN, rating_mean=4.6, rating_answers=40))
    none = suggested()
    assert points(none)["rating"] < points(one)["rating"] < points(forty)["rating"]


@given(st.floats(1, 5), st.integers(0, 1000), st.floats(1, 5))
def test_a_rating_lies_between_the_lecturers_and_the_districts(
    mean: float, answers: int, all_: float
) -> None:
    value = shrunk_rating(mean=mean, answers=answers, district_mean=all_, weights=Weights())
    assert min(mean, all_) - 1e-9 <= value <= max(mean, all_) + 1e-9


def test_whoever_gave_more_gets_fewer_points() -> None:
    given_points = [points(suggested(replace(OWN, recent=n)))["fair_share"] for n in range(6)]
    assert given_points == [15.0, 11.2, 7.5, 3.8, 0.0, 0.0]


profiles = st.builds(
    replace,
    st.sampled_from([OWN, LENT]),
    lecturer_id=st.text("abcdef", min_size=4, max_size=4),
    active=st.booleans(),
    loads=st.integers(0, 5).map(lambda n: {MARCH: n}),
    recent=st.integers(0, 10),
    home=st.sampled_from([NEAR, FAR, Place()]),
    rating_mean=st.floats(1, 5),
    rating_answers=st.integers(0, 50),
)


@given(st.lists(profiles, max_size=12, unique_by=lambda each: each.lecturer_id), st.randoms())
def test_ranking_is_stable_complete_and_within_100(found: list[Profile], random: Any) -> None:
    ranked = rank(found, demand=DEMAND, circle=CIRCLE, weights=Weights())
    shuffled = list(found)
    random.shuffle(shuffled)
    assert rank(shuffled, demand=DEMAND, circle=CIRCLE, weights=Weights()) == ranked
    suggested_ids = [each.lecturer_id for each in ranked.candidates]
    left_out_ids = [each.lecturer_id for each in ranked.left_out]
    assert sorted([*suggested_ids, *left_out_ids]) == sorted(each.lecturer_id for each in found)
    keys = [(-each.score, each.recent, each.lecturer_id) for each in ranked.candidates]
    assert keys == sorted(keys)
    for candidate in ranked.candidates:
        assert 0 <= candidate.score <= 100
        assert candidate.score == round(sum(reason.points for reason in candidate.reasons), 1)
    assert all(left_out.reasons for left_out in ranked.left_out)


busy_evenings = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 12)).map(
        lambda each: Period(
            at("17:00") + timedelta(minutes=5 * each[0]),
            at("17:00") + timedelta(minutes=5 * (each[0] + each[1])),
        )
    ),
    max_size=5,
)


@given(busy_evenings, busy_evenings, busy_evenings)
def test_a_proposed_time_is_free_for_all_and_no_earlier_quarter_is(
    lecturer: list[Period], venue: list[Period], group: list[Period]
) -> None:
    profile = replace(OWN, stays=tuple(Stay(each, HALL) for each in lecturer))
    demand = replace(DEMAND, venue_busy=tuple(venue), group_busy=tuple(group))
    found = judge(profile, demand)
    fitting = [start for start in _quarters() if not _hit(start, [*lecturer, *venue, *group])]
    if isinstance(found, Candidate):
        assert found.period.starts_at == fitting[0]
    else:
        assert fitting == []


def _quarters() -> list[datetime]:
    return [at("18:00") + timedelta(minutes=15 * n) for n in range(7)]


def _hit(start: datetime, busy: list[Period]) -> bool:
    wanted = Period(start, start + timedelta(minutes=90))
    return any(each.overlaps(wanted) for each in busy)


def test_every_sentence_exists_in_both_languages() -> None:
    assert all(zh and en and zh != en for zh, en in SENTENCES.values())
    assert say("cap_reached", month=3, en_month="Mar", load=4, cap=4).zh == "3月已排 4 场，达到上限 4 场"
