"""Finds names written in letters: Zhang San, ZHANG San, San Zhang in a text; zhangsan, zhang_san, ZhangSan in the name of a file.

Knows syllables and surnames (person_names.toml), not people. Small letters alone are read as a name only where a whole cell or
the name of a file is one: in running text too many words are spelled like one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache

from moderation.publication.person_names import WORDS

_PAIR = re.compile(
    r"(?<![A-Za-z@./])(?P<one>[A-Z][a-z]+|[A-Z]{2,})[ ,·]{1,2}"
    r"(?P<other>[A-Z][a-z]+(?:['’-]?[A-Za-z]?[a-z]+)?|[A-Z]{2,})(?![A-Za-z@])"
)
_CAMEL = re.compile(r"(?<![A-Za-z@./])(?P<one>[A-Z][a-z]+)(?P<other>[A-Z][a-z]+)(?![A-Za-z@])")
_WHOLE = r"(?P<whole>[A-Za-z]+(?:[_\-. ][A-Za-z]+){0,2})"
_ENDING = r"[_\-. ]?\d*\.(?:jpe?g|png|webp|pdf|docx?|xlsx?|txt|zip)\b"
_FILE = re.compile(rf"(?<![A-Za-z@./]){_WHOLE}{_ENDING}", re.IGNORECASE)
_CELL = re.compile(rf"\s*{_WHOLE}\s*")
_MOST_SYLLABLES = 2
_SHORTEST = 5
"""Letters of surname and given name together: Li Na has four, and so have too many abbreviations in capitals."""


@cache
def _said() -> dict[str, str]:
    found: dict[str, str] = tomllib.loads(WORDS.read_text(encoding="utf-8"))["pinyin"]
    return found


@cache
def _surnames() -> frozenset[str]:
    return frozenset(_said()["surnames"].split())


@cache
def _other_words() -> frozenset[str]:
    return frozenset(_said()["words"].split())


@cache
def _given() -> re.Pattern[str]:
    """One syllable or two, and nothing else."""
    syllables = {each for name, row in _said().items() if name not in {"surnames", "words"} for each in row.split()}
    choice = "|".join(sorted(syllables, key=lambda each: (-len(each), each)))
    return re.compile(f"(?:{choice})(?:['’-]?(?:{choice}))?")


def _is_name(one: str, other: str) -> bool:
    """Surname and given name, or the other way round. Both in small letters."""
    if one + other in _other_words() or {one, other} <= _other_words():
        return False
    return any(first in _surnames() and _given().fullmatch(last) for first, last in ((one, other), (other, one)))


def _apart(letters: str) -> Iterator[tuple[str, str]]:
    """zhangsan → zhang, san: every way to split a word behind a surname."""
    return ((letters[:at], letters[at:]) for at in range(2, len(letters) - 1) if letters[:at] in _surnames())


def _whole(words: str) -> bool:
    """A file name or a cell that is a name and nothing else."""
    parts = [part.lower() for part in re.split(r"[_\-. ]", words)]
    if len(parts) == 1:
        known = parts[0] in _other_words() or len(parts[0]) < _SHORTEST
        return not known and any(_given().fullmatch(last) for _, last in _apart(parts[0]))
    return _is_name(parts[0], "".join(parts[1:])) or (len(parts) > _MOST_SYLLABLES and _is_name(parts[-1], "".join(parts[:-1])))


def names(text: str) -> tuple[str, ...]:
    """Every name in letters, as written there, each once. ``text`` is NFKC."""
    found: dict[str, None] = {}
    text = text.replace("ü", "v").replace("Ü", "V")
    for pattern in (_PAIR, _CAMEL):
        for hit in pattern.finditer(text):
            one, other = hit["one"].lower(), re.sub("['’-]", "", hit["other"].lower())
            if len(one + other) >= (_SHORTEST if hit.group().isupper() else _SHORTEST - 1) and _is_name(one, other):
                found[hit.group()] = None
    for hit in (*_FILE.finditer(text), *filter(None, [_CELL.fullmatch(text)])):
        if _whole(hit["whole"]):
            found[hit["whole"]] = None
    return tuple(found)
