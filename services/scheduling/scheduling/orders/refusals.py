"""Why an order or an offer cannot do what was asked of it."""

from __future__ import annotations

from contracts.errors import Refusal


class TopicIsMissing(Refusal):
    """The order names no topic, or one of the menu and a missing one at once."""

    status = 422
    zh = "请从菜单里选一个课题，菜单里没有的请写出课题名称，两者填一项。"
    en = "Choose a topic of the menu, or name the one that the menu lacks: one of the two."


class PlaceIsMissing(Refusal):
    """The order is neither online nor at a venue, or both."""

    status = 422
    zh = "请选择线上，或选一个场地，两者选一项。"
    en = "Choose online or a venue: one of the two."


class TopicIsNotOnTheMenu(Refusal):
    """The topic was taken off the menu."""

    zh = "这个课题已从菜单下架，请另选一个。"
    en = "This topic was taken off the menu. Choose another one."


class SharesExceedTheSeats(Refusal):
    """More seats are kept for organisations than there are."""

    status = 422
    zh = "各单位的名额共 {shares} 个，超过了座位数 {seats} 个，请减少。"
    en = "The shares add up to {shares}, but there are {seats} seats. Make them fewer."


class ShareIsGivenTwice(Refusal):
    """An organisation has two shares."""

    status = 422
    zh = "同一个单位的名额填了两次，请合并。"
    en = "An organisation has two shares. Put them together."


class OrderIsOffering(Refusal):
    """A lecturer is being asked at this moment."""

    zh = "正在等待讲师答复，有结果后再派单；不想等可以取消点单。"
    en = "A lecturer is being asked. Dispatch when there is an answer, or cancel the order."


class OrderIsScheduled(Refusal):
    """The order has its session."""

    zh = "这张点单已经排好课。要改时间请改场次，不需要了请取消。"
    en = "This order has its session. Reschedule the session, or cancel it."


class OrderWasCancelled(Refusal):
    """The order is closed."""

    zh = "这张点单已取消，请重新点单。"
    en = "This order was cancelled. Place a new one."


class OrderWasDelivered(Refusal):
    """The order is closed: its session was held."""

    zh = "这张点单已经完成，不能再改。"
    en = "This order was delivered and cannot be changed any more."


class LecturerIsNamedTwice(Refusal):
    """The sequence names somebody twice."""

    status = 422
    zh = "同一位讲师在顺序里出现了两次，请只留一次。"
    en = "A lecturer is named twice in the sequence. Name each one once."


class LecturerWasAsked(Refusal):
    """Nobody is asked twice for one order."""

    zh = "顺序里有讲师已经问过，请去掉后再派单。"
    en = "The sequence names a lecturer who was asked before. Take that one out."


class OfferAwaitsApproval(Refusal):
    """The lending unit has not agreed yet."""

    zh = "派出单位的联络员还没有同意，请稍后再答复。"
    en = "The lending unit has not agreed yet. Please answer later."


class OfferWasApproved(Refusal):
    """The lending unit agreed already."""

    zh = "派出单位已经同意，现在由讲师答复。讲师不能来可以婉拒。"
    en = "The lending unit has agreed; it is the lecturer's turn, who may decline."


class OfferWasRefused(Refusal):
    """The lending unit said no."""

    zh = "派出单位已经不同意，点单已另请他人。"
    en = "The lending unit has refused; somebody else is being asked."


class OfferWasAccepted(Refusal):
    """The lecturer said yes."""

    zh = "您已经接受，课已排好。确实来不了请联系点单学校取消场次。"
    en = "You have accepted and the session is booked. If you cannot come, ask the school to cancel it."


class OfferWasDeclined(Refusal):
    """The lecturer said no."""

    zh = "您已经婉拒，点单已另请他人。"
    en = "You have declined; somebody else is being asked."


class OfferHasLapsed(Refusal):
    """The deadline has passed."""

    zh = "答复期限已过，点单已另请他人。谢谢您。"
    en = "The deadline has passed and somebody else is being asked. Thank you all the same."


class OfferWasWithdrawn(Refusal):
    """The question no longer stands."""

    zh = "这次邀请已撤回，不用再答复。"
    en = "This offer was withdrawn; no answer is needed."
