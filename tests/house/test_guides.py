"""The guides speak of the product as it is: what they put in quotes stands on a page, and their commands can be typed."""

import re
from pathlib import Path

import pytest

from moderation.cli import help_page

PROJECT = Path(__file__).parents[2]
GUIDES = sorted((PROJECT / "site_docs" / "guide").glob("*.md"))
EXAMPLES = {
    "第一天做什么": "what every guide begins with, not a button",
    "三场硬仗、九大专项治理": "the name of a programme",
    "张某某": "a name made unreadable",
    "姓名、联系人、责任人": "headings of a table",
}
"""Words in quotes that stand on no page of the product, and what they are."""
SOURCES = {".html", ".py", ".toml", ".js", ".yml"}


@pytest.fixture(scope="module")
def product() -> str:
    """All words of templates, code, rules and theme."""
    folders = ("portal", "moderation", "build")
    paths = (path for folder in folders for path in (PROJECT / folder).rglob("*") if path.suffix in SOURCES)
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_buttons_and_pages_that_a_guide_names_are_called_so(guide: Path, product: str) -> None:
    named = set(re.findall("“([^”]+)”", guide.read_text(encoding="utf-8"))) - set(EXAMPLES)

    assert sorted(words for words in named if words not in product) == []


def test_what_is_only_an_example_is_still_in_a_guide() -> None:
    together = "".join(path.read_text(encoding="utf-8") for path in GUIDES)

    assert [words for words in EXAMPLES if f"“{words}”" not in together] == []


def test_a_command_in_a_guide_is_one_of_ours() -> None:
    known = set(re.findall(r"[a-z][a-z-]+", help_page()))
    named = {
        (path.stem, verb)
        for path in GUIDES
        for verb in re.findall(r"\./disclosure ([a-z][a-z-]+)", path.read_text(encoding="utf-8"))
    }

    assert named
    assert sorted(pair for pair in named if pair[1] not in known) == []


def test_a_picture_in_a_guide_is_there_and_says_what_it_shows() -> None:
    for path in GUIDES:
        for words, place in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", path.read_text(encoding="utf-8")):
            assert len(words) > 5, path
            assert (path.parent / place).is_file(), place
