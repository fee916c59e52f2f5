"""Closed lists that several services and pages share. The glossary has both languages."""

ROLES = (
    "operator",  # 区级运维
    "principal",  # 校长
    "vice_principal",  # 副校长
    "council_member",  # 校委会委员
    "school_staff",  # 教务
    "liaison",  # 联络员
    "lecturer",  # 讲师
    "learner",  # 学员
)
ORGANISATION_KINDS = (
    "town_school",  # 社区党校
    "street_school",  # 街道夜校
    "branch",  # 村居、“两新”党组织
    "partner_unit",  # 共建单位
)
LECTURER_KINDS = (
    "leader",  # 党员领导干部
    "backbone",  # 党员教育骨干
    "secretary",  # 基层党组织书记
    "party_worker",  # 优秀党务工作者
    "expert",  # 智囊团
)
FORMS = (
    "lecture",  # 专题讲座
    "training",  # 专题培训
    "micro_class",  # 微党课
    "talk",  # 宣讲
    "case_study",  # 案例剖析
    "site_teaching",  # 现场教学
    "scenario",  # 情景党课
    "salon",  # 书记沙龙
    "reading",  # 读书分享
    "screening",  # 专题片
)
CATEGORIES = (
    "party_spirit",  # 党性教育
    "health",  # 疫情防控
    "city_management",  # 城市管理
    "speaking",  # 宣讲培训
    "sports",  # 体育健身
    "theory",  # 理论政策
    "party_history",  # 党史
    "business_skill",  # 业务技能
)
AUDIENCES = (
    "all",  # 全体党员
    "rural",  # 农村党员
    "community",  # 社区党员
    "two_new",  # “两新”组织党员
    "three_new",  # “三新”党员
    "secretary",  # 党组织书记
    "party_worker",  # 党务工作者
    "cadre",  # 机关干部
)
APPROVALS = (
    "automatic",  # 讲师同意即可
    "liaison",  # 须联络员同意
)
QUESTIONS = (
    "ideology",  # 思想性
    "practice",  # 实践性
    "profession",  # 专业性
    "overall",  # 总体评价
)
