"""The manners both apps share: headers, language, errors, fields, figures."""

from __future__ import annotations

import gzip
import re
from html.parser import HTMLParser

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient

from portal.core.errors import NotAllowed
from portal.web import fields, look, security
from portal.web.compressed import register_compression
from portal.web.errors import register_error_pages
from portal.web.language import gettext, register_language
from portal.web.look import Brand, register_look
from portal.web.security import register_headers, register_same_origin

SECRET = "举报内容标记七七"
FORM = """{% extends "layout.html" %}{% from "field.html" import text_area, choices, file_input, error_summary, submit %}
{% block title %}填写{% endblock %}{% block main %}<h1>填写</h1><form>{{ error_summary([area, kind]) }}
{{ text_area(area, hint="什么时候、多久一次。") }}{{ choices(kind, kind="checkbox", notes={"dust": "查实奖励 50 元"}) }}
{{ submit("下一步") }}</form>{% endblock %}"""


@pytest.fixture
def client() -> FlaskClient:
    app = Flask("office", static_folder=None)
    register_headers(app)
    register_compression(app, "web.static")
    register_same_origin(app)
    register_language(app)
    register_look(app, lambda: Brand(name="云岭县生态环境督察公开", host_unit="云岭县人民政府", site_code="4103240001"))
    register_error_pages(app)

    @app.route("/form", methods=["GET", "POST"])
    def form() -> str:
        area = fields.PlainField("text", "经过", "<b>料场</b>", ("请写明看到的情况",))
        kind = fields.PlainField("kind", "发生了什么？", ("dust",), (), (("dust", "扬尘"), ("smell", "异味")))
        return render_template_string(FORM, area=area, kind=kind)

    @app.get("/broken")
    def broken() -> str:
        raise ValueError(SECRET)

    @app.get("/refused")
    def refused() -> str:
        raise NotAllowed("签发人不能是拟稿人或审核人", clause="内部规程 3.2")

    @app.get("/words")
    def words() -> str:
        return gettext("跳到正文")

    return app.test_client()


def test_every_page_carries_the_strict_headers_and_is_not_stored(client: FlaskClient) -> None:
    answer = client.get("/form")

    for name in security.HEADERS:
        assert name in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers


def test_files_of_the_look_may_be_kept(client: FlaskClient) -> None:
    with client.get("/look/portal.css") as answer:
        assert "immutable" in answer.headers["Cache-Control"]


def test_a_post_from_another_site_is_refused(client: FlaskClient) -> None:
    assert client.post("/form", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post("/form", headers={"Origin": "https://other.example"}).status_code == 403
    assert client.post("/form", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
    assert client.post("/form", headers={"Origin": "http://localhost"}).status_code == 200


def test_an_address_that_begins_with_the_language_speaks_it(client: FlaskClient) -> None:
    page = client.get("/en/form").get_data(as_text=True)

    assert client.get("/words").get_data(as_text=True) == "跳到正文"
    assert client.get("/en/words").get_data(as_text=True) == "Skip to content"
    assert '<html id="dazi" lang="en">' in page
    assert 'href="/form"' in page
    assert "/en/look/portal.css" in page


def test_a_rule_that_says_no_shows_its_sentence_and_its_clause(client: FlaskClient) -> None:
    answer = client.get("/refused")

    assert answer.status_code == 403
    assert "签发人不能是拟稿人或审核人" in answer.get_data(as_text=True)
    assert "内部规程 3.2" in answer.get_data(as_text=True)


def test_our_own_mistake_shows_a_number_and_logs_no_words(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = client.get("/broken")
    page = answer.get_data(as_text=True)

    assert answer.status_code == 500
    assert SECRET not in page
    assert SECRET not in caplog.text
    assert caplog.records[0].args is not None
    assert str(caplog.records[0].args[0]) in page  # type: ignore[index]


@pytest.mark.parametrize("address", ["/nothing", "/form"])
def test_a_wrong_address_or_method_gets_a_page_in_plain_words(client: FlaskClient, address: str) -> None:
    answer = client.put(address) if address == "/form" else client.get(address)

    assert answer.status_code in {404, 405}
    assert "<h1>" in answer.get_data(as_text=True)


class Order(HTMLParser):
    """The order of tags with an id, and inline script or style if there is any."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        inline_script = tag == "script" and "src" not in given
        if "style" in given or tag == "style" or inline_script or any(name.startswith("on") for name in given):
            self.inline.append(tag)


def test_a_field_prints_label_hint_error_input_in_that_order_and_escapes_what_was_typed(client: FlaskClient) -> None:
    page = client.get("/form").get_data(as_text=True)
    order = Order()
    order.feed(page)

    assert page.index('<label for="text">') < page.index('id="text-hint"') < page.index('id="text-error"') < page.index("<textarea")
    assert 'aria-describedby="text-hint text-error"' in page
    assert "&lt;b&gt;料场" in page
    assert 'value="dust" checked' in page
    assert len(order.ids) == len(set(order.ids))
    assert order.inline == []


def test_an_empty_footer_mark_is_not_printed() -> None:
    assert Brand(site_code="4103240001").marks == ("网站标识码 4103240001",)
    assert look.Brand().marks == ()


def test_files_of_the_look_travel_compressed_and_pages_never(client: FlaskClient) -> None:
    """A page may carry a token or a receipt; compressed, its length could be made to speak."""
    with client.get("/look/portal.css", headers={"Accept-Encoding": "gzip, br"}) as style:
        packed = style.data
    page = client.get("/form", headers={"Accept-Encoding": "gzip, br"})

    assert style.headers["Content-Encoding"] == "gzip"
    whole = (look.STATIC / "portal.css").read_text(encoding="utf-8")
    assert gzip.decompress(packed).decode() == re.sub(r"/\*.*?\*/\n?", "", whole, flags=re.DOTALL)
    assert len(packed) < 8_000
    assert "Accept-Encoding" in style.headers["Vary"]
    assert "Content-Encoding" not in page.headers


def test_a_browser_that_cannot_unpack_gets_the_file_as_it_is(client: FlaskClient) -> None:
    with client.get("/look/portal.css", headers={"Accept-Encoding": "identity"}) as plain:
        assert plain.data == (look.STATIC / "portal.css").read_bytes()
    with client.get("/look/portal.css", headers={"Accept-Encoding": "gzip", "Range": "bytes=0-9"}) as part:
        assert "Content-Encoding" not in part.headers


def test_a_compressed_file_that_the_browser_has_is_not_sent_again(client: FlaskClient) -> None:
    with client.get("/look/portal.css", headers={"Accept-Encoding": "gzip"}) as first:
        kept = first.headers["ETag"]

    with client.get("/look/portal.css", headers={"Accept-Encoding": "gzip", "If-None-Match": kept}) as again:
        assert again.status_code == 304
