"""Every closed list of words both sides share: the stored value, the Chinese label, the English label."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Term(StrEnum):
    """A word of a closed list. Stored as ``value``; ``zh`` is the term of the office, ``en`` our English for it."""

    zh: str
    en: str

    def __new__(cls, value: str, zh: str, en: str) -> Self:
        term = str.__new__(cls, value)
        term._value_ = value
        term.zh = zh
        term.en = en
        return term

    def __str__(self) -> str:
        return str(self.value)

    def label(self, language: str = "zh") -> str:
        """The label in ``language`` ("zh" or "en"; any other falls back to Chinese)."""
        return self.en if language == "en" else self.zh


class Role(Term):
    """What a member of staff may do. A person can hold several, within the bars of ``NEVER_TOGETHER``."""

    SCREENER = "screener", "审核员", "screener"
    GROUP_MEMBER = "group_member", "信访督办组成员", "petition group member"
    GROUP_LEAD = "group_lead", "信访督办组组长", "petition group lead"
    UNIT_OFFICER = "unit_officer", "承办单位经办人", "handling unit officer"
    SUPERVISION_INSPECTOR = "supervision_inspector", "督办监察组", "supervision inspector"
    PATROL_COORDINATOR = "patrol_coordinator", "综合巡查组", "patrol coordinator"
    RECTIFICATION_OFFICER = "rectification_officer", "整改推进组", "rectification officer"
    ACCOUNTABILITY_OFFICER = "accountability_officer", "追责问责组", "accountability officer"
    DISCIPLINE_OFFICER = "discipline_officer", "纪检监察联络员", "discipline liaison"
    CUSTODIAN = "custodian", "身份保管员", "identity custodian"
    REWARD_PROPOSER = "reward_proposer", "奖励经办人", "reward proposer"
    REWARD_APPROVER = "reward_approver", "奖励审批人", "reward approver"
    PAYER = "payer", "兑付员", "paying officer"
    DRAFTER = "drafter", "宣传拟稿人", "publication drafter"
    REVIEWER = "reviewer", "宣传审核人", "publication reviewer"
    SIGNATORY = "signatory", "终审签发人", "signatory"
    PUBLISHER = "publisher", "发布员", "publisher"
    LEADER = "leader", "领导", "leader"
    AUDITOR = "auditor", "审计员", "auditor"
    ADMINISTRATOR = "administrator", "系统管理员", "administrator"


class Channel(Term):
    """How a report reached the office."""

    WEB = "web", "网上举报", "web form"
    PHONE = "phone", "来电", "telephone"
    POST = "post", "来信", "letter by post"
    VISIT = "visit", "来访", "visit"
    HANDED_DOWN = "handed_down", "上级交办", "handed down from above"


class IdentityLevel(Term):
    """How the reporter wants to be known."""

    ANONYMOUS = "anonymous", "匿名", "anonymous"
    CONTACT_ONLY = "contact_only", "只留联系方式", "contact only"
    NAMED = "named", "实名", "named"


class PollutionType(Term):
    """The eight types of the national table; local words are mapped to these and kept as printed."""

    AIR = "air", "大气", "air"
    NOISE = "noise", "噪声", "noise"
    WATER = "water", "水", "water"
    SOLID_WASTE = "solid_waste", "固废", "solid waste"
    ECOLOGY = "ecology", "生态", "ecology"
    RADIATION = "radiation", "辐射", "radiation"
    SOIL = "soil", "土壤", "soil"
    OTHER = "other", "其他", "other"


class Verdict(Term):
    """What handling found of one claim, or of the whole letter."""

    SUBSTANTIATED = "substantiated", "属实", "substantiated"
    MOSTLY_SUBSTANTIATED = "mostly_substantiated", "基本属实", "mostly substantiated"
    PARTLY_SUBSTANTIATED = "partly_substantiated", "部分属实", "partly substantiated"
    UNSUBSTANTIATED = "unsubstantiated", "不属实", "unsubstantiated"


class RecordKind(Term):
    """Kinds of public record; the value is the folder of its address."""

    RECTIFICATION = "rectification", "整改进展", "rectification progress"
    EXPOSURE = "exposure", "曝光案例", "exposed case"
    ACCOUNTABILITY = "accountability", "问责结果", "accountability outcome"
    LETTER_BATCH = "letter-batch", "信访件办理情况", "handling of letters"
    ENVIRONMENT_QUALITY = "environment-quality", "环境质量通报", "environment bulletin"
    NOTICE = "notice", "公告", "notice"
