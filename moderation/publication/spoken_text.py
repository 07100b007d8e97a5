"""Words of a disclosure for the ear and for a small screen: no table, no mark of a typesetter, numbers as they are said."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from moderation.publication.fields import LIST_BOXES

PHONE_MOST = 300
"""Letters of a 手机报 message, title and closing words included."""

_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"(\*\*|__|~~|`)(.+?)\1", re.DOTALL)
_LEADING = re.compile(r"^\s*(?:#{1,6}\s+|>\s*|[-*+]\s+)", re.MULTILINE)
_ADDRESS = re.compile(r"https?://[^\s，。；）]+")
_DAY = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*[%％]")
_GROUPED = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_OF = re.compile(r"(?<![\d.])(\d{1,4})\s*/\s*(\d{1,4})(?![\d.])")
_RANGE = re.compile(r"(?<=\d)\s*[-–—~～]\s*(?=\d)")
_UNITS = (
    ("μg/m³", "微克每立方米"), ("µg/m³", "微克每立方米"), ("mg/m³", "毫克每立方米"), ("mg/L", "毫克每升"), ("m³/d", "立方米每天"),
    ("t/d", "吨每天"), ("dB(A)", "分贝"), ("km²", "平方公里"), ("㎡", "平方米"), ("m²", "平方米"), ("m³", "立方米"),
    ("hm²", "公顷"),
    ("km", "公里"), ("℃", "摄氏度"), ("PM2.5", "细颗粒物"), ("PM10", "可吸入颗粒物"), ("SO₂", "二氧化硫"), ("NO₂", "二氧化氮"),
    ("O₃", "臭氧"), ("≥", "不低于"), ("≤", "不高于"), ("＞", "高于"), ("＜", "低于"),
)  # fmt: skip
_LETTER_PARTS = (("finding", "经核实"), ("handling", "处理和整改情况"), ("accountability", "责任人处理情况"))
_ENDS = "。！？；"


def plain_prose(source: str) -> str:
    """Prose without the marks of Markdown."""
    text = _LINK.sub(r"\1", source)
    for _ in range(2):
        text = _MARKS.sub(r"\2", text)
    return _LEADING.sub("", text)


def aloud(text: str) -> str:
    """The words as an announcer reads them: days, shares, ranges and units spoken, no address of a page."""
    said = _ADDRESS.sub("", plain_prose(text))
    said = _DAY.sub(lambda day: f"{int(day[1])}年{int(day[2])}月{int(day[3])}日", said)
    for written, spoken in _UNITS:
        said = said.replace(written, spoken)
    said = _SHARE.sub(r"百分之\1", _GROUPED.sub("", said))
    said = _OF.sub(r"\2分之\1", _RANGE.sub("到", said))
    return re.sub(r"[ \t]+", "", re.sub(r"\s*[｜|\n]\s*", "，", said.strip()))


def _sentence(text: str) -> str:
    said = aloud(text).strip("，；")
    return said if not said or said[-1] in _ENDS else f"{said}。"


def announcement(plain: Mapping[str, Any]) -> str:
    """The text for radio and television: one paragraph a line, each a sentence or more."""
    return "\n".join(filter(None, map(_sentence, _paragraphs(plain)))) + "\n"


def _paragraphs(plain: Mapping[str, Any]) -> Iterator[str]:
    yield plain["title"]
    yield plain.get("summary", "")
    yield tally(plain)
    for box in LIST_BOXES:
        if box.name == "letters":
            yield from (_letter(number, row) for number, row in enumerate(plain.get("letters", []), 1))
        elif box.name in {"facts", "figures", "progress", "timeline", "held"}:
            yield from (_entry(box.name, row) for row in plain.get(box.name, []))
    for section in plain.get("sections", []):
        yield section["heading"]
        for block in section.get("blocks", []):
            yield from _block(block)


def tally(plain: Mapping[str, Any]) -> str:
    """The numbers of a batch in one sentence; "" where it has no letters."""
    rows = plain.get("letters", [])
    if not rows:
        return ""
    verdicts, statuses = (Counter(row[name] for row in rows if row.get(name)) for name in ("verdict", "status"))
    parts = [f"本批公开{len(rows)}件", *(f"{word}{number}件" for word, number in (verdicts + statuses).items())]
    return "，".join(parts)


def _letter(number: int, row: Mapping[str, Any]) -> str:
    parts = [f"第{number}件", row.get("region", ""), f"反映：{row['problem'].strip('。').removeprefix('反映')}"]
    said = "，".join(filter(None, parts)) + "。"
    for key, lead in _LETTER_PARTS:
        if row.get(key):
            said += f"{lead}：{row[key].strip('。')}。"
    return said + (f"结论：{row['verdict']}。" if row.get("verdict") else "") + (f"{row['status']}。" if row.get("status") else "")


def _entry(name: str, row: Mapping[str, Any]) -> str:
    match name:
        case "facts":
            return f"{row['label']}：{row['value']}"
        case "figures":
            return f"{row['label']}{row['value']}{row.get('unit', '')}" + (f"，{row['note']}" if row.get("note") else "")
        case "progress":
            return f"{row['label']}：共{row['total']}{row.get('unit', '')}，已完成{row['done']}{row.get('unit', '')}"
        case "timeline":
            return f"{row['on']}，{row['text']}"
    return f"{row['who']}：{row['measure']}"


def _block(block: Mapping[str, Any]) -> Iterator[str]:
    if block.get("prose"):
        yield from (part for part in plain_prose(block["prose"]).split("\n") if part.strip())
    elif block.get("header"):
        heads = block["header"]
        for row in block.get("rows", []):
            pairs = [
                f"{head}{cell}" if number else cell for number, (head, cell) in enumerate(zip(heads, row, strict=False)) if cell
            ]
            yield "，".join(pairs)
    elif block.get("bars"):
        yield from (f"{bar['label']}{bar['value']}{block.get('unit', '')}" for bar in block["bars"])


def phone_message(plain: Mapping[str, Any]) -> str:
    """The text for 手机报: title, the chief words, and where the rest is; never longer than ``PHONE_MOST``, cut at a sentence."""
    title, unit = plain_prose(plain["title"]).strip(), plain.get("unit", "")
    end = f"全文见信息公开网站。{f'（{unit}）' if unit else ''}"
    room = PHONE_MOST - len(title) - len(end) - 2
    said = ""
    sentences = re.findall(rf"[^{_ENDS}]+[{_ENDS}]?", "".join(map(_sentence, _chief_words(plain))))
    for sentence in sentences:
        if len(said) + len(sentence) > room:
            break
        said += sentence
    return "\n".join(filter(None, (title, said, end)))


def _chief_words(plain: Mapping[str, Any]) -> Iterator[str]:
    yield plain.get("summary", "")
    yield tally(plain)
    for name in ("figures", "facts", "progress"):
        yield from (_entry(name, row) for row in plain.get(name, []))
    for section in plain.get("sections", [])[:1]:
        for block in section.get("blocks", [])[:1]:
            yield from _block(block)
