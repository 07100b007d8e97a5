"""An English desk shows no Chinese but data: every page of every desk of the demo, as each of the cast sees it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from moderation import staff
from moderation.app import create_app
from moderation.check.pictures import Places
from moderation.console.access import COOKIE
from moderation.office import Office, open_office
from moderation.staff import StaffMember
from portal.core.catalogue import catalogue
from portal.core.clock import now
from tests.house.said_in_python import CITATION, said_in_python

HAN = re.compile(r"[\u3400-\u9fff]")
EVERYBODY = (
    *("shenhe", "zuyuan", "zuzhang", "chengguan", "duban", "xuncha", "zhenggai", "wenze", "jijian", "baoguan"),
    *("jiangli", "shenpi", "duifu", "nigao", "shengao1", "qianfa", "fabu", "lingdao", "shenji", "guanli"),
)
FILES = re.compile(r"\.(xlsx|docx|csv|pdf|zip|txt|html)$|/slip|/file/|/evidence/|/pictures/|/files/|sign-out")
QUOTED = re.compile(r"[“\[].*?[”\]]")
# Numbers and names in an address; what is left is the kind of page.
NAMES = re.compile(r"[0-9a-z]{12,}|\d+|xf-[\w-]+|(?<=/)[a-z]+-\d[\w-]*")
# Where a language cannot be said (options and titles), or text is data being written.
UNMARKED = frozenset({"title", "option", "textarea", "script"})


@dataclass
class Seen:
    """What an English page shows in Chinese: ``bare`` without a mark, ``marked`` with one."""

    bare: list[str] = field(default_factory=list)
    marked: list[str] = field(default_factory=list)


class Reader(HTMLParser):
    """Reads the text of a page with the language it stands in."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, str | None]] = []
        self.seen = Seen()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"br", "img", "input", "meta", "link", "hr", "wbr", "col"}:
            self.open.append((tag, dict(attrs).get("lang")))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not HAN.search(data) or (self.open and self.open[-1][0] in UNMARKED):
            return
        said = next((language for _tag, language in reversed(self.open) if language), None)
        (self.seen.marked if said == "zh-Hans" else self.seen.bare).append(data.strip())


@pytest.fixture(scope="module")
def demo(places: Places, demo_data: Path) -> Iterator[tuple[Flask, Office]]:
    office = open_office(demo_data, {})
    yield create_app(office), office
    office.close()


def pages_of(app: Flask, office: Office, login: str, known: set[str]) -> Iterator[tuple[str, str]]:
    """One page of each kind this person reaches and nobody before has; each as (address, text)."""
    client = app.test_client()
    with office.office.transaction() as session:
        person = session.scalars(select(StaffMember.id).where(StaffMember.login == login)).one()
        client.set_cookie(COOKIE, staff.open_session(session, person, at=now()))
    waiting = ["/en/"]
    been: set[str] = set()
    for address in waiting:
        kind = NAMES.sub("*", address.split("?")[0])
        if address in been or FILES.search(kind) or (kind in known and kind != "/en/"):
            continue
        been.add(address)
        answer = client.get(address)
        assert answer.status_code < 500, address
        if answer.mimetype != "text/html" or answer.status_code >= 300:
            continue
        known.add(kind)
        yield address, answer.text
        waiting += [html.unescape(link) for link in re.findall(r'<a[^>]*href="(/en/[^"]*)"', answer.text)]


@pytest.mark.browser
def test_no_page_of_any_desk_shows_chinese_that_is_not_data(demo: tuple[Flask, Office]) -> None:
    app, office = demo
    ours = {said for said in said_in_python() if not CITATION.search(said)} | set(catalogue("en").messages)
    wrong: list[str] = []
    known: set[str] = set()
    count = 0

    for login in EVERYBODY:
        for address, text in pages_of(app, office, login, known):
            count += 1
            reader = Reader()
            reader.feed(text)
            # An English sentence may quote the Chinese word it asks for.
            bare = [said for said in reader.seen.bare if HAN.search(QUOTED.sub("", said))]
            wrong += [f"{address}: without a mark: {said}" for said in bare]
            wrong += [f"{address}: not translated: {said}" for said in reader.seen.marked if said in ours]

    assert wrong == []
    assert count > 100, "the walk goes through the desks"


def test_a_page_in_english_says_that_records_stay_chinese(demo: tuple[Flask, Office]) -> None:
    app, office = demo

    _address, text = next(pages_of(app, office, "zuzhang", set()))

    assert "Records and letters stay in Chinese" in text
    assert '<html id="dazi" lang="en">' in text
