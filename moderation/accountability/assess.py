"""Suggests accountability measures (问责建议) from checked facts. Pure: no database, no clock. It suggests; people decide."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from moderation.accountability.bands import strictness
from moderation.accountability.facts import CaseFacts, Fact
from portal.core.accountability_model import Measure, Presumption, Row, Rulebook, Ruleset, Trigger, Words

VALIDITY_NOTES = {"unconfirmed": ("规则现行效力未核定",), "no": ("规则已失效，建议只供参考",)}
GRADES = ("minor", "serious", "grave")


@dataclass(frozen=True)
class SuggestedMeasure:
    """One suggestion for one subject, with its row and clause. ``dimension`` None outside 一案四查."""

    row: str
    dimension: str | None
    measure: Measure
    state_owned: bool

    def as_json(self) -> dict[str, Any]:
        extra = self.measure.state_owned if self.state_owned else ()
        choice = "all_of" if self.measure.all_of else "any_of"
        return {
            "row": self.row,
            "dimension": self.dimension,
            "subject": self.measure.subject,
            choice: [*self.measure.words, *extra],
            "or_stricter": self.measure.or_stricter,
            "clause": self.measure.clause,
        }


@dataclass(frozen=True)
class Adjustment:
    """Heavier, lighter or one step up, and the row that says so (for one_step_up: the row it moves)."""

    kind: str
    row: str


@dataclass(frozen=True)
class TraceLine:
    """Why a row was met, and what became of it. ``because``: the facts in words."""

    row: str
    clause: str
    outcome: str
    because: tuple[str, ...]


@dataclass(frozen=True)
class Assessment:
    """What the rules suggest for the facts. ``grade`` is the one given or presumed, ``effective_grade`` after the step up."""

    ruleset: str
    grade: str | None
    effective_grade: str | None
    rows: tuple[str, ...]
    measures: tuple[SuggestedMeasure, ...]
    adjustments: tuple[Adjustment, ...]
    interpretations: tuple[str, ...]
    notes: tuple[str, ...]
    trace: tuple[TraceLine, ...]

    def as_json(self, *, trace: bool = False) -> dict[str, Any]:
        """The keys in their fixed order; ``trace`` adds one more at the end."""
        answer: dict[str, Any] = {
            "ruleset": self.ruleset,
            "grade": self.grade,
            "effective_grade": self.effective_grade,
            "rows": list(self.rows),
            "measures": [measure.as_json() for measure in self.measures],
            "adjustments": [{"kind": adjustment.kind, "row": adjustment.row} for adjustment in self.adjustments],
            "interpretations": list(self.interpretations),
            "notes": list(self.notes),
        }
        lines = [vars(line) | {"because": list(line.because)} for line in self.trace]
        return answer | ({"trace": lines} if trace else {})


@dataclass(frozen=True)
class _Match:
    row: Row
    because: tuple[str, ...]
    interpretations: tuple[str, ...]


@dataclass(frozen=True)
class _Grading:
    grade: str | None
    effective: str | None
    notes: tuple[str, ...]
    interpretations: tuple[str, ...]


def assess(case: CaseFacts, book: Rulebook) -> Assessment:
    """What the rules of the case's place suggest for its facts.

    Inside the articles a ruleset names, only the strictest matching row is suggested; rows of different
    articles stand side by side. A grade that no clause gives stays None, and no graded row is suggested.
    """
    ruleset, words = case.ruleset, book.words
    grading = _grading(case, words)
    matched = _matches(case, grading, words)
    kept = _strictest(ruleset, matched, words)
    adjusting = _adjusting(case, matched)
    adjustments = _adjustments(case, kept, adjusting)
    return Assessment(
        ruleset=ruleset.id,
        grade=grading.grade,
        effective_grade=grading.effective,
        rows=tuple(match.row.id for match in kept),
        measures=_measures(case, kept),
        adjustments=adjustments,
        interpretations=_interpretations(case, kept, grading, adjustments),
        notes=_notes(case, grading, matched, kept, adjusting),
        trace=_trace(matched, kept, adjusting),
    )


# ---- the grade ----


def _grading(case: CaseFacts, words: Words) -> _Grading:
    if case.grade:
        notes = ["情节等级由人直接给出，signs 和 impact 不再用来推定"] if case.signs or case.impact else []
        return _lifted(case, case.grade, notes, ())
    fitting = [found for found in case.ruleset.presumptions if not _missing(found, case)]
    if fitting:
        found = max(fitting, key=lambda one: GRADES.index(one.grade))
        note = f"情节等级 {found.grade}（{words.grades[found.grade]}）是推定（{found.clause}），可以写明理由推翻"
        only_regional = not {"repeatedly_unrectified", "recurring"} & set(case.signs)
        open_reading = (f"{found.grade}：{found.interpretation}",) if found.interpretation and only_regional else ()
        return _lifted(case, found.grade, [note], open_reading)
    return _Grading(None, None, _why_no_grade(case, words), ())


def _lifted(case: CaseFacts, grade: str, notes: list[str], interpretations: tuple[str, ...]) -> _Grading:
    if not case.named_from_above or not case.ruleset.presumptions:
        return _Grading(grade, grade, tuple(notes), interpretations)
    effective = GRADES[min(GRADES.index(grade) + 1, len(GRADES) - 1)]
    said = "已是最高一档，不再上提" if effective == grade else f"由 {grade} 上提到 {effective}"
    return _Grading(grade, effective, (*notes, f"被上一级点名：{said}（通知 六（二））"), interpretations)


def _missing(found: Presumption, case: CaseFacts) -> list[str]:
    """What the facts lack for this grade, in the words of the facts file; empty: it fits."""
    missing = [f"signs 中的 {sign}" for sign in found.all_signs if sign not in case.signs]
    if found.any_signs and not set(found.any_signs) & set(case.signs):
        missing.append(f"signs 中的 {' 或 '.join(found.any_signs)}")
    if case.impact not in found.impacts:
        missing.append(f"impact 为 {' 或 '.join(found.impacts)}")
    return missing


def _why_no_grade(case: CaseFacts, words: Words) -> tuple[str, ...]:
    wanted = case.dimensions or case.general or case.signs or case.impact or case.named_from_above
    if not case.ruleset.presumptions or not wanted:
        return ()
    gaps = {found: _missing(found, case) for found in case.ruleset.presumptions}
    fewest = min(len(gap) for gap in gaps.values())
    nearest = [
        f"离 {found.grade}（{words.grades[found.grade]}）还缺 {'、'.join(gap)}" for found, gap in gaps.items() if len(gap) == fewest
    ]
    return (f"情节等级无法推定（grade 为 null），不建议按等级的行：{'；'.join(nearest)}（通知 五）",)


# ---- which rows are met ----


def _matches(case: CaseFacts, grading: _Grading, words: Words) -> list[_Match]:
    candidates = [row for row in case.ruleset.rows if not row.circumstance]
    matched = [match for row in candidates if (match := _match(row, case, grading, words))]
    articles = {match.row.article for match in matched}
    return [match for match in matched if not match.row.with_articles or articles & set(match.row.with_articles)]


def _match(row: Row, case: CaseFacts, grading: _Grading, words: Words) -> _Match | None:
    if row.triggers:
        return _triggered(row, case)
    if not _asked(row, case):
        return None
    if row.crime:
        return _Match(row, ("suspected_crime",), ()) if case.suspected_crime else None
    grade = grading.effective if row.dimension else grading.grade
    if grade != row.grade or grade is None:
        return None
    return _Match(row, (row.dimension or "general", f"{grade}（{words.grades[grade]}）"), ())


def _asked(row: Row, case: CaseFacts) -> bool:
    """Rows of a dimension need its failing established; rows of 第六条 need `general`."""
    if row.dimension:
        return row.dimension in case.dimensions
    return case.general or not row.general


def _triggered(row: Row, case: CaseFacts) -> _Match | None:
    found = [(trigger, facts) for trigger in row.triggers if (facts := reaching(trigger, case))]
    if not found:
        return None
    # The first way that is met is the plainest: rows list ways that need a reading last.
    interpretation = found[0][0].interpretation
    because = dict.fromkeys(describe(fact) for _, used in found for fact in used)
    return _Match(row, tuple(because), (interpretation,) if interpretation else ())


def reaching(trigger: Trigger, case: CaseFacts) -> tuple[Fact, ...]:
    """The facts that meet the trigger; empty when it is not met."""
    fitting = [fact for fact in case.facts if fits(trigger, fact) and in_time(fact, case.ruleset)]
    if not trigger.added_within_year:
        return tuple(fact for fact in fitting if fact.count(trigger.count) >= trigger.at_least)
    by_year: dict[int | None, list[Fact]] = defaultdict(list)
    for fact in fitting:
        by_year[fact.values.get("year")].append(fact)
    enough = [facts for facts in by_year.values() if _total(facts, trigger) >= trigger.at_least]
    return tuple(fact for facts in enough for fact in facts)


def _total(facts: list[Fact], trigger: Trigger) -> int:
    return sum(fact.count(trigger.count) for fact in facts)


def fits(trigger: Trigger, fact: Fact) -> bool:
    return (
        fact.kind == trigger.kind
        and all(fact.values.get(name) in words for name, words in trigger.words.items())
        and all(fact.values.get(flag) is True for flag in trigger.flags)
        and _conditions_hold(trigger, fact)
    )


def _conditions_hold(trigger: Trigger, fact: Fact) -> bool:
    """A fact that answers none of the conditions asserts the whole clause; one that answers any is held to them."""
    asked = {flag for way in trigger.conditions for group in way for flag in group}
    if not asked & fact.values.keys():
        return True
    return any(all(any(fact.values.get(flag) for flag in group) for group in way) for way in trigger.conditions)


def in_time(fact: Fact, ruleset: Ruleset) -> bool:
    year, first = fact.values.get("year"), ruleset.applies_from_year
    return year is None or first is None or year >= first


def describe(fact: Fact) -> str:
    """A fact in one line: kind(by=municipal_office, times=2)."""
    said = ", ".join(f"{name}={str(value).lower() if isinstance(value, bool) else value}" for name, value in fact.values.items())
    return f"{fact.kind}({said})" if said else fact.kind


def _strictest(ruleset: Ruleset, matched: list[_Match], words: Words) -> list[_Match]:
    kept = []
    for match in matched:
        article = match.row.article
        rivals = [other for other in matched if other.row.article == article]
        if article not in ruleset.strictest_in_articles or match is _strictest_of(rivals, words):
            kept.append(match)
    return kept


def _strictest_of(rivals: list[_Match], words: Words) -> _Match:
    """The strictest; the first in the article where two are equal."""
    return max(rivals, key=lambda match: strictness(match.row.measures, words.bands))


# ---- what follows ----


def _measures(case: CaseFacts, kept: list[_Match]) -> tuple[SuggestedMeasure, ...]:
    return tuple(
        SuggestedMeasure(match.row.id, match.row.dimension, measure, case.state_owned)
        for match in kept
        for measure in match.row.measures
    )


def _adjusting(case: CaseFacts, matched: list[_Match]) -> list[tuple[Row, str]]:
    """Rows of the circumstances given, each with why it has no effect ("": it has)."""
    articles = {match.row.article for match in matched}
    return [(row, _no_effect(row, case, articles)) for row in case.ruleset.rows if row.circumstance in case.circumstances]


def _no_effect(row: Row, case: CaseFacts, articles: set[str | None]) -> str:
    if not articles & set(row.with_articles):
        return f"没有第 {'、'.join(row.with_articles)} 条的情形，不起作用"
    absent = [word for word in row.needs_circumstances if word not in case.circumstances]
    if absent:
        return f"还要同时有 {'、'.join(absent)}（{'、'.join(case.ruleset.circumstances[word] for word in absent)}），不起作用"
    return ""


def _adjustments(case: CaseFacts, kept: list[_Match], adjusting: list[tuple[Row, str]]) -> tuple[Adjustment, ...]:
    found = [Adjustment(row.adjustment or "", row.id) for row, why_not in adjusting if not why_not]
    if case.named_from_above:
        steps = case.ruleset.one_step_up_articles
        found += [Adjustment("one_step_up", match.row.id) for match in kept if match.row.article in steps]
    return tuple(found)


def _interpretations(
    case: CaseFacts, kept: list[_Match], grading: _Grading, adjustments: tuple[Adjustment, ...]
) -> tuple[str, ...]:
    found = []
    for match in kept:
        texts = (match.row.interpretation, *match.interpretations)
        found += [f"{match.row.id}：{text}" for text in texts if text]
    found += grading.interpretations
    if any(adjustment.kind == "one_step_up" for adjustment in adjustments):
        found.append(case.ruleset.one_step_up_interpretation or "")
    lifted = grading.effective != grading.grade and case.ruleset.lifted_polluter_interpretation
    found += [f"{match.row.id}：{lifted}" for match in kept if lifted and match.row.dimension == "polluter" and match.row.grade]
    return tuple(dict.fromkeys(text for text in found if text))


# ---- notes ----


def _notes(
    case: CaseFacts,
    grading: _Grading,
    matched: list[_Match],
    kept: list[_Match],
    adjusting: list[tuple[Row, str]],
) -> tuple[str, ...]:
    ruleset = case.ruleset
    found = list(VALIDITY_NOTES.get(ruleset.in_force, ()))
    found += ruleset.notes if kept else ()
    found += grading.notes
    found += _dropped(matched, kept)
    found += [f"{match.row.id}：由人写明理由后决定" for match in kept if match.row.decide]
    found += [match.row.note for match in kept if match.row.note]
    found += _fact_notes(case)
    found += _year_notes(case, matched)
    found += [f"{row.id}（{row.circumstance}）：{why_not}" for row, why_not in adjusting if why_not]
    found += _escalation_notes(case, grading)
    found += _unused_notes(case)
    return tuple(dict.fromkeys(found))


def _dropped(matched: list[_Match], kept: list[_Match]) -> list[str]:
    notes = []
    for match in matched:
        if match not in kept:
            stays = next(other.row.id for other in kept if other.row.article == match.row.article)
            convention = f"第 {match.row.article} 条内只建议最重的一行 {stays}（本系统的约定，条文没有写；strictest row only）"
            notes.append(f"{match.row.id} 也符合；{convention}")
    return notes


def _fact_notes(case: CaseFacts) -> list[str]:
    notes = []
    triggers = [trigger for row in case.ruleset.rows for trigger in row.triggers]
    for fact in case.facts:
        if fact.kind == "exposure" and not fact.values.get("verified"):
            notes.append(f"没有查实（verified）的曝光或举报不对应任何一行：{describe(fact)}")
        elif not in_time(fact, case.ruleset):
            notes.append(f"办法下发前的事按当时的规定办，不按本办法建议（{case.ruleset.applies_from_clause}）：{describe(fact)}")
        elif not any(fits(trigger, fact) for trigger in triggers):
            notes.append(f"没有一行写到这种情形，请人判断：{describe(fact)}")
    return notes


def _year_notes(case: CaseFacts, matched: list[_Match]) -> list[str]:
    met = {match.row.id for match in matched}
    notes = []
    for row in case.ruleset.rows:
        for trigger in (one for one in row.triggers if one.added_within_year):
            fitting = [fact for fact in case.facts if fits(trigger, fact)]
            if row.id not in met and _total(fitting, trigger) >= trigger.at_least:
                notes.append(f"{row.id}：次数只在同一年内相加，不同年份的不相加")
            if row.id in met and len(fitting) > 1 and any("year" not in fact.values for fact in fitting):
                notes.append(f"{row.id}：没有写年份（year）的事实当作同一年相加，请核对")
    return notes


def _escalation_notes(case: CaseFacts, grading: _Grading) -> list[str]:
    ruleset = case.ruleset
    notes = []
    if grading.grade == "grave" and ruleset.grave_note:
        notes.append(ruleset.grave_note)
    if ruleset.repeat_note and set(ruleset.repeat_words) & {*case.signs, *case.circumstances}:
        notes.append(ruleset.repeat_note)
    return notes


def _unused_notes(case: CaseFacts) -> list[str]:
    """What was said and this place's rules do not use: said aloud, so that nobody believes it counted."""
    rows = case.ruleset.rows
    unused = {
        "dimensions": bool(case.dimensions) and not any(row.dimension for row in rows),
        "signs": bool(case.signs) and not case.ruleset.presumptions,
        "impact": bool(case.impact) and not case.ruleset.presumptions,
        "grade": bool(case.grade) and not any(row.grade for row in rows),
        "general": case.general and not any(row.general for row in rows),
        "named_from_above": case.named_from_above and not case.ruleset.one_step_up_articles,
        "state_owned": case.state_owned and not any(measure.state_owned for row in rows for measure in row.measures),
    }
    return [f"{case.ruleset.id} 的条文不用 {name}，没有起作用" for name, found in unused.items() if found]


def _trace(matched: list[_Match], kept: list[_Match], adjusting: list[tuple[Row, str]]) -> tuple[TraceLine, ...]:
    lines = [
        TraceLine(
            match.row.id,
            match.row.clause,
            "suggested" if match in kept else "met; a stricter row of the same article is suggested",
            match.because,
        )
        for match in matched
    ]
    lines += [TraceLine(row.id, row.clause, why_not or "adjusts", (row.circumstance or "",)) for row, why_not in adjusting]
    return tuple(lines)
