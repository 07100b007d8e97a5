"""Full-text search over working summaries, from two characters on, newest first, on the database's own index.

A shadow row holds each text as overlapping pairs of characters ("料场 场扬 扬尘"). SQLite indexes it with FTS5, PostgreSQL as a
tsvector with GIN. Reporters' words are in neither.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, TypeVarTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Integer,
    Select,
    Text,
    and_,
    column,
    event,
    false,
    insert,
    literal_column,
    or_,
    select,
    table,
    text,
    update,
)
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, Mapper, Session, mapped_column

from moderation.casework.letters import Letter, LetterText
from portal.core.db import OfficeBase, Protection, protect

Columns = TypeVarTuple("Columns")
_RUNS = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"[A-Za-z]{0,4}[0-9][A-Za-z0-9〔〕号*＊-]{3,}")


class LetterSearch(OfficeBase):
    """The shadow of one letter's text. ``position`` rises with arrival, so that newest first is a walk along one index."""

    __tablename__ = "letter_search"
    position: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), unique=True)
    grams: Mapped[str] = mapped_column(Text, comment="overlapping pairs of characters, blanks between")


_ADD = "INSERT INTO letter_words(rowid, grams) VALUES (NEW.position, NEW.grams);"
_DROP = "INSERT INTO letter_words(letter_words, rowid, grams) VALUES ('delete', OLD.position, OLD.grams);"
protect(
    OfficeBase,
    Protection(
        "letter_words",
        sqlite=(
            "CREATE VIRTUAL TABLE letter_words USING fts5(grams, content='letter_search', content_rowid='position', "
            'tokenize="unicode61 remove_diacritics 0")',
            f"CREATE TRIGGER letter_words_in AFTER INSERT ON letter_search BEGIN {_ADD} END",
            f"CREATE TRIGGER letter_words_out AFTER DELETE ON letter_search BEGIN {_DROP} END",
            f"CREATE TRIGGER letter_words_over AFTER UPDATE OF grams ON letter_search BEGIN {_DROP} {_ADD} END",
        ),
        postgresql=(
            "CREATE TABLE letter_words (position bigint PRIMARY KEY REFERENCES letter_search(position) ON DELETE CASCADE, "
            "words tsvector NOT NULL)",
            "CREATE INDEX ix_letter_words_words ON letter_words USING gin (words)",
            "CREATE FUNCTION letter_words_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "INSERT INTO letter_words VALUES (NEW.position, array_to_tsvector(array_remove(string_to_array(NEW.grams, ' '), ''))) "
            "ON CONFLICT (position) DO UPDATE SET words = EXCLUDED.words; RETURN NULL; END $$",
            "CREATE TRIGGER letter_words_row AFTER INSERT OR UPDATE OF grams ON letter_search "
            "FOR EACH ROW EXECUTE FUNCTION letter_words_kept()",
        ),
    ),
)
_WORDS = table("letter_words", column("rowid"), column("position"), column("words"))


def _runs(words: str) -> list[str]:
    return _RUNS.findall(unicodedata.normalize("NFKC", words).lower())


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)] or [run]


def grams_of(words: str) -> str:
    """The shadow of a text. A mark between two words keeps their pairs apart."""
    return " ".join(" ".join(_pairs(run)) for run in _runs(words))


def _index(connection: Connection, letter_text: LetterText) -> None:
    words = grams_of("\n".join(part for part in (letter_text.summary, letter_text.place, letter_text.target) if part))
    own = LetterSearch.letter_id == letter_text.letter_id
    if connection.scalar(select(LetterSearch.position).where(own)) is None:
        connection.execute(insert(LetterSearch).values(letter_id=letter_text.letter_id, grams=words))
    else:
        connection.execute(update(LetterSearch).where(own, LetterSearch.grams != words).values(grams=words))


@event.listens_for(LetterText, "after_insert")
@event.listens_for(LetterText, "after_update")
def _text_written(_mapper: Mapper[Any], connection: Connection, letter_text: LetterText) -> None:
    _index(connection, letter_text)


MOST_NUMBERS = 1001


def is_number(words: str) -> bool:
    """Whether somebody looks for a letter by its number."""
    return _NUMBER.fullmatch(words.strip()) is not None


def of_number(words: str) -> ColumnElement[bool]:
    """Letters whose number, ours or upstream, is or begins with this: the last few of them where half of all begin so."""
    begun = words.strip()
    end = f"{begun}\uffff"
    return or_(*(
        Letter.id.in_(select(Letter.id).where(number.between(begun, end)).order_by(number.desc()).limit(MOST_NUMBERS))
        for number in (Letter.number, Letter.upstream_number)
    ))  # fmt: skip


def newest_first(session: Session) -> ColumnElement[Any]:
    """The order of what `matching` finds: the index itself is walked backwards, so that a common word costs no sorting."""
    return _WORDS.c.rowid.desc() if session.get_bind().dialect.name == "sqlite" else LetterSearch.position.desc()


def matching(session: Session, query: Select[*Columns], words: str) -> Select[*Columns]:
    """``query`` over Letter, only where every word stands in the text. A single character finds nothing."""
    runs = [run for run in _runs(words) if len(run) > 1]
    sqlite = session.get_bind().dialect.name == "sqlite"
    own = _WORDS.c.rowid if sqlite else _WORDS.c.position
    joined = query.join(LetterSearch, LetterSearch.letter_id == Letter.id).join(_WORDS, own == LetterSearch.position)
    if not runs:
        return joined.where(false())
    return joined.where(_sqlite(runs) if sqlite else _postgresql(runs))


def _sqlite(runs: Sequence[str]) -> ColumnElement[bool]:
    phrases = " AND ".join('"' + " ".join(_pairs(run)) + '"' for run in runs)
    return literal_column("letter_words").op("MATCH", is_comparison=True)(phrases)


def _postgresql(runs: Sequence[str]) -> ColumnElement[bool]:
    """Every pair by the index, then longer words by their order in the shadow."""
    # Written out, not bound: with a bound word PostgreSQL soon plans for any word, and reads the whole table for a rare one
    # (263 ms instead of 0.04). Pairs are letters and digits only, so that nothing needs escaping but their own quotes.
    pairs = " & ".join(f"''{pair}''" for run in runs for pair in _pairs(run))
    found = text(f"letter_words.words @@ CAST('{pairs}' AS tsquery)")
    exact = [LetterSearch.grams.contains(" ".join(_pairs(run)), autoescape=True) for run in runs if len(run) > 2]
    return and_(found, *exact)
