"""Finds names of persons in Chinese prose, table cells and file names, with or without a title beside them.

A surname and one or two letters are weighed with what stands before and behind: verbs of saying, 村民, 同志, a list, a cell
that holds nothing else. Knows words (person_names.toml), not the database; a doubtful case counts as a name, since two
people can let it stand. How often it is right is measured in tests/moderation/publication/test_person_names.py.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

WORDS = Path(__file__).with_name("person_names.toml")
ENOUGH = 4.0
"""From here on it is a name: 张建国 alone reaches it, 张伟 needs a mark or a verb beside it, 高明 needs more than that."""

_HAN = re.compile("[\u4e00-\u9fff]")
_CELL = re.compile(r"[\n|\t:：]| {2,}")
_BETWEEN = re.compile(r"[、，,；;/ \u3000]{1,4}")
_BULLET = re.compile(r"^[\s*#>\-·•（(\d.)）]+|[\s。.；;，,：:*]+$")
_ENDING = re.compile(r"\.(?:jpe?g|png|webp|pdf|docx?|xlsx?|txt|csv|zip|rar|ofd)$", re.IGNORECASE)
_FIRM = re.compile("公司|厂|集团|合作社|养殖场|加工|煤矿|学校|医院|超市|饭店|酒店|经营部|商行|工程|项目部")
_CLAN = "家氏姓"
_LONGEST_CELL = 60
_LONGEST_FIRM = 12


@dataclass(frozen=True)
class Lexicon:
    """The words of person_names.toml; ``longest``: letters of the longest word behind a surname."""

    surnames: frozenset[str]
    everyday: frozenset[str]
    rare: frozenset[str]
    compound: frozenset[str]
    given: frozenset[str]
    weak_given: frozenset[str]
    never: frozenset[str]
    before: frozenset[str]
    maybe_before: frozenset[str]
    after: frozenset[str]
    maybe_after: frozenset[str]
    places: frozenset[str]
    words: frozenset[str]
    joined: frozenset[str]
    syllables: frozenset[str]

    def families(self) -> str:
        """Every surname of one letter."""
        return "".join(sorted(self.surnames | self.everyday | self.rare))

    def weight(self, family: str) -> float:
        """How far a surname speaks for a name."""
        if len(family) > 1:
            return 3.0
        return 2.0 if family in self.surnames else 1.0 if family in self.everyday else -0.5


_LETTERS = ("surnames", "everyday", "rare", "given", "weak_given", "never", "syllables")


@cache
def lexicon() -> Lexicon:
    """Read once."""
    said: dict[str, str] = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    letters = {name: frozenset("".join(said[name].split())) for name in _LETTERS}
    return Lexicon(**letters, **{name: frozenset(words.split()) for name, words in said.items() if name not in _LETTERS})


@cache
def _starts() -> re.Pattern[str]:
    known = lexicon()
    return re.compile(f"(?P<two>{'|'.join(sorted(known.compound))})|[{known.families()}]")


@cache
def _padded() -> re.Pattern[str]:
    """张　伟: in tables a name of two letters is spread to the width of three."""
    return re.compile(f"(?<![\u4e00-\u9fff])([{lexicon().families()}])[ \u3000]{{1,4}}([\u4e00-\u9fff])(?![\u4e00-\u9fff])")


@cache
def _dotted() -> re.Pattern[str]:
    """买买提·艾山: names with a dot, told by the syllables they are made of."""
    part = f"[{''.join(sorted(lexicon().syllables))}]{{2,10}}"
    return re.compile(f"{part}[·•‧]{part}")


@dataclass(frozen=True)
class _Candidate:
    start: int
    end: int
    score: float


def names(text: str) -> tuple[str, ...]:
    """Every name in ``text``, as written there (spread ones closed up), each once. ``text`` is NFKC."""
    closed = _ENDING.sub("", _padded().sub(r"\1\2", text))
    found = dict.fromkeys(closed[each.start : each.end] for each in _chosen(_candidates(closed)))
    for cell in _CELL.split(closed):
        found.update(dict.fromkeys(_in_cell(_BULLET.sub("", cell))))
    found.update(dict.fromkeys(hit.group() for hit in _dotted().finditer(closed)))
    return tuple(name for name in found if not any(name != other and name in other for other in found))


def _candidates(text: str) -> list[_Candidate]:
    return [made for hit in _starts().finditer(text) for made in _at(text, hit)]


def _at(text: str, hit: re.Match[str]) -> Iterator[_Candidate]:
    """What could be a name with this surname: with one letter behind it and with two."""
    start, body = hit.span()
    if _stands_in_a_word(text, start):
        return
    family, before = lexicon().weight(hit.group()), None
    for size in (2, 1):
        given = _given(text[body : body + size], size)
        if given is None:
            continue
        before = _before(text, start) if before is None else before
        score = family + given + before + _behind(text, start, body + size)
        if score >= ENOUGH - 1.5:
            yield _Candidate(start, body + size, score)


def _stands_in_a_word(text: str, start: int) -> bool:
    known = lexicon()
    if any(text[start : start + size] in known.words for size in (2, 3, 4, 5)):
        return True
    return start > 0 and any(text[max(0, start - size) : start + 1] in known.joined for size in (1, 2))


def _given(letters: str, size: int) -> float | None:
    """How like a given name; None: no given name at all."""
    known = lexicon()
    if len(letters) < size or letters in _CLAN or any(letter in known.never or not _HAN.match(letter) for letter in letters):
        return None
    if size == 1:
        return 0.5 if letters in known.weak_given else 1.5 if letters in known.given else -1.0
    shares = (0.4 if letter in known.weak_given else 1.0 if letter in known.given else -1.0 for letter in letters)
    return sum(shares) + (0.5 if letters[0] == letters[1] else 0.0)


def _before(text: str, start: int) -> float:
    known = lexicon()
    if any(text[max(0, start - size) : start] in known.before for size in range(2, 6)):
        return 3.0
    if start == 0 or not (text[start - 1].isalnum() or _HAN.match(text[start - 1])):
        return 1.0
    return 1.0 if any(text[max(0, start - size) : start] in known.maybe_before for size in (1, 2)) else 0.0


def _behind(text: str, start: int, end: int) -> float:
    known = lexicon()
    if any(text[end : end + size] in known.after for size in range(1, 6)):
        return 3.0
    if text[end - 1] in known.places and end - start > 1:
        return -3.0
    if any(text[end : end + size] in known.places for size in (1, 2, 3)):
        return -5.0
    if _names_a_firm(text[end : end + _LONGEST_FIRM]):
        return -2.0
    if end == len(text) or not text[end].isalnum():
        return 1.0
    if any(text[end : end + size] in known.maybe_after for size in (1, 2)):
        return 1.0
    # 冯国林参观: the name may go on.
    return -0.5 if text[end] in known.given else 0.0


def _names_a_firm(rest: str) -> bool:
    """金鑫源化工有限公司: nothing but name up to the word for a firm."""
    found = _FIRM.search(rest)
    return found is not None and not any(letter in lexicon().never or not _HAN.match(letter) for letter in rest[: found.start()])


def _chosen(candidates: list[_Candidate]) -> Iterator[_Candidate]:
    """Names that stand beside one another in a list speak for one another; of two that overlap the likelier stays."""
    ends, starts = {each.end for each in candidates}, {each.start for each in candidates}
    sure = [each for each in (_with_neighbours(each, ends, starts) for each in candidates) if each.score >= ENOUGH]
    taken: set[int] = set()
    for each in sorted(sure, key=lambda found: (-found.score, found.start - found.end)):
        places = set(range(each.start, each.end))
        if not places & taken:
            taken |= places
            yield each


def _with_neighbours(found: _Candidate, ends: set[int], starts: set[int]) -> _Candidate:
    beside = (found.start - 1 in ends) + (found.end + 1 in starts)
    return _Candidate(found.start, found.end, found.score + 1.5 * beside)


def _in_cell(cell: str) -> Iterator[str]:
    """A cell, a line or a file name that is a name, or names and nothing else."""
    if not 2 <= len(cell) <= _LONGEST_CELL:
        return
    pieces = _BETWEEN.split(cell)
    made = [_whole(piece) for piece in pieces]
    if all(made):
        yield from pieces


def _whole(piece: str) -> bool:
    hit = _starts().match(piece)
    if hit is None or not 1 <= len(piece) - hit.end() <= 2:
        return False
    return any(each.end == len(piece) and each.score + 1.0 >= ENOUGH for each in _at(piece, hit))
