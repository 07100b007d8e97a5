"""The papers this desk sends out: bulletin (通报), accountability notice (问责通知), list for supervision (问责清单)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from moderation.accountability.bulletins import Bulletin, bulletin_tally
from moderation.accountability.outcome_text import item_paragraphs, tally_sentence
from moderation.accountability.tables import AccountabilityCase
from moderation.accountability.worksheet import suggestion
from moderation.papers import Block, Heading, Paper, Table, Words
from portal.core.accountability_rules import measure_text, rulebook
from portal.core.clock import spoken_day

NUMERALS = "〇一二三四五六七八九"


def chinese_number(number: int) -> str:
    """1–99 as headings count: 一, 十, 二十三."""
    tens, units = divmod(number, 10)
    head = "" if tens == 0 else ("" if tens == 1 else NUMERALS[tens]) + "十"
    return head + (NUMERALS[units] if units else "")


def bulletin_paper(bulletin: Bulletin) -> Paper:
    """The bulletin as an official paper; the public page says the same."""
    blocks: list[Block] = [Words(line) for line in bulletin.opening.splitlines()]
    sentence = tally_sentence(bulletin_tally(bulletin))
    blocks += [Words(sentence)] if sentence else []
    for number, item in enumerate(bulletin.items, 1):
        heading, lines = item_paragraphs(item)
        blocks += [Heading(f"{chinese_number(number)}、{heading}"), *(Words(line) for line in lines)]
    blocks += [Words(line) for line in bulletin.closing.splitlines()]
    return Paper(bulletin.title, tuple(blocks), number=bulletin.number, signed=bulletin.issuer, signed_on=bulletin.issued_on)


def _suggested(case: AccountabilityCase) -> list[tuple[str, str, str]]:
    """(whom, how, clause) of every suggestion, in words."""
    subjects = rulebook().words.subjects
    return [(subjects[one.measure.subject], measure_text(one.measure), one.measure.clause) for one in suggestion(case).measures]


def list_paper(cases: Iterable[AccountabilityCase], *, signed: str, on: date) -> Paper:
    """问责事项清单: matter, suggested accountability, clause, for approval and hand-over (责任追究办法 第十二条（三）)."""
    header = ("案号", "责任追究事由", "建议追究对象", "建议追究方式", "依据")
    rows = []
    for case in cases:
        lines = _suggested(case) or [("由人判断", "规则没有对应的建议", "")]
        rows += [(case.number, case.facts_text, *line) for line in lines]
    note = Words("下列事项请审定。审定后连同材料移交监察机关，按干部管理权限启动问责。")
    return Paper("需要问责事项清单", (note, Table(header, tuple(rows))), signed=signed, signed_on=on)


def notice_paper(case: AccountabilityCase, *, to: str, signed: str, on: date, due_on: date | None) -> Paper:
    """问责通知 to the unit that must hold to account (责任追究办法 第十二条（二）)."""
    blocks: list[Block] = [Words(f"督查发现下列问题（{case.number}），请按规定的要求和干部管理权限问责。"), Heading("一、问题")]
    blocks += [Words(line) for line in case.facts_text.splitlines()]
    failed = [check for check in case.checks if check.finding and check.answer is not None and check.answer.value == "failed"]
    blocks += [Words(f"{check.dimension.zh}：{check.finding}") for check in failed]
    blocks += [Heading("二、规则建议"), Table(("对象", "方式", "依据"), tuple(_suggested(case)))]
    blocks.append(Heading("三、要求"))
    blocks.append(Words(f"请在 {spoken_day(due_on)} 前报告落实情况。" if due_on else "请及时报告落实情况。"))
    blocks.append(Words("没有按办法问责的，另行追究（责任追究办法 第十三条）。"))
    return Paper("关于对有关问题实施责任追究的通知", tuple(blocks), to=to, signed=signed, signed_on=on)
