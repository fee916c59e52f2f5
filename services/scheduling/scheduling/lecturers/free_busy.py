"""Free and busy time of a lecturer: when, never what."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from chassis.tx import Tx
from contracts.errors import NotFound, Refusal

from scheduling import access, calendar
from scheduling.booking import busy
from scheduling.booking.tables import LECTURER
from scheduling.lecturers.availability import rules_of
from scheduling.rules.availability import available_on
from scheduling.rules.periods import Period, clip, days_of, merge
from scheduling.sharing.circle import may_ask_for
from scheduling.tables import Lecturer

LONGEST = timedelta(days=62)


class RangeIsReversed(Refusal):
    """It ends before it begins."""

    status = 422
    zh = "结束时间要晚于开始时间。"
    en = "The end must come after the start."


class RangeIsTooLong(Refusal):
    """More than two months at once."""

    status = 422
    zh = "一次最多查看 {days} 天，请缩短范围。"
    en = "At most {days} days at once. Choose a shorter range."


def free_busy(tx: Tx, *, lecturer_id: str, starts_at: datetime, ends_at: datetime) -> dict[str, Any]:
    """Busy stretches and stretches of availability; neighbouring bookings are told as one."""
    if ends_at <= starts_at:
        raise RangeIsReversed(errors={"ends_at": ["ends before it starts"]})
    if ends_at - starts_at > LONGEST:
        raise RangeIsTooLong(days=LONGEST.days, errors={"ends_at": ["too long"]})
    lecturer = tx.session.get(Lecturer, lecturer_id)
    if lecturer is None or not _may_see(tx, lecturer=lecturer):
        raise NotFound()
    within = Period(starts_at, ends_at)
    taken = busy.busy_periods(tx, resources=[(LECTURER, lecturer_id)], within=within)
    rules = rules_of(tx, lecturer_ids=[lecturer_id]).get(lecturer_id, ())
    zone = calendar.zone()
    available = [each for day in days_of(within, zone=zone) for each in available_on(rules, day, zone=zone)]
    return {
        "busy": _told(merge(taken.get((LECTURER, lecturer_id), ())), within=within),
        "available": _told(merge(available), within=within),
    }


def _may_see(tx: Tx, *, lecturer: Lecturer) -> bool:
    """The lecturer, the home unit, and whoever may ask for the lecturer."""
    actor = tx.actor
    if actor.person_id is not None and actor.person_id == lecturer.id:
        return True
    if access.holds(
        tx,
        roles=access.READING,
        organisation_id=lecturer.organisation_id,
        district_id=lecturer.district_id,
    ):
        return True
    asking = actor.organisation_id
    if asking is None or actor.roles.isdisjoint(access.READING):
        return False
    return may_ask_for(tx, lecturer=lecturer, organisation_id=asking)


def _told(periods: list[Period], *, within: Period) -> list[dict[str, datetime]]:
    return [
        {"starts_at": period.starts_at, "ends_at": period.ends_at} for period in clip(periods, within=within)
    ]
