"""What an outcome or an exposed case says in words: used by bulletins and by public records, so that both say the same."""

from __future__ import annotations

from moderation.accountability.bulletins import BulletinItem
from moderation.accountability.decisions import printed_name
from moderation.accountability.exposures import ExposedCase, Penalty
from moderation.accountability.statistics import Tally
from moderation.accountability.tables import AccountabilityCase, Party
from portal.core.clock import spoken_day
from portal.core.errors import NotThere


def party_sentence(party: Party) -> str:
    """时任柳溪镇副镇长：诫勉（县纪委监委，2026年8月1日）。 Measures that ended are left to the corrections."""
    measures = "、".join(measure.spoken for measure in party.standing) or "原处理已变更或撤销"
    return f"{printed_name(party)}：{measures}（{party.deciding_body}，{spoken_day(party.decided_on)}）。"


def case_paragraph(case: AccountabilityCase) -> tuple[str, list[str]]:
    """Heading and body lines of one outcome."""
    return case.title, [*case.facts_text.splitlines(), *(party_sentence(party) for party in case.parties)]


def penalty_sentence(penalty: Penalty) -> str:
    """罚款 80,000 元（县环罚〔2026〕5号，2026年8月1日）。"""
    amount = f" {penalty.fine_yuan:,} 元" if penalty.fine_yuan is not None else ""
    note = f"，{penalty.text}" if penalty.text else ""
    return f"{penalty.kind.zh}{amount}{note}（{penalty.document}，{spoken_day(penalty.decided_on)}）。"


def exposed_paragraph(exposed: ExposedCase | None) -> tuple[str, list[str]]:
    """Heading and body lines of one exposed case. Quashed penalties are left out."""
    if exposed is None:
        raise NotThere("通报中的案例已不存在")
    penalties = [penalty_sentence(penalty) for penalty in exposed.penalties if penalty.quashed_on is None]
    state = f"整改情况：{exposed.rectified.zh}。{exposed.rectified_text}"
    return exposed.title, [*exposed.facts_text.splitlines(), f"违反：{exposed.law}。", *penalties, state]


def item_paragraphs(item: BulletinItem) -> tuple[str, list[str]]:
    """Heading and body lines of one item of a bulletin."""
    return case_paragraph(item.case) if item.case is not None else exposed_paragraph(item.exposed)


def tally_sentence(tally: Tally) -> str:
    """本次共问责 3 人（4 人次）……; empty when nobody was held to account."""
    if not tally.people and not tally.units and not tally.talks:
        return ""
    parts = []
    if tally.people:
        ranks = "、".join(f"{label} {number} 人" for label, number in tally.by_rank.numbers)
        measures = "、".join(f"{label} {number} 人次" for label, number in tally.by_measure.numbers)
        parts.append(f"问责 {tally.people} 人，其中{ranks}；处理共 {tally.person_measures} 人次，其中{measures}")
    if tally.units:
        parts.append(f"处理单位 {tally.units} 个")
    parts += [f"约谈 {tally.talks} 次（不计入问责）"] if tally.talks else []
    return "本次" + "；".join(parts) + "。"
