"""A page in the reader's language, also where its words were made in Python: states, labels of acts, refusals, arithmetic.

Python says things in Chinese, because the legal words are Chinese and many are stored or printed on paper. On a page in another
language whatever a template prints is looked up in the catalogue once more: the whole sentence, or its shape (``已分办 {0} 件``).
What is found in neither is data, written by people; it stays as it is and is marked as Chinese, for screen readers and fonts.
Values of fields and long texts being written are never touched.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Any, cast

from babel import Locale
from babel.dates import format_date, format_skeleton
from flask import Flask, Response
from markupsafe import Markup

from portal.core.catalogue import SOURCE, catalogue
from portal.web.language import current_tag

# Private-use characters around everything a template prints; they never leave this process.
OPEN, CLOSE = "\ue000", "\ue001"
HAN = re.compile(r"[\u3400-\u9fff]")
SLOT = re.compile(r"\{\d\}")
LONGEST = 400
# Only pages in the frame of the desk; a record shown as the site will print it is none.
OWN_PAGE = 'id="page"'
# A shape with fewer Chinese characters than this fits too much of what people write: its slots may hold numbers only.
LEAST_HAN = 2
_DAY = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")
_MONTH = re.compile(r"(\d{4})年(\d{1,2})月")
_YEAR = re.compile(r"(\d{4})年")
_DAY_OF_YEAR = re.compile(r"(\d{1,2})月(\d{1,2})日")
_MOMENT = re.compile(r"(\d{1,2}月\d{1,2}日|\d{4}年\d{1,2}月\d{1,2}日) (\d{2}:\d{2})")
# A day before a name (of a batch), and a name before a moment (of an act): the name is data, the day is said in the language.
_DAY_FIRST = re.compile(r"(\d{4}-\d{2}-\d{2}|\d{4}年\d{1,2}月\d{1,2}日)，(.+)", re.S)
_MOMENT_LAST = re.compile(r"([^\s\d，。；：]{2,12}) (\d{1,2}月\d{1,2}日 \d{2}:\d{2})")
_BESIDE = " · "
_LIST = re.compile(r"([、，；。：·\s（）/“”「」]+)")
_MARKS = str.maketrans({"，": ", ", "、": ", ", "；": "; ", "：": ": ", "。": ". ", "（": " (", "）": ")", "！": "! ", "？": "? "})


@dataclass(frozen=True)
class Piece:
    """A stretch of a printed text. ``foreign``: left in Chinese."""

    text: str
    foreign: bool = False


@dataclass(frozen=True)
class Shape:
    """A sentence with slots. ``anchor``: its longest fixed part, looked for first; ``source``: as the catalogue knows it."""

    pattern: re.Pattern[str]
    anchor: str
    source: str
    weight: int


@cache
def shapes(tag: str) -> tuple[Shape, ...]:
    """Every sentence with slots of a language; those with most fixed text first."""
    found = [_shape(source) for source, forms in catalogue(tag).messages.items() if SLOT.search(source) and forms[0]]
    return tuple(sorted((shape for shape in found if shape.weight), key=lambda shape: -shape.weight))


def _shape(source: str) -> Shape:
    fixed, slots = SLOT.split(source), SLOT.findall(source)
    parts = [re.escape(fixed[0])]
    for place, (slot, rest) in enumerate(zip(slots, fixed[1:], strict=True)):
        name = f"s{slot[1]}"
        parts.append(f"(?P={name})" if slot in slots[:place] else f"(?P<{name}>.+?)")
        parts.append(re.escape(rest))
    weight = len(HAN.findall("".join(fixed)))
    return Shape(re.compile("".join(parts), re.S), max(fixed, key=len), source, weight)


@lru_cache(maxsize=4096)
def spoken(text: str, tag: str) -> tuple[Piece, ...]:
    """``text`` in the language ``tag``, in pieces; what is data stays Chinese."""
    if not HAN.search(text):
        return (Piece(text),)
    whole = _whole(text, tag)
    if whole is not None:
        return whole
    if _BESIDE in text:
        return _beside(text.split(_BESIDE), tag)
    if len(text) <= LONGEST:
        for shape in shapes(tag):
            if shape.anchor in text and (found := shape.pattern.fullmatch(text)):
                values = {name[1:]: value for name, value in found.groupdict().items()}
                if shape.weight >= LEAST_HAN or not HAN.search("".join(values.values())):
                    return tuple(_filled(catalogue(tag).fitting(shape.source, values.values()), values, tag))
    return _listed(text, tag) or _dated(text, tag) or (Piece(text, foreign=True),)


def _dated(text: str, tag: str) -> tuple[Piece, ...] | None:
    """A day and a name, or a name and a moment, each for itself."""
    if found := _DAY_FIRST.fullmatch(text):
        return (Piece(f"{_date(found[1], tag) or found[1]}, "), *spoken(found[2], tag))
    if found := _MOMENT_LAST.fullmatch(text):
        return (*spoken(found[1], tag), Piece(f", {_date(found[2], tag)}"))
    return None


def _beside(parts: list[str], tag: str) -> tuple[Piece, ...]:
    """Two things that stand beside each other (role · unit): each for itself."""
    done = list(spoken(parts[0], tag))
    for part in parts[1:]:
        done += [Piece(_BESIDE), *spoken(part, tag)]
    return tuple(done)


def _whole(text: str, tag: str) -> tuple[Piece, ...] | None:
    stripped = text.strip()
    found = catalogue(tag).one(stripped)
    if found != stripped:
        return (Piece(text.replace(stripped, found)),)
    day = _date(stripped, tag)
    return (Piece(day),) if day else None


def _date(text: str, tag: str) -> str | None:
    locale = Locale.parse(tag, sep="-")
    if found := _MOMENT.fullmatch(text):
        return f"{_date(found[1], tag)}, {found[2]}"
    if found := _DAY.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
        return format_date(date(year, month, day), "long", locale)
    if found := _MONTH.fullmatch(text):
        return format_skeleton("yMMMM", date(int(found[1]), int(found[2]), 1), locale=locale)
    if found := _YEAR.fullmatch(text):
        return found[1]
    if len(ends := re.split("[至—]", text)) == 2 and all(_date(end, tag) for end in ends):
        return " – ".join(str(_date(end, tag)) for end in ends)
    if found := _DAY_OF_YEAR.fullmatch(text):
        return format_skeleton("MMMd", date(2024, int(found[1]), int(found[2])), locale=locale)
    return None


def _filled(target: str, values: dict[str, str], tag: str) -> Iterator[Piece]:
    at = 0
    for slot in SLOT.finditer(target):
        yield Piece(target[at : slot.start()])
        yield from spoken(values[slot.group()[1]], tag)
        at = slot.end()
    yield Piece(target[at:])


def _listed(text: str, tag: str) -> tuple[Piece, ...] | None:
    """Several known words with marks between them (大气、水); None where one of them is not known."""
    parts = [part for part in _LIST.split(text) if part]
    if len(parts) < 2:
        return None
    done = []
    for part in parts:
        if _LIST.fullmatch(part):
            done.append(Piece(part.translate(_MARKS)))
        elif HAN.search(part):
            known = _whole(part, tag)
            if known is None:
                return None
            done.extend(known)
        else:
            done.append(Piece(part))
    return tuple(done)


def in_words(text: object) -> str:
    """``text`` in the reader's language as one string, data within it left as it is."""
    tag = current_tag()
    return str(text) if tag == SOURCE else "".join(piece.text for piece in spoken(str(text), tag))


# ---- printing ----


def marked(value: Any) -> Any:
    """What a template prints, with marks around it where it may need the reader's language (Jinja's ``finalize``)."""
    if type(value) is int or isinstance(value, Markup) or current_tag() == SOURCE:
        return value
    if isinstance(value, str):
        clean = value.replace(OPEN, "").replace(CLOSE, "") if OPEN in value or CLOSE in value else value
        return f"{OPEN}{clean}{CLOSE}" if HAN.search(clean) else clean
    return value


_TOKEN = re.compile(r"(<[^>]*>)")
_RUN = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")
_NAME = re.compile(r"</?([a-zA-Z][\w-]*)")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
# Attributes that are read out or shown. Values and addresses are data.
_READ = frozenset({"aria-label", "title", "placeholder", "alt", "data-label", "data-word", "label"})
_RAW = frozenset({"textarea", "script", "style"})
_PLAIN = frozenset({"title", "option"})


def _stripped(text: str) -> str:
    return text.replace(OPEN, "").replace(CLOSE, "")


def _as_text(run: re.Match[str], tag: str) -> str:
    pieces = spoken(html.unescape(run[1]), tag)
    return html.escape("".join(piece.text for piece in pieces))


def _as_markup(run: re.Match[str], tag: str) -> str:
    done = []
    for piece in spoken(html.unescape(run[1]), tag):
        text = html.escape(piece.text, quote=False)
        done.append(f'<span lang="{SOURCE}">{text}</span>' if piece.foreign else text)
    return "".join(done)


def _open_tag(token: str, tag: str) -> str:
    def attribute(found: re.Match[str]) -> str:
        if found[1] not in _READ:
            return _stripped(found[0])
        value = _RUN.sub(lambda run: _as_text(run, tag), found[2])
        return f'{found[1]}="{_punctuated(value)}"'

    return _ATTRIBUTE.sub(attribute, token) if OPEN in token or "aria-label" in token else token


def _punctuated(text: str) -> str:
    return text if HAN.search(text) else text.translate(_MARKS)


def in_language(page: str, tag: str) -> str:
    """A page as the templates printed it, with every mark resolved: translated, or marked as Chinese."""
    tokens = _TOKEN.split(page)
    out: list[str] = []
    for place, token in enumerate(tokens):
        before = tokens[place - 1] if place else ""
        after = tokens[place + 1] if place + 1 < len(tokens) else ""
        if place % 2:
            out.append(_open_tag(token, tag))
        elif _name(before) in _RAW:
            out.append(_stripped(token))
        else:
            out.append(_text(token, (before, after), out, tag) if token else "")
    return _stripped("".join(out))


def _text(token: str, around: tuple[str, str], out: list[str], tag: str) -> str:
    """A stretch of text between two tags. Where all of it is one Chinese text, the tag before it says so (in ``out``)."""
    before, after = around
    whole = _RUN.fullmatch(token.strip())
    if whole is not None and _is_pair(before, after) and " lang=" not in out[-1]:
        pieces = spoken(html.unescape(whole[1]), tag)
        if len(pieces) == 1 and pieces[0].foreign:
            out[-1] = f'{out[-1][:-1]} lang="{SOURCE}">'
            return _stripped(token)
    if _name(before) in _PLAIN:
        return _RUN.sub(lambda run: _as_text(run, tag), token)
    at, done = 0, []
    for run in _RUN.finditer(token):
        done += [token[at : run.start()].translate(_MARKS), _as_markup(run, tag)]
        at = run.end()
    return "".join(done) + token[at:].translate(_MARKS)


def _name(token: str) -> str:
    """The element a tag opens; empty for a closing tag."""
    found = _NAME.match(token)
    return found[1].lower() if found and not token.startswith("</") else ""


def _is_pair(before: str, after: str) -> bool:
    return bool(_name(before)) and after.startswith(f"</{_name(before)}")


def register_spoken(app: Flask) -> None:
    """Pages of ``app`` in another language carry no Chinese but data. Call after ``register_language``."""
    app.jinja_env.finalize = marked
    own = cast(Callable[..., Any], app.jinja_env.globals["gettext"])

    def gettext(context: Any, text: str, **values: Any) -> Any:
        return own(context, text, **{name: marked(value) for name, value in values.items()})

    gettext.jinja_pass_arg = own.jinja_pass_arg  # type: ignore[attr-defined]
    app.jinja_env.globals.update({"gettext": gettext, "_": gettext})
    app.after_request(_resolved)


def _resolved(response: Response) -> Response:
    if current_tag() != SOURCE and response.mimetype == "text/html" and not response.direct_passthrough:
        page = response.get_data(as_text=True)
        # A record shown as the site will print it stays in its own language.
        response.set_data(in_language(page, current_tag()) if OWN_PAGE in page else _stripped(page))
    return response
