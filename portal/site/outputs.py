"""From an output (a page by what it is) to the files that make it. Full builds and single publishes both come through here,
which is why they give the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from portal.core.public_record import PublicRecord, commitment
from portal.core.publication_log import BadLog, Entry, leaf_hash
from portal.site import pages
from portal.site.catalogue import Catalogue, Output, Row
from portal.site.shells import HOME, MONTH, Fragment, Shell

ReadRecord = Callable[[str, str], bytes]
"""kind, id → canonical bytes from the hand-over folder."""


class Shells(Protocol):
    """Shells by name; a ShellSet, or a verifier's own."""

    def __getitem__(self, name: str, /) -> Shell: ...


@dataclass(frozen=True, slots=True)
class Sources:
    """All that pages are made from."""

    catalogue: Catalogue
    shells: Shells
    read: ReadRecord


Files = dict[str, bytes | None]
"""Path below the root → bytes; None: there must be no such file."""

_ORDER = {"record": 0, "list": 1, "year": 2, "month": 3, "section": 4, "home": 5}


def in_order(outputs: Iterable[Output]) -> list[Output]:
    """Record pages first, then lists, sections and the home page, so that no link leads to a page not yet there."""
    return sorted(outputs, key=lambda output: (_ORDER[output[0]], output))


def produce(output: Output, sources: Sources) -> Files:
    """The files of one output. Raises BadLog when a record is not the one the log committed to."""
    return _MAKERS[output[0]](output, sources)


def read_logged(row: Row, read: ReadRecord) -> PublicRecord:
    """The record behind a row, after its bytes were compared with the log's commitment."""
    return check_logged(row, read(row.kind, row.id))


def check_logged(row: Row, data: bytes) -> PublicRecord:
    return PublicRecord.from_logged(checked_bytes(row, data))


def checked_bytes(row: Row, data: bytes) -> bytes:
    """The same bytes, when they are those the log committed to."""
    if commitment(data) != row.commitment:
        raise BadLog(f"记录 {row.kind}/{row.id} 与存证日志不符，已停止发布")
    return data


def stamp_of(row: Row) -> pages.Stamp:
    """Where the row's latest revision stands in the log."""
    state = "withdrawn" if row.withdrawn else "published"
    entry = Entry(row.commitment, row.id, row.kind, row.revision, state)
    return pages.Stamp(row.index, leaf_hash(entry.canonical()).hex())


def record_html(record: PublicRecord, row: Row, shells: Shells) -> bytes:
    return _page(shells[f"record-{row.kind}"], pages.record_page(record, stamp_of(row)), row.path)


def _page(shell: Shell, fragment: Fragment, path: str) -> bytes:
    return shell.fill(fragment, path)


def _record(output: Output, sources: Sources) -> Files:
    _, kind, record_id = output
    row = sources.catalogue.rows[record_id]
    data = sources.read(kind, record_id)
    record = check_logged(row, data)
    return {f"{row.path}index.html": record_html(record, row, sources.shells), f"{row.path}record.json": data}


def _list(output: Output, sources: Sources) -> Files:
    _, kind, year, facet, value, text = output
    key, number = (kind, year, facet, value), int(text)
    path = pages.list_path(key, number)
    if number > sources.catalogue.pages(key):
        return {f"{path}index.html": None}
    fragment = pages.list_page(sources.catalogue, key, number)
    return {f"{path}index.html": _page(sources.shells[f"list-{kind}"], fragment, path)}


def _year(output: Output, sources: Sources) -> Files:
    _, kind, year = output
    path = pages.year_path(kind, year)
    if (kind, year, "", "") not in sources.catalogue.lists:
        return {f"{path}index.html": None}
    fragment = pages.year_page(sources.catalogue, kind, year)
    return {f"{path}index.html": _page(sources.shells[f"list-{kind}"], fragment, path)}


def _section(output: Output, sources: Sources) -> Files:
    _, kind = output
    path = f"records/{kind}/"
    fragment = pages.section_page(sources.catalogue, kind)
    return {f"{path}index.html": _page(sources.shells[f"section-{kind}"], fragment, path)}


def _month(output: Output, sources: Sources) -> Files:
    _, month = output
    path = pages.month_path(month)
    fragment = pages.month_page(sources.catalogue, month)
    return {f"{path}index.html": _page(sources.shells[MONTH], fragment, path) if fragment else None}


def _home(_output: Output, sources: Sources) -> Files:
    return {"index.html": _page(sources.shells[HOME], pages.home_page(sources.catalogue), "")}


_MAKERS: dict[str, Callable[[Output, Sources], Files]] = {
    "record": _record,
    "list": _list,
    "year": _year,
    "month": _month,
    "section": _section,
    "home": _home,
}
