"""The words and numbers by which plans are laid out: labels of fields, and marks of items. No reading of a document here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from moderation.rectification.deadlines import number_of, read_deadline

# The name a plan gives a field, by the field it is. The long names also count in the middle of a line, before a colon.
LABELS: dict[str, tuple[str, ...]] = {
    "number": ("序号", "编号", "问题序号", "问题编号", "任务编号", "任务序号"),
    "problem": (
        *("存在问题", "反馈问题", "督察反馈问题", "反馈意见问题", "具体问题", "问题描述", "整改问题", "督察问题", "存在的问题"),
        *("反馈的问题", "反馈问题内容", "问题内容", "问题表述", "主要问题", "突出问题", "问题"),
    ),
    "task": ("整改任务", "具体任务", "任务名称", "任务内容", "整改事项", "工作任务", "任务"),
    "target": ("整改目标", "目标任务", "整改目标任务", "目标要求", "目标"),
    "measures": (
        *("整改措施", "具体措施", "主要措施", "工作措施", "整改措施及要求", "整改落实措施", "具体整改措施", "主要整改措施"),
        "措施",
    ),
    "leaders": (
        *("责任领导", "包案领导", "牵头领导", "分管领导", "督办领导", "包抓领导", "县级领导", "包联领导", "牵头责任领导"),
        *("县级责任领导", "市级责任领导", "县领导", "分包领导"),
    ),
    "lead_units": ("牵头单位", "牵头部门", "牵头责任单位", "牵头整改单位"),
    "responsible_units": (
        *("责任单位", "整改单位", "整改责任单位", "主体责任单位", "责任主体", "整改主体", "落实单位", "责任部门", "整改责任主体"),
        *("主责单位", "整改主体单位"),
    ),
    "supporting_units": ("配合单位", "协办单位", "配合部门", "协助单位", "参与单位"),
    "overseeing_units": (
        *("督导单位", "督办单位", "监管单位", "验收单位", "督查单位", "督导部门", "指导单位", "验收销号单位", "督促单位"),
        *("监管责任单位", "督导责任单位", "牵头督导单位"),
    ),
    "responsible_persons": ("责任人", "责任人员", "具体责任人", "整改责任人", "直接责任人"),
    "deadline": (
        *("整改时限", "完成时限", "整改期限", "完成时间", "整改时间", "时间节点", "办结时限", "时限要求", "整改完成时限"),
        *("整改完成时间", "完成期限", "计划完成时间", "时限"),
    ),
    "progress": (
        *("完成情况", "整改情况", "整改进展", "进展情况", "整改完成情况", "整改落实情况", "整改进展情况", "落实情况", "目前进展"),
        "完成进度",
    ),
    "remark": ("备注",),
}
FIELD_OF_LABEL = {re.sub(r"\s", "", name): field for field, names in LABELS.items() for name in names}
FIELDS_IN_CHINESE = {
    "number": "序号",
    "problem": "问题",
    "task": "整改任务",
    "target": "整改目标",
    "measures": "整改措施",
    "leaders": "责任领导",
    "lead_units": "牵头单位",
    "responsible_units": "责任单位",
    "supporting_units": "配合单位",
    "overseeing_units": "督导单位",
    "responsible_persons": "责任人",
    "deadline": "整改时限",
    "progress": "完成情况",
    "remark": "备注",
}
# Prose may run over several lines; the others are short, and what follows them must show that it still belongs.
PROSE = frozenset({"problem", "task", "target", "measures", "progress", "remark"})


def _spaced(name: str) -> str:
    return r"[ \t\u3000\u00a0]*".join(map(re.escape, name))


_BY_LENGTH = sorted(FIELD_OF_LABEL, key=len, reverse=True)
_ANY = "|".join(_spaced(name) for name in _BY_LENGTH)
_LONG = "|".join(_spaced(name) for name in _BY_LENGTH if len(name) >= 3)
_ORDINAL = r"(?:[（(][一二三四五六七八九十\d]{1,3}[)）]|[一二三四五六七八九十]{1,3}、|\d{1,2}[.．、])?"
_SPACE = r"[ \t\u3000\u00a0]*"
_OPEN, _CLOSE = r"[【\[〖]?", r"[】\]〗]?"


# Compiled when the first plan is read: together these take a fifth of a second, and the console imports this module to start.
@cache
def label_at_start() -> re.Pattern[str]:
    """A label at the head of a line: ``name`` before a colon, ``framed`` in brackets, or ``alone`` before space or end."""
    return re.compile(
        rf"{_SPACE}(?P<ordinal>{_ORDINAL}){_SPACE}(?:{_OPEN}(?P<name>{_ANY})(?P<index>{_SPACE}[一二三四五六七八九十\d]{{1,3}})?{_CLOSE}{_SPACE}[：:]"
        rf"|[【\[〖](?P<framed>{_ANY})[】\]〗]|(?P<alone>{_LONG})(?={_SPACE}$|[ \t\u3000\u00a0]+\S))"
    )


@cache
def label_in_line() -> re.Pattern[str]:
    """A long label in the middle of prose."""
    return re.compile(rf"(?<![\w“”‘’《》（(、])(?P<name>{_LONG}){_SPACE}[：:]")


@cache
def label_glued() -> re.Pattern[str]:
    """A long label right after the value before it."""
    return re.compile(rf"(?P<name>{_LONG}){_SPACE}[：:]")


@cache
def _bare() -> re.Pattern[str]:
    return re.compile(rf"{_SPACE}(?P<name>{_LONG})(?=[^\s：:的])")


_UNITS_ONLY = re.compile(r"[^。；！？]{2,80}?(?:局|委|办|府|镇|乡|街道|中心|公司|单位|部门|管委会)")
_NAMES_ONLY = re.compile(r"[\u4e00-\u9fff]{2,4}(?:[、，\s]+[\u4e00-\u9fff]{2,4})*")


def bare_label(text: str) -> re.Match[str] | None:
    """A short label without colon or space ("责任单位县水利局"), accepted only when what follows has the shape of its value."""
    match = _bare().match(text)
    if match is None:
        return None
    field, value = FIELD_OF_LABEL[re.sub(r"\s", "", match["name"])], text[match.end() :].strip()
    if field.endswith("_units"):
        return match if _UNITS_ONLY.fullmatch(value) else None
    if field == "leaders":
        return match if _NAMES_ONLY.fullmatch(value) else None
    if field == "deadline":
        return match if read_deadline(value).kind != "unclear" else None
    return None


def field_named(words: str) -> str | None:
    """The field a heading cell or label names; spaces, colons and brackets do not matter."""
    bare = re.sub(r"[\s：:【】\[\]（）()]", "", words)
    return FIELD_OF_LABEL.get(bare) or FIELD_OF_LABEL.get(re.sub(r"[（(].*?[)）]", "", re.sub(r"\s", "", words)))


def heading_fields(cells: list[str]) -> dict[int, str] | None:
    """Column → field, when a row of cells is the heading of a list of tasks; None when it is not."""
    named = {column: field for column, words in enumerate(cells) if len(words) <= 20 and (field := field_named(words))}
    telling = set(named.values()) - {"number", "remark"}
    return named if len(telling) >= 2 and len(named) >= 3 else None


@dataclass(frozen=True)
class Mark:
    """The number at the head of an item, section or measure: its style, its value, where its text begins.

    ``doubtful``: it may be a decimal ("1.5万吨") or a year ("2026、2027年") and needs its neighbours to show that it is not.
    """

    style: str
    value: int
    end: int
    printed: str
    doubtful: bool = False


_DECIMAL = re.compile(r"\s*\d{1,4}[.．](?:\d+(?!\d*年)|\s*$)")
_YEARS = range(1900, 2100)


_CHINESE = r"[〇零一二三四五六七八九十]{1,4}"
_MARKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("problem", re.compile(rf"{_SPACE}(?:反馈)?问题{_SPACE}[（(]?(?P<n>\d{{1,4}}|{_CHINESE})[)）]?{_SPACE}[：:、.．]?")),
    ("task", re.compile(rf"{_SPACE}(?:整改)?任务{_SPACE}[（(]?(?P<n>\d{{1,4}}|{_CHINESE})[)）]?{_SPACE}[：:、.．]?")),
    ("digit", re.compile(rf"{_SPACE}(?P<n>\d{{1,4}}){_SPACE}[.．、]")),
    ("digit_paren", re.compile(rf"{_SPACE}[（(]{_SPACE}(?P<n>\d{{1,4}}){_SPACE}[)）]")),
    ("digit_half", re.compile(rf"{_SPACE}(?P<n>\d{{1,4}})[)）]")),
    ("chinese", re.compile(rf"{_SPACE}(?P<n>{_CHINESE}){_SPACE}[、.．]")),
    ("chinese_paren", re.compile(rf"{_SPACE}[（(]{_SPACE}(?P<n>{_CHINESE}){_SPACE}[)）]")),
    ("ordinal", re.compile(rf"{_SPACE}第(?P<n>\d{{1,4}}|{_CHINESE})[项个]{_SPACE}[：:、]?")),
)


def mark_at(text: str, start: int = 0) -> Mark | None:
    """The mark a line begins with. "29.2017年" is item 29, "1.5万吨" a doubtful 1."""
    for style, pattern in _MARKS:
        match = pattern.match(text, start)
        value = number_of(match["n"]) if match else None
        if match and value is not None:
            doubtful = _DECIMAL.match(text, start) is not None or value in _YEARS
            return Mark(style, value, match.end(), match[0].strip(), doubtful)
    return None


FURNITURE = re.compile(r"\s*(?:[—\-–－]+\s*\d+\s*[—\-–－]+|第\s*\d+\s*页(?:[，,]?\s*共\s*\d+\s*页)?|\d+\s*/\s*\d+)\s*")
CLOSING = re.compile(
    r"\s*(?:.{0,90}印\s*发\s*|抄\s*送\s*[：:].*|主\s*送\s*[：:].*|附\s*件\s*\d*\s*[：:].*|附\s*件\s*\d*\s*|(?:联系人|联系电话|责任编辑|来源|打印|关闭)\s*[：:].*"
    r"|\d{4}\s*年\s*\d{1,2}\s*月\s*(?:\d{1,2})?\s*日\s*|.{2,30}(?:人民政府|委员会|办公室|领导小组|指挥部)(?:办公室)?\s*)"
)
