"""A page in the reader's language: what Python made is translated, what people wrote is left and marked, fields are not touched."""

from __future__ import annotations

import pytest
from flask import Flask, render_template_string
from markupsafe import escape

from moderation import models
from portal.core.catalogue import catalogue
from portal.web import language, spoken
from portal.web.spoken import in_language

PAGE = '<html><body><div id="page">{{ "" }}%s</div></body></html>'


@pytest.fixture
def app() -> Flask:
    models.load_all()
    catalogue.cache_clear()
    spoken.shapes.cache_clear()
    spoken.spoken.cache_clear()
    app = Flask(__name__, static_folder=None)
    language.register_language(app)
    spoken.register_spoken(app)
    return app


def printed(app: Flask, template: str, *, path: str = "/en/", **values: object) -> str:
    app.add_url_rule("/", "page", lambda: render_template_string(PAGE % template, **values))
    text = app.test_client().get(path).text
    return text.split('id="page">', 1)[1].rsplit("</div>", 1)[0]


def test_a_whole_sentence_and_a_shape_are_said_in_english(app: Flask) -> None:
    assert printed(app, "<p>{{ one }}</p><p>{{ two }}</p>", one="没有这份材料", two="已分办 3 件") == (
        "<p>There is no such file</p><p>3 assigned</p>"
    )


def test_a_batch_of_our_own_is_said_whole_and_the_name_of_a_round_is_marked(app: Flask) -> None:
    own, above = "本级第 9 批（2026-10-11）", "省级督察交办第 2 批（2026-10-11，第三轮督察）"

    assert printed(app, "<p>{{ own }}</p><p>{{ above }}</p>", own=own, above=above) == (
        "<p>own level, batch 9 (2026-10-11)</p>"
        '<p>handed down by the province, batch 2 (2026-10-11, <span lang="zh-Hans">第三轮督察</span>)</p>'
    )


def test_one_is_said_in_the_singular_and_more_in_the_plural(app: Flask) -> None:
    said = printed(
        app,
        '<p>{{ one }}</p><p>{{ two }}</p><p>{{ _("登记 %(n)s 件", n=1) }}</p><p>{{ _("登记 %(n)s 件", n=2) }}</p>',
        one="逾期 1 天",
        two="逾期 12 天",
    )

    assert said == "<p>1 day overdue</p><p>12 days overdue</p><p>Register 1 letter</p><p>Register 2 letters</p>"


def test_beside_a_name_the_day_and_the_amount_are_said_in_english(app: Flask) -> None:
    lines = ("李拟章 11月25日 03:14", "鼎盛花园二期 · 50 元", "2026年9月21日—2026年11月20日", "问责（人） · 3")

    assert printed(app, "{% for line in lines %}<p>{{ line }}</p>{% endfor %}", lines=lines) == (
        '<p><span lang="zh-Hans">李拟章</span>, Nov 25, 03:14</p>'
        '<p><span lang="zh-Hans">鼎盛花园二期</span> · 50 yuan</p>'
        "<p>September 21, 2026 – November 20, 2026</p>"
        "<p>held accountable · 3</p>"
    )


def test_a_slot_is_said_too_and_data_in_it_is_marked(app: Flask) -> None:
    assert printed(app, "<p>{{ text }}</p>", text="“属实”登记的是云岭砂场") == (
        '<p>“substantiated” is recorded for <span lang="zh-Hans">云岭砂场</span></p>'
    )


def test_a_list_of_known_words_is_said_and_dates_are_dates(app: Flask) -> None:
    found = printed(app, "<p>{{ types }}</p><p>{{ day }}</p>", types="大气、水", day="2026年11月24日")

    assert found == "<p>air, water</p><p>November 24, 2026</p>"


def test_what_people_wrote_stays_and_says_that_it_is_chinese(app: Flask) -> None:
    assert printed(app, "<p>{{ text }}</p>", text="砂场夜间扬尘，影响居民。") == '<p lang="zh-Hans">砂场夜间扬尘，影响居民。</p>'


def test_values_of_fields_are_never_translated(app: Flask) -> None:
    found = printed(
        app,
        '<input value="{{ word }}" aria-label="{{ word }}"><textarea>{{ word }}</textarea>'
        '<option value="{{ word }}">{{ word }}</option>',
        word="大气",
    )

    assert found == ('<input value="大气" aria-label="air"><textarea>大气</textarea><option value="大气">air</option>')


def test_markup_in_data_stays_text(app: Flask) -> None:
    found = printed(app, "<p>{{ text }}</p>", text='<script>测试</script>&"')

    assert "<script>" not in found
    assert "&lt;script&gt;测试&lt;/script&gt;&amp;" in found


def test_marks_in_data_cannot_break_a_page(app: Flask) -> None:
    hostile = f"{spoken.CLOSE}没有这份材料{spoken.OPEN}<b>"

    found = printed(app, "<p title='{{ text }}'>{{ text }}</p><p>{{ plain }}</p>", text=hostile, plain=spoken.OPEN)

    assert spoken.OPEN not in found
    assert spoken.CLOSE not in found
    assert "<b>" not in found


def test_a_sentence_of_a_template_says_its_values(app: Flask) -> None:
    found = printed(app, '<p>{{ _("文件里有 %(count)s 处错误", count=what) }}</p>', what="大气")

    assert found == f"<p>{escape('The file has air errors')}</p>" or "大气" not in found


def test_a_chinese_page_is_printed_as_it_is(app: Flask) -> None:
    assert printed(app, "<p>{{ text }}</p>", path="/", text="没有这份材料") == "<p>没有这份材料</p>"


def test_a_record_shown_as_the_site_prints_it_keeps_its_language() -> None:
    app = Flask(__name__, static_folder=None)
    language.register_language(app)
    spoken.register_spoken(app)
    app.add_url_rule("/", "page", lambda: render_template_string("<html lang='zh-Hans'><p>{{ text }}，</p></html>", text="大气"))

    assert app.test_client().get("/en/").text == "<html lang='zh-Hans'><p>大气，</p></html>"


def test_nothing_is_done_to_a_page_without_chinese() -> None:
    page = "<div id=\"page\"><p class='x'>plain &amp; simple</p></div>"

    assert in_language(page, "en") == page
