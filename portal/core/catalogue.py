"""Translations as plain .po files: reading one, and looking a sentence up. Knows no web; the apps and the site choose the language.

Source strings are zh-Hans. A further language is a file ``portal/translations/<tag>/LC_MESSAGES/messages.po`` and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from gettext import c2py
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.pofile import read_po

from portal.core.vocabulary import Term

SOURCE = "zh-Hans"
SOURCE_NAME = "中文"
TRANSLATIONS = Path(__file__).parent.parent / "translations"


@dataclass(frozen=True)
class Catalogue:
    """Translations of one language. ``messages``: source string → one string a plural form."""

    messages: Mapping[str, tuple[str, ...]]
    plural: Callable[[int], int]

    def one(self, text: str) -> str:
        """The sentence in this language; the source sentence where nobody has translated it yet."""
        found = self.messages.get(text)
        return found[0] if found and found[0] else text

    def fitting(self, text: str, values: Iterable[object]) -> str:
        """The form of a sentence with slots that fits the first whole number among ``values``; without one, the last form."""
        found = self.messages.get(text)
        if not found or len(found) == 1:
            return self.one(text)
        number = next((whole for value in values if (whole := _whole(value)) is not None), None)
        return found[-1 if number is None else min(self.plural(number), len(found) - 1)]

    def many(self, singular: str, plural: str, number: int) -> str:
        """The form of the sentence that fits ``number``."""
        found = self.messages.get(singular)
        if not found:
            return singular if number == 1 else plural
        return found[min(self.plural(number), len(found) - 1)]


def _whole(value: object) -> int | None:
    text = str(value).replace(",", "")
    return int(text) if text.isdecimal() else None


EMPTY = Catalogue({}, lambda _number: 0)


@cache
def tags() -> tuple[str, ...]:
    """The languages there are, the source first."""
    return (SOURCE, *sorted(path.parent.parent.name for path in TRANSLATIONS.glob("*/LC_MESSAGES/messages.po")))


@cache
def catalogue(tag: str) -> Catalogue:
    """Reads a language's .po file once; the source language needs none. Strings marked fuzzy are not used."""
    if tag == SOURCE:
        return EMPTY
    with (TRANSLATIONS / tag / "LC_MESSAGES" / "messages.po").open("rb") as stream:
        read = read_po(stream)
    forms: dict[str, tuple[str, ...]] = {}
    for message in read:
        if message.id and message.string and not message.fuzzy:
            source = message.id if isinstance(message.id, str) else message.id[0]
            forms[source] = (message.string,) if isinstance(message.string, str) else tuple(message.string)
    # The header of the file says which form fits which number: one in Uyghur, three in Russian.
    return Catalogue(_terms(tag) | forms, c2py(read.plural_expr))


def _terms(tag: str) -> dict[str, tuple[str, ...]]:
    """The closed lists bring their own English (vocabulary.Term); a .po file may still say it better."""
    if tag != "en":
        return {}
    lists = [Term]
    for each in lists:
        lists.extend(each.__subclasses__())
    return {word.zh: (word.en,) for each in lists for word in each}


@cache
def own_name(tag: str) -> str:
    """What the language calls itself; the tag where nobody has written that down."""
    locale = _locale(tag)
    return SOURCE_NAME if tag == SOURCE else str((locale and locale.get_display_name()) or tag)


@cache
def is_right_to_left(tag: str) -> bool:
    """Whether lines of the language run from the right, as in Uyghur."""
    locale = _locale(tag)
    return locale is not None and locale.text_direction == "rtl"


def _locale(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return None
