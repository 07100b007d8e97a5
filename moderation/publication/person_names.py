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
ENOUGH = 3.0
"""From here on it is a name: 张建国 alone reaches it, 张伟 needs a mark or a verb beside it, 高明 needs more than that.

At 3.5 one common name of six in sentences written afterwards was missed, at 2.5 the desk's own sentences were marked."""

_HAN = re.compile("[\u4e00-\u9fff]")
_CELL = re.compile(r"[\n|\t:：]| {2,}")
_BETWEEN = re.compile(r"[、，,；;/ \u3000]{1,4}")
_BULLET = re.compile(r"^[\s*#>\-·•（(\d.)）]+|[\s。.；;，,：:*]+$")
_ENDING = re.compile(r"\.(?:jpe?g|png|webp|pdf|docx?|xlsx?|txt|csv|zip|rar|ofd)$", re.IGNORECASE)
_FIRM = re.compile("公司|厂|集团|合作社|养殖场|加工|煤矿|学校|医院|超市|饭店|酒店|经营部|商行|工程|项目部")
_CLAN = "家氏姓"
# 牧场主, 经营者, 保洁员: a word that ends so is a person's.
_A_PERSON = "主者员户友"
_OF_A_PERSON = 2.0
# 镇环保办, 派出所: whose people are named without more.
_OF_AN_OFFICE = ("办", "所", "局", "科", "股", "队", "中心", "公司", "村", "社区")
# 搭了, 补装了: done by somebody, at some time.
_DONE = re.compile("[\u4e00-\u9fff]{1,2}[了过着]")
_ASKED = 4.0
"""A label with a colon before: 联系人：都琳."""
_ALSO_A_WORD = -1.5
_LONGEST_CELL = 60
_SHORTEST_DOTTED = 5
_SHORTEST_FOREIGN, _LONGEST_FOREIGN = 3, 8
_TELLING = 0.7
_ALL_TELL = 2.0
_LONGEST_FIRM = 12


@dataclass(frozen=True)
class Lexicon:
    """The words of person_names.toml; ``longest``: letters of the longest word behind a surname."""

    surnames: frozenset[str]
    everyday: frozenset[str]
    rare: frozenset[str]
    scarce: frozenset[str]
    compound: frozenset[str]
    placelike: frozenset[str]
    given: frozenset[str]
    weak_given: frozenset[str]
    never: frozenset[str]
    before: frozenset[str]
    maybe_before: frozenset[str]
    after: frozenset[str]
    maybe_after: frozenset[str]
    places: frozenset[str]
    words: frozenset[str]
    also_names: frozenset[str]
    joined: frozenset[str]
    syllables: frozenset[str]
    dotted: frozenset[str]
    parts: frozenset[str]

    def families(self) -> str:
        """Every surname of one letter."""
        return "".join(sorted(self.surnames | self.everyday | self.rare | self.scarce))

    def weight(self, family: str) -> float:
        """How far a surname speaks for a name."""
        if len(family) > 1:
            return 0.5 if family in self.placelike else 3.0
        return next((weight for letters, weight in self._weights() if family in letters), 0.0)

    def _weights(self) -> tuple[tuple[frozenset[str], float], ...]:
        return (self.surnames, 2.0), (self.everyday, 1.0), (self.rare, -0.5), (self.scarce, -2.0)


_LETTERS = ("surnames", "everyday", "rare", "scarce", "given", "weak_given", "never", "syllables", "dotted")


@cache
def lexicon() -> Lexicon:
    """Read once."""
    said: dict[str, str] = tomllib.loads(WORDS.read_text(encoding="utf-8"))["han"]
    letters = {name: frozenset("".join(said[name].split())) for name in _LETTERS}
    letters["dotted"] |= letters["syllables"]
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
    """买买提·艾山: names with a dot, told by the letters they are written with."""
    part = f"[{''.join(sorted(lexicon().dotted))}]{{1,10}}"
    return re.compile(f"{part}(?:[·•‧∙・]{part}){{1,3}}")


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
    found.update(dict.fromkeys(hit.group() for hit in _dotted().finditer(closed) if len(hit.group()) >= _SHORTEST_DOTTED))
    found.update(dict.fromkeys(_of_other_peoples(closed)))
    found.update(dict.fromkeys(_of_known_parts(closed)))
    return tuple(name for name in found if not any(name != other and name in other for other in found))


def _candidates(text: str) -> list[_Candidate]:
    return [made for hit in _starts().finditer(text) for made in _at(text, hit)]


def _at(text: str, hit: re.Match[str]) -> Iterator[_Candidate]:
    """What could be a name with this surname: with one letter behind it and with two."""
    start, body = hit.span()
    standing = _in_a_word(text, start)
    if standing is None:
        return
    family, before = lexicon().weight(hit.group()) + standing, None
    for size in (2, 1):
        given = _given(text[body : body + size], size)
        if given is None:
            continue
        before = _before(text, start) if before is None else before
        score = family + given + before + _behind(text, start, body + size)
        if score >= ENOUGH - 1.5:
            yield _Candidate(start, body + size, score)


def _in_a_word(text: str, start: int) -> float | None:
    """What speaks against a name here: nothing; a word that people are called as well (高明); None: a word, and no name."""
    known = lexicon()
    words = {text[start : start + size] for size in (2, 3, 4, 5)} & known.words
    if words - known.also_names or (start and any(text[max(0, start - size) : start + 1] in known.joined for size in (1, 2))):
        return None
    return _ALSO_A_WORD if words else 0.0


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
    if _after_one_of(known.before, text, start):
        return 3.0
    if start and text[start - 1] in ":(" and _after_one_of(known.before, text, start - 1):
        return _ASKED
    if start == 0 or not (text[start - 1].isalnum() or _HAN.match(text[start - 1])):
        return 2.0 if start and text[start - 1] in "，," and _after_one_of(known.before, text, start - 1) else 1.0
    if text[start - 1] in _A_PERSON and start > 1 and _HAN.match(text[start - 2]):
        return _OF_A_PERSON
    maybe = any(text[max(0, start - size) : start] in known.maybe_before for size in (1, 2, 3))
    return 1.0 if maybe or text[:start].endswith(_OF_AN_OFFICE) else 0.0


def _after_one_of(words: frozenset[str], text: str, at: int) -> bool:
    return any(text[max(0, at - size) : at] in words for size in range(2, 7))


def _behind(text: str, start: int, end: int) -> float:
    known = lexicon()
    if any(text[end : end + size] in known.after for size in range(1, 7)):
        return 3.0
    if text[end : end + 1] == "等" and any(text[end + 1 : end + 1 + size] in known.before for size in range(2, 5)):
        return 3.0
    if text[end - 1] in known.places and end - start > 1:
        return -3.5
    if any(text[end : end + size] in known.places for size in (1, 2, 3)):
        return -5.0
    if _names_a_firm(text[end : end + _LONGEST_FIRM]):
        return -2.0
    if end == len(text) or not text[end].isalnum():
        return 1.0
    if any(text[end : end + size] in known.maybe_after for size in (1, 2)) or _DONE.match(text, end):
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


def _of_other_peoples(text: str) -> Iterator[str]:
    """扎西多吉, 巴特尔: names without a surname, told by their letters and by what stands on both sides."""
    known, free = lexicon(), 0
    for at in range(len(text)):
        if at < free or text[at] not in known.syllables or any(text[at : at + size] in known.words for size in (2, 3, 4)):
            continue
        before = _before(text, at)
        found = _of_syllables(text, at, before) if before else ""
        free = at + len(found)
        if found:
            yield found


def _of_syllables(text: str, at: int, before: float) -> str:
    """The longest name of syllables that begins here; "": none. Two letters need a person's word before and an act behind."""
    known = lexicon()
    most = next((size for size in range(_LONGEST_FOREIGN) if text[at + size : at + size + 1] not in known.dotted), _LONGEST_FOREIGN)
    for size in range(most, 1, -1):
        telling = sum(letter in known.syllables for letter in text[at : at + size]) / size
        likely = before + _behind(text, at, at + size) + (_ALL_TELL if telling == 1 and size > _SHORTEST_FOREIGN else 0.0)
        if telling >= _TELLING and likely >= (ENOUGH if size >= _SHORTEST_FOREIGN else ENOUGH + 2.0):
            return text[at : at + size]
    return ""


@cache
def _known_parts() -> re.Pattern[str]:
    longest_first = sorted(lexicon().parts, key=lambda part: (-len(part), part))
    return re.compile(f"(?:{'|'.join(longest_first)}){{1,4}}")


def _of_known_parts(text: str) -> Iterator[str]:
    """达瓦次仁, 洛桑: made of given names that are known; one alone needs more beside it than two."""
    for hit in _known_parts().finditer(text):
        size = len(hit.group())
        likely = _before(text, hit.start()) + _behind(text, hit.start(), hit.end()) + (3.0 if size > _SHORTEST_FOREIGN else 1.5)
        if size > 1 and likely >= ENOUGH:
            yield hit.group()
