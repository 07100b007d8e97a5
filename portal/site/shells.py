"""Shells: one finished page per page kind, made once by the site builder, with slots the press fills for each record.

A slot is written ``[[press:name]]``. A shell is plain HTML and may come from any site builder: this file knows none.
Slots: title, description, main, base (the way from the page to the site's root, ending in "/"), root (the same without
the slash), address (canonical path).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from portal.core.public_record import KINDS

SLOT = re.compile(r"\[\[press:([a-z]+)\]\]")
NAMES = frozenset({"title", "description", "main", "base", "root", "address"})
FOLDER = "shells"
"""Where shells lie in a built site. They are public: whoever checks the site needs them."""

HOME, MONTH = "home", "month"
PAGES = ("section", "record", "list")
SHELLS = (HOME, MONTH, *(f"{page}-{kind}" for page in PAGES for kind in KINDS))

_LINK = re.compile(r'(\s(?:href|src|action|data-bundle)=")([^"]*)"')
_CONFIG = re.compile(r'<script id="__config" type="application/json">(.*?)</script>', re.DOTALL)
_CONFIG_BASE = re.compile(r'("base":\s*")([^"]*)"')
_CONFIG_SEARCH = re.compile(r'("search":\s*")([^"]*)"')
_ELSEWHERE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//|/|#|\[\[")


class BadShell(ValueError):
    """The page the site builder made cannot serve as a shell."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """What a page says: plain title and description, and finished, escaped HTML for the main part."""

    title: str
    description: str
    main: str


class Shell:
    """A page cut at its slots. ``fill`` joins the pieces; cutting once makes filling as quick as the disk."""

    def __init__(self, text: str) -> None:
        pieces = SLOT.split(text)
        self._fixed = [piece.encode() for piece in pieces[::2]]
        self._slots = pieces[1::2]
        self._placed: dict[str, tuple[list[str], list[bytes]]] = {}
        unknown = set(self._slots) - NAMES
        if unknown:
            raise BadShell(f"unknown slots: {', '.join(sorted(unknown))}")
        if "main" not in self._slots or "title" not in self._slots:
            raise BadShell("a shell needs at least the slots title and main")

    def fill(self, fragment: Fragment, path: str) -> bytes:
        """The finished page. ``path``: the page's folder below the root, "" or ending in "/"."""
        base = "../" * path.count("/") or "./"
        slots, fixed = self._placed.get(base) or self._place(base)
        values = {
            "title": escape(fragment.title).encode(),
            "description": escape(fragment.description).encode(),
            "main": fragment.main.encode(),
            "address": path.encode(),
        }
        page = [fixed[0]]
        for name, piece in zip(slots, fixed[1:], strict=True):
            page += (values[name], piece)
        return b"".join(page)

    def _place(self, base: str) -> tuple[list[str], list[bytes]]:
        """The shell for pages at one depth: most slots are ways to the root, the same for all of them."""
        ways = {"base": base.encode(), "root": base[:-1].encode()}
        slots: list[str] = []
        fixed = [self._fixed[0]]
        for name, piece in zip(self._slots, self._fixed[1:], strict=True):
            if name in ways:
                fixed[-1] += ways[name] + piece
            else:
                slots.append(name)
                fixed.append(piece)
        self._placed[base] = slots, fixed
        return slots, fixed


def cut_loose(html: str, path: str) -> str:
    """A page made at ``path`` (folder, ending in "/" or ""), with every link of its own site made free of that place.

    Relative links are resolved and written from the slot ``base``, so that one shell serves pages at any depth.
    """

    def link(match: re.Match[str]) -> str:
        value = match.group(2)
        if not value or _ELSEWHERE.match(value):
            return match.group(0)
        return f'{match.group(1)}[[press:base]]{_resolve(path, value)}"'

    def config(match: re.Match[str]) -> str:
        text = _CONFIG_BASE.sub(r'\1[[press:root]]"', match.group(0))
        return _CONFIG_SEARCH.sub(lambda hit: f'{hit.group(1)}[[press:base]]{_resolve(path, hit.group(2))}"', text)

    return _CONFIG.sub(config, _LINK.sub(link, html))


def _resolve(path: str, value: str) -> str:
    target, mark, rest = value.partition("#")
    folder = "/" if target.endswith("/") else ""
    joined = posixpath.normpath(posixpath.join("/", path, target))[1:]
    return (f"{joined}{folder}" if joined else "") + mark + rest


class ShellSet:
    """All shells of one built site, read when first needed."""

    def __init__(self, site: Path) -> None:
        self._folder = site / FOLDER
        self._shells: dict[str, Shell] = {}

    def __getitem__(self, name: str) -> Shell:
        shell = self._shells.get(name)
        if shell is None:
            shell = self._shells[name] = Shell((self._folder / f"{name}.html").read_text(encoding="utf-8"))
        return shell


def names_of(pages: Mapping[str, str]) -> list[str]:
    """Shells that are missing among the pages a site builder made."""
    return [name for name in SHELLS if name not in pages]
