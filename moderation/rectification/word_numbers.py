"""The numbers that Word prints before paragraphs by itself. They are not in the text, but people read them, so the reader must."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_CHINESE = "〇一二三四五六七八九"
_CHINESE_FORMATS = frozenset(
    {
        "chineseCounting",
        "chineseCountingThousand",
        "japaneseCounting",
        "ideographDigital",
        "taiwaneseCounting",
        "taiwaneseCountingThousand",
    }
)
LEVELS = 9
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def qn(name: str) -> str:
    """The name "w:val" as the parser spells it. Ours, so that python-docx is loaded when a document is opened, not before."""
    return _WORD + name.removeprefix("w:")


@dataclass(frozen=True)
class _Level:
    """How one level counts: first number, kind of numeral, and the text around it ("%1.", "（%1）")."""

    start: int
    style: str
    text: str


class WordNumbers:
    """Counts along while paragraphs are read in order."""

    def __init__(self, document: Any) -> None:
        self.levels: dict[str, dict[int, _Level]] = {}
        self.abstract_of: dict[str, str] = {}
        self.counters: dict[str, list[int | None]] = {}
        try:
            root = document.part.numbering_part.element
        except (KeyError, NotImplementedError, AttributeError):
            return
        for abstract in root.findall(qn("w:abstractNum")):
            self.levels[abstract.get(qn("w:abstractNumId"))] = dict(map(_level, abstract.findall(qn("w:lvl"))))
        for number in root.findall(qn("w:num")):
            self._add(number)

    def _add(self, number: Any) -> None:
        number_id, abstract = number.get(qn("w:numId")), number.find(qn("w:abstractNumId"))
        if abstract is None:
            return
        base = abstract.get(qn("w:val"))
        starts = {
            int(row.get(qn("w:ilvl"))): int(row.find(qn("w:startOverride")).get(qn("w:val")))
            for row in number.findall(qn("w:lvlOverride"))
            if row.find(qn("w:startOverride")) is not None
        }
        if not starts:
            self.abstract_of[number_id] = base
            return
        own = f"{base}/{number_id}"
        self.levels[own] = {
            depth: _Level(starts.get(depth, level.start), level.style, level.text)
            for depth, level in self.levels.get(base, {}).items()
        }
        self.abstract_of[number_id] = own

    def before(self, paragraph: Any) -> str:
        """What Word prints before this paragraph; empty where it prints nothing, or only a bullet."""
        found = _numbering_of(paragraph)
        if found is None:
            return ""
        number_id, depth = found
        kind = self.abstract_of.get(number_id, "")
        level = self.levels.get(kind, {}).get(depth)
        if level is None or level.style in {"bullet", "none"}:
            return ""
        counts = self.counters.setdefault(kind, [None] * LEVELS)
        last = counts[depth]
        counts[depth] = level.start if last is None else last + 1
        counts[depth + 1 :] = [None] * (LEVELS - depth - 1)
        return self._printed(kind, depth, counts)

    def _printed(self, kind: str, depth: int, counts: list[int | None]) -> str:
        text = self.levels[kind][depth].text
        for place in range(depth + 1):
            level = self.levels[kind].get(place)
            if level is not None:
                text = text.replace(f"%{place + 1}", _numeral(counts[place] or level.start, level.style))
        return text

    def text(self, paragraph: Any) -> str:
        """The paragraph as people see it."""
        printed = self.before(paragraph)
        return f"{printed}{paragraph.text}" if paragraph.text.strip() or printed else ""


def _level(row: Any) -> tuple[int, _Level]:
    def value(name: str, otherwise: str) -> str:
        found = row.find(qn(name))
        return str(found.get(qn("w:val"))) if found is not None else otherwise

    start = value("w:start", "1")
    level = _Level(int(start) if start.isdecimal() else 1, value("w:numFmt", "decimal"), value("w:lvlText", ""))
    return int(row.get(qn("w:ilvl"))), level


def _numbering_of(paragraph: Any) -> tuple[str, int] | None:
    """(list, level) of a paragraph, its own or its style's; None where it is in no list."""
    holders = [paragraph._p.pPr]
    style = paragraph.style
    while style is not None and len(holders) < 12:
        holders.append(style.element.find(qn("w:pPr")))
        style = style.base_style
    for holder in holders:
        numbered = holder.find(qn("w:numPr")) if holder is not None else None
        if numbered is None:
            continue
        number, depth = numbered.find(qn("w:numId")), numbered.find(qn("w:ilvl"))
        if number is None or number.get(qn("w:val")) == "0":
            return None
        return str(number.get(qn("w:val"))), min(int(depth.get(qn("w:val"))) if depth is not None else 0, LEVELS - 1)
    return None


def _numeral(number: int, style: str) -> str:
    if style in _CHINESE_FORMATS:
        return _in_chinese(number)
    if style == "decimalEnclosedCircle" and 1 <= number <= 20:
        return chr(0x2460 + number - 1)
    if style == "decimalFullWidth":
        return "".join(chr(ord(digit) + 0xFEE0) for digit in str(number))
    if style in {"lowerLetter", "upperLetter"} and 1 <= number <= 26:
        return chr(ord("a" if style == "lowerLetter" else "A") + number - 1)
    return str(number)


def _in_chinese(number: int) -> str:
    if number >= 100:
        return "".join(_CHINESE[int(digit)] for digit in str(number))
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else f"{_CHINESE[tens]}十")
    return head + (_CHINESE[ones] if ones or not tens else "")
