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


def forget() -> None:
    """Languages are read once a process; a test brings others."""
    for kept in (catalogue.tags, catalogue.catalogue, catalogue.own_name, catalogue.is_right_to_left):
        kept.cache_clear()


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for tag, text in (("de", GERMAN), ("en", (catalogue.TRANSLATIONS / "en" / "LC_MESSAGES" / "messages.po").read_text("utf-8"))):
        folder = tmp_path / tag / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "messages.po").write_text(text, encoding="utf-8")
    monkeypatch.setattr(catalogue, "TRANSLATIONS", tmp_path)
    forget()
    yield tmp_path
    forget()


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


def test_a_language_has_as_many_forms_of_a_number_as_its_file_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "pl" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    head = (
        '"Language: pl\\n"\n"Plural-Forms: nplurals=3; plural=n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2;\\n"'
    )
    forms = 'msgstr[0] "%(num)s list"\nmsgstr[1] "%(num)s listy"\nmsgstr[2] "%(num)s listów"'
    text = f'msgid ""\nmsgstr ""\n{head}\n\nmsgid "%(num)s 封信"\nmsgid_plural "%(num)s 封信件"\n{forms}\n'
    (folder / "messages.po").write_text(text, encoding="utf-8")
    monkeypatch.setattr(catalogue, "TRANSLATIONS", tmp_path)
    forget()

    said = [catalogue.catalogue("pl").many("%(num)s 封信", "%(num)s 封信件", number) for number in (1, 3, 5)]

    assert said == ["%(num)s list", "%(num)s listy", "%(num)s listów"]
    forget()


def test_a_language_nobody_has_written_down_is_called_by_its_tag() -> None:
    assert catalogue.own_name("qaa") == "qaa"
    assert not catalogue.is_right_to_left("qaa")
    assert catalogue.is_right_to_left("ug")
