"""An office chooses one colour; whatever it chooses, words can be read in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from portal.core import accent
from portal.core.errors import Mendable

STYLE = (Path(__file__).parents[2] / "portal" / "web" / "static" / "portal.css").read_text(encoding="utf-8")
CHOSEN = ("#1d5b49", "#0b4f9e", "#8a1c1c", "#5a2d82", "#000000", "#00664f", "#6b4e00", "#b3261e", "#0000ff", "#7a003c", "#1b5e20")


@pytest.mark.parametrize("colour", CHOSEN)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_in_the_chosen_colour_can_be_read_on_every_ground(colour: str, theme: str) -> None:
    tokens = {name: accent.parse(value) for name, value in accent.palette(colour)[theme].items()}
    grounds = [accent.parse(each) for each in accent._GROUNDS[theme]]

    for ground in (*grounds, tokens["green-soft"]):
        assert accent.contrast(tokens["green"], ground) >= 4.45, "links and state words"
        assert accent.contrast(tokens["green-deep"], ground) >= 4.45, "links under the pointer"
    assert accent.contrast(tokens["on-green"], tokens["green"]) >= 4.45, "buttons"
    assert accent.contrast(tokens["on-green"], tokens["green-deep"]) >= 4.45, "buttons under the pointer"
    assert accent.contrast(accent.parse(accent._MUTED[theme]), tokens["green-soft"]) >= 4.45, "small print on a chosen card"


@pytest.mark.parametrize("colour", ["#ffd400", "#7cc4aa", "#ffffff", "#9e9e9e"])
def test_a_colour_too_light_for_words_is_refused_and_another_named(colour: str) -> None:
    with pytest.raises(Mendable, match="请选深一些的"):
        accent.palette(colour)


@pytest.mark.parametrize("text", ["green", "#12", "#12345g", "red; } body { display: none", "url(x)"])
def test_only_a_colour_is_a_colour(text: str) -> None:
    with pytest.raises(Mendable, match="六位颜色"):
        accent.style_sheet(text)


def test_the_grounds_are_those_of_the_common_look() -> None:
    for theme, names in accent._GROUNDS.items():
        for name, value in zip(("paper", "surface", "sunken"), names, strict=True):
            short = value.replace("#ffffff", "#fff")
            assert f"--{name}: {short};" in STYLE, (theme, name)
    for value in accent._MUTED.values():
        assert f"--muted: {value};" in STYLE


def test_every_token_that_is_set_is_one_that_the_look_uses() -> None:
    for name in re.findall(r"--([\w-]+):", accent.style_sheet("#0b4f9e")):
        assert f"var(--{name})" in STYLE


def test_the_standard_colour_needs_no_sheet() -> None:
    assert accent.style_sheet("") == ""
