"""A disclosure for other media: DOCX, XLSX, portal-ready HTML, plain text for 手机报, radio, television and newspaper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from moderation.papers import Block, Heading, Paper, Sheet, Table, Words, docx, html, pdf, plain_text, xlsx
from moderation.publication.disclosures import Disclosure
from moderation.publication.fields import LIST_BOXES
from portal.core.clock import day_of

_HEADS = {box.name: tuple(box.hint.replace("、now 或 next", "").split("｜")) for box in LIST_BOXES}


def paper_of(disclosure: Disclosure) -> Paper:
    """The disclosure as an official paper, without the rows that wait."""
    plain = disclosure.public_fields()
    card = plain.get("card", {})
    return Paper(
        title=disclosure.title,
        number=card.get("document_number", ""),
        blocks=tuple(_blocks(plain)),
        signed=plain.get("unit", ""),
        signed_on=day_of(disclosure.changed_at),
    )


def _blocks(plain: dict[str, Any]) -> Iterator[Block]:
    if plain.get("summary"):
        yield Words(plain["summary"])
    for fact in plain.get("facts", []):
        yield Words(f"{fact['label']}：{fact['value']}")
    for box in LIST_BOXES:
        rows = plain.get(box.name, [])
        if rows and box.name in {"figures", "progress", "timeline", "held", "letters"}:
            yield Table(_HEADS[box.name], tuple(tuple(str(row.get(key, "")) for key in box.parts) for row in rows), box.label)
    for section in plain.get("sections", []):
        yield Heading(section["heading"])
        for block in section.get("blocks", []):
            yield from _section_block(block)


def _section_block(block: dict[str, Any]) -> Iterator[Block]:
    if block.get("prose"):
        yield from (Words(part) for part in block["prose"].split("\n") if part.strip())
    elif block.get("header"):
        yield Table(tuple(block["header"]), tuple(map(tuple, block.get("rows", []))), block.get("caption", ""))
    elif block.get("bars"):
        yield Table(("名称", "数值"), tuple((bar["label"], bar["value"]) for bar in block["bars"]), block.get("caption", ""))
    else:
        yield Words(f"（图：{block.get('alt', '')}）")


def workbook_of(disclosure: Disclosure) -> bytes:
    """Every table of the disclosure as a sheet; the batch table first."""
    sheets = [
        Sheet(block.caption or f"表{number}", block.header, block.rows)
        for number, block in enumerate((b for b in paper_of(disclosure).blocks if isinstance(b, Table)), 1)
    ]
    return xlsx(sheets or [Sheet(disclosure.title, ("栏目", "内容"), [("标题", disclosure.title)])])


EXPORTS: dict[str, tuple[str, Callable[[Disclosure], bytes]]] = {
    "docx": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        lambda disclosure: docx(paper_of(disclosure)),
    ),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", workbook_of),
    "pdf": ("application/pdf", lambda disclosure: pdf(paper_of(disclosure))),
    "html": ("text/html; charset=utf-8", lambda disclosure: html(paper_of(disclosure)).encode()),
    "txt": ("text/plain; charset=utf-8", lambda disclosure: plain_text(paper_of(disclosure)).encode()),
}
"""Ending → media type and maker."""
