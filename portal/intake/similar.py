"""Published cases near the place and like the act, shown before a report is sent. Reads published record files only."""

from __future__ import annotations

import itertools
import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KINDS = ("exposure", "letter-batch", "rectification")
MOST_FILES = 600
MOST_BYTES = 1_000_000
LOOK_AGAIN_SECONDS = 60.0
SHOWN = 3
ENOUGH = 6


@dataclass(frozen=True)
class Published:
    """One published matter: a record, or one row of a batch. ``pairs``: neighbouring letters of its text."""

    url: str
    title: str
    note: str
    region: str
    pairs: frozenset[str]


@dataclass(frozen=True)
class Similar:
    """One line on the preview page."""

    url: str
    title: str
    note: str


class PublishedCases:
    """The newest published matters, in memory; read again at most once a minute, and only what changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, tuple[float, tuple[Published, ...]]] = {}
        self._looked = -LOOK_AGAIN_SECONDS
        self._lock = threading.Lock()

    def like(self, region: str, text: str) -> tuple[Similar, ...]:
        """Up to three published matters in ``region`` (a town's name) that share enough words with ``text``."""
        with self._lock:
            if time.monotonic() - self._looked >= LOOK_AGAIN_SECONDS:
                self._look()
            matters = [matter for _, found in self._files.values() for matter in found]
        wanted = pairs_of(text)
        scored = ((len(wanted & each.pairs), each) for each in matters if region and region in each.region)
        best = sorted((pair for pair in scored if pair[0] >= ENOUGH), key=lambda pair: -pair[0])
        unique = {each.url: Similar(each.url, each.title, each.note) for _, each in reversed(best[:SHOWN])}
        return tuple(reversed(unique.values()))

    def _look(self) -> None:
        newest = sorted(self._entries(), key=lambda pair: -pair[1])[:MOST_FILES]
        kept: dict[str, tuple[float, tuple[Published, ...]]] = {}
        for path, changed in newest:
            known = self._files.get(path)
            kept[path] = known if known and known[0] == changed else (changed, read_matters(Path(path)))
        self._files = kept
        self._looked = time.monotonic()

    def _entries(self) -> Iterator[tuple[str, float]]:
        for kind in KINDS:
            if not (self._folder / kind).is_dir():
                continue
            with os.scandir(self._folder / kind) as entries:
                for entry in entries:
                    if entry.name.endswith(".json") and entry.stat().st_size <= MOST_BYTES:
                        yield entry.path, entry.stat().st_mtime


def pairs_of(text: str) -> frozenset[str]:
    """Neighbouring pairs of Chinese letters: enough to compare short texts without a dictionary."""
    letters = [mark if "\u4e00" <= mark <= "\u9fff" else " " for mark in text[:1500]]
    pairs = (one + other for one, other in itertools.pairwise(letters))
    return frozenset(pair for pair in pairs if " " not in pair)


def read_matters(path: Path) -> tuple[Published, ...]:
    """The matters of one record file; none when it is withdrawn, or gone since the folder was read."""
    try:
        record: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return ()
    if record.get("state", "published") != "published":
        return ()
    url = f"/records/{record['kind']}/{record['id']}/"
    region = str(record.get("region", {}).get("name", ""))
    if rows := record.get("letters"):
        return tuple(_row(url, row, region) for row in rows)
    facts = (str(each.get("value", "")) for each in record.get("facts", ()))
    title = str(record.get("title", ""))
    text = " ".join((title, str(record.get("summary", "")), *facts))
    return (Published(url, title, str(record.get("published_on", "")), f"{region} {text}", pairs_of(text)),)


def _row(url: str, row: dict[str, Any], region: str) -> Published:
    text = " ".join(str(value) for value in row.values() if isinstance(value, str))
    place = str(row.get("region", ""))
    return Published(url, str(row.get("problem", ""))[:60], place, f"{region} {text}", pairs_of(text))
