"""Prose comes out as harmless HTML, whatever went in."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.errors import Mendable
from portal.core.sanitize import LONGEST_PROSE, MOST_BRACKETS, TAGS, clean, is_clean, prose_html

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://elsewhere.example/pixel.png)",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "<a href='javascript:alert(1)'>x</a>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe src=https://elsewhere.example></iframe>",
    "<style>@import 'https://elsewhere.example'</style>",
    '<p style="position:fixed">x</p>',
    "<form action=https://elsewhere.example><input></form>",
    "`<script>alert(1)</script>`",
    '[x](https://a.example "onmouseover=alert(1)")',
    "<!-- --!><script>alert(1)</script>",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
)
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")


def require_harmless(html: str) -> None:
    assert {name.lower() for name in _TAG.findall(html)} <= TAGS
    for tag in re.findall(r"<[a-zA-Z][^>]*>", html):
        names = set(re.findall(r"\s([a-zA-Z-]+)=", re.sub(r'"[^"]*"', '""', tag)))
        assert names <= {"href", "title", "scope", "start", "rel"}, tag
    for target in re.findall(r'href="([^"]*)"', html):
        assert re.match(r"(https?:|mailto:)", target), target


@pytest.mark.parametrize("source", HOSTILE)
def test_nothing_that_runs_or_fetches_survives(source: str) -> None:
    html = prose_html(f"前面的话\n\n{source}\n\n后面的话")

    require_harmless(html)
    require_harmless(clean(source))
    assert "前面的话" in html
    assert "后面的话" in html


@given(
    st.lists(st.sampled_from([*HOSTILE, "**", "\n\n", "|", "> ", "# ", "1. ", "<", ">", '"', "&", "汉字"]), max_size=8).map("".join)
)
def test_no_mixture_of_them_survives_either(source: str) -> None:
    html = prose_html(source)

    require_harmless(html)
    assert is_clean(html)


def test_the_marks_of_an_official_text_survive() -> None:
    html = prose_html(
        "# 一\n\n**要** *点*\n\n1. 甲\n2. 乙\n\n| 项 | 数 |\n|--|--|\n| 口 | 6 |\n\n[办法](https://yunling.example/a?b=1)"
    )

    assert "<h3>一</h3>" in html
    assert "<h1" not in html
    assert '<th scope="col">项</th>' in html
    assert 'href="https://yunling.example/a?b=1"' in html
    assert "noopener" in html


def test_the_same_text_gives_the_same_bytes() -> None:
    source = "段落 **一**\n\n- 甲\n- 乙"

    assert prose_html(source) == prose_html(source)
    assert clean(prose_html(source)) == prose_html(source)


def test_a_text_that_is_too_long_is_refused_before_anything_slow_happens() -> None:
    with pytest.raises(Mendable, match="正文过长"):
        prose_html("长" * (LONGEST_PROSE + 1))


def test_a_text_full_of_brackets_is_refused() -> None:
    with pytest.raises(Mendable, match="方括号过多"):
        prose_html("[" * (MOST_BRACKETS + 1))


def test_a_text_nested_too_deeply_is_refused() -> None:
    with pytest.raises(Mendable, match="减少层次"):
        prose_html("1. " * 5_000)


@pytest.mark.parametrize("piece", ["<a href=", "[", "](", "**", "&", "> ", "`", "_a", "<!--", "|", "\\"])
def test_the_worst_text_of_full_length_is_still_quick(piece: str) -> None:
    source = "[" * MOST_BRACKETS if piece == "[" else (piece * LONGEST_PROSE)[:LONGEST_PROSE]
    start = time.process_time()

    prose_html(source)

    assert time.process_time() - start < 10
