"""What enrollment says no to, as sentences."""

from __future__ import annotations

from contracts.errors import Refusal


class NotInRegister(Refusal):
    """The directory has not told us of this person yet."""

    zh = "学员名册里还没有您，可能是刚刚登记。请过一分钟再试，仍不行请联系本单位教务。"
    en = "You are not in the member register yet. Try again in a minute, then ask your organisation's staff."


class MemberIsInactive(Refusal):
    """Who left takes no seats."""

    zh = "这位学员已停用，不能报名。请联系本单位教务恢复。"
    en = "This member is inactive and cannot enrol. Ask the organisation's staff to restore the member."


class SessionIsCancelled(Refusal):
    """The session will not take place."""

    zh = "这堂课已取消。请从课表另选一堂。"
    en = "This session was cancelled. Please choose another one from the calendar."


class SessionHasBegun(Refusal):
    """Seats are given and taken back until the start."""

    zh = "课已开始，不能再报名、取消或调整名额。到场的学员请找现场教务。"
    en = "The session has begun: seats can no longer be taken, given back or shared out. Ask at the door."


class AlreadyEnrolled(Refusal):
    """One person, one seat."""

    zh = "您已报名这堂课，不必再报。可在“我的课”里查看。"
    en = "Already enrolled in this session; see “My sessions”."


class LearnerIsBusy(Refusal):
    """Nobody sits in two places at once."""

    zh = "这段时间已报名《{title}》。请先取消那一堂，再报这一堂。"
    en = "Already enrolled in “{title}” at that time. Give that one back first, then enrol here."


class AlreadyCheckedIn(Refusal):
    """Who is there keeps the seat."""

    zh = "已经签到，不能再取消座位。"
    en = "Already checked in; the seat can no longer be given back."


class SharesExceedCapacity(Refusal):
    """More seats were shared out than there are."""

    status = 422
    zh = "各单位名额合计 {shared} 个，超过了总座位 {capacity} 个。请减少一些。"
    en = "The shares add up to {shared} seats, but there are only {capacity}. Please share out fewer."


class SeatsAreTaken(Refusal):
    """Those who are seated would not fit into these shares."""

    zh = "已报名的学员放不进这样的名额，还差 {missing} 个。请少留一些，或先请学员取消。"
    en = "Those who are enrolled do not fit: {missing} seats short. Keep fewer seats, or free some first."


class NotEnrolled(Refusal):
    """Only those with a seat are counted at the door."""

    zh = "没有报名这堂课，不能签到。请找现场教务。"
    en = "Not enrolled in this session, so checking in is not possible. Please ask the staff at the door."


class OnlyWaiting(Refusal):
    """The waiting list is no seat."""

    zh = "还在候补名单上，没有座位，不能签到。请找现场教务。"
    en = "Still on the waiting list and without a seat. Please ask the staff at the door."


class CheckInNotOpen(Refusal):
    """The door opens an hour before the start."""

    zh = "还没到签到时间，开课前 60 分钟开始签到。"
    en = "Checking in begins 60 minutes before the start. Please try again then."


class CheckInHasClosed(Refusal):
    """The code serves until half an hour after the end."""

    zh = "签到已结束（下课后 30 分钟截止）。漏签请在 7 天内找教务补登。"
    en = "Checking in ended 30 minutes after the session. Ask the staff within 7 days to add you."


class RosterIsClosed(Refusal):
    """Staff may add who was there for a week."""

    zh = "下课已超过 7 天，名单不能再改。"
    en = "The session ended more than 7 days ago; its roster can no longer be changed."


class WrongCode(Refusal):
    """These are not the digits shown at the door."""

    zh = "签到码不对，请看现场的六位数字。还可以试 {left} 次。"
    en = "That is not the code shown at the door. {left} tries left."


class TooManyTries(Refusal):
    """Guessing six digits must not pay."""

    status = 429
    zh = "签到码输错次数太多。请找现场教务登记签到。"
    en = "Too many wrong codes. Please let the staff at the door tick you."


class UnknownSession(Refusal):
    """An event about a session of which scheduling never said that it was booked; it is parked for a look."""

    zh = "没有收到过课次 {session_id} 的排课消息。请在运维页查看并补发。"
    en = "Session {session_id} was never announced as scheduled. See the operations page, then replay."
