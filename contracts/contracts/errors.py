"""Refusals: what a rule says to a person, and how it crosses a process boundary.

A refusal is an exception whose class name is the rule as a sentence. It carries a stable `code`, an HTTP
status and a sentence in Chinese and in English that says what is wrong and what to do; `{name}` in a
sentence is filled from the keyword arguments, which must be JSON values. Nothing was changed when a
refusal is raised.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar


class Refusal(Exception):
    """The request breaks a rule; nothing was changed."""

    status: ClassVar[int] = 409
    zh: ClassVar[str] = "现在不能这样做。"
    en: ClassVar[str] = "This cannot be done now."

    def __init__(self, *, errors: dict[str, Any] | None = None, **params: Any) -> None:
        self.params = params
        self.errors = errors
        super().__init__(self.en.format(**params))

    @classmethod
    def code(cls) -> str:
        """The stable code: the class name in snake case."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def problem(self) -> dict[str, Any]:
        """This refusal as JSON: code, status, zh, en, params and, for bad fields, errors by field."""
        problem: dict[str, Any] = {
            "code": self.code(),
            "status": self.status,
            "zh": self.zh.format(**self.params),
            "en": self.en.format(**self.params),
            "params": self.params,
        }
        if self.errors:
            problem["errors"] = self.errors
        return problem


class Refused(Exception):
    """A refusal that another service raised, as the caller sees it."""

    def __init__(self, problem: dict[str, Any]) -> None:
        self.problem = problem
        self.code: str = problem["code"]
        self.status: int = problem["status"]
        super().__init__(problem["en"])


class NotFound(Refusal):
    """There is no such thing, or it belongs to somebody else: the answer is the same."""

    status = 404
    zh = "没有找到，或者不属于您的单位。请从列表里重新打开。"
    en = "Not found, or not your organisation's. Please open it again from the list."


class NotAllowed(Refusal):
    """The actor's role does not reach this far."""

    status = 403
    zh = "您的角色不能做这件事。请联系本单位的管理人员。"
    en = "Your role does not allow this. Please ask your organisation's staff."


class NotSignedIn(Refusal):
    """There is no valid actor."""

    status = 401
    zh = "请先登录。"
    en = "Please sign in first."


class InvalidRequest(Refusal):
    """Fields are missing, unknown, of the wrong type or out of range; `errors` says which."""

    status = 422
    zh = "有些内容填写不对，请看各栏的说明。"
    en = "Some fields are not right; see the note at each of them."


class CommandReused(Refusal):
    """The command id (Idempotency-Key) was used before with another content."""

    status = 422
    zh = "这个 Idempotency-Key 已用于另一份内容。请换一个新的。"
    en = "This Idempotency-Key was used before with another content. Use a new one."


class Busy(Refusal):
    """The database could not serialise this in time; nothing was done."""

    status = 503
    zh = "现在人多，请稍后再试。这次没有做任何改动。"
    en = "The system is busy; please try again shortly. Nothing was done."


class TooLate(Refusal):
    """The caller's deadline passed before the work began; nothing was done."""

    status = 503
    zh = "系统没能及时处理，这次没有做任何改动。请再试一次。"
    en = "The system was too slow to begin; nothing was done. Please try again."
