"""Exact Chinese search as static files: which records hold which pair of neighbouring letters, cut into small shards.

A reader's browser fetches the shards of the words typed, crosses them, and looks the first hits up in the records
themselves, so that what is shown is what a search through the whole text would find. assets/search.js is the other half.

search/index.json          the base in use: see search_base.Index
search/<base>/             what search_base makes
search/delta.json          records published since the base was made, with their text; and slots of the base that no longer hold
"""

from __future__ import annotations

import json
import os
import shutil
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from portal.core.public_record import PublicRecord
from portal.site.catalogue import Catalogue, Row
from portal.site.followers import Change, SiteView
from portal.site.search_base import FORM, Index, index_of, line_of
from portal.site.search_text import text_of

MOST_DELTA = 24
"""Records a delta may hold before the worker makes a new base; each brings its whole text."""


class Search:
    """Keeps search/ up to date. At a publish only the delta is written; a withdrawn record stops being found at once."""

    name = "search"
    owns: tuple[str, ...] = ("search/index.json", "search/delta.json", "search/base-")
    at_once = True
    same_answers = True

    def full(self, view: SiteView) -> _Sink:
        return _Sink(view)

    def changed(self, view: SiteView, changes: Sequence[Change]) -> None:
        index = read_index(view.root)
        if index is None:
            return
        delta = read_delta(view.root)
        for change in changes:
            _replace(view, index, delta, change)
        view.write("search/delta.json", plain_bytes(delta))


class _Sink:
    """A full build takes over the live release's base by hard links: records do not change with the theme.

    Without one it begins an empty base, and the worker makes the first real one within seconds: the cost of indexing
    (see `disclosure bench search`) must not hold up a release.
    """

    def __init__(self, view: SiteView) -> None:
        self.view = view
        self.index = _link_base(view.root)
        self.late: list[Change] = []

    def take(self, row: Row, record: PublicRecord, data: bytes) -> None:  # noqa: ARG002
        if self.index is not None and row.index >= self.index["log_size"]:
            self.late.append(Change(None, row, record))

    def close(self) -> None:
        root, stale = self.view.root, self.index is None
        index = self.index or index_of(0, 0)
        (root / "search" / index["base"]).mkdir(parents=True, exist_ok=True)
        (root / "search" / "index.json").write_bytes(plain_bytes(index))
        delta = delta_of(self.view, index, self.late) | ({"stale": True} if stale else {})
        self.view.write("search/delta.json", plain_bytes(delta))


def _link_base(root: Path) -> Index | None:
    """Hard-links the live release's base into this one; None where there is none."""
    live = root.parents[1] / "current"
    index = read_index(live) if live.exists() and live.resolve() != root.resolve() else None
    if index is None or not index["records"] or index.get("form") != FORM:
        # An empty base is no base: nothing of it is worth taking over, and every record would be in the delta.
        return None
    target = root / "search" / index["base"]
    target.mkdir(parents=True)
    for path in (live / "search" / index["base"]).iterdir():
        os.link(path, target / path.name)
    return index


def read_index(root: Path) -> Index | None:
    """The index in use; None before the first build."""
    return _read(root / "search" / "index.json")


def read_delta(root: Path) -> dict[str, Any]:
    """What changed since the base."""
    return _read(root / "search" / "delta.json") or empty_delta()


def empty_delta() -> dict[str, Any]:
    """A delta that says nothing. ``gone``: slots of the base; ``records``: line and text of each changed record."""
    return {"gone": [], "records": {}}


def delta_of(view: SiteView, index: Index, late: Sequence[Change]) -> dict[str, Any]:
    """What the delta of this base must say, given every record whose latest revision is newer than the base."""
    delta = empty_delta()
    for change in late:
        _replace(view, index, delta, change)
    return delta


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None


def plain_bytes(value: Any) -> bytes:
    """Index and delta as their files hold them."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _replace(view: SiteView, index: Index, delta: dict[str, Any], change: Change) -> None:
    row = change.new
    slot = slot_of(view.catalogue, index, row)
    if slot is not None and slot not in delta["gone"]:
        delta["gone"] = sorted([*delta["gone"], slot])
    if row.withdrawn:
        delta["records"].pop(row.id, None)
        delta["withdrawn"] = True
    else:
        delta["records"][row.id] = {"line": line_of(row), "index": row.index, "text": text_of(change.record)}


_FIRSTS: WeakKeyDictionary[Catalogue, tuple[int, array[int]]] = WeakKeyDictionary()


def slot_of(catalogue: Catalogue, index: Index, row: Row) -> int | None:
    """The record's slot in the base; None for a record that is younger than the base.

    The order is kept in memory for the base last asked about: a warm worker asks at every publish.
    """
    size = index["log_size"]
    if row.first_index >= size:
        return None
    kept, firsts = _FIRSTS.get(catalogue, (-1, array("I")))
    if kept != size:
        firsts = array("I", (first for first in catalogue.rows.firsts if first < size))
        _FIRSTS[catalogue] = (size, firsts)
    return bisect_left(firsts, row.first_index)


def needs_compaction(root: Path) -> bool:
    """Whether a new base should be made: the delta is long, or shards still hold words that were corrected or withdrawn."""
    delta, index = read_delta(root), read_index(root) or {}
    old_form = index.get("form") != FORM
    old_words = delta["gone"] or delta.get("withdrawn")
    return bool(old_form or old_words or delta.get("stale")) or len(delta["records"]) > MOST_DELTA


def take_over(view: SiteView, index: Index, made: Path) -> None:
    """Puts the base made in folder ``made`` in use; what was published meanwhile stays in the delta. Hold the press lock."""
    changes = [Change(None, row, view.read(row.kind, row.id)) for row in view.catalogue.rows.since(index["log_size"])]
    folder = view.root / "search"
    shutil.rmtree(folder / index["base"], ignore_errors=True)
    made.rename(folder / index["base"])
    view.write("search/index.json", plain_bytes(index))
    view.write("search/delta.json", plain_bytes(delta_of(view, index, changes)))
    for path in folder.glob("base-*"):
        if path.name != index["base"]:
            shutil.rmtree(path, ignore_errors=True)
