"""A third language is a file: nobody has to change the program for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient

from portal.core import catalogue
from portal.web.language import gettext, register_language
from portal.web.look import Brand, register_look

GERMAN = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: de\\n"

msgid "跳到正文"
msgstr "Zum Inhalt"

msgid "返回首页"
msgstr "Zur Startseite"

msgid "大字版"
msgstr "Große Schrift"
"""


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for tag, text in (("de", GERMAN), ("en", (catalogue.TRANSLATIONS / "en" / "LC_MESSAGES" / "messages.po").read_text("utf-8"))):
        folder = tmp_path / tag / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "messages.po").write_text(text, encoding="utf-8")
    monkeypatch.setattr(catalogue, "TRANSLATIONS", tmp_path)
    for kept in (catalogue.tags, catalogue.catalogue):
        kept.cache_clear()
    yield tmp_path
    for kept in (catalogue.tags, catalogue.catalogue):
        kept.cache_clear()


@pytest.fixture
def client(german: Path) -> FlaskClient:
    assert german
    app = Flask("office", static_folder=None)
    register_language(app)
    register_look(app, Brand)

    @app.get("/page")
    def page() -> str:
        return render_template_string('{% extends "layout.html" %}{% block main %}<h1>{{ _("大字版") }}</h1>{% endblock %}')

    @app.get("/words")
    def words() -> str:
        return gettext("我们怎样保护您")

    return app.test_client()


def test_a_page_under_the_new_language_speaks_it_and_says_so(client: FlaskClient) -> None:
    page = client.get("/de/page").text

    assert '<html id="dazi" lang="de">' in page
    assert "Zum Inhalt" in page
    assert "<h1>Große Schrift</h1>" in page


def test_every_page_offers_every_language_by_its_own_name(client: FlaskClient) -> None:
    page = client.get("/page").text

    assert 'href="/de/page" lang="de" hreflang="de">Deutsch</a>' in page
    assert 'href="/en/page" lang="en" hreflang="en">English</a>' in page


def test_what_nobody_has_translated_yet_stays_in_chinese(client: FlaskClient) -> None:
    assert client.get("/de/words").text == "我们怎样保护您"
    assert client.get("/en/words").text != "我们怎样保护您"


def test_the_site_frame_takes_the_new_language_from_the_same_file(german: Path) -> None:
    from portal.site.plugin import _catalogue

    assert _catalogue(german / "de" / "LC_MESSAGES" / "messages.po")["跳到正文"] == "Zum Inhalt"
