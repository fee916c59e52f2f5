"""What a person typed into a form and what is wrong with it: nothing typed is ever lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from gateway.web.shown import says


class Typed:
    """The values of a form as text, and the errors beside them by field name."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self.values: dict[str, str] = dict(values or {})
        self.errors: dict[str, str] = {}
        self.problem: dict[str, Any] | None = None

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def is_wrong(self) -> bool:
        return bool(self.errors or self.problem)

    def wrong(self, name: str, sentence: str) -> None:
        """Note what is wrong with a field; the first sentence stays."""
        self.errors.setdefault(name, sentence)

    def text(self, name: str, *, most: int, required: bool = True) -> str:
        value = self[name].strip()
        if required and not value:
            self.wrong(name, _("请填写这一栏。"))
        if len(value) > most:
            self.wrong(name, _("最多 %(most)s 个字，现在有 %(length)s 个。", most=most, length=len(value)))
        return value

    def whole(self, name: str, *, least: int, most: int) -> int:
        value = self[name].strip()
        if not value.isdecimal() or not least <= int(value[:10]) <= most:
            self.wrong(name, _("请填 %(least)s 到 %(most)s 之间的整数。", least=least, most=most))
            return least
        return int(value)

    def chosen(self, name: str, choices: object) -> str:
        value = self[name]
        if value not in choices:  # type: ignore[operator]
            self.wrong(name, _("请从列表里选一项。"))
        return value

    def refuse(self, problem: dict[str, Any], fields: Mapping[str, str] | None = None) -> None:
        """Take a service's refusal: to the top of the form and, where it names fields, beside them.

        `fields` says which field a refusal of this code belongs to.
        """
        self.problem = problem
        general = problem["code"] == "invalid_request"
        for name in problem.get("errors") or {}:
            self.wrong(str(name), _("这一栏不对，请检查后再提交。") if general else says(problem))
        field = (fields or {}).get(problem["code"])
        if field:
            self.wrong(field, says(problem))
