"""A draft as a clerk types it, and back: one box a field, one line an entry, “｜” between its parts. Nothing is lost either way.

Grammar of the boxes
--------------------
* lists: one entry a line; parts separated by ｜; ⏎ stands for a line break inside a part; trailing empty parts may be left out.
* body: “## 小标题” begins a section; what follows is Markdown, until a block in brackets:
  ``[表] 题注`` … rows, the first are the heads … ``[/表]``, ``[图表] 题注｜单位`` … 名称｜数值 … ``[/图表]``,
  ``[图片] 文件｜替代文字｜题注｜宽｜高``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from portal.core.errors import Mendable

BAR = "｜"
BREAK = "⏎"
Plain = dict[str, Any]


def _cell(value: Any) -> str:
    return str(value).replace("\r\n", "\n").replace("\n", BREAK).replace(BAR, "|")


def _join(parts: list[Any]) -> str:
    while parts and parts[-1] in ("", None):
        parts.pop()
    return BAR.join(_cell("" if part is None else part) for part in parts)


def _split(line: str) -> list[str]:
    return [part.strip().replace(BREAK, "\n") for part in line.split(BAR)]


@dataclass(frozen=True)
class ListBox:
    """A box of entries. ``parts``: keys of an entry in order; ``whole`` and ``yes`` name those that are numbers or 是/否."""

    name: str
    label: str
    hint: str
    parts: tuple[str, ...]
    whole: frozenset[str] = frozenset()
    yes: frozenset[str] = frozenset()

    @property
    def heads(self) -> tuple[str, ...]:
        """What each part is called above a column; the hint of a timeline shows a day and the words for its state instead."""
        return ("日期", "事项", "阶段") if self.name == "timeline" else tuple(self.hint.split("｜"))

    def to_text(self, rows: list[Plain]) -> str:
        """Entries as lines."""
        return "\n".join(_join([self.shown(row, key) for key in self.parts]) for row in rows)

    def shown(self, row: Mapping[str, Any], key: str) -> Any:
        """A part as the box shows it."""
        if key in self.yes:
            return "是" if row.get(key) else ""
        return row.get(key, "")

    def from_text(self, text: str) -> list[Plain]:
        """Lines as entries. Raises Mendable naming the line."""
        return [self._entry(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]

    def _entry(self, number: int, line: str) -> Plain:
        parts = _split(line)
        if len(parts) > len(self.parts):
            raise Mendable(f"{self.label}第 {number} 行：最多 {len(self.parts)} 部分，现有 {len(parts)} 部分", field=self.name)
        entry: Plain = {}
        for key, part in zip(self.parts, parts, strict=False):
            if not part:
                continue
            if key in self.whole and not re.fullmatch(r"\d{1,6}", part):
                raise Mendable(f"{self.label}第 {number} 行：“{part}”应为整数", field=self.name)
            entry[key] = int(part) if key in self.whole else part in {"是", "重点件"} if key in self.yes else part
        return {key: value for key, value in entry.items() if value is not False}


SUBJECTS = {"person": "人", "unit": "单位"}
PHASES = {"past": "已发生", "now": "当前", "next": "下一步"}

LIST_BOXES: tuple[ListBox, ...] = (
    ListBox("facts", "要点", "名称｜内容", ("label", "value")),
    ListBox("figures", "关键数字", "名称｜数值｜单位｜说明", ("label", "value", "unit", "note")),
    ListBox("progress", "进展数量", "措施｜已完成｜总数｜单位", ("label", "done", "total", "unit")),
    ListBox("timeline", "过程", "2026-11-20｜事项｜past、now 或 next", ("on", "text", "phase")),
    ListBox("held", "问责情况", "person 或 unit｜对象（职务）｜处理｜数量｜依据", ("subject", "who", "measure", "count", "clause"),
            whole=frozenset({"count"})),
    ListBox("letters", "信访件", "编号｜问题｜区域｜类型｜核实｜属实｜目标｜处理整改｜办结｜责任人｜承办单位｜重点件",
            ("number", "problem", "region", "pollution", "finding", "verdict", "target", "handling", "status", "accountability",
             "unit", "key"), yes=frozenset({"key"})),
    ListBox("related", "相关", "类别｜编号｜名称｜锚点", ("kind", "id", "label", "anchor")),
    ListBox("attachments", "附件", "文件｜名称｜大小", ("file", "label", "size"), whole=frozenset({"size"})),
)  # fmt: skip

LINE_BOXES = (("title", "标题"), ("summary", "摘要"), ("unit", "责任单位"), ("programme", "督察轮次"), ("item_number", "项号"),
              ("due_on", "期限"), ("due_words", "期限说明"), ("source", "来源"))  # fmt: skip
CARD_BOXES = (("index_number", "索引号"), ("catalogue", "公开目录"), ("department", "责任部门"), ("form", "公开形式"),
              ("document_number", "文号"), ("made_on", "成文日期"), ("validity", "有效性"), ("abstract", "概述"))  # fmt: skip
NOTICE_BOXES = (("first_on", "公示起"), ("last_on", "公示止"), ("objections", "如何提出异议"))

# What each kind shows first; the rest stands under “更多栏目”.
MAIN_BOXES: Mapping[str, tuple[str, ...]] = {
    "rectification": ("facts", "progress", "timeline", "body"),
    "exposure": ("facts", "timeline", "body"),
    "accountability": ("facts", "held", "body"),
    "letter-batch": ("letters", "body"),
    "environment-quality": ("figures", "body"),
    "notice": ("body",),
}


def to_boxes(fields: Mapping[str, Any]) -> dict[str, str]:
    """A draft as the texts of the form's boxes, by name."""
    boxes = {name: str(fields.get(name, "")) for name, _ in LINE_BOXES}
    boxes |= {box.name: box.to_text(fields.get(box.name, [])) for box in LIST_BOXES}
    boxes |= {f"card_{name}": str(fields.get("card", {}).get(name, "")) for name, _ in CARD_BOXES}
    boxes |= {f"notice_{name}": str(fields.get("notice", {}).get(name, "")).replace("\n", BREAK) for name, _ in NOTICE_BOXES}
    status = fields.get("status", {})
    boxes |= {"status_word": status.get("word", ""), "status_tone": status.get("tone", "plain")}
    boxes |= {"region_code": fields.get("region", {}).get("code", ""), "basis": "\n".join(fields.get("basis", []))}
    boxes["body"] = _body_text(fields.get("sections", []))
    return boxes


def from_boxes(boxes: Mapping[str, str], *, region_name: Callable[[str], str], keep: Mapping[str, Any]) -> Plain:
    """The draft a filled form says. ``keep``: the draft before, for parts the form has no box for (progress states).

    Raises Mendable naming box and line.
    """
    fields: Plain = {name: boxes[name].strip() for name, _ in LINE_BOXES if boxes.get(name, "").strip()}
    fields.setdefault("title", "")
    code = boxes.get("region_code", "")
    fields["region"] = {"code": code, "name": region_name(code)}
    for box in LIST_BOXES:
        rows = box.from_text(boxes.get(box.name, ""))
        if rows:
            fields[box.name] = _with_states(rows, keep) if box.name == "progress" else rows
    fields |= _grouped("card", CARD_BOXES, boxes) | _grouped("notice", NOTICE_BOXES, boxes)
    if boxes.get("status_word", "").strip():
        tone = boxes.get("status_tone", "plain")
        fields["status"] = {"word": boxes["status_word"].strip()} | ({"tone": tone} if tone != "plain" else {})
    basis = [line.strip() for line in boxes.get("basis", "").splitlines() if line.strip()]
    sections = _sections(boxes.get("body", ""))
    return fields | ({"basis": basis} if basis else {}) | ({"sections": sections} if sections else {})


def _grouped(name: str, parts: tuple[tuple[str, str], ...], boxes: Mapping[str, str]) -> Plain:
    filled = {part: boxes.get(f"{name}_{part}", "").strip().replace(BREAK, "\n") for part, _ in parts}
    kept = {part: value for part, value in filled.items() if value}
    return {name: kept} if kept else {}


def _with_states(rows: list[Plain], keep: Mapping[str, Any]) -> list[Plain]:
    """Each measure keeps the state the ledger gave it; the form has no box for it."""
    states = {row["label"]: row["status"] for row in keep.get("progress", []) if "status" in row}
    return [row | ({"status": states[row["label"]]} if row.get("label") in states else {}) for row in rows]


# ---- the body ----


def _body_text(sections: list[Plain]) -> str:
    lines: list[str] = []
    for section in sections:
        lines.append(f"## {section['heading']} {{#{section['anchor']}}}")
        for block in section.get("blocks", []):
            lines += _block_lines(block)
        lines.append("")
    return "\n".join(lines).rstrip("\n")


def _block_lines(block: Plain) -> list[str]:
    if block.get("prose"):
        return [block["prose"]]
    caption = _cell(block.get("caption", ""))
    if block.get("header"):
        rows = [BAR.join(_cell(cell) for cell in row) for row in (block["header"], *block.get("rows", []))]
        return [f"[表] {caption}".rstrip(), *rows, "[/表]"]
    if block.get("bars"):
        bars = [_join([bar["label"], bar["value"]]) for bar in block["bars"]]
        return [f"[图表] {_join([block.get('caption', ''), block.get('unit', '')])}".rstrip(), *bars, "[/图表]"]
    return ["[图片] " + _join([block.get(key, "") for key in ("file", "alt", "caption", "width", "height")])]


_HEADING = re.compile(r"##\s+(?P<heading>.+?)(?:\s+\{#(?P<anchor>[a-z][a-z0-9-]*)\})?\s*")
_OPEN = re.compile(r"\[(?P<kind>表|图表|图片)\]\s*(?P<rest>.*)")


def _sections(text: str) -> list[Plain]:
    sections: list[Plain] = []
    lines = iter(enumerate(text.replace("\r\n", "\n").split("\n"), 1))
    prose: list[str] = []
    for number, line in lines:
        heading, opened = _HEADING.fullmatch(line), _OPEN.fullmatch(line)
        if heading or opened:
            _flush(sections, prose, number)
        if heading:
            anchor = heading["anchor"] or f"s{len(sections) + 1}"
            sections.append({"anchor": anchor, "heading": heading["heading"], "blocks": []})
        elif opened:
            _need_section(sections, number)["blocks"].append(_block(opened["kind"], opened["rest"], lines, number))
        else:
            prose.append(line)
    _flush(sections, prose, 1)
    return sections


def _need_section(sections: list[Plain], number: int) -> Plain:
    if not sections:
        raise Mendable(f"正文第 {number} 行：请先写一个小标题，如“## 基本情况”", field="body")
    return sections[-1]


def _flush(sections: list[Plain], prose: list[str], number: int) -> None:
    words = "\n".join(prose).strip("\n")
    prose.clear()
    if words.strip():
        _need_section(sections, number)["blocks"].append({"prose": words})


def _block(kind: str, rest: str, lines: Iterator[tuple[int, str]], number: int) -> Plain:
    if kind == "图片":
        return _picture(rest, number)
    rows: list[list[str]] = []
    for _, line in lines:
        if line.strip() == f"[/{kind}]":
            break
        if line.strip():
            rows.append(_split(line))
    else:
        raise Mendable(f"正文第 {number} 行：这个{kind}没有结束，请在末行写“[/{kind}]”", field="body")
    if not rows:
        raise Mendable(f"正文第 {number} 行：这个{kind}是空的", field="body")
    return _table(rest, rows, number) if kind == "表" else _chart(rest, rows, number)


def _table(rest: str, rows: list[list[str]], number: int) -> Plain:
    header, *body = rows
    if any(len(row) > len(header) for row in body):
        raise Mendable(f"正文第 {number} 行的表：有一行的格数多于表头", field="body")
    padded = [row + [""] * (len(header) - len(row)) for row in body]
    caption = rest.strip().replace(BREAK, "\n")
    return {"header": header} | ({"rows": padded} if padded else {}) | ({"caption": caption} if caption else {})


def _chart(rest: str, rows: list[list[str]], number: int) -> Plain:
    if any(len(row) != 2 for row in rows):
        raise Mendable(f"正文第 {number} 行的图表：每行写“名称｜数值”", field="body")
    caption, unit = (*_split(rest), "")[:2]
    block: Plain = {"bars": [{"label": label, "value": value} for label, value in rows]}
    return block | ({"caption": caption} if caption else {}) | ({"unit": unit} if unit else {})


def _picture(rest: str, number: int) -> Plain:
    file, alt, caption, width, height = (*_split(rest), "", "", "", "")[:5]
    if not alt:
        raise Mendable(f"正文第 {number} 行的图片：请写替代文字，说明图片上是什么", field="body")
    sizes = {key: int(value) for key, value in (("width", width), ("height", height)) if value.isdigit()}
    return {"file": file, "alt": alt} | ({"caption": caption} if caption else {}) | sizes
