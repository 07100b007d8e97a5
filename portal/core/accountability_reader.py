"""Reads rules/accountability/*.toml and names every fault at once. Knows what a file must hold, not when a row is met."""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.core.accountability_model import (
    ADJUSTMENTS,
    FIELD_TYPES,
    IN_FORCE,
    Field,
    Kind,
    Measure,
    Presumption,
    Row,
    Rulebook,
    Ruleset,
    RulesFault,
    Standing,
    Trigger,
    Words,
)

WORDS_FILE = "words.toml"
UNKNOWN_DAY = "unknown"


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
