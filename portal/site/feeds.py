"""Atom, RSS and JSON Feed: the latest records of the whole site, of each kind and of each region. They follow within 60 seconds."""

from __future__ import annotations

import json
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from html import escape as attribute

from portal.core.public_record import KINDS, PublicRecord
from portal.site.catalogue import Catalogue, Row
from portal.site.catalogue_rows import Rows
from portal.site.followers import Change, SiteView

ENTRIES = 50
LOG_SPACE = "urn:disclosure:publication-log"


@dataclass(frozen=True)
class Channel:
    """One feed: folder below feeds/, its title, and the records it lists, newest first."""

    folder: str
    title: str
    rows: tuple[Row, ...]


class Feeds:
    """Every feed names how many log entries it covers, so that a reader can tell whether it is current."""

    name = "feeds"
    owns: tuple[str, ...] = ("feeds/",)
    at_once = False
    same_answers = False

    def full(self, view: SiteView) -> _Sink:
        return _Sink(view)

    def changed(self, view: SiteView, changes: Sequence[Change]) -> None:  # noqa: ARG002
        write_feeds(view)


class _Sink:
    def __init__(self, view: SiteView) -> None:
        self.view = view

    def take(self, row: Row, record: PublicRecord, data: bytes) -> None:
        """Nothing to keep: the catalogue is whole when the sink is closed."""

    def close(self) -> None:
        write_feeds(self.view)


def write_feeds(view: SiteView) -> None:
    """Writes every feed anew, and takes away those of regions that have no record left."""
    kept = set()
    for channel in channels(view.catalogue):
        kept.add(channel.folder)
        for name, make in FORMS.items():
            view.write(f"feeds/{channel.folder}/{name}", make(channel, view))
    for folder in (view.root / "feeds" / "region").glob("*"):
        if f"region/{folder.name}" not in kept:
            for name in FORMS:
                view.write(f"feeds/region/{folder.name}/{name}", None)


def channels(catalogue: Catalogue) -> Iterator[Channel]:
    """The whole site, each kind, each region that has records."""
    latest = {kind: catalogue.latest(kind, ENTRIES) for kind in KINDS}
    everything = nlargest(ENTRIES, (row for rows in latest.values() for row in rows), key=lambda row: row.index)
    yield Channel("all", "全部公开", tuple(everything))
    for kind, (label, _) in KINDS.items():
        yield Channel(kind, label, tuple(latest[kind]))
    for code, (name, rows) in sorted(_by_region(catalogue.rows).items()):
        yield Channel(f"region/{code}", name, rows)


def _by_region(rows: Rows) -> dict[str, tuple[str, tuple[Row, ...]]]:
    """Each region's name, as its oldest record has it, and the records in it that changed last."""
    places: defaultdict[str, array[int]] = defaultdict(lambda: array("Q"))
    for slot, (code, latest) in enumerate(zip(rows.column("region_code"), rows.latest, strict=True)):
        if not rows.withdrawn[slot]:
            places[code].append(latest << 32 | slot)
    return {
        code: (rows.at(found[0] & _SLOT).region_name, tuple(rows.at(place & _SLOT) for place in nlargest(ENTRIES, found)))
        for code, found in places.items()
    }


_SLOT = 0xFFFFFFFF


def _words(row: Row) -> str:
    parts = (KINDS[row.kind][0], row.region_name, row.unit, row.status_word, "更正" if row.revision > 1 else "")
    return " · ".join(part for part in parts if part)


def text(words: str) -> str:
    """Between the tags of XML. The standard library's own XML helper brings a web client with it: 20 ms of a cold start."""
    return attribute(words, quote=False)


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _mail_date(moment: str) -> str:
    """As RFC 5322 writes it, from the ISO text."""
    at = datetime.fromisoformat(moment)
    return f"{_DAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04} {at:%H:%M:%S %z}"


def _changed(channel: Channel) -> str:
    return max((row.updated_at for row in channel.rows), default="1970-01-01T00:00:00+00:00")


def atom(channel: Channel, view: SiteView) -> bytes:
    """RFC 4287."""
    here = f"{view.site_url}feeds/{channel.folder}/atom.xml"
    entries = "".join(
        f"<entry><id>{text(view.site_url)}{row.path}#r{row.revision}</id><title>{text(row.title)}</title>"
        f'<link href="{attribute(view.site_url + row.path)}"/><updated>{row.updated_at}</updated>'
        f"<summary>{text(_words(row))}</summary></entry>\n"
        for row in channel.rows
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
        f'xmlns:log="{LOG_SPACE}" xml:lang="zh-Hans">\n'
        f"<id>{text(here)}</id><title>{text(channel.title)}</title><updated>{_changed(channel)}</updated>"
        f"<link rel='self' href=\"{attribute(here)}\"/><author><name>{text(channel.title)}</name></author>"
        f"<log:size>{view.catalogue.size}</log:size>\n{entries}</feed>\n"
    ).encode()


def rss(channel: Channel, view: SiteView) -> bytes:
    """RSS 2.0."""
    items = "".join(
        f"<item><title>{text(row.title)}</title><link>{text(view.site_url)}{row.path}</link>"
        f'<guid isPermaLink="false">{row.path}#r{row.revision}</guid>'
        f"<pubDate>{_mail_date(row.updated_at)}</pubDate>"
        f"<description>{text(_words(row))}</description></item>\n"
        for row in channel.rows
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:log="{LOG_SPACE}"><channel>\n'
        f"<title>{text(channel.title)}</title><link>{text(view.site_url or '/')}</link>"
        f"<description>{text(channel.title)}</description><language>zh-Hans</language>"
        f"<log:size>{view.catalogue.size}</log:size>\n{items}</channel></rss>\n"
    ).encode()


def json_feed(channel: Channel, view: SiteView) -> bytes:
    """JSON Feed 1.1."""
    items = [
        {
            "id": f"{row.path}#r{row.revision}",
            "url": f"{view.site_url}{row.path}",
            "title": row.title,
            "content_text": _words(row),
            "date_published": row.first_published_on + "T00:00:00+08:00",
            "date_modified": row.updated_at,
        }
        for row in channel.rows
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "home_page_url": view.site_url or "/",
        "feed_url": f"{view.site_url}feeds/{channel.folder}/feed.json",
        "language": "zh-Hans",
        "_log_size": view.catalogue.size,
        "items": items,
    }
    return (json.dumps(feed, ensure_ascii=False, indent=1) + "\n").encode()


FORMS: dict[str, Callable[[Channel, SiteView], bytes]] = {"atom.xml": atom, "rss.xml": rss, "feed.json": json_feed}
"""The three forms of a feed, by file name."""
