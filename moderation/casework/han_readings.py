"""Names in letters: how a name of Han is spelled (王小明: Wang Xiaoming, Xiaoming Wang), and which letters stand in a text.

Knows how letters are read (han_readings.toml), not people. Only sealed names are spelled so; what a text might name without
one is pinyin_names' concern.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice, product
from pathlib import Path

READINGS = Path(__file__).with_name("han_readings.toml")
MOST_SPELLINGS = 64
MOST_WORDS = 5
"""Words of a text that are read together: Ouyang Jing Hao, and 买买提 with his father's name."""
SHORTEST = 4
"""Letters of a whole name: fewer stand in too many words."""

_HAN = re.compile("[\u4e00-\u9fa5〇]{2,6}")
_WORD = re.compile("[a-z]+")
_BETWEEN = re.compile(r"[\s,.·'’_-]{1,3}")
# 吕 is written Lü, Lv, Lu, and Lyu in a passport.
_SPELLED = {"v": ("v", "yu", "u")}
_COMPOUND = re.compile(
    "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|司徒|司空|夏侯|宇文|长孙|端木|独孤|南宫|万俟|闻人|澹台|轩辕|呼延"
)


@cache
def _readings() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for syllable, letters in tomllib.loads(READINGS.read_text(encoding="utf-8")).items():
        for letter in letters:
            found[letter].append(syllable)
    return {letter: tuple(syllables) for letter, syllables in found.items()}


def spellings(name: str) -> frozenset[str]:
    """A name in small letters without spaces, surname first and last. Of a name in letters: its words in both orders."""
    written = unicodedata.normalize("NFKC", name).strip()
    if _HAN.fullmatch(written):
        family = 2 if _COMPOUND.match(written) else 1
        made: Iterator[str] = islice(_spelled(written, family), MOST_SPELLINGS)
    else:
        words = _WORD.findall(_small(written))
        made = iter(("".join(words), "".join((*words[1:], *words[:1])), "".join((*words[-1:], *words[:-1]))))
    return frozenset(each for each in made if len(each) >= SHORTEST)


def _spelled(written: str, family: int) -> Iterator[str]:
    for syllables in product(*map(_said, written)):
        first, last = "".join(syllables[:family]), "".join(syllables[family:])
        yield first + last
        yield last + first


def _said(letter: str) -> tuple[str, ...]:
    """Every spelling of one letter; none: nobody knows how it is read, and then the name is not spelled at all."""
    return tuple(
        syllable.replace("v", letters)
        for syllable in _readings().get(letter, ())
        for letters in _SPELLED.get(_vowel(syllable), ("",))
    )


def _vowel(syllable: str) -> str:
    return "v" if "v" in syllable else ""


def _small(text: str) -> str:
    """Small letters without the marks of tones; ü as v."""
    apart = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).lower().replace("ü", "v"))
    return "".join(letter for letter in apart.replace("u\u0308", "v") if not unicodedata.combining(letter))


def in_letters(text: str) -> frozenset[str]:
    """Every word in letters, and every two to five that stand together, joined: what a spelling is compared with."""
    return frozenset(joined for run in _runs(_small(text)) for joined in _joined(run))


def _runs(small: str) -> Iterator[list[str]]:
    run: list[str] = []
    end = 0
    for hit in _WORD.finditer(small):
        if run and not _BETWEEN.fullmatch(small[end : hit.start()]):
            yield run
            run = []
        run.append(hit.group())
        end = hit.end()
    if run:
        yield run


def _joined(run: Iterable[str]) -> Iterator[str]:
    words = list(run)
    for at in range(len(words)):
        for size in range(1, MOST_WORDS + 1):
            joined = "".join(words[at : at + size])
            if at + size <= len(words) and len(joined) >= SHORTEST:
                yield joined
