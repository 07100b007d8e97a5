"""The accountability rules (问责规则) as data: reads and checks rules/accountability/*.toml, and prints them for the public.

Knows what a row looks like, not when it is met (that is moderation.accountability.assess).
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

DIRECTORY = Path(__file__).parent / "rules" / "accountability"
WORDS_FILE = "words.toml"
UNKNOWN_DAY = "unknown"
IN_FORCE = {"yes": "现行有效", "no": "已失效", "unconfirmed": "未核定"}
ADJUSTMENTS = {
    "heavier": "应当从重",
    "lighter_allowed": "可以从轻",
    "exempt_or_lighter_allowed": "可以免责或减轻",
    "one_step_up": "上提一档",
}
FIELD_TYPES = ("word", "count", "flag", "year", "text")


class RulesFault(ValueError):
    """The rule files cannot be used. ``faults`` lists every fault found, one line each, with file, row and field."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Words:
    """The shared words, each identifier with its Chinese label.

    ``bands``: measure → (lowest, highest), 1 mildest to 4; None: not comparable.
    """

    subjects: Mapping[str, str]
    dimensions: Mapping[str, str]
    grades: Mapping[str, str]
    impacts: Mapping[str, str]
    signs: Mapping[str, str]
    bands: Mapping[str, tuple[int, int] | None]


@dataclass(frozen=True)
class Field:
    """One thing that can be said in a fact. ``words`` only for type "word"."""

    name: str
    type: str
    label: str
    required: bool
    words: Mapping[str, str]


@dataclass(frozen=True)
class Kind:
    """A kind of fact a person can state, with the fields it takes."""

    name: str
    label: str
    fields: Mapping[str, Field]


@dataclass(frozen=True)
class Trigger:
    """One way to meet a row: facts of ``kind`` whose words and flags fit, reaching ``at_least``.

    ``count`` None: one fitting fact is enough. ``added_within_year``: counts of one year are added.
    ``conditions``: alternatives, each a list of groups of which one flag must hold; looked at only when a fact answers any of them.
    """

    kind: str
    words: Mapping[str, tuple[str, ...]]
    flags: tuple[str, ...]
    count: str | None
    at_least: int
    added_within_year: bool
    conditions: tuple[tuple[tuple[str, ...], ...], ...]
    interpretation: str | None


@dataclass(frozen=True)
class Measure:
    """What is suggested for one subject: one of ``any_of`` or every one of ``all_of``.

    ``state_owned`` is added for a state-owned polluter.
    ``floor`` raises the lowest comparable band where the clause says more than the word.
    """

    subject: str
    any_of: tuple[str, ...]
    all_of: tuple[str, ...]
    or_stricter: bool
    state_owned: tuple[str, ...]
    floor: int | None
    clause: str

    @property
    def words(self) -> tuple[str, ...]:
        return self.any_of or self.all_of


@dataclass(frozen=True)
class Row:
    """One row: its clause and source, how it is met, what it suggests. Ids are ours, clauses are theirs."""

    id: str
    article: str | None
    clause: str
    source: str
    effective_from: datetime.date | None
    situation: str
    triggers: tuple[Trigger, ...]
    dimension: str | None
    grade: str | None
    general: bool
    crime: bool
    circumstance: str | None
    adjustment: str | None
    with_articles: tuple[str, ...]
    needs_circumstances: tuple[str, ...]
    measures: tuple[Measure, ...]
    decide: bool
    interpretation: str | None
    note: str | None


@dataclass(frozen=True)
class Presumption:
    """Which signs and impacts usually mean which grade; a person may rebut it."""

    grade: str
    clause: str
    source: str
    all_signs: tuple[str, ...]
    any_signs: tuple[str, ...]
    impacts: tuple[str, ...]
    interpretation: str | None


@dataclass(frozen=True)
class Standing:
    """A clause that always holds and is not matched by facts: who is covered, who decides, what must be published."""

    id: str
    topic: str
    clause: str
    source: str
    effective_from: datetime.date | None
    says: str


@dataclass(frozen=True)
class Ruleset:
    """One place's rules. ``in_force``: a key of IN_FORCE; "unconfirmed" (未核定) until an office says otherwise."""

    id: str
    name: str
    place: str
    region_code: str
    in_force: str
    notes: tuple[str, ...]
    strictest_in_articles: tuple[str, ...]
    one_step_up_articles: tuple[str, ...]
    one_step_up_interpretation: str | None
    lifted_polluter_interpretation: str | None
    grave_note: str | None
    repeat_note: str | None
    repeat_words: tuple[str, ...]
    applies_from_year: int | None
    applies_from_clause: str | None
    kinds: Mapping[str, Kind]
    rows: tuple[Row, ...]
    presumptions: tuple[Presumption, ...]
    standing: tuple[Standing, ...]
    circumstances: Mapping[str, str]
    condition_labels: Mapping[str, str]

    def row(self, row_id: str) -> Row:
        return next(row for row in self.rows if row.id == row_id)


class _Table:
    """One TOML table being read: hands out values by type, remembers which keys were asked for, and collects faults."""

    def __init__(self, data: object, where: str, faults: list[str]) -> None:
        self.where = where
        self.faults = faults
        self.data: dict[str, Any] = data if isinstance(data, dict) else {}
        self.asked: set[str] = set()
        if not isinstance(data, dict):
            self.fault("应为表")

    def fault(self, message: str) -> None:
        self.faults.append(f"{self.where}: {message}")

    def _get(self, key: str, wanted: type, name: str, default: Any) -> Any:
        self.asked.add(key)
        value = self.data.get(key, default)
        if value is default:
            return default
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            self.fault(f"{key} 应为{name}")
            return default
        return value

    def text(self, key: str) -> str:
        value: str = self._get(key, str, "文字", "")
        if not value.strip():
            self.fault(f"缺少 {key}")
        return value

    def text_or_none(self, key: str) -> str | None:
        if key not in self.data:
            self.asked.add(key)
            return None
        return self.text(key)

    def flag(self, key: str) -> bool:
        return bool(self._get(key, bool, " true 或 false", False))

    def number(self, key: str, default: int | None) -> int | None:
        value: int | None = self._get(key, int, "整数", default)
        if value is not None and value < 1:
            self.fault(f"{key} 应不小于 1")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        values = self._get(key, list, "文字列表", [])
        if not all(isinstance(value, str) for value in values):
            self.fault(f"{key} 应为文字列表")
            return ()
        return tuple(values)

    def labels(self, key: str) -> dict[str, str]:
        values = self._get(key, dict, "词表", {})
        if not all(isinstance(label, str) and label for label in values.values()):
            self.fault(f"{key} 里每个词都要有中文说法")
        return {name: str(label) for name, label in values.items()}

    def table(self, key: str) -> _Table:
        return _Table(self._get(key, dict, "表", {}), f"{self.where} {key}", self.faults)

    def tables(self, key: str) -> Iterator[_Table]:
        for number, item in enumerate(self._get(key, list, "表的列表", []), 1):
            name = item.get("id") if isinstance(item, dict) else None
            yield _Table(item, f"{self.where} {key} {name or number}", self.faults)

    def day(self, key: str) -> datetime.date | None:
        """A date, or the word "unknown" where the source carries none."""
        self.asked.add(key)
        value = self.data.get(key)
        if value == UNKNOWN_DAY:
            return None
        if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            return value
        self.fault(f"{key} 应为日期，或写 “{UNKNOWN_DAY}”")
        return None

    def one_of(self, value: str | None, allowed: Mapping[str, object], key: str) -> None:
        if value and value not in allowed:
            self.fault(f"{key} 不认识“{value}”")

    def done(self) -> None:
        """Every key nobody asked for is a fault: a misspelt key must not be silently without effect."""
        for key in sorted(self.data.keys() - self.asked):
            self.fault(f"不认识的项 {key}")


def _words(path: Path, faults: list[str]) -> Words:
    table = _Table(_parse(path, faults), path.name, faults)
    bands: dict[str, tuple[int, int] | None] = {}
    for word, pair in table.table("bands").data.items():
        bands[word] = _band(table, word, pair)
    words = Words(
        subjects=table.labels("subjects"),
        dimensions=table.labels("dimensions"),
        grades=table.labels("grades"),
        impacts=table.labels("impacts"),
        signs=table.labels("signs"),
        bands=bands,
    )
    table.done()
    return words


def _band(table: _Table, word: str, pair: object) -> tuple[int, int] | None:
    match pair:
        case []:
            return None
        case [int(low), int(high)] if 1 <= low <= high <= 4:
            return low, high
    table.fault(f"bands {word} 应为两个 1–4 的数，低的在前，或空")
    return None


def _parse(path: Path, faults: list[str]) -> object:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        faults.append(f"{path.name}: 读不了（{error}）")
        return {}


def _kind(table: _Table, name: str) -> Kind:
    fields = {}
    for field_name, _ in table.table("fields").data.items():
        fields[field_name] = _field(table.table("fields").table(field_name), field_name)
    kind = Kind(name, table.text("label"), fields)
    table.done()
    return kind


def _field(table: _Table, name: str) -> Field:
    field = Field(name, table.text("type"), table.text("label"), table.flag("required"), table.labels("words"))
    if field.type not in FIELD_TYPES:
        table.fault(f"type 应为 {'、'.join(FIELD_TYPES)} 之一")
    if (field.type == "word") != bool(field.words):
        table.fault("type 为 word 时要有 words，其他时候不能有")
    table.done()
    return field


def _trigger(table: _Table, kinds: Mapping[str, Kind]) -> Trigger:
    raw_words = table.table("words")
    words = {name: raw_words.texts(name) for name in raw_words.data}
    trigger = Trigger(
        kind=table.text("kind"),
        words=words,
        flags=table.texts("flags"),
        count=table.text_or_none("count"),
        at_least=table.number("at_least", 1) or 1,
        added_within_year=table.flag("added_within_year"),
        conditions=(),
        interpretation=table.text_or_none("interpretation"),
    )
    table.done()
    if trigger.kind not in kinds:
        table.fault(f"kind 不认识“{trigger.kind}”")
        return trigger
    _check_trigger(table, trigger, kinds[trigger.kind])
    return trigger


def _check_trigger(table: _Table, trigger: Trigger, kind: Kind) -> None:
    wanted = [(name, "word") for name in trigger.words] + [(name, "flag") for name in trigger.flags]
    wanted += [(trigger.count, "count")] if trigger.count else []
    wanted += [("year", "year")] if trigger.added_within_year else []
    for name, type_ in wanted:
        if name not in kind.fields or kind.fields[name].type != type_:
            table.fault(f"{trigger.kind} 没有类型为 {type_} 的 {name}")
    for name, words in trigger.words.items():
        for word in words:
            table.one_of(word, kind.fields[name].words if name in kind.fields else {}, name)


def _measure(table: _Table, clause: str, words: Words) -> Measure:
    measure = Measure(
        subject=table.text("subject"),
        any_of=table.texts("any_of"),
        all_of=table.texts("all_of"),
        or_stricter=table.flag("or_stricter"),
        state_owned=table.texts("state_owned"),
        floor=table.number("floor", None),
        clause=table.text_or_none("clause") or clause,
    )
    table.done()
    table.one_of(measure.subject, words.subjects, "subject")
    if bool(measure.any_of) == bool(measure.all_of):
        table.fault("any_of 和 all_of 要有一个，只能有一个")
    for word in measure.words + measure.state_owned:
        table.one_of(word, words.bands, "措施")
    return measure


@dataclass(frozen=True)
class _Context:
    """What reading a row needs to know of its file."""

    words: Words
    kinds: Mapping[str, Kind]
    measure_sets: Mapping[str, tuple[_Table, ...]]
    condition_labels: Mapping[str, str]


def _conditions(table: _Table, labels: Mapping[str, str]) -> tuple[tuple[tuple[str, ...], ...], ...]:
    raw = table._get("conditions", list, "列表", [])
    try:
        read = tuple(tuple(tuple(str(flag) for flag in group) for group in way) for way in raw)
    except TypeError:
        table.fault("conditions 应为三层列表")
        return ()
    for flag in (flag for way in read for group in way for flag in group):
        table.one_of(flag, labels, "conditions")
    return read


def _asserted_trigger(table: _Table, row_id: str, labels: Mapping[str, str]) -> Trigger:
    return Trigger(row_id, {}, (), None, 1, False, _conditions(table, labels), None)


def _triggers(table: _Table, row_id: str, context: _Context) -> tuple[Trigger, ...]:
    if table.flag("asserted"):
        return (_asserted_trigger(table, row_id, context.condition_labels),)
    return tuple(_trigger(item, context.kinds) for item in table.tables("when"))


def _measures(table: _Table, clause: str, context: _Context) -> tuple[Measure, ...]:
    name = table.text_or_none("measures_from")
    if name is None:
        return tuple(_measure(item, clause, context.words) for item in table.tables("measures"))
    if name not in context.measure_sets:
        table.fault(f"measures_from 不认识“{name}”")
    return tuple(_measure(item, clause, context.words) for item in context.measure_sets.get(name, ()))


def _row(table: _Table, context: _Context) -> Row:
    row_id, clause = table.text("id"), table.text("clause")
    row = Row(
        id=row_id,
        article=table.text_or_none("article"),
        clause=clause,
        source=table.text("source"),
        effective_from=table.day("effective_from"),
        situation=table.text("situation"),
        triggers=_triggers(table, row_id, context),
        dimension=table.text_or_none("dimension"),
        grade=table.text_or_none("grade"),
        general=table.flag("general"),
        crime=table.flag("crime"),
        circumstance=table.text_or_none("circumstance"),
        adjustment=table.text_or_none("adjustment"),
        with_articles=table.texts("with_articles"),
        needs_circumstances=table.texts("needs_circumstances"),
        measures=_measures(table, clause, context),
        decide=table.flag("decide"),
        interpretation=table.text_or_none("interpretation"),
        note=table.text_or_none("note"),
    )
    table.done()
    _check_row(table, row, context.words)
    return row


def _check_row(table: _Table, row: Row, words: Words) -> None:
    table.one_of(row.dimension, words.dimensions, "dimension")
    table.one_of(row.grade, words.grades, "grade")
    table.one_of(row.adjustment, ADJUSTMENTS, "adjustment")
    graded = bool(row.grade) and (row.general or bool(row.dimension))
    ways = [bool(row.triggers), bool(row.circumstance), row.crime, graded]
    if sum(ways) != 1:
        table.fault("要有一种、也只能有一种达到的办法：when、asserted、circumstance、crime，或 dimension/general 加 grade")
    if bool(row.circumstance) != bool(row.adjustment):
        table.fault("circumstance 和 adjustment 要成对")
    if not (row.measures or row.adjustment or row.decide):
        table.fault("没有措施的行要写 decide = true（由人决定）")


def _presumption(table: _Table, words: Words) -> Presumption:
    found = Presumption(
        grade=table.text("grade"),
        clause=table.text("clause"),
        source=table.text("source"),
        all_signs=table.texts("all_signs"),
        any_signs=table.texts("any_signs"),
        impacts=table.texts("impacts"),
        interpretation=table.text_or_none("interpretation"),
    )
    table.day("effective_from")
    table.done()
    table.one_of(found.grade, words.grades, "grade")
    for sign in found.all_signs + found.any_signs:
        table.one_of(sign, words.signs, "signs")
    for impact in found.impacts:
        table.one_of(impact, words.impacts, "impacts")
    return found


def _standing(table: _Table) -> Standing:
    found = Standing(
        id=table.text("id"),
        topic=table.text("topic"),
        clause=table.text("clause"),
        source=table.text("source"),
        effective_from=table.day("effective_from"),
        says=table.text("says"),
    )
    table.done()
    return found


def _asserted_kind(row: Row, labels: Mapping[str, str]) -> Kind:
    """A kind that names its row: {"kind": "CJ6.2"}. Its conditions may be answered one by one."""
    flags = dict.fromkeys(flag for way in row.triggers[0].conditions for group in way for flag in group)
    fields = {flag: Field(flag, "flag", labels.get(flag, flag), False, {}) for flag in flags}
    fields["year"] = Field("year", "year", "哪一年", False, {})
    fields["reason"] = Field("reason", "text", "为什么", False, {})
    return Kind(row.id, row.situation, fields)


def _circumstances(rows: tuple[Row, ...], gates: Mapping[str, str]) -> dict[str, str]:
    return {row.circumstance: row.situation for row in rows if row.circumstance} | dict(gates)


def _ruleset(path: Path, words: Words, faults: list[str]) -> Ruleset:
    table = _Table(_parse(path, faults), path.name, faults)
    labels = table.labels("condition_labels")
    declared = table.table("kinds")
    kinds = {name: _kind(declared.table(name), name) for name in declared.data}
    sets = {item.text("id"): tuple(item.tables("measures")) for item in table.tables("measure_set")}
    rows = tuple(_row(item, _Context(words, kinds, sets, labels)) for item in table.tables("row"))
    asserted = {row.id: _asserted_kind(row, labels) for row in rows if row.triggers and row.triggers[0].kind == row.id}
    for document in table.table("documents").data:
        entry = table.table("documents").table(document)
        entry.text("title")
        entry.text("issued_by")
        entry.done()
    ruleset = Ruleset(
        id=table.text("id"),
        name=table.text("name"),
        place=table.text("place"),
        region_code=table.text("region_code"),
        in_force=table.text("in_force"),
        notes=table.texts("notes"),
        strictest_in_articles=table.texts("strictest_in_articles"),
        one_step_up_articles=table.texts("one_step_up_articles"),
        one_step_up_interpretation=table.text_or_none("one_step_up_interpretation"),
        lifted_polluter_interpretation=table.text_or_none("lifted_polluter_interpretation"),
        grave_note=table.text_or_none("grave_note"),
        repeat_note=table.text_or_none("repeat_note"),
        repeat_words=table.texts("repeat_words"),
        applies_from_year=table.number("applies_from_year", None),
        applies_from_clause=table.text_or_none("applies_from_clause"),
        kinds=kinds | asserted,
        rows=rows,
        presumptions=tuple(_presumption(item, words) for item in table.tables("presumption")),
        standing=tuple(_standing(item) for item in table.tables("standing")),
        circumstances=_circumstances(rows, table.labels("gate_circumstances")),
        condition_labels=labels,
    )
    table.done()
    _check_ruleset(table, ruleset, path)
    return ruleset


def _check_ruleset(table: _Table, ruleset: Ruleset, path: Path) -> None:
    table.one_of(ruleset.in_force, IN_FORCE, "in_force")
    if ruleset.id != path.stem:
        table.fault(f"id 应与文件名相同（{path.stem}）")
    if not ruleset.rows:
        table.fault("没有任何一行 row")
    seen: set[str] = set()
    for found in [row.id for row in ruleset.rows] + [item.id for item in ruleset.standing]:
        if found in seen:
            table.fault(f"编号 {found} 出现两次")
        seen.add(found)
    for row in ruleset.rows:
        for word in row.needs_circumstances:
            table.one_of(word, ruleset.circumstances, f"row {row.id} needs_circumstances")


@dataclass(frozen=True)
class Rulebook:
    """All rulesets, and the words they share."""

    words: Words
    rulesets: Mapping[str, Ruleset]


def read_rulebook(directory: Path) -> Rulebook:
    """Reads every ruleset of ``directory``.

    Raises RulesFault with one line for every fault in every file, so that they can be mended in one go.
    """
    faults: list[str] = []
    words = _words(directory / WORDS_FILE, faults)
    paths = sorted(path for path in directory.glob("*.toml") if path.name != WORDS_FILE)
    rulesets = [_ruleset(path, words, faults) for path in paths]
    if faults:
        raise RulesFault(faults)
    return Rulebook(words, {ruleset.id: ruleset for ruleset in rulesets})


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
    lines = [f"# 哪种情形，问到谁，怎么问：{_cell(ruleset.place)} {{#rules-{ruleset.id}}}", ""]
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
        asked = "<br>".join(f"{_cell(who)}：{_cell(how)}" for who, how in rule.measures)
        cells = [_cell(rule.situation), asked, f"{_cell(rule.clause)}（{rule.row}）", rule.effective_from]
        lines.append("| " + " | ".join([*cells, _cell(rule.interpretation) or "—"]) + " |")
    return "\n".join([*lines, ""])
