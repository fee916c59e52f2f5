"""The sheets of an import and their columns. The same columns serve CSV, Excel, the API and the rejects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from contracts.fields import CODE, MAX_PEOPLE, NAME, NOTE, TITLE

from gateway.importing.words import plain


@dataclass(frozen=True)
class Column:
    """One column: how its cells are read, whether they may be empty, and what headers it is known by.

    `kind` names a reader in `rows`; `book` the list of accepted words for choices; `least` and `most` bound
    the length of a text or the value of a number.
    """

    name: str
    kind: str
    headers: str
    required: bool = False
    most: float = 0
    least: float = 0
    book: str = ""

    @property
    def title(self) -> str:
        """The Chinese header, as sentences about a cell name it."""
        return self.headers.split("/", maxsplit=1)[0]


@dataclass(frozen=True)
class SheetKind:
    """One sheet: its columns, the columns that make two rows the same thing, and its Chinese names."""

    name: str
    headers: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    def column_of(self, header: str) -> Column | None:
        """The column that a header names, in either language; a star or a note in brackets may follow."""
        known = _BY_HEADER[self.name]
        bare = re.sub(r"\(.*?\)|（.*?）|\*", "", header)
        return known.get(plain(header)) or known.get(plain(bare))


def _code(name: str, headers: str, *, required: bool = True) -> Column:
    return Column(name, "code", headers, required=required, least=1, most=CODE)


def _text(name: str, headers: str, most: int, *, required: bool = False) -> Column:
    return Column(name, "text", headers, required=required, most=most)


_LATITUDE = Column("latitude", "decimal", "纬度/lat", least=-90, most=90)
_LONGITUDE = Column("longitude", "decimal", "经度/lon/lng", least=-180, most=180)
_OWNER = _code("organisation", "单位代码/单位/所属单位/organization/unit")
# Person codes are unique within a district only; an operator of one district never needs this column.
_WHICH_DISTRICT = _code("district", "区域代码/区域/所属区域/片区代码/片区", required=False)

SHEETS: tuple[SheetKind, ...] = (
    SheetKind(
        "districts",
        "区域/片区/区县",
        (
            _code("code", "代码/区域代码/片区代码/编号"),
            _text("name", "名称/区域名称/片区名称", NAME, required=True),
            _text("name_en", "英文名称/英文名/english", NAME),
            _text("timezone", "时区", CODE),
        ),
        key=("code",),
    ),
    SheetKind(
        "organisations",
        "单位/组织/organizations",
        (
            _code("code", "代码/单位代码/编号"),
            _code("district", "区域代码/区域/所属区域/片区代码/片区"),
            _text("name", "名称/单位名称", NAME, required=True),
            _text("name_en", "英文名称/英文名/english", NAME),
            Column("kind", "choice", "类别/单位类别/类型", required=True, book="organisation_kind"),
            _code("parent", "上级单位代码/上级单位/上级", required=False),
            _LATITUDE,
            _LONGITUDE,
        ),
        key=("code",),
    ),
    SheetKind(
        "people",
        "人员/党员/名册",
        (
            _code("code", "代码/人员代码/编号/工号"),
            _OWNER,
            _text("name", "姓名", NAME, required=True),
            Column("phone", "phone", "电话/手机/手机号/联系电话/mobile", most=20),
            Column("email", "email", "邮箱/电子邮箱/电子邮件/e-mail/mail", most=254),
            Column("audience", "choice", "学员类别/类别/对象", book="audience"),
            Column("roles", "roles", "角色/role", most=32),
            Column("login", "login", "登录名/账号/用户名/account", least=3, most=CODE),
            Column("active", "flag", "在册/启用/是否在册"),
        ),
        key=("code",),
    ),
    SheetKind(
        "topics",
        "课程菜单/课程/课题",
        (
            _code("code", "代码/课程代码/编号"),
            _OWNER,
            _text("title", "题目/课程名称/课题名称/名称", TITLE, required=True),
            _text("summary", "简介/说明", NOTE),
            Column("category", "choice", "类别/课程类别", required=True, book="category"),
            Column("form", "choice", "形式/授课形式", required=True, book="form"),
            Column("duration_minutes", "whole", "时长/时长（分钟）/分钟", required=True, least=5, most=720),
            Column("audiences", "choices", "适合对象/对象/听众", most=20, book="audience"),
            Column("published", "flag", "上架/发布/是否上架"),
        ),
        key=("code",),
    ),
    SheetKind(
        "venues",
        "场地/教室",
        (
            _code("code", "代码/场地代码/编号"),
            _OWNER,
            _text("name", "名称/场地名称", NAME, required=True),
            _text("address", "地址", TITLE),
            _LATITUDE,
            _LONGITUDE,
            Column("capacity", "whole", "容量/人数/座位", required=True, least=1, most=MAX_PEOPLE),
        ),
        key=("code",),
    ),
    SheetKind(
        "groups",
        "听众班组/班组/听众/班级",
        (
            _code("code", "代码/班组代码/编号"),
            _OWNER,
            _text("name", "名称/班组名称", NAME, required=True),
            Column("audience", "choice", "学员类别/类别/对象", required=True, book="audience"),
            Column("size", "whole", "人数", required=True, least=1, most=MAX_PEOPLE),
        ),
        key=("code",),
    ),
    SheetKind(
        "lecturers",
        "讲师/讲师团",
        (
            _code("person", "人员代码/讲师代码/人员/讲师"),
            Column("kind", "choice", "类别/讲师类别", required=True, book="lecturer_kind"),
            Column("topics", "codes", "课程代码/课程/可讲课程/topic", most=200),
            Column("monthly_cap", "whole", "每月上限/月上限", most=200),
            _LATITUDE,
            _LONGITUDE,
            Column("active", "flag", "在任/启用/是否在任"),
            _WHICH_DISTRICT,
        ),
        key=("person", "district"),
    ),
    SheetKind(
        "agreements",
        "共建协议/共享协议/协议",
        (
            _code("code", "代码/协议代码/编号"),
            _code("lender", "出借单位代码/出借单位/派出单位"),
            _code("borrower", "借用单位代码/借用单位/使用单位"),
            Column("starts_on", "date", "开始日期/起始日期/自", required=True),
            Column("ends_on", "date", "结束日期/截止日期/至", required=True),
            Column("quota_sessions", "whole", "场次额度/额度/场次", required=True, most=10_000),
            Column("approval", "choice", "同意方式/审批", required=True, book="approval"),
        ),
        key=("code", "lender", "borrower"),
    ),
    SheetKind(
        "availability",
        "空闲时间/可授课时间/时间",
        (
            _code("person", "人员代码/讲师代码/人员/讲师"),
            Column("kind", "choice", "类别/空闲或请假", required=True, book="availability_kind"),
            Column("weekday", "weekday", "星期/周几", book="weekday"),
            Column("on", "date", "日期/date"),
            Column("starts", "time", "开始/开始时间/from"),
            Column("ends", "time", "结束/结束时间/to"),
            _WHICH_DISTRICT,
        ),
        key=("person", "district", "kind", "weekday", "on", "starts"),
    ),
)
BY_NAME: Mapping[str, SheetKind] = {sheet.name: sheet for sheet in SHEETS}

# Columns that `rejects` adds; a corrected file of rejects may be imported with them still in it.
ROW_HEADER = "row / 行号"
REASON_HEADER = "reason / 原因"
ADDED_HEADERS = frozenset(plain(header) for header in (ROW_HEADER, REASON_HEADER))


def sheet_of(name: str) -> SheetKind | None:
    """The sheet that a file name or a tab name means, in either language, or None."""
    return _BY_SHEET_NAME.get(plain(name))


_BY_SHEET_NAME = {plain(name): sheet for sheet in SHEETS for name in (sheet.name, *sheet.headers.split("/"))}
_BY_HEADER = {
    sheet.name: {
        plain(header): column
        for column in reversed(sheet.columns)
        for header in (column.name, *column.headers.split("/"))
    }
    for sheet in SHEETS
}
