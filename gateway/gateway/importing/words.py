"""The words of the closed lists as people write them in a spreadsheet: the code, or the Chinese word."""

from __future__ import annotations

import re
import unicodedata

from contracts import vocabulary


def plain(text: str) -> str:
    """Text for comparing words: half width, lower case, without quotes, blanks, dashes and underscores."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\s_\-“”\"'‘’「」·]+", "", folded)


def _book(codes: tuple[str, ...], *chinese: str) -> dict[str, str]:
    """Every accepted spelling, made plain, to its code; one word or several split by `/` for each code."""
    book = {plain(code): code for code in codes}
    for code, words in zip(codes, chinese, strict=True):
        book.update({plain(word): code for word in words.split("/")})
    return book


BOOKS: dict[str, dict[str, str]] = {
    "role": _book(
        vocabulary.ROLES,
        "区域管理员/区级运维/运维/管理员",
        "校长",
        "副校长",
        "校委会委员/委员/校委",
        "教务/教务人员",
        "联络员/联系人",
        "讲师",
        "学员/党员",
    ),
    "organisation_kind": _book(
        vocabulary.ORGANISATION_KINDS,
        "社区党校/镇社区党校/党校",
        "街道夜校/夜校",
        "村居、“两新”党组织/党组织/村居/党支部/党总支/党委",
        "共建单位/联建单位/联席单位",
    ),
    "lecturer_kind": _book(
        vocabulary.LECTURER_KINDS,
        "党员领导干部/领导干部",
        "党员教育骨干/骨干",
        "基层党组织书记/书记",
        "优秀党务工作者/党务工作者",
        "智囊团专家/智囊团/专家/专家学者",
    ),
    "form": _book(
        vocabulary.FORMS,
        "专题讲座/讲座/专题党课",
        "专题培训/培训/业务培训",
        "微党课/微宣讲",
        "宣讲",
        "案例剖析/案例",
        "现场教学",
        "情景党课",
        "书记沙龙/沙龙",
        "读书分享/读书分享会/领学/原文领学",
        "专题片/观看专题片",
    ),
    "category": _book(
        vocabulary.CATEGORIES,
        "党性教育",
        "疫情防控/卫生健康",
        "城市管理",
        "宣讲培训",
        "体育健身",
        "理论政策",
        "党史",
        "业务技能",
    ),
    "audience": _book(
        vocabulary.AUDIENCES,
        "全体党员/全体/所有",
        "农村党员/农村",
        "社区党员/社区",
        "“两新”组织党员/两新党员/两新",
        "“三新”党员/三新",
        "党组织书记/书记",
        "党务工作者",
        "机关干部/机关",
    ),
    "approval": _book(vocabulary.APPROVALS, "讲师同意即可/自动/无须同意", "须联络员同意/联络员同意/联络员"),
    "availability_kind": _book(("free", "away"), "空闲/有空/可授课", "请假/外出/没空/不可授课"),
    "weekday": _book(
        tuple("1234567"),
        "周一/星期一/礼拜一/一/mon/monday",
        "周二/星期二/礼拜二/二/tue/tuesday",
        "周三/星期三/礼拜三/三/wed/wednesday",
        "周四/星期四/礼拜四/四/thu/thursday",
        "周五/星期五/礼拜五/五/fri/friday",
        "周六/星期六/礼拜六/六/sat/saturday",
        "周日/星期日/星期天/礼拜日/礼拜天/日/天/sun/sunday",
    ),
    "flag": _book(("yes", "no"), "是/对/有/1/true/y/√/上架/在任/启用", "否/不/无/0/false/n/×/下架/停用"),
}
