"""Reads a facts file for `disclosure assess`, refusing whatever is not exactly understood.

Knows the words, not what follows from them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from portal.core.accountability_model import Field, Kind, Rulebook, Ruleset, Words

KEYS = (
    "ruleset",
    "facts",
    "dimensions",
    "signs",
    "impact",
    "grade",
    "named_from_above",
    "circumstances",
    "state_owned",
    "suspected_crime",
    "general",
)
EARLIEST_YEAR, LATEST_YEAR = 1949, 9999
LONGEST_REASON = 2000
LONGEST_SHOWN = 60


class FactsFault(ValueError):
    """The facts cannot be used. The message is one line that names the field."""


@dataclass(frozen=True)
class Fact:
    """One stated fact; ``values`` holds only what was said (word, count, flag, year or text by field name)."""

    kind: str
    values: Mapping[str, Any]

    def count(self, name: str | None) -> int:
        """How often; a stated fact without a number happened once."""
        return int(self.values.get(name, 1)) if name else 1

    def sort_key(self) -> str:
        return json.dumps([self.kind, dict(self.values)], sort_keys=True, ensure_ascii=False)


@dataclass(frozen=True)
class CaseFacts:
    """Everything said about a case, checked. Lists are sorted, so that the order in which things were said cannot matter."""

    ruleset: Ruleset
    facts: tuple[Fact, ...]
    dimensions: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    impact: str | None = None
    grade: str | None = None
    named_from_above: bool = False
    circumstances: tuple[str, ...] = ()
    state_owned: bool = False
    suspected_crime: bool = False
    general: bool = False


def shown(value: object) -> str:
    """A value in one printable line, cut short."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


def _refuse(field: str, message: str) -> NoReturn:
    raise FactsFault(f"{field}: {message}")


def _no_twin_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, value in pairs:
        if key in read:
            _refuse(shown(key).strip('"'), "同一项写了两次 / given twice")
        read[key] = value
    return read


def parse(text: str, book: Rulebook) -> CaseFacts:
    """The checked facts of one JSON text. Raises FactsFault, one line naming the field, for anything not understood."""
    try:
        data = json.loads(text, object_pairs_hook=_no_twin_keys)
    except FactsFault:
        raise
    except (ValueError, RecursionError) as error:
        where = f"第 {error.lineno} 行 / line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        _refuse("FACTS.json", f"不是正确的 JSON / not valid JSON {where}".rstrip())
    return read(data, book)


def read(data: object, book: Rulebook) -> CaseFacts:
    """The checked facts of one already parsed JSON value; like :func:`parse`."""
    if not isinstance(data, dict):
        _refuse("FACTS.json", "应为一个 JSON 对象 / must be one JSON object")
    for key in data:
        if key not in KEYS:
            _refuse(shown(key).strip('"'), "不认识的项 / unknown key")
    for key in ("ruleset", "facts"):
        if key not in data:
            _refuse(key, "缺少这一项 / missing")
    ruleset = _ruleset(data["ruleset"], book)
    return CaseFacts(
        ruleset=ruleset,
        facts=_facts(data["facts"], ruleset),
        **_frame(data, ruleset, book.words),
    )


def _frame(data: dict[str, Any], ruleset: Ruleset, words: Words) -> dict[str, Any]:
    flags = ("named_from_above", "state_owned", "suspected_crime", "general")
    return {
        "dimensions": _word_list("dimensions", data, words.dimensions),
        "signs": _word_list("signs", data, words.signs),
        "impact": _word_or_none("impact", data, words.impacts),
        "grade": _word_or_none("grade", data, words.grades),
        "circumstances": _word_list("circumstances", data, ruleset.circumstances),
    } | {name: _flag(name, data.get(name, False)) for name in flags}


def _ruleset(value: object, book: Rulebook) -> Ruleset:
    if not isinstance(value, str) or value not in book.rulesets:
        _refuse("ruleset", f"没有这套规则 / unknown ruleset {shown(value)}，可用：{'、'.join(sorted(book.rulesets))}")
    return book.rulesets[value]


def _word(field: str, value: object, allowed: Collection[str]) -> str:
    if not isinstance(value, str) or value not in allowed:
        _refuse(field, f"不认识 / unknown word {shown(value)}，可用：{'、'.join(allowed) or '（没有）'}")
    return value


def _word_or_none(field: str, data: dict[str, Any], allowed: Collection[str]) -> str | None:
    value = data.get(field)
    return None if value is None else _word(field, value, allowed)


def _word_list(field: str, data: dict[str, Any], allowed: Collection[str]) -> tuple[str, ...]:
    values = data.get(field, [])
    if not isinstance(values, list):
        _refuse(field, f"应为列表 / must be a list, not {shown(values)}")
    return tuple(sorted({_word(f"{field}[{number}]", value, allowed) for number, value in enumerate(values)}))


def _flag(field: str, value: object) -> bool:
    if not isinstance(value, bool):
        _refuse(field, f"应为 true 或 false / must be true or false, not {shown(value)}")
    return value


def _facts(values: object, ruleset: Ruleset) -> tuple[Fact, ...]:
    if not isinstance(values, list):
        _refuse("facts", f"应为列表 / must be a list, not {shown(values)}")
    return tuple(sorted((_fact(f"facts[{n}]", value, ruleset) for n, value in enumerate(values)), key=Fact.sort_key))


def _fact(where: str, value: object, ruleset: Ruleset) -> Fact:
    if not isinstance(value, dict):
        _refuse(where, f"应为对象 / must be an object, not {shown(value)}")
    if "kind" not in value:
        _refuse(f"{where}.kind", "缺少这一项 / missing")
    kind = ruleset.kinds[_word(f"{where}.kind", value["kind"], ruleset.kinds)]
    for key in value:
        if key != "kind" and key not in kind.fields:
            _refuse(f"{where}.{shown(key).strip(chr(34))}", f"{kind.name} 没有这一项 / unknown key")
    return Fact(kind.name, _values(where, value, kind))


def _values(where: str, value: dict[str, Any], kind: Kind) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name, field in kind.fields.items():
        if name in value:
            found = _value(f"{where}.{name}", value[name], field)
            read |= {} if found is None else {name: found}
        elif field.required:
            _refuse(f"{where}.{name}", "缺少这一项 / missing")
    return read


def _value(where: str, value: object, field: Field) -> str | int | bool | None:
    match field.type:
        case "word":
            return _word(where, value, field.words)
        case "flag":
            return _flag(where, value)
        case "count":
            return _whole(where, value, 0)
        case "year":
            return None if value is None else _year(where, value)
        case _:
            return _text(where, value)


def _whole(where: str, value: object, lowest: int) -> int:
    # bool is an int to Python; `true` is no count to anybody.
    if isinstance(value, bool) or not isinstance(value, int) or value < lowest:
        _refuse(where, f"应为不小于 {lowest} 的整数 / must be a whole number of {lowest} or more, not {shown(value)}")
    return value


def _year(where: str, value: object) -> int:
    year = _whole(where, value, EARLIEST_YEAR)
    if year > LATEST_YEAR:
        _refuse(where, f"应为四位年份 / must be a year of four digits, not {shown(value)}")
    return year


def _text(where: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_REASON:
        _refuse(where, f"请写明理由，不超过 {LONGEST_REASON} 字 / must be a reason in words")
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        _refuse(where, "有不成字的编码 / contains broken characters")
    return value
