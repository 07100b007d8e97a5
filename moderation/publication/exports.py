"""A disclosure for other media: DOCX, XLSX, portal-ready HTML, plain text for 手机报, radio, television and newspaper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from moderation.papers import Block, Heading, Paper, Picture, Sheet, Table, Words, docx, html, pdf, plain_text, xlsx
from moderation.publication.disclosures import Disclosure
from moderation.publication.fields import LIST_BOXES, ListBox
from moderation.publication.spoken_text import announcement, phone_message, plain_prose
from portal.core.clock import day_of

# The state of a step (past, now, next) is shown by the page's drawing, and is no word for a reader.
_NOT_PRINTED = frozenset({"phase"})


Files = Callable[[str], bytes | None]
"""Name of a picture of the draft → its bytes; None: the file is not there."""


def no_files(_: str) -> None:
    """For forms that hold no picture."""


def paper_of(disclosure: Disclosure, files: Files = no_files) -> Paper:
    """The disclosure as an official paper, without the rows that wait."""
    plain = disclosure.public_fields()
    card = plain.get("card", {})
    return Paper(
        title=disclosure.title,
        number=card.get("document_number", ""),
        blocks=tuple(_blocks(plain, files)),
        signed=plain.get("unit", ""),
        signed_on=day_of(disclosure.changed_at),
    )


def _blocks(plain: dict[str, Any], files: Files) -> Iterator[Block]:
    if plain.get("summary"):
        yield Words(plain["summary"])
    for fact in plain.get("facts", []):
        yield Words(f"{fact['label']}：{fact['value']}")
    for box in LIST_BOXES:
        rows = plain.get(box.name, [])
        if rows and box.name in {"figures", "progress", "timeline", "held", "letters"}:
            yield _list_table(box, rows)
    for section in plain.get("sections", []):
        yield Heading(section["heading"])
        for block in section.get("blocks", []):
            yield from _section_block(block, files)


def _list_table(box: ListBox, rows: list[dict[str, Any]]) -> Table:
    columns = [(head, key) for head, key in zip(box.heads, box.parts, strict=True) if key not in _NOT_PRINTED]
    cells = tuple(tuple(str(box.shown(row, key)) for _, key in columns) for row in rows)
    return Table(tuple(head for head, _ in columns), cells, box.label)


def _section_block(block: dict[str, Any], files: Files) -> Iterator[Block]:
    if block.get("prose"):
        yield from (Words(part.strip()) for part in plain_prose(block["prose"]).split("\n") if part.strip())
    elif block.get("header"):
        yield Table(tuple(block["header"]), tuple(map(tuple, block.get("rows", []))), block.get("caption", ""))
    elif block.get("bars"):
        yield Table(("名称", "数值"), tuple((bar["label"], bar["value"]) for bar in block["bars"]), block.get("caption", ""))
    else:
        yield _picture(block, files)


def _picture(block: dict[str, Any], files: Files) -> Block:
    """The picture itself; where its file is not there, what it shows."""
    alt, caption = block.get("alt", ""), block.get("caption", "")
    data = files(block.get("file", ""))
    return Picture(data, caption, alt) if data else Words(f"（图：{caption or alt}）")


def workbook_of(disclosure: Disclosure) -> bytes:
    """Every table of the disclosure as a sheet; the batch table first."""
    sheets = [
        Sheet(block.caption or f"表{number}", block.header, block.rows)
        for number, block in enumerate((b for b in paper_of(disclosure).blocks if isinstance(b, Table)), 1)
    ]
    return xlsx(sheets or [Sheet(disclosure.title, ("栏目", "内容"), [("标题", disclosure.title)])])


@dataclass(frozen=True)
class Export:
    """One form for other media. ``label``: what the desk calls it; ``suffix``: end of the file's name."""

    label: str
    suffix: str
    media_type: str
    make: Callable[[Disclosure, Files], bytes]


_OFFICE = "application/vnd.openxmlformats-officedocument."
_TEXT = "text/plain; charset=utf-8"

EXPORTS: dict[str, Export] = {
    "docx": Export("Word", ".docx", f"{_OFFICE}wordprocessingml.document", lambda found, files: docx(paper_of(found, files))),
    "xlsx": Export("Excel", ".xlsx", f"{_OFFICE}spreadsheetml.sheet", lambda found, _: workbook_of(found)),
    "pdf": Export("PDF", ".pdf", "application/pdf", lambda found, files: pdf(paper_of(found, files))),
    "html": Export("门户网页", ".html", "text/html; charset=utf-8", lambda found, files: html(paper_of(found, files)).encode()),
    "txt": Export("报纸文本", ".txt", _TEXT, lambda found, _: plain_text(paper_of(found)).encode()),
    "phone": Export("手机报", "（手机报）.txt", _TEXT, lambda found, _: phone_message(found.public_fields()).encode()),
    "spoken": Export("广播电视口播稿", "（口播稿）.txt", _TEXT, lambda found, _: announcement(found.public_fields()).encode()),
}
"""Last part of the address → the form."""
