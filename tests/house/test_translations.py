"""English stands beside Chinese: no sentence marked for translation is left untranslated, and no slot is lost."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from moderation import models
from moderation.console.navigation import entries
from portal.core.catalogue import SOURCE, TRANSLATIONS, catalogue, tags
from tests.house.said_in_python import said_in_python

ROOT = Path(__file__).parents[2]
PLACES = ("portal", "moderation", "build/theme")
METHODS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")]
SLOT = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
HAN = re.compile(r"[㐀-鿿]")
LANGUAGES = [tag for tag in tags() if tag != SOURCE]


@cache
def source_strings() -> dict[str, str]:
    """Every sentence marked for translation → where it stands."""
    found: dict[str, str] = {}
    for place in PLACES:
        extracted = extract_from_dir(str(ROOT / place), METHODS, options_map={"**.html": {"encoding": "utf-8"}})
        for filename, line, message, _comments, _context in extracted:
            for text in [message] if isinstance(message, str) else message:
                if isinstance(text, str) and HAN.search(text):
                    found.setdefault(text, f"{place}/{filename}:{line}")
    for text in question_strings():
        found.setdefault(text, "portal/core/rules/questions:0")
    for entry in entries():
        for text in (entry.section, entry.label):
            found.setdefault(text, "moderation/console/navigation.py:0")
    return found


def question_strings() -> set[str]:
    """What the report form asks is data, and read by citizens all the same."""
    said: set[str] = set()
    for path in (ROOT / "portal" / "core" / "rules" / "questions").glob("*.toml"):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        for row in (*data["acts"], *data["stops"], *data["questions"]):
            said |= {row[name] for name in ("label", "hint", "title", "text") if row.get(name)} | set(row.get("choices", ()))
    return said


@cache
def translated(tag: str) -> dict[str, str]:
    with (TRANSLATIONS / tag / "LC_MESSAGES" / "messages.po").open("rb") as stream:
        return {
            (message.id if isinstance(message.id, str) else message.id[0]): (
                message.string if isinstance(message.string, str) else message.string[0]
            )
            for message in read_po(stream)
            if message.id and message.string and not message.fuzzy
        }


def test_sentences_are_found_at_all() -> None:
    assert "跳到正文" in source_strings()
    assert "en" in LANGUAGES


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_sentence_is_translated(tag: str) -> None:
    missing = [f"{where}: {text}" for text, where in source_strings().items() if text not in translated(tag)]

    assert not missing, f"{len(missing)} sentences without {tag}:\n" + "\n".join(sorted(missing))


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_sentence_made_in_python_is_translated(tag: str) -> None:
    """States, acts, refusals, arithmetic: as whole sentences or as shapes with slots. Words of closed lists bring their English."""
    models.load_all()
    catalogue.cache_clear()
    known = catalogue(tag).messages

    missing = [f"{where}: {text}" for text, where in said_in_python().items() if text not in known]

    assert not missing, f"{len(missing)} sentences without {tag}:\n" + "\n".join(sorted(missing))


def test_sentences_made_in_python_are_found_at_all() -> None:
    said = said_in_python()

    assert "已加 {0} 份材料" in said
    assert "“{0}”状态下，您的岗位不能“{1}”" in said
    assert "信访工作条例 第三十条" not in said


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_translation_keeps_every_slot_and_no_chinese(tag: str) -> None:
    for text, words in translated(tag).items():
        assert sorted(SLOT.findall(text)) == sorted(SLOT.findall(words)), text
        assert not HAN.search(re.sub(r"[（(「“\"\[].*?[）)」”\"\]]", "", words)) or tag.startswith("zh"), f"{text} → {words}"
