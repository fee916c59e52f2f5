"""What stands against a booking. A refusal of a time says the same whoever holds that time, and for what."""

from __future__ import annotations

from typing import ClassVar

from contracts.errors import Refusal


class CannotBeBooked(Refusal):
    """A limit is reached. `withdraws` is why an offer that meets it no longer stands."""

    withdraws: ClassVar[str] = "rules_changed"


class LecturerIsBusy(CannotBeBooked):
    """The lecturer has another booking then, or could not travel in time."""

    withdraws = "time_taken"
    zh = "讲师在这个时间没有空，请换一个时间或另请讲师。"
    en = "The lecturer is not free at this time. Choose another time or another lecturer."


class VenueIsTaken(CannotBeBooked):
    """Another session is in the venue."""

    withdraws = "time_taken"
    zh = "场地在这个时间已被占用，请换一个时间或场地。"
    en = "The venue is taken at this time. Choose another time or another venue."


class AudienceIsTaken(CannotBeBooked):
    """The audience group is elsewhere."""

    withdraws = "time_taken"
    zh = "这批学员在这个时间已有安排，请换一个时间。"
    en = "The audience is busy at this time. Choose another time."


class LecturerIsAway(CannotBeBooked):
    """Outside the times in which the lecturer lectures."""

    zh = "这个时间不在讲师的可授课时间内，请换一个时间，或取消后重新点单。"
    en = "The lecturer does not lecture at this time. Choose another time, or cancel and order again."


class LecturerIsInactive(CannotBeBooked):
    """Switched off in the register, or gone."""

    zh = "这位讲师目前停用，请另请讲师。"
    en = "This lecturer is not active at present. Ask another one."


class LecturerIsAtTheCap(CannotBeBooked):
    """As many sessions this month as the lecturer takes."""

    zh = "讲师这个月已排满 {cap} 场，请换一个月或另请讲师。"
    en = "The lecturer has reached this month's cap of {cap}. Choose another month or another lecturer."


class AgreementIsUsedUp(CannotBeBooked):
    """All sessions of the sharing agreement are booked."""

    zh = "协议 {agreement} 的 {quota} 场已经用完，请与共建单位商量增加，或另请讲师。"
    en = "Agreement {agreement} is used up ({quota} of {quota}). Ask the lender for more, or ask another one."


class AgreementIsNotValid(CannotBeBooked):
    """No sharing agreement covers the day."""

    zh = "当天没有有效的共享协议，请换一天，或另请讲师。"
    en = "No sharing agreement covers that day. Choose another day or another lecturer."


class VenueIsTooSmall(CannotBeBooked):
    """Seats were promised that the venue does not have."""

    zh = "这个场地只有 {seats} 个座位，本场已开放 {needed} 个名额，请换大一些的场地。"
    en = "This venue has {seats} seats, the session offers {needed}. Choose a larger one."
