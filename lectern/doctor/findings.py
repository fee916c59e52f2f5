"""What a check found: how bad it is, the cause, and the next step, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

OK, NOTE, PROBLEM = "ok", "note", "problem"


@dataclass(frozen=True)
class Finding:
    """`state` is ok, note (works, but somebody should know) or problem; `next_*` is empty when ok."""

    check: str
    state: str
    zh: str
    en: str
    next_zh: str = ""
    next_en: str = ""

    def as_dict(self) -> dict[str, str]:
        return {
            "check": self.check,
            "state": self.state,
            "cause": self.en,
            "next": self.next_en,
            "cause_zh": self.zh,
            "next_zh": self.next_zh,
        }


def fine(check: str, *, zh: str, en: str) -> Finding:
    return Finding(check, OK, zh, en)


def remark(check: str, *, zh: str, en: str, next_zh: str, next_en: str) -> Finding:
    return Finding(check, NOTE, zh, en, next_zh, next_en)


def problem(check: str, *, zh: str, en: str, next_zh: str, next_en: str) -> Finding:
    return Finding(check, PROBLEM, zh, en, next_zh, next_en)
