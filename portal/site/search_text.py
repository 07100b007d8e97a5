"""Which words of a record can be searched: in one width and case, without Markdown marks. assets/search.js does the same.

Written for 100,000 records: everything is done for a whole record at once, since a call for each piece of text took twice
the time of all the rest of a search base.
"""

from __future__ import annotations

import json
import re
import unicodedata
from array import array
from functools import lru_cache
from typing import Any

from portal.core.public_record import PublicRecord

_NOT_WORDS = frozenset(
    "salt html file anchor code tone phase subject revision updated_at state width height size".split()  # noqa: SIM905
)
_MARKS = "*_`#>|"
_BETWEEN = "\0"
"""Stands between pieces while they are folded together; no record may hold it."""

_TO_FOLD = re.compile("[^\u4e00-\u9fff0-9a-z\0\u3001\u3002\u300a\u300b\u2014\u201c\u201d .,:()%;-]")
_PLAIN = re.compile("[0-9a-z]")
_RUNS = re.compile(r"[0-9a-z]+(?:[^0-9a-z\n]{1,2}[0-9a-z]+)*")
_ALONE = ((0, 0x300), (0x2010, 0x2060), (0x2100, 0x2400), (0x2460, 0x2800), (0x3001, 0x302A), (0x4E00, 0xA000))
"""Where letters neither join with their neighbours nor change beside them, so that each can be folded by itself."""


def text_of(record: PublicRecord) -> str:
    """The searchable text, one line a piece, so that no hit runs from one field into the next."""
    return text_of_bytes(record.canonical())


def text_of_bytes(canonical: bytes) -> str:
    """The same from a record's canonical JSON, whose keys stand in order."""
    pieces: list[str] = []
    _gather(json.loads(canonical), pieces)
    return "\n".join(filter(None, _fold(_BETWEEN.join(pieces)).split(_BETWEEN)))


def folded(text: str) -> str:
    """One width, one case, no Markdown marks, single spaces: what text and question are compared in."""
    return _fold(text)


def _gather(value: Any, pieces: list[str]) -> None:
    """Every piece of text that a reader could look for, in the order of the canonical bytes."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in _NOT_WORDS:
                if type(inner) is str:
                    pieces.append(inner)
                else:
                    _gather(inner, pieces)
    elif isinstance(value, list):
        for inner in value:
            _gather(inner, pieces)
    elif isinstance(value, str):
        pieces.append(value)


class _Folded(dict[str, str | None]):
    """What each letter becomes; None for a letter that changes with its neighbours."""

    def __missing__(self, letter: str) -> str | None:
        plain = unicodedata.normalize("NFKC", letter).lower()
        alone = all(any(first <= ord(each) < last for first, last in _ALONE) for each in plain)
        self[letter] = found = "".join(each for each in plain if each not in _MARKS) if alone else None
        return found


_FOLDED = _Folded()


def _fold(text: str) -> str:
    odd = {letter: _FOLDED[letter] for letter in set(_TO_FOLD.findall(text))}
    if None in odd.values():
        text = unicodedata.normalize("NFKC", text).lower()
        odd = dict.fromkeys(_MARKS, "")
    for letter, plain in odd.items():
        if plain != letter:
            text = text.replace(letter, plain or "")
    return " ".join(text.split()).replace(f" {_BETWEEN}", _BETWEEN).replace(f"{_BETWEEN} ", _BETWEEN)


def pairs_of(text: str) -> set[int]:
    """Every pair of neighbouring letters, each as one number of two 16-bit units: half the time of pairs as text."""
    units = text.encode("utf-16-le", "surrogatepass")
    even, odd = len(units) // 4 * 4, (len(units) - 2) // 4 * 4
    return set(array("I", units[:even])).union(array("I", units[2 : 2 + odd]))


def runs_of(text: str) -> set[str]:
    """Every three neighbouring letters with a digit or Latin letter among them, and every five with three or more.

    Pairs of digits stand in nearly every record, so that for numbers pairs alone would point at hundreds of wrong ones;
    a record with five dates holds most threes of a sixth.
    """
    found: set[str] = set()
    for run in _RUNS.finditer(text):
        found |= _parts(text[max(0, run.start() - 2) : run.end() + 2])
    return found


# Days, numbers and units stand in many records.
@lru_cache(maxsize=1 << 12)
def _parts(run: str) -> frozenset[str]:
    fives = (five for five in (run[at : at + 5] for at in range(len(run) - 4)) if len(_PLAIN.findall(five)) > 2)
    threes = (three for three in (run[at : at + 3] for at in range(len(run) - 2)) if _PLAIN.search(three))
    return frozenset(part for part in (*threes, *fives) if "\n" not in part)
