"""A third language is one file: site frame, report form, receipt, look-up and console speak it, and nobody changes a program.

The language is Uyghur, whose lines run from the right. The words are not: every stretch of Chinese of every sentence became
the same few letters, so that a sentence which was not looked up stands out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po, write_po
from flask import Flask

from moderation import app as console_app
from moderation import staff
from moderation.console.access import COOKIE
from moderation.demo.stage import Stage
from moderation.press.releases import PROJECT
from portal import app as portal_app
from portal.core import catalogue
from portal.core.clock import now
from portal.core.public_settings import read_public_settings
from portal.core.vocabulary import Term
from portal.settings import IntakeSettings
from portal.site import plugin
from tests.console.conftest import stage as stage  # noqa: PLC0414
from tests.console.conftest import staged_data as staged_data  # noqa: PLC0414
from tests.console.test_english import Reader
from tests.intake.conftest import Visitor
from tests.web.test_third_language import forget

HAN = re.compile(r"[\u3400-\u9fff]+")
WORD = "ئۇيغۇرچە"


def said(text: str) -> str:
    return HAN.sub(WORD, text)


@pytest.fixture(scope="module")
def translations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped languages, and a third one."""
    folder = tmp_path_factory.mktemp("translations")
    english = catalogue.TRANSLATIONS / "en" / "LC_MESSAGES" / "messages.po"
    with english.open("rb") as stream:
        messages = read_po(stream)
    for message in messages:
        if message.id:
            message.string = said(message.id) if isinstance(message.id, str) else tuple(map(said, message.id))
    lists = [Term]
    for each in lists:
        lists.extend(each.__subclasses__())
    for word in (word for each in lists for word in each):
        messages.add(word.zh, said(word.zh))
    for tag in ("en", "ug"):
        (folder / tag / "LC_MESSAGES").mkdir(parents=True)
    (folder / "en" / "LC_MESSAGES" / "messages.po").write_bytes(english.read_bytes())
    with (folder / "ug" / "LC_MESSAGES" / "messages.po").open("wb") as out:
        write_po(out, messages)
    return folder


@pytest.fixture(autouse=True)
def third(translations: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The file is dropped into its folder; that is all."""
    monkeypatch.setattr(catalogue, "TRANSLATIONS", translations)
    forget()
    yield
    forget()


@pytest.fixture
def public(stage: Stage) -> Iterator[Flask]:
    app = portal_app.create_app(IntakeSettings.from_env({"DISCLOSURE_DATA": str(stage.office.data)}))
    yield app
    app.extensions["intake"].close()


@pytest.fixture
def visitor(public: Flask) -> Visitor:
    return Visitor(public)


def chinese_left(page: str, stage: Stage, typed: str = "") -> list[str]:
    """Chinese that neither is marked as Chinese nor was written by the office or the person."""
    settings = read_public_settings(stage.office.public_settings_path)
    data = typed + "".join(str(value) for value in vars(settings).values())
    reader = Reader()
    reader.feed(page)
    return [text for text in reader.seen.bare if any(word not in data for word in HAN.findall(text))]


def test_the_report_form_its_faults_and_the_look_up_speak_it_from_the_right(visitor: Visitor, stage: Stage) -> None:
    for page in (
        visitor.get("/ug/r/"),
        visitor.post("/ug/r/", {"f": visitor.token(), "go": "look"}),
        visitor.get("/ug/r/c/"),
        visitor.post("/ug/r/c/", {"code": "11111 11111 11111 11111 11111 11111 11111 11111"}),
        visitor.get("/ug/r/none"),
    ):
        assert '<html id="dazi" lang="ug" dir="rtl">' in page.text
        assert "from-the-right.css" in page.text
        assert WORD in page.text
        assert chinese_left(page.text, stage) == []
        assert "不清楚哪里" not in page.text


def test_a_report_gets_its_receipt_in_it(visitor: Visitor, stage: Stage) -> None:
    typed = visitor.filled(region="990121100")
    preview = visitor.post("/ug/r/", typed)
    data: dict[str, list[str]] = {"go": ["send"]}
    for name, value in preview.hidden():
        data.setdefault(name, []).append(value)
    receipt = visitor.post("/ug/r/", data)

    assert chinese_left(preview.text, stage, f"{typed} 云山省云州市云岭县青石镇") == []
    assert len(receipt.code()) == 47
    assert chinese_left(receipt.text, stage) == []


def test_the_desk_speaks_it(stage: Stage) -> None:
    app = console_app.create_app(stage.office)
    client = app.test_client()
    with stage.office.office.transaction() as session:
        client.set_cookie(COOKIE, staff.open_session(session, stage.cast["zuzhang"].id, at=now()))

    for address in ("/ug/", "/ug/letters/under-way", "/ug/account"):
        page = client.get(address)
        assert page.status_code == 200
        assert '<html id="dazi" lang="ug" dir="rtl">' in page.text
        assert chinese_left(page.text, stage) == []
    assert f'href="/ug/" lang="ug" hreflang="ug">{catalogue.own_name("ug")}</a>' in client.get("/").text


@pytest.fixture
def site(stage: Stage, tmp_path: Path) -> Path:
    """The hand-written pages and the shells, with the theme and the settings of the office."""
    plugin.build(PROJECT / "build" / "mkdocs.yml", tmp_path / "site", stage.office.public_settings_path)
    return tmp_path / "site"


def test_every_page_of_the_site_offers_it_and_its_own_front_page_speaks_it(site: Path, stage: Stage) -> None:
    link = re.compile(r'<a href="([^"]*)" lang="ug" hreflang="ug">' + catalogue.own_name("ug") + "</a>")
    pages = {"how-to-report": "../ug/", "en/how-to-report": "../../ug/", "shells/record-notice.html": "[[press:base]]ug/"}
    for page, target in pages.items():
        path = site / page
        assert link.findall((path if path.is_file() else path / "index.html").read_text("utf-8")) == [target]

    front = (site / "ug" / "index.html").read_text("utf-8")

    assert '<html id="dazi" lang="ug" dir="rtl"' in front
    assert re.findall(r'hreflang="([\w-]+)"', front) == ["zh-Hans", "en"]
    assert 'href="r/"' in front
    assert 'href="../records/rectification/"' in front
    assert chinese_left(front, stage) == []
