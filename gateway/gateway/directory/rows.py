"""The rows of an import: their shapes, and how a batch is read without one bad row stopping the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from chassis.access import Actor
from contracts.fields import CODE, NAME, Text, Whole, latitude, longitude, one_of
from contracts.registry import Request
from marshmallow import ValidationError, fields, pre_load, validate

from contracts import vocabulary
from gateway.directory.refs import RowResult
from gateway.directory.tables import EMAIL, LOGIN, PHONE

LOGIN_PATTERN = r"^[a-z0-9][a-z0-9._@-]{0,62}[a-z0-9]$"


class DistrictRow(Request):
    """Sheet `districts`."""

    row = Whole(1, 10_000_000, required=True)
    code = Text(CODE, required=True)
    name = Text(NAME, required=True)
    name_en = Text(NAME, least=0, load_default="")
    timezone = fields.String(
        load_default="Asia/Shanghai", validate=validate.OneOf(sorted(available_timezones()), error="unknown")
    )


class OrganisationRow(Request):
    """Sheet `organisations`; the district and the parent by their codes."""

    row = Whole(1, 10_000_000, required=True)
    district = Text(CODE, required=True)
    code = Text(CODE, required=True)
    name = Text(NAME, required=True)
    name_en = Text(NAME, least=0, load_default="")
    kind = one_of(*vocabulary.ORGANISATION_KINDS, required=True)
    parent = Text(CODE, least=0, load_default="")
    latitude = latitude(load_default=None)
    longitude = longitude(load_default=None)


class RoleHeld(fields.String):
    """`role` or `role@CODE`, as the pair (role, organisation's code or "")."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        role, _, code = super()._deserialize(value, attr, data, **kwargs).strip().partition("@")
        if role not in vocabulary.ROLES:
            raise ValidationError(f"must be one of: {', '.join(vocabulary.ROLES)}")
        return role, code.strip()


class PersonRow(Request):
    """Sheet `people`; the home organisation by its code.

    A role is `role` (held at home) or `role@CODE` (held in that organisation of the same district).
    """

    row = Whole(1, 10_000_000, required=True)
    organisation = Text(CODE, required=True)
    code = Text(CODE, required=True)
    name = Text(NAME, required=True)
    email = fields.Email(load_default=None, allow_none=True, validate=validate.Length(max=EMAIL))
    audience = one_of(*vocabulary.AUDIENCES, load_default="all")
    phone = Text(PHONE, load_default=None, allow_none=True)
    roles = fields.List(RoleHeld(), load_default=lambda: [("learner", "")], validate=validate.Length(max=32))
    login = fields.String(
        load_default=None,
        allow_none=True,
        validate=[validate.Length(max=LOGIN), validate.Regexp(LOGIN_PATTERN)],
    )
    active = fields.Boolean(load_default=True)

    @pre_load
    def _blank_is_none(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        blank = {name: None for name in ("email", "phone", "login") if data.get(name) == ""}
        login = data.get("login")
        if isinstance(login, str) and login:
            blank["login"] = login.strip().lower()  # type: ignore[assignment]
        return {**data, **blank}


@dataclass(frozen=True)
class Refusals:
    """Sentences of the directory's own about rows."""

    not_yours = ("这一行不属于您所在的区，不能导入。", "This row is not of your district.")
    no_district = ("没有代码为“{code}”的区。", "There is no district with the code “{code}”.")
    no_organisation = ("没有代码为“{code}”的单位。", "There is no organisation with the code “{code}”.")
    other_district = (
        "“{code}”属于另一个区，不能写在这里。",
        "“{code}” is an organisation of another district.",
    )
    no_parent = ("没有代码为“{code}”的上级单位。", "There is no parent organisation with the code “{code}”.")
    own_parent = ("上级单位形成了循环。", "The parent organisations form a circle.")
    twice = ("代码“{code}”在第 {row} 行已经出现过。", "The code “{code}” is in row {row} already.")
    moved = (
        "代码“{code}”已经用于另一个区的单位。",
        "The code “{code}” is used by an organisation of another district.",
    )
    login_taken = ("登录名“{login}”已经有人使用。", "The login “{login}” is taken.")


def load(schema: Request, rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[RowResult]]:
    """The good rows as values, and an answer for each bad one."""
    good: list[dict[str, Any]] = []
    bad: list[RowResult] = []
    for number, row in enumerate(rows, start=1):
        try:
            good.append(schema.load(row))
        except ValidationError as error:
            bad.append(_wrong_fields(row, number, error))
    return good, bad


def refused(row: dict[str, Any], sentence: tuple[str, str], /, **params: Any) -> RowResult:
    """The answer to a row that breaks a rule."""
    zh, en = sentence
    return RowResult(row["row"], "refused", zh.format(**params), en.format(**params), code=row.get("code"))


def without_doubles(
    rows: list[dict[str, Any]], key: Callable[[dict[str, Any]], Any]
) -> tuple[list[dict[str, Any]], list[RowResult]]:
    """Of rows with the same key only the first stays."""
    first: dict[Any, int] = {}
    kept, answers = [], []
    for row in rows:
        if key(row) in first:
            answers.append(refused(row, Refusals.twice, code=row["code"], row=first[key(row)]))
        else:
            first[key(row)] = row["row"]
            kept.append(row)
    return kept, answers


def may_write(actor: Actor | None, district_id: str | None) -> bool:
    """The system writes everything, an operator the entries of its own district."""
    if actor is None:
        return False
    if actor.is_system:
        return True
    return "operator" in actor.roles and district_id is not None and actor.district_id == district_id


def in_order(rows: list[dict[str, Any]], results: list[RowResult]) -> list[RowResult]:
    """One answer for each row, in the sequence of the rows."""
    place = {row.get("row"): at for at, row in reversed(list(enumerate(rows)))}
    return sorted(results, key=lambda result: place.get(result.row, result.row))


def _wrong_fields(row: dict[str, Any], number: int, error: ValidationError) -> RowResult:
    messages = error.normalized_messages()
    said = "; ".join(f"{name}: {_flat(found)}" for name, found in messages.items())[:500]
    at = row.get("row")
    return RowResult(
        at if isinstance(at, int) and at > 0 else number,
        "refused",
        f"有些内容填写不对：{said}",
        f"Some fields are not right: {said}",
        code=row.get("code") if isinstance(row.get("code"), str) else None,
    )


def _flat(found: Any) -> str:
    if isinstance(found, dict):
        return ", ".join(f"{key} {_flat(value)}" for key, value in found.items())
    return ", ".join(map(str, found)) if isinstance(found, list) else str(found)
