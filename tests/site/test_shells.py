"""A shell is one finished page that serves at any depth; what fills it can break nothing."""

from pathlib import Path

import pytest

from portal.site.shells import SHELLS, BadShell, Fragment, Shell, cut_loose
from tests.moderation.press.conftest import hand_written as hand_written  # noqa: PLC0414

PAGE = """<!doctype html><html><head><title>[[press:title]] · 本站</title>
<meta name="description" content="[[press:description]]"><link rel="canonical" href="https://yunling.example/[[press:address]]">
<link rel="stylesheet" href="../../../assets/portal.css"><script src="../../../assets/site.js" defer></script></head>
<body><a href="../">上一级</a><a href="../../exposure/">曝光</a><a href="../../..">首页</a><a href="#main">正文</a>
<a href="https://elsewhere.example/">别处</a><form action="../../../search/"></form><a href=".">本页</a>
<main>[[press:main]]</main>
<script id="__config" type="application/json">{"base": "../../..", "search": "../../../assets/worker.js"}</script></body></html>"""


def filled(path: str) -> str:
    shell = Shell(cut_loose(PAGE, "records/notice/record-shell/"))
    return shell.fill(Fragment("题 <b>", '述 "x"', "<h1>文</h1>"), path).decode()


@pytest.mark.parametrize(
    ("path", "root"), [("", "."), ("records/notice/a-1/", "../../.."), ("lists/notice/2026/unit-1/3/", "../../../../..")]
)
def test_links_lead_to_the_same_places_from_any_depth(path: str, root: str) -> None:
    page = filled(path)

    for target in ("assets/portal.css", "assets/site.js", "records/notice/", "records/exposure/", "search/"):
        assert f'"{root}/{target}"' in page
    assert f'<a href="{root}/">首页</a>' in page
    assert f'"base": "{root}"' in page
    assert f'"search": "{root}/assets/worker.js"' in page
    assert f'href="https://yunling.example/{path}"' in page
    assert 'href="#main"' in page
    assert 'href="https://elsewhere.example/"' in page


def test_titles_and_descriptions_are_escaped_and_slots_in_them_stay_text() -> None:
    shell = Shell(cut_loose(PAGE, "records/notice/record-shell/"))

    page = shell.fill(Fragment("</title><script>[[press:main]]", "[[press:base]]", "<p>[[press:title]]</p>"), "").decode()

    assert "&lt;/title&gt;&lt;script&gt;[[press:main]] · 本站" in page
    assert 'content="[[press:base]]"' in page
    assert "<p>[[press:title]]</p>" in page


@pytest.mark.parametrize("text", ["<h1>no slots</h1>", "[[press:title]]", "[[press:title]] [[press:main]] [[press:rumour]]"])
def test_a_page_without_the_slots_is_no_shell(text: str) -> None:
    with pytest.raises(BadShell):
        Shell(text)


def test_mkdocs_and_material_give_every_shell_and_no_page_for_them(hand_written: Path) -> None:
    assert {path.stem for path in (hand_written / "shells").iterdir()} == set(SHELLS)
    assert not (hand_written / "records").exists()
    for path in (hand_written / "shells").iterdir():
        text = path.read_text(encoding="utf-8")
        Shell(text)
        assert "../" not in text.replace("https://", ""), path.name
        assert text.count("[[press:main]]") == 1
