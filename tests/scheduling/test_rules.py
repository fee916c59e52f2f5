"""Pure rules: periods, windows, travel, availability, slots, deadlines."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scheduling.rules.availability import Rule, available_on, is_available
from scheduling.rules.deadlines import is_late, offer_deadline
from scheduling.rules.periods import (
    Period,
    clip,
    day_period,
    days_of,
    last_local_day,
    merge,
    month_of,
    month_period,
    period_from,
    subtract,
)
from scheduling.rules.slots import slots_of
from scheduling.rules.travel import ONLINE, Place, Stay, in_the_way, kilometres, travel_minutes
from scheduling.rules.windows import (
    SessionIsTooLong,
    TimeIsOffTheMark,
    TimeIsPast,
    TimeIsReversed,
    TimeIsTooFarAhead,
    TimeRunsOverMidnight,
    WindowIsTooLong,
    WindowIsTooShort,
    check_session_time,
    check_window,
)

from .conftest import SHANGHAI, WEDNESDAY, at

EPOCH = datetime(2026, 3, 1, tzinfo=UTC)
NOW = at("09:00", on=date(2026, 3, 2))
LUODIAN = Place("v1", 31.4142, 121.3590)
CHANGSHA = Place("v2", 28.2002, 112.9823)
BERLIN = ZoneInfo("Europe/Berlin")


def evening(starts: str, ends: str, on: date = WEDNESDAY) -> Period:
    return Period(at(starts, on=on), at(ends, on=on))


marks = st.integers(0, 2000).map(lambda n: EPOCH + timedelta(minutes=5 * n))
periods = st.tuples(marks, st.integers(1, 100)).map(lambda each: period_from(each[0], minutes=5 * each[1]))
some = st.lists(periods, max_size=8)


def minutes_in(found: list[Period]) -> set[int]:
    """The marks that lie in any of the periods: sets are what periods are about."""
    return {slot for period in found for slot in slots_of(period)}


@given(some)
def test_merging_keeps_the_time_and_leaves_gaps_between(found: list[Period]) -> None:
    merged = merge(found)
    assert minutes_in(merged) == minutes_in(found)
    assert all(a.ends_at < b.starts_at for a, b in itertools.pairwise(merged))


@given(some, some)
def test_subtracting_is_the_difference_of_sets(found: list[Period], taken: list[Period]) -> None:
    assert minutes_in(subtract(found, taken)) == minutes_in(found) - minutes_in(taken)


@given(some, periods)
def test_clipping_is_the_intersection(found: list[Period], within: Period) -> None:
    assert minutes_in(clip(found, within=within)) == minutes_in(found) & minutes_in([within])


@given(periods, periods)
def test_two_periods_share_a_slot_exactly_when_they_overlap(a: Period, b: Period) -> None:
    assert bool(set(slots_of(a)) & set(slots_of(b))) == a.overlaps(b) == b.overlaps(a)
    assert len(slots_of(a)) * 5 == a.minutes


@given(periods, periods)
def test_a_period_that_covers_another_leaves_nothing_of_it(a: Period, b: Period) -> None:
    assert a.covers(b) == (subtract([b], [a]) == [])


def test_slots_refuse_times_between_marks() -> None:
    with pytest.raises(ValueError, match="not on marks"):
        slots_of(Period(EPOCH, EPOCH + timedelta(minutes=7)))


def test_touching_sessions_do_not_overlap() -> None:
    assert not evening("18:00", "19:00").overlaps(evening("19:00", "20:00"))


def test_local_days_and_months_follow_the_zone() -> None:
    until_midnight = Period(at("22:00"), at("00:00", on=WEDNESDAY + timedelta(days=1)))
    assert last_local_day(until_midnight, zone=SHANGHAI) == WEDNESDAY
    assert days_of(evening("01:00", "07:00"), zone=SHANGHAI) == [WEDNESDAY]
    assert month_of(datetime(2026, 2, 28, 17, tzinfo=UTC), zone=SHANGHAI) == (2026, 3)
    december = month_period(at("12:00", on=date(2026, 12, 31)), zone=SHANGHAI)
    assert december == Period(datetime(2026, 11, 30, 16, tzinfo=UTC), datetime(2026, 12, 31, 16, tzinfo=UTC))


def test_a_day_may_have_23_or_25_hours() -> None:
    assert day_period(date(2026, 3, 29), zone=BERLIN).minutes == 23 * 60
    assert day_period(date(2026, 10, 25), zone=BERLIN).minutes == 25 * 60


@pytest.mark.parametrize(
    ("window", "refusal"),
    [
        (Period(at("09:00", on=date(2026, 3, 2)), at("12:00", on=date(2026, 3, 2))), TimeIsPast),
        (evening("20:00", "18:00"), TimeIsReversed),
        (evening("18:00", "18:00"), TimeIsReversed),
        (Period(at("18:00") + timedelta(minutes=1), at("21:00")), TimeIsOffTheMark),
        (Period(at("18:00"), at("21:00") + timedelta(seconds=1)), TimeIsOffTheMark),
        (Period(at("22:00"), at("00:05", on=date(2026, 3, 5))), TimeRunsOverMidnight),
        (evening("18:00", "19:25"), WindowIsTooShort),
        (evening("07:00", "21:05"), WindowIsTooLong),
        (evening("18:00", "21:00", date(2027, 5, 1)), TimeIsTooFarAhead),
        (Period(at("18:00"), datetime.max.replace(tzinfo=UTC, second=0, microsecond=0)), TimeIsOffTheMark),
        (
            Period(datetime(9999, 12, 31, 10, tzinfo=UTC), datetime(9999, 12, 31, 12, tzinfo=UTC)),
            TimeIsTooFarAhead,
        ),
    ],
)
def test_windows_that_cannot_be_asked_for(window: Period, refusal: type[Exception]) -> None:
    with pytest.raises(refusal) as raised:
        check_window(window, duration_minutes=90, now=NOW, zone=SHANGHAI, position=3)
    problem = raised.value.problem()  # type: ignore[attr-defined]
    assert problem["status"] == 422
    assert list(problem["errors"]["windows"]) == ["3"]


def test_windows_at_the_very_limits_are_taken() -> None:
    for window in (
        Period(at("22:30"), at("00:00", on=date(2026, 3, 5))),
        evening("07:00", "21:00"),
        evening("18:00", "19:30"),
        Period(NOW + timedelta(minutes=5), NOW + timedelta(minutes=95)),
    ):
        check_window(window, duration_minutes=90, now=NOW, zone=SHANGHAI, position=0)


def test_a_session_has_twelve_hours_at_most() -> None:
    check_session_time(evening("08:00", "20:00"), now=NOW, zone=SHANGHAI)
    with pytest.raises(SessionIsTooLong):
        check_session_time(evening("08:00", "20:05"), now=NOW, zone=SHANGHAI)


places = st.builds(
    Place,
    st.sampled_from(["a", "b", None]),
    st.floats(-90, 90, allow_nan=False),
    st.floats(-180, 180, allow_nan=False),
)


@given(places, places)
def test_travel_is_the_same_in_both_directions_and_bounded(a: Place, b: Place) -> None:
    there, back = travel_minutes(a, b), travel_minutes(b, a)
    assert there is not None
    assert there == back
    assert 0 <= there <= 24 * 60
    if a.venue_id is None or a.venue_id != b.venue_id:
        assert there >= 10


def test_travel_figures() -> None:
    distance = kilometres(LUODIAN, CHANGSHA)
    assert distance is not None
    assert 880 < distance < 900  # as the map says
    near = Place("v3", 31.4142, 121.3590 + 0.1)
    assert travel_minutes(LUODIAN, near) == 42  # 9.49 km of air, 13.3 km of road, 31.9 minutes and 10
    assert travel_minutes(LUODIAN, CHANGSHA) == 24 * 60
    assert travel_minutes(LUODIAN, ONLINE) is None


@given(periods, periods, places, places)
def test_whatever_overlaps_is_in_the_way_and_order_does_not_matter(
    a: Period, b: Period, here: Place, there: Place
) -> None:
    one, two = Stay(a, here), Stay(b, there)
    assert in_the_way([one], wanted=two) == in_the_way([two], wanted=one)
    if a.overlaps(b):
        assert in_the_way([one], wanted=two)


def test_the_gap_must_be_as_long_as_the_way() -> None:
    near = Place("v3", 31.4142, 121.3590 + 0.1)  # 42 minutes away
    first = Stay(evening("18:00", "19:00"), LUODIAN)
    assert in_the_way([first], wanted=Stay(evening("19:40", "20:40"), near))
    assert not in_the_way([first], wanted=Stay(evening("19:45", "20:45"), near))
    assert in_the_way([first], wanted=Stay(evening("16:30", "17:20"), near))
    assert not in_the_way([first], wanted=Stay(evening("19:00", "20:00"), LUODIAN))
    assert not in_the_way([first], wanted=Stay(evening("19:00", "20:00"), ONLINE))


def test_an_online_session_between_does_not_shorten_the_way() -> None:
    near = Place("v3", 31.4142, 121.3590 + 0.1)
    stays = [
        Stay(evening("18:00", "19:00"), LUODIAN),
        Stay(evening("19:00", "19:30"), ONLINE),
    ]
    assert in_the_way(stays, wanted=Stay(evening("19:35", "20:35"), near))


def test_without_rules_a_lecturer_lectures_every_day() -> None:
    assert available_on((), WEDNESDAY, zone=SHANGHAI) == [evening("08:00", "21:30")]
    assert not is_available((), evening("07:55", "09:00"), zone=SHANGHAI)
    assert is_available((), evening("20:00", "21:30"), zone=SHANGHAI)


def test_free_rules_replace_the_usual_day_and_away_cuts_out() -> None:
    rules = (
        Rule("free", weekday=3, starts=time(18), ends=time(20)),
        Rule("free", weekday=3, starts=time(20), ends=time(0)),
        Rule("free", on=date(2026, 3, 5), starts=time(9), ends=time(11)),
        Rule("away", on=WEDNESDAY, starts=time(19), ends=time(19, 30)),
        Rule("away", on=date(2026, 3, 11)),
    )
    assert available_on(rules, WEDNESDAY, zone=SHANGHAI) == [
        evening("18:00", "19:00"),
        Period(at("19:30"), at("00:00", on=date(2026, 3, 5))),
    ]
    assert available_on(rules, date(2026, 3, 5), zone=SHANGHAI) == [
        evening("09:00", "11:00", date(2026, 3, 5))
    ]
    assert available_on(rules, date(2026, 3, 11), zone=SHANGHAI) == []
    assert available_on(rules, date(2026, 3, 12), zone=SHANGHAI) == []
    assert is_available(rules, evening("19:30", "21:30"), zone=SHANGHAI)


def test_being_away_weekly_leaves_the_usual_rest() -> None:
    rules = (Rule("away", weekday=3, ends=time(12)),)
    assert available_on(rules, WEDNESDAY, zone=SHANGHAI) == [evening("12:00", "21:30")]


@given(st.lists(st.sampled_from(["free", "away"]), max_size=6), st.data())
def test_availability_is_free_without_away(kinds: list[str], data: st.DataObject) -> None:
    rules = []
    for kind in kinds:
        hours = sorted(data.draw(st.lists(st.integers(0, 23), min_size=2, max_size=2, unique=True)))
        weekday, on = data.draw(st.sampled_from([(3, None), (None, WEDNESDAY), (4, None)]))
        rules.append(Rule(kind, weekday, on, starts=time(hours[0]), ends=time(hours[1])))
    free = [rule for rule in rules if rule.kind == "free"]
    wanted = {hour for rule in free if rule.applies(WEDNESDAY) for hour in _hours(rule)}
    if not free:
        wanted = set(range(8, 21))
    wanted -= {hour for r in rules if r.kind == "away" and r.applies(WEDNESDAY) for hour in _hours(r)}
    for hour in range(23):
        period = evening(f"{hour:02}:00", f"{hour + 1:02}:00")
        assert is_available(rules, period, zone=SHANGHAI) == (hour in wanted)


def _hours(rule: Rule) -> range:
    assert rule.starts is not None
    assert rule.ends is not None
    return range(rule.starts.hour, rule.ends.hour)


@given(st.integers(1, 60 * 24 * 60))
def test_a_deadline_leaves_time_to_answer_and_never_outlives_the_start(minutes: int) -> None:
    starts_at = NOW + timedelta(minutes=minutes)
    deadline = offer_deadline(now=NOW, starts_at=starts_at)
    assert NOW < deadline <= starts_at
    assert deadline <= NOW + timedelta(hours=24)
    assert deadline >= min(NOW + timedelta(minutes=30), starts_at)
    if minutes >= 26 * 60:
        assert deadline == NOW + timedelta(hours=24)
    elif minutes >= 150:
        assert deadline == starts_at - timedelta(hours=2)


def test_the_deadline_itself_is_late() -> None:
    assert is_late(now=NOW, deadline=NOW)
    assert not is_late(now=NOW - timedelta(seconds=1), deadline=NOW)
