"""Text as people type it, made safe to keep: no invisible characters that reorder or hide words. Says nothing about meaning."""

from __future__ import annotations

import re
import unicodedata

# Direction overrides can make a name read backwards; zero-width marks split a word so that no search finds it.
_REORDERING = "\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c"
_HIDDEN = "\u200b\u2060\ufeff\u00ad\u180e\ufff9-\ufffb\U000e0000-\U000e007f"
_UNWANTED = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff{_REORDERING}{_HIDDEN}]")
_BLANK_RUN = re.compile(r"\n{4,}")


def clean_text(typed: str) -> str:
    """Paragraphs as typed, without control, reordering or hidden characters; line ends as \\n, ends trimmed."""
    text = typed.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return _BLANK_RUN.sub("\n\n\n", _UNWANTED.sub("", text)).strip()


def clean_line(typed: str) -> str:
    """One line as typed, cleaned like :func:`clean_text`, its blanks single."""
    return " ".join(clean_text(typed).split())


def plain_digits(typed: str) -> str:
    """Full-width and other digits as 0–9, for telephone numbers."""
    return "".join(str(unicodedata.digit(mark)) if unicodedata.digit(mark, None) is not None else mark for mark in typed)


def clean_file_name(name: str) -> str:
    """A file's name for people to read: no folder, no control character, at most 120 characters, never empty."""
    last = clean_line(re.split(r"[/\\]", name)[-1]).strip(". ")
    return (last[:80] + "…" + last[-30:] if len(last) > 120 else last) or "未命名"
