"""Styles and scripts use nothing that a phone of some years ago does not know, unless the page is whole without it.

widely_supported.toml says what we use. A new name fails here until somebody has looked it up and written it down: as known
everywhere for years, or as a betterment that a browser may leave out.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STYLES = [ROOT / "portal/web/static" / name for name in ("portal.css", "console.css", "from-the-right.css")] + [
    ROOT / "build/theme/assets/site.css"
]
SCRIPTS = [ROOT / "portal/web/static" / name for name in ("intake.js", "console.js")] + sorted(
    (ROOT / "build/theme/assets").glob("*.js")
)

LISTS = tomllib.loads(Path(__file__).with_name("widely_supported.toml").read_text(encoding="utf-8"))
PROPERTIES, MEDIA, FUNCTIONS, PSEUDO = (set(LISTS[name].split()) for name in ("properties", "media", "functions", "pseudo"))
BETTER, BETTER_PSEUDO = LISTS["better"], LISTS["better_pseudo"]
AT_RULES = {"media", "supports", "page", "keyframes", "font-face"}


def bare(path: Path) -> str:
    """A style sheet without comments and without what stands in quotes."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"\"[^\"]*\"|'[^']*'|url\([^)]*\)", '""', text)


def declarations(text: str) -> set[str]:
    return {name for name in re.findall(r"[{;]\s*(-{0,2}[a-z][\w-]*)\s*:(?=[^{}]*[;}])", text) if not name.startswith("--")}


def selectors(text: str) -> str:
    return " ".join(re.findall(r"(?:^|[{};])\s*([^{};@]+)\{", text))


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_a_style_sheet_uses_only_properties_that_are_looked_up(path: Path) -> None:
    assert declarations(bare(path)) - PROPERTIES - set(BETTER) == set()


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_a_style_sheet_uses_only_rules_functions_and_selectors_that_are_looked_up(path: Path) -> None:
    text = bare(path)
    values = " ".join(re.findall(r":([^{};]+)[;}]", text))

    assert set(re.findall(r"@([\w-]+)", text)) - AT_RULES == set()
    assert {name for rule in re.findall(r"@media([^{]+)", text) for name in re.findall(r"[a-z-]{4,}", rule)} - MEDIA == set()
    assert {name.lower() for name in re.findall(r"([a-zA-Z-]+)\(", values)} - FUNCTIONS == set()
    assert set(re.findall(r"::?(-?[a-z][a-z-]*)", selectors(text))) - PSEUDO - set(BETTER_PSEUDO) == set()


def test_where_has_is_dropped_a_card_still_shows_that_it_is_chosen() -> None:
    """The box in the card is ticked by the browser itself; colour and edge only repeat it."""
    text = bare(STYLES[0])

    assert ".choice:has(:checked)" in text
    assert not re.search(r":has\([^)]*\)[^{]*\{[^}]*display:\s*none", text), "nothing may be hidden by a rule that some drop"


# What scripts may ask of a browser without asking first: in all of them since 2020.
SCRIPT_YOUNG = {
    r"\.at\(": "Array.at (2022)",
    r"\.findLast(Index)?\(": "findLast (2022)",
    r"structuredClone": "structuredClone (2022)",
    r"\.(toSorted|toReversed|toSpliced|with)\(": "change by copy (2023)",
    r"Object\.groupBy|Map\.groupBy": "groupBy (2024)",
    r"\.hasOwn\(": "Object.hasOwn (2022)",
    r"Promise\.(any|withResolvers)": "Promise.any, withResolvers",
    r"\?\?=|\|\|=|&&=": "logical assignment (2020–2021)",
    r"#\w+\s*[=;(]": "private fields",
    r"\bawait\b(?=[^\n]*\n\s*\}\)\(\))": "top-level await",
    r"replaceAll\(": "replaceAll (2020–2021)",
    r"startViewTransition|navigation\.|popover|showPicker|URLPattern|scheduler\.|requestIdleCallback": "young interfaces",
    r"Intl\.Segmenter": "words of a text (2024 in Firefox)",
    r"/[^/\n]*\(\?<[=!][^/\n]*/": "looking behind in patterns (2023 in Safari)",
}
ASKED_FIRST = {"navigator.clipboard", "navigator.share", "navigator.geolocation", "window.speechSynthesis"}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_uses_nothing_young(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'", '""', text)

    assert {words for pattern, words in SCRIPT_YOUNG.items() if re.search(pattern, text)} == set()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_what_a_browser_may_lack_is_asked_for_before_it_is_used(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for name in ASKED_FIRST:
        bare_name = name.split(".")[1]
        if re.search(rf"\b{bare_name}\.\w+\(", text):
            asked = rf"(if \([^)]*{bare_name}|{bare_name}\?\.|\"{bare_name}\" in|{bare_name} &&|classList\.contains\(\"speaks\"\))"
            assert re.search(asked, text), f"{name} is used without asking whether it is there"


def test_the_lists_hold_nothing_made_up() -> None:
    assert not set(BETTER) & PROPERTIES
    for pattern in SCRIPT_YOUNG:
        re.compile(pattern)


def test_a_feature_that_nobody_has_looked_up_is_noticed(tmp_path: Path) -> None:
    young = tmp_path / "young.css"
    young.write_text("a { anchor-name: --x; width: sibling-index(); } @container (width > 9rem) { a:popover-open { color: red; } }")

    with pytest.raises(AssertionError, match="anchor-name"):
        test_a_style_sheet_uses_only_properties_that_are_looked_up(young)
    with pytest.raises(AssertionError, match="container"):
        test_a_style_sheet_uses_only_rules_functions_and_selectors_that_are_looked_up(young)

    young.write_text("const last = rows.at(-1);")
    with pytest.raises(AssertionError, match="2022"):
        test_a_script_uses_nothing_young(young)
