"""The closed lists of the rectification ledger: what a task, its progress, its evidence and its visits may be called."""

from __future__ import annotations

from portal.core.vocabulary import Term


class TaskState(Term):
    """Where a task (整改任务) stands. Overdue is no state: it is computed."""

    NOT_STARTED = "not_started", "待启动", "not started"
    UNDER_WAY = "under_way", "整改中", "under way"
    CHECK_REQUESTED = "check_requested", "申请验收", "check requested"
    ON_SITE_CHECK = "on_site_check", "现场核查", "on-site check"
    PUBLIC_NOTICE = "public_notice", "公示", "public notice"
    CLOSED_OUT = "closed_out", "销号", "closed out"
    LOOK_BACK = "look_back", "回头看", "look-back"
    STABLE = "stable", "稳定", "stable"
    RELAPSED = "relapsed", "反弹", "relapsed"


class Pace(Term):
    """序时进度: computed from dates and quantities, or set by a person with a reason."""

    DONE = "done", "已完成", "done"
    ON_SCHEDULE = "on_schedule", "达到序时进度", "on schedule"
    BEHIND = "behind", "未达序时", "behind schedule"
    OVERDUE = "overdue", "逾期", "overdue"
    STANDING = "standing", "长期推进", "standing duty"
    NO_REPORT = "no_report", "尚无进度", "no report yet"


class PlanKind(Term):
    """What a plan answers."""

    INSPECTION = "inspection", "督察整改方案", "plan after an inspection"
    CAMPAIGN = "campaign", "攻坚行动", "campaign"


class UnitRole(Term):
    """What a unit is to a task."""

    LEAD = "lead", "牵头单位", "lead unit"
    RESPONSIBLE = "responsible", "责任单位", "responsible unit"
    SUPPORTING = "supporting", "配合单位", "supporting unit"
    OVERSEEING = "overseeing", "督导单位", "overseeing unit"


class EvidenceKind(Term):
    """What a piece of evidence shows."""

    BEFORE = "before", "整改前照片", "photo before"
    AFTER = "after", "整改后照片", "photo after"
    DOCUMENT = "document", "文件材料", "document"
    MONITORING = "monitoring", "监测数据", "monitoring value"
    ON_SITE = "on_site", "现场核查记录", "on-site record"


class Rhythm(Term):
    """How often a recurring measure must be done."""

    WEEKLY = "weekly", "每周", "every week"
    MONTHLY = "monthly", "每月", "every month"
    TWO_MONTHS = "two_months", "每两个月", "every two months"
    QUARTERLY = "quarterly", "每季度", "every quarter"
    YEARLY = "yearly", "每年", "every year"


class VisitVerdict(Term):
    """What a look-back (回头看) found."""

    STABLE = "stable", "整改稳定", "stable"
    RELAPSE = "relapse", "出现反弹", "relapse"
    SHAM = "sham", "虚假整改", "sham rectification"
    SURFACE = "surface", "表面整改", "surface rectification"


class CreditKind(Term):
    """What was put on record against a firm where a measure names it."""

    CREDIT_DEDUCTION = "credit_deduction", "环境信用扣分", "environmental credit deduction"
    JOINT_SANCTION = "joint_sanction", "联合惩戒", "joint sanction"


class LinkKind(Term):
    """What else a task is tied to."""

    LETTER = "letter", "信访件", "letter"
    EXPOSURE = "exposure", "曝光案例", "exposed case"
    CASE = "case", "问责案件", "accountability case"


class Reminder(Term):
    """Where a late or soon due task stands on the supervision ladder."""

    NONE = "none", "正常", "normal"
    WARNING = "warning", "预警", "early warning"
    URGING = "urging", "催办", "urging"
    SUPERVISED = "supervised", "督办", "supervised"


# States in which the work of a task counts as done.
DONE_STATES = frozenset({TaskState.PUBLIC_NOTICE, TaskState.CLOSED_OUT, TaskState.LOOK_BACK, TaskState.STABLE})
SEVERITY_WORDS = {1: "一般", 2: "较重", 3: "严重"}
