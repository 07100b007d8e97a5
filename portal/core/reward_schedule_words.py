"""A reward schedule in plain words, Chinese and English: what the public page and the report form print. No amounts of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from portal.core import reward_schedule as rs

Sentence = tuple[str, str]


@dataclass(frozen=True)
class RuleLine:
    """One setting as a sentence, with where it stands. ``mark`` is 未核定 where nobody has checked it."""

    name: str
    title: str
    title_en: str
    text: str
    text_en: str
    clause: str
    source: str
    confirmed: bool

    @property
    def mark(self) -> str:
        return "" if self.confirmed else rs.UNCONFIRMED_MARK


def _listed(terms: tuple[Any, ...]) -> Sentence:
    return "、".join(term.zh for term in terms), ", ".join(term.en for term in terms)


def _days(days: int, unit: rs.DayUnit) -> Sentence:
    zh = f"{days} 个工作日" if unit is rs.DayUnit.WORKDAY else f"{days} 日"
    return zh, f"{days} {unit.en}"


def _identity(rule: rs.IdentityRule) -> Sentence:
    if rule.level is rs.IdentityNeeded.NONE:
        return "不留姓名也可以领取。", "You can collect without giving a name."
    if rule.level is rs.IdentityNeeded.CONTACT:
        return "留下联系方式才能领取，不必写姓名。", "Leave a contact to be able to collect; a name is not needed."
    paper = rule.level is rs.IdentityNeeded.NAMED_WITH_ID
    return (
        "实名举报才能领取" + ("，领取时核对身份证件。" if paper else "。"),
        "Only named reporters can collect" + ("; an identity paper is checked then." if paper else "."),
    )


def _evidence(rule: rs.EvidenceRule) -> Sentence:
    if not rule.minimum:
        return "不要求附带材料。", "No evidence is required."
    zh, en = _listed(rule.minimum)
    return f"举报时至少要有：{zh}。", f"A report needs at least: {en}."


def _first(rule: rs.FirstReporterRule) -> Sentence:
    return (
        f"同一件事只奖励最先举报的人，先后按{rule.clock.zh}。",
        f"Only the first to report a matter is rewarded, by {rule.clock.en}.",
    )


def _ties(rule: rs.TiesRule) -> Sentence:
    return f"{rule.tie.zh}。", f"{rule.tie.en[0].upper()}{rule.tie.en[1:]}."


def _succession(rule: rs.SuccessionRule) -> Sentence:
    return (
        f"最先举报的人按规定不能领取的，{rule.when_first_cannot.zh}。",
        f"Where the rule keeps the first reporter from it, {rule.when_first_cannot.en}.",
    )


def _joint(rule: rs.JointRule) -> Sentence:
    return f"几个人联名举报算一件，{rule.shares.zh}。", f"A joint report counts once, {rule.shares.en}."


def _several(rule: rs.SeveralActsRule) -> Sentence:
    return f"一次查实几种行为，{rule.counted.zh}。", f"When several acts are proven, {rule.counted.en}."


def _repeat(rule: rs.RepeatRule) -> Sentence:
    if rule.after_closure:
        return "办结以后又犯，再举报再奖励。", "The same act after closure can be reported and rewarded again."
    return "同一问题只奖励一次，办结后又犯也不再奖励。", "One problem is rewarded once, even when it comes back."


def _levels(rule: rs.CrossLevelRule) -> Sentence:
    if rule.once_only:
        return "上级或其他部门已经奖励过的，不重复奖励。", "Not paid where another level or department has rewarded it already."
    return "其他部门的奖励不影响本奖励。", "An award by another department does not affect this one."


def _exclusions(rule: rs.ExclusionsRule) -> Sentence:
    if not rule.excluded:
        return "没有不予奖励的人员或情形。", "Nobody and nothing is excluded."
    zh, en = _listed(rule.excluded)
    return f"下列情况不奖励：{zh}。", f"Not rewarded: {en}."


def _clue(rule: rs.ClueRule) -> Sentence:
    if not rule.amount_fen:
        return "线索没有查实的，不奖励。", "A lead that is not proven earns nothing."
    yuan = rs.yuan_text(rule.amount_fen)
    return f"线索有用但没有查实的，鼓励 {yuan} 元。", f"A usable lead that was not proven earns {yuan} yuan."


def _notice(rule: rs.NoticeRule) -> Sentence:
    zh, en = _days(rule.days, rule.unit)
    return f"{rule.start.zh}起 {zh}内通知您。", f"You are told within {en} of {rule.start.en}."


def _claim(rule: rs.ClaimRule) -> Sentence:
    zh, en = _days(rule.days, rule.unit)
    ends = rule.unit is rs.DayUnit.CALENDAR_DAY
    return (
        f"从{rule.start.zh}的次日起，{zh}内可以领取。" + (f"最后一天是休息日的，{rule.holiday_end.zh}。" if ends else ""),
        f"You can collect within {en}, counted from the day after {rule.start.en}."
        + (f" A last day off {rule.holiday_end.en}." if ends else ""),
    )


def _forfeiture(rule: rs.ForfeitureRule) -> Sentence:
    zh, en = f"过期没有领取的，{rule.late.zh}", f"A reward not collected in time {rule.late.en}"
    if rule.reissue_days:
        return f"{zh}；有正当理由的，{rule.reissue_days} 日内可以申请补发。", (
            f"{en}; with good reason it can be re-issued within {rule.reissue_days} days."
        )
    return f"{zh}。", f"{en}."


def _decline(rule: rs.DeclineRule) -> Sentence:
    if rule.allowed:
        return "您可以不要奖励，不影响举报的办理。", "You may decline the reward; your report is handled all the same."
    return "奖励不能谢绝。", "A reward cannot be declined."


def _means(rule: rs.MeansRule) -> Sentence:
    zh, en = _listed(rule.means)
    return f"发放方式：{zh}。", f"Paid as: {en}."


def _budget(rule: rs.BudgetRule) -> Sentence:
    if not rule.yearly_fen:
        return "没有全年总额上限。", "There is no yearly cap."
    yuan = rs.yuan_text(rule.yearly_fen)
    return f"全年奖励总额不超过 {yuan} 元。", f"All rewards of a year together stay within {yuan} yuan."


def _approvals(rule: rs.ApprovalsRule) -> Sentence:
    return (
        f"提出、审批（{rule.approvers} 人）和兑付由不同的人办理。",
        f"Proposing, approving ({rule.approvers}) and paying are done by different people.",
    )


# Title in both languages and the sentence, in the order in which a reader asks.
_WORDS: dict[str, tuple[str, str, Callable[[Any], Sentence]]] = {
    "identity": ("要不要留姓名", "Names", _identity),
    "evidence": ("要提供什么", "What is needed", _evidence),
    "first_reporter": ("谁算最先", "Who is first", _first),
    "ties": ("同时举报", "At the same time", _ties),
    "succession": ("最先的人不能领", "When the first cannot", _succession),
    "joint": ("联名举报", "Joint reports", _joint),
    "several_acts": ("几种行为", "Several acts", _several),
    "repeat": ("又犯了", "When it comes back", _repeat),
    "cross_level": ("几个部门", "Several levels", _levels),
    "exclusions": ("不奖励的情况", "Not rewarded", _exclusions),
    "clue": ("没查实的线索", "Unproven leads", _clue),
    "notice": ("多久通知", "When you are told", _notice),
    "claim": ("多久领取", "How long you can collect", _claim),
    "forfeiture": ("过期怎么办", "Too late", _forfeiture),
    "decline": ("可以不要", "Declining", _decline),
    "means": ("怎么发", "How it is paid", _means),
    "budget": ("总额", "Budget", _budget),
    "approvals": ("谁来审批", "Who approves", _approvals),
}


def public_rules(schedule: rs.Schedule) -> tuple[RuleLine, ...]:
    """Every setting as a sentence, for the public page of the reward rule."""
    lines = []
    for name, (title, title_en, say) in _WORDS.items():
        rule = getattr(schedule.settings, name)
        zh, en = say(rule)
        basis: rs.Basis = rule.basis
        lines.append(RuleLine(name, title, title_en, zh, en, basis.clause, basis.source, basis.confirmed))
    return tuple(lines)


def row_words(row: rs.PublicRow) -> Sentence:
    """``查实奖励 50 元 · 依据 第四条…``, with 未核定 where it applies: the small print under an act on the form."""
    when = "查实" if row.trigger is rs.Trigger.SUBSTANTIATED else "立案处罚后"
    when_en = "if proven" if row.trigger is rs.Trigger.SUBSTANTIATED else "once a penalty case is opened"
    mark, mark_en = (f" · {row.mark}", " · not yet confirmed") if row.mark else ("", "")
    yuan = rs.yuan_text(row.amount_fen)
    return f"{when}奖励 {row.amount} · 依据 {row.clause}{mark}", f"{yuan} yuan {when_en} · {row.clause}{mark_en}"


def _amount_words(promise: rs.Promise) -> Sentence:
    if not promise.rows:
        return (
            "现行奖励办法没有列出这种行为的奖励。您仍然可以举报，我们照样办理。",
            "The reward rule lists no reward for this. You can report it all the same, and it is handled all the same.",
        )
    case = any(row.trigger is rs.Trigger.CASE_OPENED for row in promise.rows)
    zh = f"查实{'并立案处罚' if case else ''}后奖励 {promise.amount}"
    en = f"{rs.yuan_text(promise.amount_fen)} yuan {'once a penalty case is opened' if case else 'if proven'}"
    if promise.several_acts:
        zh, en = f"{zh}（{promise.counted.zh}）", f"{en} ({promise.counted.en})"
    if not promise.confirmed:
        zh = f"{zh}。其中有{rs.UNCONFIRMED_MARK}的内容，核定以后才能发放，以核定为准"
        en = f"{en}. Part of this is not yet confirmed: it is paid only once confirmed, as confirmed"
    return f"{zh}。", f"{en}."


def _collection_words(promise: rs.Promise) -> Sentence:
    if not promise.may_collect:
        needed = "留下联系方式" if promise.identity_needed is rs.IdentityNeeded.CONTACT else "实名"
        needed_en = "a contact" if promise.identity_needed is rs.IdentityNeeded.CONTACT else "your name"
        return (
            f"按这个办法，{needed}才能领取；照您现在的选择，查实了也领不到奖励，举报照常办理。",
            f"This rule pays only with {needed_en}: as you have chosen, there is no reward, and the report is handled as usual.",
        )
    if promise.unnamed_may_collect:
        return "不留姓名也可以凭查询码领取。", "You can collect with your receipt, without a name."
    if promise.identity_needed is rs.IdentityNeeded.NAMED_WITH_ID:
        return "领取时要出示身份证件，只给兑付人员看。", "You show an identity paper when you collect, to the paying officer alone."
    return "您的姓名和联系方式只在发放时给兑付人员看。", "Only the paying officer sees your name and contact, when paying."


def promise_words(promise: rs.Promise) -> Sentence:
    """What the reporter is told before sending, in Chinese and in English, word for word what is kept with the report."""
    parts = [_amount_words(promise)]
    if promise.rows:
        parts.append(_collection_words(promise))
    if promise.invented:
        parts.append(("本办法为演示而虚构。", "This rule is invented for the demonstration."))
    return "".join(zh for zh, _ in parts), " ".join(en for _, en in parts)


def promise_clause(promise: rs.Promise) -> str:
    """The clauses a promise rests on, for printing under it."""
    return "；".join((*promise.clauses, *((promise.identity_clause,) if promise.rows else ())))
