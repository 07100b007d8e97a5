"""Splits what a plan writes in one breath: names, units, measures. Loses nothing but the signs between."""

from __future__ import annotations

import re
from dataclasses import dataclass

from moderation.rectification.layout import Mark, mark_at

_GAP = re.compile(r"[ \t\u3000\u00a0]{2,}|\u3000")
_NAME_SIGNS = re.compile(r"[、，,；;/\n]")
_UNIT_SIGNS = "、，,；;\n"
_OPENING, _CLOSING = "（(《“〔[【", "）)》”〕]】"
# "各乡镇党委、政府" is one phrase: the second word lives on the first one's place name.
_PARTNERS = frozenset({"政府", "管委会", "办事处", "政府（办事处）", "政府（管委会）", "人民政府"})
_PARTY_END = re.compile(r"(?:党委|党工委|党（工）委|党组|党（工委）)$")
_UNIT_END = re.compile(
    r"(?:局|委|办|府|镇|乡|街道|办事处|公司|中心|处|站|院|会|队|厅|部|社|区|县|单位|部门|企业|所|支队|大队|政府）|等）?)$"
)


def split_names(text: str) -> tuple[str, ...]:
    """ "甲某某  乙某" or "甲某某、乙某" to names; "王  冲" is one name padded to three places."""
    names: list[str] = []
    for part in _NAME_SIGNS.split(text.strip(" \u3000。；;")):
        names += _names_between_gaps(part)
    return tuple(name for name in names if name)


def _names_between_gaps(text: str) -> list[str]:
    words = [word.strip() for word in re.split(r"[ \t\u3000\u00a0]+", text.strip()) if word.strip()]
    if not _GAP.search(text.strip()) and not all(len(word) == 1 for word in words):
        return [text.strip()]
    names: list[str] = []
    half = ""
    for word in words:
        if len(word) == 1 and half:
            names.append(half + word)
            half = ""
        elif len(word) == 1 and re.match(r"[\u4e00-\u9fff]", word):
            half = word
        else:
            names += [half, word] if half else [word]
            half = ""
    return [*names, half] if half else names


def split_units(text: str) -> tuple[str, ...]:
    """A list of units, split where the document itself splits: not inside brackets, not inside "党委、政府"."""
    units: list[str] = []
    for part in _top_level(text.strip(" \u3000。；;，,、")):
        if units and part in _PARTNERS and _PARTY_END.search(units[-1]):
            units[-1] += f"、{part}"
        elif part:
            units.append(part)
    return tuple(units)


def _top_level(text: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for position, char in enumerate(text):
        depth += (char in _OPENING) - (char in _CLOSING)
        sign = char in _UNIT_SIGNS[:-1] or (char == "\n" and _UNIT_END.search(current.strip()))
        gap = current.strip() and _GAP.match(text, position)
        if depth <= 0 and (sign or gap):
            parts.append(current)
            current = ""
        else:
            current += char
    return [re.sub(r"\s*\n\s*", "", part).strip() for part in [*parts, current]]


@dataclass(frozen=True)
class MeasureText:
    """One measure. ``printed`` is its number as the plan prints it, empty where it has none."""

    printed: str
    text: str


def split_measures(text: str) -> tuple[str, tuple[MeasureText, ...]]:
    """(words before the first number, measures). A text without numbers is one measure; an empty one is none.

    A number counts only when it is the next one, in the style of the first: "（2）" inside the third measure stays text.
    """
    start = _first_mark(text)
    if start is None:
        return ("", (MeasureText("", text.strip()),)) if text.strip() else ("", ())
    at, mark = start
    intro, cuts = text[:at], [(at, mark)]
    while (following := _next_mark(text, cuts[-1][1])) is not None:
        cuts.append(following)
    ends = [at for at, _ in cuts[1:]] + [len(text)]
    measures = tuple(MeasureText(mark.printed, text[mark.end : end].strip()) for (_, mark), end in zip(cuts, ends, strict=True))
    return intro.strip(), measures


_MEASURE_STYLES = re.compile(r"[（(]\s*[一1１]\s*[)）]|(?:(?<=^)|(?<=[\n。；;：:]))\s*(?:1\s*[.．、)）](?!\d)|一[、是])|①")
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_CHINESE = "一二三四五六七八九十"


def _first_mark(text: str) -> tuple[int, Mark] | None:
    for match in _MEASURE_STYLES.finditer(text):
        at = match.end() - len(match[0].lstrip())
        mark = _measure_mark(text, at)
        if mark and mark.value == 1 and _next_mark(text, mark) is not None:
            return at, mark
        if mark and mark.value == 1 and not text[:at].strip():
            return at, mark
    return None


def _measure_mark(text: str, at: int) -> Mark | None:
    if text[at] in _CIRCLED:
        return Mark("circled", _CIRCLED.index(text[at]) + 1, at + 1, text[at])
    if text[at] in _CHINESE and text[at + 1 : at + 2] == "是":
        return Mark("yi_shi", _CHINESE.index(text[at]) + 1, at + 2, text[at : at + 2])
    return mark_at(text, at)


def _patterns(style: str, value: int) -> re.Pattern[str] | None:
    """Where the mark ``value`` of a style may stand: bracketed ones anywhere, bare ones after a sentence or line."""
    head = r"(?:(?<=[\n。；;：:！!])|(?<=[\n。；;：:！!][ \u3000]))"
    chinese = _in_chinese(value)
    forms = {
        "digit_paren": rf"[（(]\s*{value}\s*[)）](?![条款项号])",
        "chinese_paren": rf"[（(]\s*{chinese}\s*[)）](?![条款项号])",
        "digit": rf"{head}[ \u3000]*{value}\s*[.．、](?!\d)",
        "digit_half": rf"{head}[ \u3000]*{value}[)）]",
        "chinese": rf"{head}[ \u3000]*{chinese}[、.．]",
        "yi_shi": rf"(?<=[\n。；;，,：:]){chinese}是",
        "circled": _CIRCLED[value - 1] if value <= len(_CIRCLED) else None,
    }
    form = forms.get(style)
    return re.compile(form) if form else None


def _in_chinese(value: int) -> str:
    if value <= 10:
        return _CHINESE[value - 1]
    tens, ones = divmod(value, 10)
    return ("" if tens == 1 else _CHINESE[tens - 1]) + "十" + (_CHINESE[ones - 1] if ones else "")


def _next_mark(text: str, last: Mark) -> tuple[int, Mark] | None:
    pattern = _patterns(last.style, last.value + 1) if last.value < 99 else None
    match = pattern.search(text, last.end) if pattern else None
    if match is None:
        return None
    at = match.start() + len(match[0]) - len(match[0].lstrip())
    return at, Mark(last.style, last.value + 1, match.end(), match[0].strip())
