"""Intranets still run Edge in IE mode, which is Internet Explorer 11: the console looks plain there, and every act works.

It knows no scripts of ours, no custom property, no grid, no :is(); it ignores what it does not know. So nothing that is needed may
hang on those: a control belongs to its form by standing in it, a list is never shown by a rule alone, and nothing stays hidden.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from moderation.demo.stage import Stage
from tests.console.conftest import stage, staged_data  # noqa: F401
from tests.console.desk_client import console_app

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "moderation" / "console" / "templates").rglob("*.html")) + sorted(
    (ROOT / "portal" / "web" / "templates").glob("*.html")
)
STYLES = [ROOT / "portal/web/static" / name for name in ("portal.css", "console.css")]

# What that browser does not have, where an act would hang on it.
MISSING = {
    r"<(?:button|input|select|textarea|fieldset)\b[^>]*\sform=": "a control outside its form (the form attribute)",
    r"<dialog\b": "dialog",
    r"<template\b": "template",
    r"<[a-z]+-[a-z-]+\b": "an element of our own",
    r"\bpopover(?:target)?\b": "popover",
    r"<(?:a|form|button)\b[^>]*\bhref=\"javascript:": "an address that is a script",
    r"\bcommandfor=": "a command",
}
# A button that only a script answers stands hidden until the script is there.
SCRIPTED = re.compile(r"<button\b[^>]*type=\"button\"[^>]*>")

# Rules that browser understands and that take something away, each with why the page is whole without it.
TAKES_AWAY = {
    "[hidden]": "only a script shows or hides these",
    ".print-only": "said for paper",
    ".menu": "the site's own menu, never in the console",
    ".bar nav.wide": "the site's own menu, never in the console",
    "table.cards td:empty": "an empty cell",
    ".side-menu": "the menu of a phone; on a desk .side is there",
    ".side": "on a narrow screen .side-menu is there: that browser shows its details open",
    ".keys": "hints for keys, which need scripts",
    ".more:empty": "nothing is in it",
    ".bar::before": "an ornament",
    ".menu > summary::-webkit-details-marker": "an ornament",
    ".side-menu > summary::-webkit-details-marker": "an ornament",
    ".map input[class].map-336, .map input[class].map-560": "one picture of three, by the width of the screen",
    ".map input[class].map-280": "one picture of three, by the width of the screen",
    ".map input[class].map-336": "one picture of three, by the width of the screen",
}
UNKNOWN_SELECTOR = re.compile(r":is\(|:where\(|:has\(|:focus-(?:visible|within)|:not\([^)]*[,\s>]")


def rules_understood(text: str) -> list[tuple[str, str]]:
    """Selector and body of the rules that browser applies on a screen: none in @supports, none for paper or for the dark."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    found, at, skipped = [], 0, ""
    for match in re.finditer(r"([^{}]*)\{|\}", text):
        if match[0] == "}":
            at -= 1
            skipped = "" if at == 0 else skipped
            continue
        head = match[1].rsplit(";", 1)[-1].strip()
        if head.startswith("@"):
            skipped = head if re.search(r"supports|keyframes|print|prefers|forced|font-face|page", head) else skipped
        elif not skipped and not UNKNOWN_SELECTOR.search(head):
            found.append((" ".join(head.split()), text[match.end() : text.index("}", match.end())]))
        at += 1
    return found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_page_of_the_console_hangs_on_what_an_old_browser_lacks(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert {words for pattern, words in MISSING.items() if re.search(pattern, text)} == set()
    assert [button for button in SCRIPTED.findall(text) if " hidden" not in button] == []


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_no_rule_that_an_old_browser_understands_takes_away_what_is_needed(path: Path) -> None:
    taken = {
        selector
        for selector, body in rules_understood(path.read_text(encoding="utf-8"))
        if re.search(r"display:\s*none|visibility:\s*hidden|opacity:\s*0[;\s]|(?:left|top):\s*-9+", body)
    }

    assert taken - set(TAKES_AWAY) == set()


def test_the_menu_does_not_push_the_page_away_where_the_grid_is_missing() -> None:
    """A side bar as high as the screen stands above the page where there is no grid: it is that high only where there is one."""
    tall = [
        selector
        for selector, body in rules_understood(STYLES[1].read_text(encoding="utf-8"))
        if re.search(r"(?<!max-)(?<!min-)height:\s*100vh", body)
    ]

    assert tall == []


def test_an_old_browser_leaves_our_scripts_alone() -> None:
    """Half of them would run there, and stop in the middle of a press: asked before anything else is done."""
    text = (ROOT / "portal/web/static/console.js").read_text(encoding="utf-8")
    begun = text.index("(function () {")

    assert text[begun:].split("\n")[1].strip() == "if (!window.fetch || !window.DOMParser || !Object.assign) { return; }"
    assert "fetch(" not in text[:begun]


# Posts whose address a template makes in another way.
ADDRESSED_OTHERWISE = {"desk.sign_out": "the form of the layout, whose address the app gives"}


def test_every_act_of_every_desk_stands_in_a_plain_form(stage: Stage) -> None:  # noqa: F811
    """A post is reached from a form's address, from a button's, or from the form of the page of the same address."""
    words = "\n".join(path.read_text(encoding="utf-8") for path in TEMPLATES)
    named = set(re.findall(r"['\"]\.?([a-z_.]+)['\"]", words))
    rules = list(console_app(stage).url_map.iter_rules())
    pages = {rule.rule for rule in rules if "GET" in (rule.methods or ())}
    apart = {
        rule.endpoint
        for rule in rules
        if "POST" in (rule.methods or ()) and rule.rule not in pages and not {rule.endpoint, rule.endpoint.split(".")[-1]} & named
    }

    assert apart == set(ADDRESSED_OTHERWISE)
