"""The accountability rules (问责规则) of this programme, and how they are printed for the public: “哪种情形，问到谁，怎么问”."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from portal.core.accountability_model import ADJUSTMENTS, IN_FORCE, Measure, Row, Rulebook, Ruleset, Words
from portal.core.accountability_reader import read_rulebook

DIRECTORY = Path(__file__).parent / "rules" / "accountability"


@lru_cache(maxsize=1)
def rulebook() -> Rulebook:
    """The rules that come with the programme."""
    return read_rulebook(DIRECTORY)


@dataclass(frozen=True)
class PublicRule:
    """One line of the public page “哪种情形，问到谁，怎么问”. Ready to print; ``measures`` pairs who with how."""

    ruleset: str
    ruleset_name: str
    place: str
    in_force: str
    row: str
    topic: str
    situation: str
    measures: tuple[tuple[str, str], ...]
    clause: str
    source: str
    effective_from: str
    interpretation: str


@dataclass(frozen=True)
class PublicClause:
    """One standing clause, ready to print: what always holds, beside the situations."""

    ruleset: str
    row: str
    topic: str
    says: str
    clause: str
    source: str
    effective_from: str


def _chinese_day(day: datetime.date | None) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if day else "原文没有写"


def measure_text(measure: Measure) -> str:
    """ "停职检查、调整职务或党政纪处分", "诫勉或更重", "组织处理，并且党政纪处分"."""
    *first, last = measure.words
    joiner = "，并且" if measure.all_of else "或"
    text = "、".join(first) + joiner + last if first else last
    text += "；属国有的，另加" + "、".join(measure.state_owned) if measure.state_owned else ""
    return text + ("或更重" if measure.or_stricter else "")


def _topic(row: Row, words: Words) -> str:
    if row.dimension:
        return f"一案四查：{words.dimensions[row.dimension]}"
    if row.adjustment:
        return ADJUSTMENTS[row.adjustment]
    return "按情节轻重" if row.general else "按情形"


def _public_measures(row: Row, words: Words) -> tuple[tuple[str, str], ...]:
    if row.adjustment:
        return (("相关责任人", ADJUSTMENTS[row.adjustment]),)
    if not row.measures:
        return (("相关责任人", "由人写明理由后决定"),)
    return tuple((words.subjects[measure.subject], measure_text(measure)) for measure in row.measures)


def _public_rule(ruleset: Ruleset, row: Row, words: Words) -> PublicRule:
    open_questions = [row.interpretation, *(trigger.interpretation for trigger in row.triggers)]
    return PublicRule(
        ruleset=ruleset.id,
        ruleset_name=ruleset.name,
        place=ruleset.place,
        in_force=IN_FORCE[ruleset.in_force],
        row=row.id,
        topic=_topic(row, words),
        situation=row.situation,
        measures=_public_measures(row, words),
        clause=row.clause,
        source=row.source,
        effective_from=_chinese_day(row.effective_from),
        interpretation="；".join(text for text in open_questions if text),
    )


def public_rows(book: Rulebook | None = None) -> tuple[PublicRule, ...]:
    """Every row of every ruleset, in the order of the files, for the public page and for open data."""
    shown = book or rulebook()
    return tuple(_public_rule(ruleset, row, shown.words) for ruleset in shown.rulesets.values() for row in ruleset.rows)


def public_clauses(book: Rulebook | None = None) -> tuple[PublicClause, ...]:
    """Every standing clause, for the same page."""
    shown = book or rulebook()
    return tuple(
        PublicClause(ruleset.id, item.id, item.topic, item.says, item.clause, item.source, _chinese_day(item.effective_from))
        for ruleset in shown.rulesets.values()
        for item in ruleset.standing
    )


def _cell(text: str) -> str:
    """Text inside a Markdown table: a bar would split the cell, a bracket could start markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "&#124;").replace("\n", " ")


def public_page(ruleset_id: str, book: Rulebook | None = None) -> str:
    """The Markdown of one ruleset's page “哪种情形，问到谁，怎么问”. Headings carry explicit ids."""
    shown = book or rulebook()
    ruleset = shown.rulesets[ruleset_id]
    rules = [rule for rule in public_rows(shown) if rule.ruleset == ruleset_id]
    clauses = [clause for clause in public_clauses(shown) if clause.ruleset == ruleset_id]
    lines = ["---", f"description: {ruleset.place}：哪种情形，问到谁，怎么问。每一行都注明条款。", "---"]
    lines += [f"# 哪种情形，问到谁，怎么问：{_cell(ruleset.place)} {{#rules-{ruleset.id}}}", ""]
    lines += [f"依据：{_cell(ruleset.name)}。现行效力：**{IN_FORCE[ruleset.in_force]}**。", ""]
    lines += ["下面每一行是一种情形。系统只提建议，最后由有权的机关决定。", ""]
    lines += [_public_table(topic, rules) for topic in dict.fromkeys(rule.topic for rule in rules)]
    lines += ["## 一直适用的规定 {#standing}", "", "| 讲什么 | 怎么规定 | 条款 |", "|---|---|---|"]
    lines += [f"| {_cell(item.topic)} | {_cell(item.says)} | {_cell(item.clause)} |" for item in clauses]
    return "\n".join([*lines, "", *(f"- {_cell(note)}" for note in ruleset.notes), ""])


def _public_table(topic: str, rules: list[PublicRule]) -> str:
    chosen = [rule for rule in rules if rule.topic == topic]
    lines = [f"## {_cell(topic)} {{#{chosen[0].row.lower().replace('.', '-')}}}", ""]
    lines += ["| 情形 | 问到谁，怎么问 | 条款 | 起始日期 | 读法说明 |", "|---|---|---|---|---|"]
    for rule in chosen:
        asked = "；<br>".join(f"{_cell(who)}：{_cell(how)}" for who, how in rule.measures)
        cells = [_cell(rule.situation), asked, f"{_cell(rule.clause)}（{rule.row}）", rule.effective_from]
        lines.append("| " + " | ".join([*cells, _cell(rule.interpretation) or "—"]) + " |")
    return "\n".join([*lines, ""])


def public_pages(book: Rulebook | None = None) -> dict[str, str]:
    """File name → Markdown of every public rule page, with an index. The site's hand-written pages hold exactly these."""
    shown = book or rulebook()
    lines = [
        "---",
        "description: 环境问题没管好，问到谁、怎么问，各地规定逐条列出。",
        "---",
        "# 问责怎么定 {#how-accountability}",
        "",
    ]
    lines += ["环境问题没管好，要有人负责。下面按地方列出公开的规定：哪种情形，问到谁，怎么问，依据哪一条。", ""]
    lines += ["系统照这些规定给出建议，最后由有权的机关决定。决定低于建议的，要写明理由。", ""]
    lines += ["| 地方 | 规定 | 现行效力 |", "|---|---|---|"]
    lines += [
        f"| [{_cell(one.place)}]({one.id}.md) | {_cell(one.name)} | {IN_FORCE[one.in_force]} |" for one in shown.rulesets.values()
    ]
    lines += ["", "“未核定”的意思是：我们有文本，但还没有机关确认它现在是否有效。", ""]
    pages = {f"{ruleset_id}.md": public_page(ruleset_id, shown) for ruleset_id in shown.rulesets}
    return {"index.md": "\n".join(lines)} | pages
