"""The closed lists of accountability work: states, answers, ranks, comparisons, namings, registers."""

from __future__ import annotations

from portal.core.vocabulary import Term


class CaseState(Term):
    """The life of an accountability case (问责案件)."""

    CHECKING = "checking", "核查中", "being checked"
    CHECKED = "checked", "已查清", "checked"
    DECIDED = "decided", "已决定", "decided"
    EXECUTED = "executed", "已落实", "carried out"
    CLOSED = "closed", "已结案", "closed"


class Origin(Term):
    """Where a case comes from."""

    LETTER = "letter", "信访件", "letter"
    TASK = "task", "整改任务", "rectification task"
    INSPECTION = "inspection", "督察移交", "handed over by an inspection"
    EXPOSURE = "exposure", "曝光或举报", "exposure"
    ACCIDENT = "accident", "环境事故", "accident"
    ASSESSMENT = "assessment", "考核", "assessment"
    OTHER = "other", "其他", "other"


class Dimension(Term):
    """The four checks of 一案四查."""

    TERRITORIAL = "territorial", "属地管理责任", "territorial management"
    SECTOR = "sector", "行业监管责任", "sector supervision"
    POLLUTER = "polluter", "排污者主体责任", "the polluter's own duty"
    SUPERVISION = "supervision", "督查责任", "inspection duty"


class CheckAnswer(Term):
    """What one of the four checks found."""

    FAILED = "failed", "有责", "failed its duty"
    NOT_FAILED = "not_failed", "无责", "did not fail"
    NOT_APPLICABLE = "not_applicable", "不适用", "does not apply"


class AccidentPoint(Term):
    """四不放过: an accident case stays open while one of these is open (方案 七（二）)."""

    CAUSE = "cause", "原因查清", "cause found"
    PERSONS = "persons", "责任人员处理", "persons dealt with"
    EDUCATION = "education", "责任人和周围群众受教育", "lessons taught"
    MEASURES = "measures", "整改措施落实", "measures carried out"


class PartyKind(Term):
    """A person or a unit; counted apart."""

    PERSON = "person", "个人", "person"
    UNIT = "unit", "单位", "unit"


class Rank(Term):
    """Rank of a person held to account; counted in this order."""

    PREFECTURE = "prefecture", "地厅级", "prefecture level"
    COUNTY = "county", "县处级", "county level"
    TOWNSHIP = "township", "乡科级", "township level"
    ORDINARY = "ordinary", "一般工作人员", "ordinary staff"
    COMPANY = "company", "企业人员", "company staff"
    OTHER = "other", "其他人员", "other"


class Tenure(Term):
    """Whether the person still holds the office. Responsibility is for life (昌吉办法 第十四条（二）)."""

    PRESENT = "present", "现任", "in office"
    THEN = "then", "时任", "in office then"
    RETIRED = "retired", "已退休", "retired"


class Naming(Term):
    """How a person is printed; decided one by one."""

    FULL = "full", "写全名", "full name"
    SURNAME = "surname", "只写姓，名用“某”", "surname only"
    OFFICE = "office", "只写职务", "office only"


class Comparison(Term):
    """A recorded decision beside the suggestion, by band."""

    MEETS = "meets", "符合标准", "meets"
    BELOW = "below", "低于标准", "below"
    ABOVE = "above", "高于标准", "above"
    NONE = "none", "没有可比的建议", "nothing to compare"


class Procedure(Term):
    """Steps of 办法 第十二条、第十三条, and of 规定 第二十条."""

    OWN = "own", "本地本单位问责", "dealt with on the spot"
    NOTICE = "notice", "下发问责通知", "accountability notice sent"
    LIST_DRAFTED = "list_drafted", "列出问责清单", "list drawn up"
    LIST_APPROVED = "list_approved", "领导小组审定清单", "list approved by the leading group"
    HANDED_OVER = "handed_over", "清单移交监察", "list handed to supervision"
    INVESTIGATED = "investigated", "纪检监察、组织部门调查", "investigated by discipline and organisation"
    PROPOSED = "proposed", "提出问责建议", "accountability proposed"
    AGREED = "agreed", "同级党委政府同意", "agreed by party committee and government"
    EXECUTED = "executed", "落实情况报告", "execution reported"
    NOT_DONE = "not_done", "未按办法问责，另行追究（第十三条）", "failing to hold to account is itself pursued"


class Factor(Term):
    """What 规定 第二十条 looks at when responsibility is weighed."""

    POST = "post", "岗位职责", "duties of the post"
    BASIS = "basis", "履职依据", "what the duty rests on"
    PERFORMANCE = "performance", "履职情况", "how it was done"
    CONDITIONS = "conditions", "履职条件", "the means there were"
    TIME = "time", "履职时间", "the time in office"


class ChangeKind(Term):
    """What later happened to a measure."""

    CHANGED = "changed", "变更", "changed"
    QUASHED = "quashed", "撤销", "quashed"
    REHABILITATED = "rehabilitated", "恢复名誉", "rehabilitated"


class InvestigationState(Term):
    """The life of an investigation (昌吉办法 第七条至第十一条)."""

    STARTED = "started", "已启动", "started"
    TEAM_APPROVED = "team_approved", "调查组已批准", "team approved"
    FOUND = "found", "已形成调查结论", "findings made"
    REPORTED = "reported", "报告待审批", "report submitted"
    APPROVED = "approved", "报告已批准，待公开", "report approved, to be published"
    PUBLISHED = "published", "报告已公开", "report published"
    FOLLOWED = "followed", "处理已落实", "followed to the end"


class ExposureState(Term):
    """The life of an exposed case (曝光案例)."""

    DRAFT = "draft", "起草中", "being drafted"
    READY = "ready", "可以公开", "ready to publish"
    PUBLISHED = "published", "已公开", "published"
    WITHDRAWN = "withdrawn", "已撤下", "taken down"


class Rectified(Term):
    """Whether what was exposed is mended."""

    IN_PROGRESS = "in_progress", "整改中", "being rectified"
    DONE = "done", "已整改", "rectified"


class PenaltyKind(Term):
    """What was decided against a polluter."""

    ORDER = "order", "责令改正", "ordered to correct"
    FINE = "fine", "罚款", "fine"
    SEAL = "seal", "查封扣押", "sealed up"
    STOP = "stop", "停产整治", "production stopped"
    TRANSFER = "transfer", "移送公安司法", "handed to police or justice"


class RegisterKind(Term):
    """The registers beside the cases. Each entry says who, by whom, from when, and what for."""

    RESPONSIBILITY_LETTER = "responsibility_letter", "责任书", "responsibility letter"
    HALF_YEAR_CHECK = "half_year_check", "半年检查", "half-year check"
    DUTY_REPORT = "duty_report", "述职", "duty report"
    SUMMONS = "summons", "约谈", "summons for talk"
    LISTED = "listed", "挂牌督办", "listed supervision"
    APPROVAL_LIMIT = "approval_limit", "区域或行业限批", "approval limit"
    FUNDS_STOPPED = "funds_stopped", "停拨资金", "funds stopped"
    ACCIDENT = "accident", "环境事故", "accident"
    MEDIA = "media", "媒体曝光", "media exposure"
    BULLETIN = "bulletin", "通报", "named in a bulletin"
    VETO = "veto", "一票否优", "excluded from honours"
    COPIED_RESULT = "copied_result", "督查结果抄送", "results copied"
    ACCIDENT_FILE = "accident_file", "企业环境事故档案", "accident file"
    JOINT_LIMIT = "joint_limit", "联合限制", "joint restriction"


class Level(Term):
    """Which level acted."""

    STATE = "state", "国家", "state"
    PROVINCE = "province", "省", "province"
    CITY = "city", "市", "city"
    COUNTY = "county", "县", "county"


class YearGrade(Term):
    """Result of the yearly assessment (规定 第十八条)."""

    EXCELLENT = "excellent", "优秀", "excellent"
    PASS = "pass", "合格", "pass"
    FAIL = "fail", "不合格", "fail"
