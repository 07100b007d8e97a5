"""Why the rules suggest what they do, in the words of the office: the engine speaks in the identifiers of a facts file.

Only on a Chinese page. Knows words, not rules and not the database.
"""

from __future__ import annotations

import re

from portal.core.accountability_model import Kind, Ruleset, Words
from portal.core.catalogue import SOURCE
from portal.web.language import current_tag

_FACT = re.compile(r"\b([A-Za-z][\w.]*)\(([^()]*)\)")
_NAME = re.compile(r"(?<![\w.-])([a-z][a-z_]+)(?![\w.-])")
_TWICE = re.compile(r"([^，。；、：（）\s]+(?:、[^，。；：（）\s]+)?)\s*（\1）")
OUTCOMES = {
    "suggested": "已列入建议",
    "met; a stricter row of the same article is suggested": "也符合，同一条里已建议更严的一行",
    "adjusts": "有作用",
}
# Names of a facts file that are no words of the rules themselves.
_OTHERS = {
    "general": "按情节轻重的一般规定",
    "suspected_crime": "涉嫌犯罪",
    "named_from_above": "被上一级点名",
    "state_owned": "国有企事业单位",
    "dimensions": "四查的哪一项",
    "signs": "迹象",
    "impact": "影响",
    "grade": "情节等级",
}
_LEFT_OUT = ("（grade 为 null）", "（verified）", "（allowed）", "（year）", "；strictest row only")


def in_plain_words(text: str, ruleset: Ruleset, words: Words) -> str:
    """``text`` of the engine with every identifier said in Chinese. Codes of rows stay: the page of rules prints them."""
    if current_tag() != SOURCE:
        return text
    for left_out in _LEFT_OUT:
        text = text.replace(left_out, "")
    text = OUTCOMES.get(text, text).replace(ruleset.id, f"“{ruleset.name}”")
    text = _FACT.sub(lambda found: _fact(found, ruleset), text)
    known = {name: kind.label for name, kind in ruleset.kinds.items()}
    for each in (words.dimensions, words.grades, words.impacts, words.signs, ruleset.circumstances, _OTHERS):
        known.update(each)
    return _TWICE.sub(r"\1", _NAME.sub(lambda found: known.get(found[1], found[1]), text))


def _fact(found: re.Match[str], ruleset: Ruleset) -> str:
    kind = ruleset.kinds.get(found[1])
    if kind is None:
        return found[0]
    said = [_said(kind, *part.split("=", 1)) for part in found[2].split(", ") if "=" in part]
    return f"{kind.label}（{'，'.join(filter(None, said))}）" if any(said) else kind.label


def _said(kind: Kind, name: str, value: str) -> str:
    field = kind.fields.get(name)
    if field is None or value == "false":
        return ""
    return field.label if value == "true" else f"{field.label}：{field.words.get(value, value)}"
