"""Why a session cannot do what was asked of it."""

from __future__ import annotations

from contracts.errors import Refusal


class SessionHasBegun(Refusal):
    """Too late to move it."""

    zh = "这场课已经开始，不能再改时间或场地。"
    en = "This session has begun; time and place cannot be changed any more."


class SessionHasNotBegun(Refusal):
    """Too early to say that it was held."""

    zh = "这场课还没有开始，开始以后才能确认已上课。"
    en = "This session has not begun. Confirm it once it has."


class SessionWasHeld(Refusal):
    """It took place."""

    zh = "这场课已经上过，不能再改。"
    en = "This session was held and cannot be changed any more."


class SessionWasCancelled(Refusal):
    """It will not take place."""

    zh = "这场课已取消，请重新点单。"
    en = "This session was cancelled. Place a new order."
