"""What follows a publish besides pages: search shards, sitemaps, feeds, datasets. The shape they share; each has its own module.

A follower alone writes the paths it owns. It is asked in two ways, and both must leave the same answers:

* ``full(view)`` at a full build, a rollback or a check: gives a sink that takes every record once, in the order of first
  publication, and then writes everything into ``view.root``;
* ``changed(view, changes)`` after a publish: brings the files in ``view.root`` up to date. It may be called twice with
  the same changes (the first call was killed half way), and on a release that is about to go live.

``at_once`` followers are part of the publish itself (search, sitemaps: a withdrawn record must be gone at once); the
others are called within 60 seconds (feeds, datasets) and name the log position they cover: ``view.catalogue.size``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from portal.core.public_record import PublicRecord
from portal.site.catalogue import Catalogue, Row


@dataclass(frozen=True, slots=True)
class Change:
    """One record's step from one revision to the next. ``old``: None for a new record."""

    old: Row | None
    new: Row
    record: PublicRecord


@dataclass(frozen=True, slots=True)
class SiteView:
    """The site as a follower sees it. ``write(path, data)`` puts a file in place whole; None takes it away.

    ``site_url``: absolute address with a slash at the end, "" when it is not set. ``read``: kind, id → record, checked
    against the log. ``data``: kind, id → its canonical bytes, checked too (four times as quick); None: take them from the record.
    """

    root: Path
    catalogue: Catalogue
    read: Callable[[str, str], PublicRecord]
    write: Callable[[str, bytes | None], None]
    site_url: str = ""
    data: Callable[[str, str], bytes] | None = None


class Sink(Protocol):
    """Takes every record of a full build once, then writes."""

    def take(self, row: Row, record: PublicRecord, data: bytes) -> None:
        """``data``: the record's canonical bytes."""

    def close(self) -> None: ...


class Follower(Protocol):
    """``owns``: path prefixes below the root, e.g. ("search/",). ``same_answers``: bytes may differ, answers may not."""

    name: str
    owns: tuple[str, ...]
    at_once: bool
    same_answers: bool

    def full(self, view: SiteView) -> Sink: ...

    def changed(self, view: SiteView, changes: Sequence[Change]) -> None: ...
