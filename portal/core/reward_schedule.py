"""A reward schedule (奖励办法) as data: tiers, acts, settings, and what an act would earn. Files are read elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date

from portal.core.vocabulary import IdentityLevel, PollutionType, Term

UNCONFIRMED_MARK = "未核定"


class IdentityNeeded(Term):
    """How far a reporter must let himself be known to be rewarded; ordered from least to most."""

    NONE = "none", "匿名也可领取", "unnamed reporters can collect"
    CONTACT = "contact", "留有联系方式", "a contact left"
    NAMED = "named", "实名", "named"
    NAMED_WITH_ID = "named_with_id", "实名，领取时核对身份证件", "named, identity paper checked at collection"

    def met_by(self, identity: IdentityLevel) -> bool:
        """A paper is shown at the counter, not in the form: a named reporter can still do that."""
        return identity in _MEETING[self]


_MEETING = {
    IdentityNeeded.NONE: frozenset(IdentityLevel),
    IdentityNeeded.CONTACT: frozenset({IdentityLevel.CONTACT_ONLY, IdentityLevel.NAMED}),
    IdentityNeeded.NAMED: frozenset({IdentityLevel.NAMED}),
    IdentityNeeded.NAMED_WITH_ID: frozenset({IdentityLevel.NAMED}),
}


class Trigger(Term):
    SUBSTANTIATED = "substantiated", "查证属实", "substantiated"
    CASE_OPENED = "case_opened", "立案处罚", "a penalty case was opened"


class RewardForm(Term):
    CASH = "cash", "现金", "cash"
    EQUIVALENT = "equivalent", "等值奖励", "equivalent"


class Evidence(Term):
    TARGET = "target", "被举报单位的名称", "name of the unit reported"
    PLACE = "place", "具体地点", "exact place"
    FACTS = "facts", "基本事实", "the facts"
    PICTURE = "picture", "照片或视频", "photo or video"
    CONTACT = "contact", "联系方式", "a way to reach the reporter"


class FirstClock(Term):
    RECEIPT = "receipt", "收到举报的时间", "when the report was received"
    ACCEPTANCE = "acceptance", "受理登记的时间", "when the report was accepted"


class TieRule(Term):
    SAME_DAY_SHARES = "same_day_shares", "同一天视为同时，平分", "reports of one day are equal and share"
    EARLIEST_MOMENT = "earliest_moment", "同一天比先后时刻", "the earlier moment of the day wins"


class Succession(Term):
    NEXT_IN_LINE = "next_in_line", "由下一位符合条件的举报人递补", "the next reporter who fits takes the place"
    NOBODY = "nobody", "不递补", "nobody takes the place"


class JointShares(Term):
    EQUAL = "equal", "联名各人平分", "joint reporters share equally"
    AGREED = "agreed", "按联名人约定的份额", "by the parts the joint reporters agreed"
    REPRESENTATIVE = "representative", "由推举的代表领取", "paid to the representative they chose"


class ManyActs(Term):
    HIGHEST = "highest", "只按最高一项", "only the highest counts"
    SUM = "sum", "各项相加", "the acts are added up"


class Exclusion(Term):
    STAFF = "staff", "执法、监测等本系统工作人员", "staff of the authority"
    STAFF_FAMILY = "staff_family", "工作人员的家属", "family of staff"
    JOURNALIST = "journalist", "新闻工作者", "journalists"
    ALREADY_KNOWN = "already_known", "主管部门已掌握的问题", "matters the authority already knew"
    ALREADY_ORDERED = "already_ordered", "已责令改正、尚在期限内的问题", "matters already under an order to correct"
    IN_MEDIA = "in_media", "媒体已曝光的问题", "matters already in the media"
    UNCLEAR_FACTS = "unclear_facts", "事实不清、无明确对象的举报", "unclear facts or no named target"
    OUT_OF_TIME = "out_of_time", "超过处罚时效的行为", "acts past the limitation period"
    OWN_ACT = "own_act", "举报人自己造成的污染", "the reporter's own act"


class DayUnit(Term):
    WORKDAY = "workday", "个工作日", "working days"
    CALENDAR_DAY = "calendar_day", "日", "calendar days"


class NoticeStart(Term):
    APPROVAL = "approval", "审批通过之日", "the day of approval"
    SETTLED = "settled", "办结之日", "the day the letter was settled"


class ClaimStart(Term):
    RECEIPT_OPENED = "receipt_opened", "审批后首次打开回执之日", "the day the receipt is first opened after approval"
    NOTICE = "notice", "通知之日", "the day of the notice"
    APPROVAL = "approval", "审批通过之日", "the day of approval"


class HolidayEnd(Term):
    NEXT_WORKDAY = "next_workday", "顺延到下一个工作日", "moves to the next working day"
    STAYS = "stays", "不顺延", "stays"


class LateClaim(Term):
    FORFEITED = "forfeited", "视为放弃", "counts as given up"
    KEPT = "kept", "仍可领取", "can still be collected"


class Means(Term):
    COUNTER_CASH = "counter_cash", "窗口现金", "cash at the counter"
    BANK_TRANSFER = "bank_transfer", "银行转账", "bank transfer"
    PHONE_CREDIT = "phone_credit", "手机话费", "phone credit"
    RED_PACKET = "red_packet", "微信红包", "WeChat red packet"
    VOUCHER = "voucher", "等值卡券", "voucher"


# A bank account or a WeChat name names its owner; cash by code, and phone credit sealed to the payer, do not.
UNNAMED_MEANS = frozenset({Means.COUNTER_CASH, Means.PHONE_CREDIT, Means.VOUCHER})


@dataclass(frozen=True)
class Basis:
    """Where a row comes from. ``confirmed`` False: nobody has checked it against the text of the rule (未核定)."""

    clause: str
    source: str
    confirmed: bool
    note: str = ""

    @property
    def mark(self) -> str:
        return "" if self.confirmed else UNCONFIRMED_MARK


@dataclass(frozen=True)
class Act:
    """A violating act: the rule's term in our words, and how a citizen would say it."""

    id: str
    term: str
    everyday: str
    everyday_en: str
    types: tuple[PollutionType, ...]
    basis: Basis


@dataclass(frozen=True)
class Tier:
    """``amount_fen`` is what one verified offence of this tier earns, before it is shared."""

    id: str
    amount_fen: int
    trigger: Trigger
    forms: tuple[RewardForm, ...]
    acts: tuple[Act, ...]
    basis: Basis


@dataclass(frozen=True)
class IdentityRule:
    basis: Basis
    level: IdentityNeeded


@dataclass(frozen=True)
class EvidenceRule:
    basis: Basis
    minimum: tuple[Evidence, ...]


@dataclass(frozen=True)
class FirstReporterRule:
    basis: Basis
    clock: FirstClock


@dataclass(frozen=True)
class TiesRule:
    basis: Basis
    tie: TieRule


@dataclass(frozen=True)
class SuccessionRule:
    """Who is paid where the rule itself keeps the first reporter from it (unnamed, staff …). A reward declined passes to nobody."""

    basis: Basis
    when_first_cannot: Succession


@dataclass(frozen=True)
class JointRule:
    basis: Basis
    shares: JointShares


@dataclass(frozen=True)
class SeveralActsRule:
    basis: Basis
    counted: ManyActs


@dataclass(frozen=True)
class RepeatRule:
    """``after_closure``: the same act, found again after the earlier case was closed, counts anew."""

    basis: Basis
    after_closure: bool


@dataclass(frozen=True)
class CrossLevelRule:
    """``once_only``: an award by another level for the same offence bars this one."""

    basis: Basis
    once_only: bool


@dataclass(frozen=True)
class ExclusionsRule:
    basis: Basis
    excluded: tuple[Exclusion, ...]


@dataclass(frozen=True)
class ClueRule:
    """``amount_fen`` for a usable lead that was not proven; 0: none is given."""

    basis: Basis
    amount_fen: int


@dataclass(frozen=True)
class NoticeRule:
    """Within how many days the reporter must be told."""

    basis: Basis
    days: int
    unit: DayUnit
    start: NoticeStart


@dataclass(frozen=True)
class ClaimRule:
    """How long the reward waits for the reporter. The day that starts the window is not counted."""

    basis: Basis
    days: int
    unit: DayUnit
    start: ClaimStart
    holiday_end: HolidayEnd


@dataclass(frozen=True)
class ForfeitureRule:
    basis: Basis
    late: LateClaim
    reissue_days: int


@dataclass(frozen=True)
class DeclineRule:
    basis: Basis
    allowed: bool


@dataclass(frozen=True)
class MeansRule:
    basis: Basis
    means: tuple[Means, ...]


@dataclass(frozen=True)
class BudgetRule:
    """``yearly_fen`` 0: the rule sets no cap."""

    basis: Basis
    yearly_fen: int


@dataclass(frozen=True)
class ApprovalsRule:
    """``approvers`` people besides the proposer and the payer; those three are never one person, whatever the rule says."""

    basis: Basis
    approvers: int


@dataclass(frozen=True)
class Settings:
    """Everything that differs between places, each with its clause, source and ``confirmed``."""

    identity: IdentityRule
    evidence: EvidenceRule
    first_reporter: FirstReporterRule
    ties: TiesRule
    succession: SuccessionRule
    joint: JointRule
    several_acts: SeveralActsRule
    repeat: RepeatRule
    cross_level: CrossLevelRule
    exclusions: ExclusionsRule
    clue: ClueRule
    notice: NoticeRule
    claim: ClaimRule
    forfeiture: ForfeitureRule
    decline: DeclineRule
    means: MeansRule
    budget: BudgetRule
    approvals: ApprovalsRule

    def bases(self) -> Iterator[tuple[str, Basis]]:
        """Each rule's name and basis, in the order above."""
        for field in fields(self):
            yield field.name, getattr(self, field.name).basis


@dataclass(frozen=True)
class Schedule:
    """One version of a reward rule. ``valid_until`` None: until replaced. ``text`` is the file, word for word."""

    id: str
    name: str
    version: str
    place: str
    invented: bool
    valid_from: date
    valid_until: date | None
    basis: Basis
    tiers: tuple[Tier, ...]
    settings: Settings
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text: two people adopt exactly these bytes."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def unnamed_may_collect(self) -> bool:
        return self.settings.identity.level is IdentityNeeded.NONE

    def acts(self) -> Iterator[tuple[Tier, Act]]:
        for tier in self.tiers:
            for act in tier.acts:
                yield tier, act

    def find(self, act_id: str) -> tuple[Tier, Act] | None:
        """The tier that holds an act; None: this version gives nothing for it."""
        return next(((tier, act) for tier, act in self.acts() if act.id == act_id), None)

    def unconfirmed(self) -> tuple[str, ...]:
        """Names of all entries nobody has checked yet, as ``tier 100``, ``act night_discharge``, ``rule ties``."""
        tiers = [f"tier {tier.id}" for tier in self.tiers if not tier.basis.confirmed]
        acts = [f"act {act.id}" for _, act in self.acts() if not act.basis.confirmed]
        rules = [f"rule {name}" for name, basis in self.settings.bases() if not basis.confirmed]
        return (*(() if self.basis.confirmed else ("schedule",)), *tiers, *acts, *rules)


def yuan_text(fen: int) -> str:
    """5000 → ``50``; 1667 → ``16.67``. Never a float in between."""
    sign = "-" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), 100)
    return f"{sign}{yuan:,}" if rest == 0 else f"{sign}{yuan:,}.{rest:02d}"


@dataclass(frozen=True)
class PublicRow:
    """One act as the page and the form show it. ``confirmed`` covers act and amount together."""

    act_id: str
    everyday: str
    everyday_en: str
    term: str
    types: tuple[PollutionType, ...]
    tier_id: str
    amount_fen: int
    trigger: Trigger
    forms: tuple[RewardForm, ...]
    clause: str
    source: str
    confirmed: bool

    @property
    def amount(self) -> str:
        return f"{yuan_text(self.amount_fen)} 元"

    @property
    def mark(self) -> str:
        return "" if self.confirmed else UNCONFIRMED_MARK


def _public_row(tier: Tier, act: Act) -> PublicRow:
    return PublicRow(
        act_id=act.id,
        everyday=act.everyday,
        everyday_en=act.everyday_en,
        term=act.term,
        types=act.types,
        tier_id=tier.id,
        amount_fen=tier.amount_fen,
        trigger=tier.trigger,
        forms=tier.forms,
        clause=act.basis.clause,
        source=act.basis.source,
        confirmed=tier.basis.confirmed and act.basis.confirmed,
    )


def public_rows(schedule: Schedule) -> tuple[PublicRow, ...]:
    """Every act with its amount and clause, lowest tier first, for the public page and the intake form."""
    rows = [_public_row(tier, act) for tier, act in schedule.acts()]
    return tuple(sorted(rows, key=lambda row: row.amount_fen))


@dataclass(frozen=True)
class Promise:
    """What a reporter is told before sending, kept with the report and never lowered afterwards.

    ``amount_fen`` is for one offence with one first reporter, before any sharing; 0: this version gives nothing for these acts.
    ``may_collect`` False: the rule asks for ``identity_needed``, and the reporter has chosen less.
    """

    schedule_id: str
    schedule_version: str
    schedule_digest: str
    amount_fen: int
    rows: tuple[PublicRow, ...]
    counted: ManyActs
    several_acts: bool
    several_confirmed: bool
    identity: IdentityLevel
    identity_needed: IdentityNeeded
    identity_clause: str
    identity_confirmed: bool
    invented: bool

    @property
    def may_collect(self) -> bool:
        return self.identity_needed.met_by(self.identity)

    @property
    def unnamed_may_collect(self) -> bool:
        return self.identity_needed is IdentityNeeded.NONE

    @property
    def confirmed(self) -> bool:
        """True: every entry the amount rests on has been checked against the rule."""
        return all(row.confirmed for row in self.rows) and (self.several_confirmed or not self.several_acts)

    @property
    def amount(self) -> str:
        return f"{yuan_text(self.amount_fen)} 元"

    @property
    def clauses(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.clause for row in self.rows))


def counted_rows(rows: Sequence[PublicRow], counted: ManyActs) -> tuple[PublicRow, ...]:
    """The rows that earn: all of them, or only the highest (the first listed where two are equal)."""
    if counted is ManyActs.SUM or not rows:
        return tuple(rows)
    return (max(rows, key=lambda row: row.amount_fen),)


def applicable(schedule: Schedule, acts: Iterable[str], identity: IdentityLevel) -> Promise:
    """What these acts would earn this reporter if proven. Acts the version does not know earn nothing and raise nothing.

    Source: the adopted version itself; clauses are in ``rows``.
    """
    chosen = set(acts)
    rows = tuple(row for row in public_rows(schedule) if row.act_id in chosen)
    several = schedule.settings.several_acts
    earning = counted_rows(rows, several.counted)
    rule = schedule.settings.identity
    return Promise(
        schedule_id=schedule.id,
        schedule_version=schedule.version,
        schedule_digest=schedule.digest,
        amount_fen=sum(row.amount_fen for row in earning),
        rows=earning,
        counted=several.counted,
        several_acts=len(rows) > 1,
        several_confirmed=several.basis.confirmed,
        identity=identity,
        identity_needed=rule.level,
        identity_clause=rule.basis.clause,
        identity_confirmed=rule.basis.confirmed,
        invented=schedule.invented,
    )
