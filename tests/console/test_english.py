"""An English desk shows no Chinese but data: every page of every desk of the demo, as each of the cast sees it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest

from portal.core.catalogue import catalogue
from tests.console.walk import Face
from tests.house.said_in_python import CITATION, said_in_python

HAN = re.compile(r"[\u3400-\u9fff]")
QUOTED = re.compile(r"[“\[].*?[”\]]")
# Where a language cannot be said (options and titles), or text is data being written.
UNMARKED = frozenset({"title", "option", "textarea", "script"})


@dataclass
class Seen:
    """What an English page shows in Chinese: ``bare`` without a mark, ``marked`` with one."""

    bare: list[str] = field(default_factory=list)
    marked: list[str] = field(default_factory=list)


class Reader(HTMLParser):
    """Reads the text of a page with the language it stands in."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, str | None]] = []
        self.seen = Seen()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"br", "img", "input", "meta", "link", "hr", "wbr", "col"}:
            self.open.append((tag, dict(attrs).get("lang")))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not HAN.search(data) or (self.open and self.open[-1][0] in UNMARKED):
            return
        said = next((language for _tag, language in reversed(self.open) if language), None)
        (self.seen.marked if said == "zh-Hans" else self.seen.bare).append(data.strip())


@pytest.mark.browser
def test_no_page_of_any_desk_shows_chinese_that_is_not_data(faces: tuple[Face, ...]) -> None:
    ours = {said for said in said_in_python() if not CITATION.search(said)} | set(catalogue("en").messages)
    wrong: list[str] = []

    for face in faces:
        reader = Reader()
        reader.feed(face.text)
        # An English sentence may quote the Chinese word it asks for.
        bare = [said for said in reader.seen.bare if HAN.search(QUOTED.sub("", said))]
        wrong += [f"{face.address}: without a mark: {said}" for said in bare]
        wrong += [f"{face.address}: not translated: {said}" for said in reader.seen.marked if said in ours]

    assert wrong == []
    assert len(faces) > 100, "the walk goes through the desks"


@pytest.mark.browser
def test_a_page_in_english_says_that_records_stay_chinese(faces: tuple[Face, ...]) -> None:
    text = next(face.text for face in faces if face.login == "zuzhang")

    assert "Records and letters stay in Chinese" in text
    assert '<html id="dazi" lang="en">' in text
