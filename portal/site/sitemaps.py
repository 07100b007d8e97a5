"""Sitemaps, robots.txt and security.txt: what search engines and finders of faults look for. Part of every publish."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from portal.core.public_record import KINDS, PublicRecord
from portal.site.catalogue import Catalogue, Row
from portal.site.feeds import text
from portal.site.followers import Change, SiteView

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
LONGEST = 50_000
"""Addresses one sitemap may hold."""

_NOT_PAGES = ("records/", "lists/", "shells/", "log/", "search/", "404")


class Sitemaps:
    """One sitemap for each kind and year, one for hand-written pages, and their index. Withdrawn records stand in none."""

    name = "sitemaps"
    owns: tuple[str, ...] = ("sitemap.xml", "sitemaps/", "robots.txt", ".well-known/security.txt")
    at_once = True
    same_answers = False

    def full(self, view: SiteView) -> _Sink:
        return _Sink(view)

    def changed(self, view: SiteView, changes: Sequence[Change]) -> None:
        if not view.site_url:
            return
        touched = {(change.new.kind, change.new.year) for change in changes}
        for kind, year in sorted(touched):
            _write_year(view, kind, year)
        _write_index(view)
        _write_security(view)


class _Sink:
    def __init__(self, view: SiteView) -> None:
        self.view = view

    def take(self, row: Row, record: PublicRecord, data: bytes) -> None:
        """Nothing to keep: the catalogue is whole when the sink is closed."""

    def close(self) -> None:
        view = self.view
        view.write("robots.txt", _robots(view.site_url))
        if not view.site_url:
            return
        _write_security(view)
        view.write("sitemaps/pages.xml", _urls((f"{view.site_url}{path}", "") for path in _hand_written(view.root)))
        for kind, year in _years(view.catalogue):
            _write_year(view, kind, year)
        _write_index(view)


def _years(catalogue: Catalogue) -> list[tuple[str, str]]:
    return [(kind, year) for kind in KINDS for year in catalogue.years(kind)]


def _write_year(view: SiteView, kind: str, year: str) -> None:
    rows = map(view.catalogue.rows.first, view.catalogue.lists.get((kind, year, "", ""), ()))
    shown = [row for row in rows if not row.withdrawn]
    parts = [shown[start : start + LONGEST] for start in range(0, len(shown), LONGEST)] or [[]]
    for number, part in enumerate(parts, 1):
        urls = _urls((f"{view.site_url}{row.path}", row.updated_at) for row in part)
        view.write(f"sitemaps/{kind}-{year}-{number}.xml", urls)


def _write_index(view: SiteView) -> None:
    names = ["pages"]
    for kind, year in _years(view.catalogue):
        slots = len(view.catalogue.lists[(kind, year, "", "")])
        names += [f"{kind}-{year}-{number}" for number in range(1, max(1, -(-slots // LONGEST)) + 1)]
    lines = (f"<sitemap><loc>{text(view.site_url)}sitemaps/{name}.xml</loc></sitemap>\n" for name in names)
    view.write("sitemap.xml", f"{HEAD}<sitemapindex {SPACE}>\n{''.join(lines)}</sitemapindex>\n".encode())


def _urls(places: Iterable[tuple[str, str]]) -> bytes:
    lines = "".join(map(_url, places))
    return f"{HEAD}<urlset {SPACE}>\n{lines}</urlset>\n".encode()


def _url(place: tuple[str, str]) -> str:
    address, changed = place
    stamp = f"<lastmod>{changed}</lastmod>" if changed else ""
    return f"<url><loc>{text(address)}</loc>{stamp}</url>\n"


def _hand_written(root: Path) -> list[str]:
    """Folders of the pages people wrote, "" for the home page. Does not walk through tens of thousands of records."""
    found = []
    for place, folders, files in os.walk(root):
        path = Path(place).relative_to(root).as_posix()
        here = "" if path == "." else f"{path}/"
        folders[:] = [name for name in folders if not f"{here}{name}/".startswith(_NOT_PAGES)]
        if "index.html" in files:
            found.append(here)
    return sorted(found)


def _robots(site_url: str) -> bytes:
    place = f"\nSitemap: {site_url}sitemap.xml\n" if site_url else ""
    # Somebody who looks for where to report should find the empty form; nothing behind it is of use to a search engine.
    return f"User-agent: *\nAllow: /r/$\nAllow: /*/r/$\nDisallow: /r/\nDisallow: /*/r/\n{place}".encode()


def _write_security(view: SiteView) -> None:
    """RFC 9116. The contact is a page of the site, which the office keeps current.

    It must name a day on which it is stale; no page may depend on the clock, so that is a year after the month of the
    latest entry: an office that published nothing for a year should look at its contact page.
    """
    newest = view.catalogue.newest()
    if newest is None:
        return
    expires = f"{int(newest.updated_at[:4]) + 1}{newest.updated_at[4:7]}-01T00:00:00+08:00"
    lines = (
        f"Contact: {view.site_url}about/",
        f"Expires: {expires}",
        "Preferred-Languages: zh, en",
        f"Canonical: {view.site_url}.well-known/security.txt",
    )
    view.write(".well-known/security.txt", "".join(f"{line}\n" for line in lines).encode())
