"""The closed lists of the contracts in words; the glossary has the same ones."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _

ROLES = {
    "operator": _("区域管理员"),
    "principal": _("校长"),
    "vice_principal": _("副校长"),
    "council_member": _("校委会委员"),
    "school_staff": _("教务"),
    "liaison": _("联络员"),
    "lecturer": _("讲师"),
    "learner": _("学员"),
}
ORGANISATION_KINDS = {
    "town_school": _("社区党校"),
    "street_school": _("街道夜校"),
    "branch": _("村居、“两新”党组织"),
    "partner_unit": _("共建单位"),
}
LECTURER_KINDS = {
    "leader": _("党员领导干部"),
    "backbone": _("党员教育骨干"),
    "secretary": _("基层党组织书记"),
    "party_worker": _("优秀党务工作者"),
    "expert": _("智囊团专家"),
}
FORMS = {
    "lecture": _("专题讲座"),
    "training": _("专题培训"),
    "micro_class": _("微党课"),
    "talk": _("宣讲"),
    "case_study": _("案例剖析"),
    "site_teaching": _("现场教学"),
    "scenario": _("情景党课"),
    "salon": _("书记沙龙"),
    "reading": _("读书分享"),
    "screening": _("专题片"),
}
CATEGORIES = {
    "party_spirit": _("党性教育"),
    "health": _("卫生健康"),
    "city_management": _("城市管理"),
    "speaking": _("宣讲培训"),
    "sports": _("体育健身"),
    "theory": _("理论政策"),
    "party_history": _("党史"),
    "business_skill": _("业务技能"),
}
AUDIENCES = {
    "all": _("全体党员"),
    "rural": _("农村党员"),
    "community": _("社区党员"),
    "two_new": _("“两新”组织党员"),
    "three_new": _("“三新”党员"),
    "secretary": _("党组织书记"),
    "party_worker": _("党务工作者"),
    "cadre": _("机关干部"),
}
APPROVALS = {"automatic": _("讲师同意即可"), "liaison": _("须联络员同意")}
QUESTIONS = {
    "ideology": _("思想性"),
    "practice": _("实践性"),
    "profession": _("专业性"),
    "overall": _("总体评价"),
}
ORDER_STATES = {
    "placed": _("待派单"),
    "offering": _("邀请中"),
    "scheduled": _("已排课"),
    "unmet": _("未满足"),
    "cancelled": _("已撤销"),
    "delivered": _("已完成"),
}
UNMET_REASONS = {
    "topic_missing": _("菜单里还没有这门课"),
    "no_candidate": _("没有可以邀请的讲师"),
    "all_refused": _("邀请过的讲师都没有接受"),
    "window_passed": _("可选时间都已过去"),
}
OFFER_STATES = {
    "awaiting_approval": _("等单位同意"),
    "offered": _("等讲师答复"),
    "accepted": _("已接受"),
    "declined": _("讲师谢绝"),
    "refused": _("单位未同意"),
    "lapsed": _("逾期未答复"),
    "withdrawn": _("已撤回"),
}
OFFER_REASONS = {
    "liaison": _("联络员逾期未答复"),
    "lecturer": _("讲师逾期未答复"),
    "order_cancelled": _("点单已撤销"),
    "time_taken": _("这个时间已被占用"),
    "rules_changed": _("条件有变"),
}
SESSION_STATES = {"scheduled": _("已排课"), "held": _("已举行"), "cancelled": _("已取消")}
SEAT_STATES = {
    "seated": _("已报名"),
    "waiting": _("候补中"),
    "cancelled": _("已退出"),
    "attended": _("已签到"),
    "missed": _("未到"),
}
MARKS = {5: _("很好"), 4: _("好"), 3: _("一般"), 2: _("较差"), 1: _("差")}
SOURCES = {
    "directory": _("组织名录"),
    "scheduling": _("排课"),
    "enrollment": _("报名"),
    "feedback": _("评价"),
    "notifications": _("消息"),
}

LISTS: dict[str, dict[Any, Any]] = {
    "role": ROLES,
    "organisation_kind": ORGANISATION_KINDS,
    "lecturer_kind": LECTURER_KINDS,
    "form": FORMS,
    "category": CATEGORIES,
    "audience": AUDIENCES,
    "approval": APPROVALS,
    "question": QUESTIONS,
    "order_state": ORDER_STATES,
    "unmet_reason": UNMET_REASONS,
    "offer_state": OFFER_STATES,
    "offer_reason": OFFER_REASONS,
    "session_state": SESSION_STATES,
    "seat_state": SEAT_STATES,
    "mark": MARKS,
    "source": SOURCES,
}


def word(list_name: str, value: object) -> str:
    """The word for a value of a closed list; a value newer than this release is shown as it is."""
    found = LISTS[list_name].get(value)
    return str(found) if found is not None else str(value)
