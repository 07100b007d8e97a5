"""The accent of an office: one colour, from which the tints of both themes follow, each readable (WCAG 2.2 AA, 1.4.3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from portal.core.errors import Mendable

STANDARD = "#1d5b49"
READABLE = 4.5
"""Least contrast of words with their ground."""

Colour = tuple[float, float, float]
"""Red, green, blue, each 0 to 255."""

# Grounds and words of portal.css that the accent has to stand beside, by theme.
_GROUNDS = {"light": ("#fbfaf6", "#ffffff", "#f3f1ea"), "dark": ("#141816", "#1b211e", "#101311")}
_MUTED = {"light": "#58615c", "dark": "#a3ada7"}
_BLACK, _WHITE = (0.0, 0.0, 0.0), (255.0, 255.0, 255.0)
_NAMES = ("green", "green-deep", "green-soft", "on-green", "green-half")


def parse(text: str) -> Colour:
    """``#rrggbb``. Raises Mendable with what to write instead."""
    found = re.fullmatch(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", text.strip().lower())
    if not found:
        raise Mendable(f"请写六位颜色，如 {STANDARD}", field="accent")
    red, green, blue = (float(int(part, 16)) for part in found.groups())
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """1 (the same) to 21 (black on white)."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def palette(accent: str) -> dict[str, dict[str, str]]:
    """The tokens of portal.css by theme. Raises Mendable when words in this colour could not be read on paper."""
    chosen = parse(accent)
    grounds = [parse(each) for each in _GROUNDS["light"]]
    if min(contrast(chosen, ground) for ground in grounds) < READABLE:
        raise Mendable(f"这个颜色太浅，写在白底上看不清。请选深一些的，如 {STANDARD}", field="accent")
    return {"light": _named(_light(chosen)), "dark": _named(_dark(chosen))}


def style_sheet(accent: str) -> str:
    """What a page loads after portal.css; "" when the office keeps the standard colour. Print keeps its own inks."""
    if not accent:
        return ""
    themes = palette(accent)
    light, dark = (_declared(themes[theme]) for theme in ("light", "dark"))
    return (
        f"@media screen {{\n:root {{ {light} }}\n:root[data-theme=dark] {{ {dark} }}\n}}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root:not([data-theme=light]) {{ {dark} }} }}\n"
    )


def tinted(emblem: str, accent: str) -> str:
    """The standard emblem in the office's colour."""
    return emblem.replace(STANDARD, accent) if accent else emblem


# ---- how the tints are found ----


def _light(chosen: Colour) -> tuple[Colour, ...]:
    paper, muted = parse(_GROUNDS["light"][0]), parse(_MUTED["light"])
    soft = _until(lambda share: _mixed(paper, chosen, share), 0.11, -0.01, lambda each: _readable(each, chosen, muted))
    return chosen, _mixed(chosen, _BLACK, 0.28), soft, paper, _mixed(paper, chosen, 0.5)


def _dark(chosen: Colour) -> tuple[Colour, ...]:
    grounds, muted = [parse(each) for each in _GROUNDS["dark"]], parse(_MUTED["dark"])
    ink = _mixed(_BLACK, chosen, 0.2)
    words = _until(
        lambda share: _mixed(chosen, _WHITE, share), 0.35, 0.03, lambda each: _readable(each, *grounds, ink, least=READABLE + 2.5)
    )
    soft = _until(lambda share: _mixed(grounds[1], chosen, share), 0.3, -0.02, lambda each: _readable(each, words, muted))
    return words, _mixed(words, _WHITE, 0.4), soft, ink, _mixed(grounds[0], words, 0.45)


def _until(made: Callable[[float], Colour], share: float, step: float, enough: Callable[[Colour], bool]) -> Colour:
    """The first colour along the way that is enough; the end of the way (all or nothing) always is."""
    while 0 < share < 1 and not enough(made(share)):
        share += step
    return made(min(1.0, max(0.0, share)))


def _readable(colour: Colour, *others: Colour, least: float = READABLE) -> bool:
    return all(contrast(colour, other) >= least for other in others)


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (a + (b - a) * share for a, b in zip(one, other, strict=True))
    return red, green, blue


def _luminance(colour: Colour) -> float:
    linear = [part / 255 / 12.92 if part <= 10.31475 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _named(colours: tuple[Colour, ...]) -> dict[str, str]:
    return {name: "#" + "".join(f"{round(part):02x}" for part in colour) for name, colour in zip(_NAMES, colours, strict=True)}


def _declared(tokens: Mapping[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in tokens.items())
