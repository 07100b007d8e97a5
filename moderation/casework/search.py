"""Full-text search over working summaries, from two characters on, newest first, on the database's own index.

A shadow row holds each text as overlapping pairs of characters ("料场 场扬 扬尘"). SQLite indexes it with FTS5, PostgreSQL as a
tsvector with GIN. Reporters' words are in neither.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVarTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Integer,
    Select,
    Text,
    TextClause,
    column,
    event,
    false,
    literal,
    literal_column,
    select,
    table,
    text,
    true,
    union,
    update,
)
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, Mapper, Session, mapped_column

from moderation.casework.letters import Letter, LetterText
from moderation.casework.machine import LetterState
from portal.core.db import OfficeBase, Protection, protect
from portal.core.vocabulary import PollutionType

Columns = TypeVarTuple("Columns")
_RUNS = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"[A-Za-z]{0,4}[0-9][A-Za-z0-9〔〕号*＊-]{3,}")


class LetterSearch(OfficeBase):
    """The shadow of one letter's text. ``position`` rises with arrival, so that newest first is a walk along one index."""

    __tablename__ = "letter_search"
    position: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), unique=True)
    grams: Mapped[str] = mapped_column(Text, comment="overlapping pairs of characters, blanks between")
    marks: Mapped[str] = mapped_column(
        Text, default="", server_default="", comment="what words are looked for together with: region, state, units, types"
    )


def _marks(joined: str, hexed: str, of: str) -> str:
    """SQL of the marks of the letter ``of``. Units' codes are spelt in hexadecimal, so that no mark falls apart."""
    # Every mark begins with three letters: none is ever a pair of a text.
    unit = hexed.format("unit_id")
    types = joined.format("' typ' || replace(type, '_', '')") + f" FROM letter_type WHERE letter_id = {of}"
    holders = joined.format(f"' all' || {unit}") + f" FROM letter_assignment WHERE letter_id = {of} AND ended_at IS NULL"
    key = "CASE WHEN key_letter THEN ' key' ELSE '' END || CASE WHEN discipline_only THEN ' dis' ELSE '' END"
    own = f"'reg' || region_code || ' sta' || replace(state, '_', '') || ' uni' || {unit} || {key}"
    return f"(SELECT {own} || coalesce((SELECT {types}), '') || coalesce((SELECT {holders}), '') FROM letter WHERE id = {of})"


_SQLITE_MARKS = ("group_concat({0}, '')", "lower(hex({0}))")
_POSTGRESQL_MARKS = ("string_agg({0}, '')", "encode(convert_to({0}, 'UTF8'), 'hex')")
# Which table and event changes the marks of which letter.
_CHANGES = (
    ("letter", "UPDATE OF state, region_code, unit_id, key_letter, discipline_only", "NEW.id"),
    ("letter_type", "INSERT", "NEW.letter_id"),
    ("letter_type", "DELETE", "OLD.letter_id"),
    ("letter_assignment", "INSERT", "NEW.letter_id"),
    ("letter_assignment", "UPDATE OF ended_at, unit_id", "NEW.letter_id"),
)


def marks_of(
    region_code: str, state: str, unit_id: str, types: Iterable[PollutionType], held_by: Iterable[str], *, key: bool
) -> str:
    """The same marks of a letter of which all this is known, for a loader of many: the database need not look it up."""
    own = [f"reg{region_code}", f"sta{state.replace('_', '')}", f"uni{unit_id.encode().hex()}", *(["key"] if key else [])]
    kinds = [f"typ{each}" for each in sorted(kind.value.replace("_", "") for kind in types)]
    return " ".join([*own, *kinds, *(f"all{unit.encode().hex()}" for unit in held_by)])


def rebuilding(*, postgresql: bool) -> str:
    """The statement that makes the whole index of words anew from the shadows."""
    if not postgresql:
        return "INSERT INTO letter_words(letter_words) VALUES ('rebuild')"
    return f"INSERT INTO letter_words SELECT position, {_LEXEMES.replace('NEW.', '')} FROM letter_search"


def _marked(joined: str, hexed: str, of: str) -> str:
    marks = _marks(joined, hexed, of)
    return f"UPDATE letter_search SET marks = {marks} WHERE letter_id = {of} AND marks <> {marks};"


def _marked_on_sqlite() -> Iterator[str]:
    for place, (name, change, of) in enumerate(_CHANGES):
        does = _marked(*_SQLITE_MARKS, of)
        yield f"CREATE TRIGGER letter_marked_{place} AFTER {change} ON {name} BEGIN {does} END"


def _marked_on_postgresql() -> Iterator[str]:
    for place, (name, change, of) in enumerate(_CHANGES):
        does = _marked(*_POSTGRESQL_MARKS, of)
        yield f"CREATE FUNCTION letter_marked_{place}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {does} RETURN NULL; END $$"
        yield (f"CREATE TRIGGER letter_marked_{place} AFTER {change} ON {name} FOR EACH ROW "
               f"EXECUTE FUNCTION letter_marked_{place}()")  # fmt: skip


_ADD = "INSERT INTO letter_words(rowid, grams, marks) VALUES (NEW.position, NEW.grams, NEW.marks);"
_DROP = "INSERT INTO letter_words(letter_words, rowid, grams, marks) VALUES ('delete', OLD.position, OLD.grams, OLD.marks);"
_LEXEMES = "array_to_tsvector(array_remove(string_to_array(NEW.grams || ' ' || NEW.marks, ' '), ''))"
protect(
    OfficeBase,
    Protection(
        "letter_words",
        sqlite=(
            "CREATE VIRTUAL TABLE letter_words USING fts5(grams, marks, content='letter_search', content_rowid='position', "
            'tokenize="unicode61 remove_diacritics 0")',
            f"CREATE TRIGGER letter_words_in AFTER INSERT ON letter_search BEGIN {_ADD} END",
            f"CREATE TRIGGER letter_words_out AFTER DELETE ON letter_search BEGIN {_DROP} END",
            f"CREATE TRIGGER letter_words_over AFTER UPDATE OF grams, marks ON letter_search BEGIN {_DROP} {_ADD} END",
            *_marked_on_sqlite(),
        ),
        postgresql=(
            "CREATE TABLE letter_words (position bigint PRIMARY KEY REFERENCES letter_search(position) ON DELETE CASCADE, "
            "words tsvector NOT NULL)",
            "CREATE INDEX ix_letter_words_words ON letter_words USING gin (words)",
            "CREATE FUNCTION letter_words_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"INSERT INTO letter_words VALUES (NEW.position, {_LEXEMES}) "
            "ON CONFLICT (position) DO UPDATE SET words = EXCLUDED.words; RETURN NULL; END $$",
            "CREATE TRIGGER letter_words_row AFTER INSERT OR UPDATE OF grams, marks ON letter_search "
            "FOR EACH ROW EXECUTE FUNCTION letter_words_kept()",
            *_marked_on_postgresql(),
        ),
    ),
)
_WORDS = table("letter_words", column("rowid", Integer), column("position", BigInteger), column("words"))


def _runs(words: str) -> list[str]:
    return _RUNS.findall(unicodedata.normalize("NFKC", words).lower())


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)] or [run]


def grams_of(words: str) -> str:
    """The shadow of a text. A mark between two words keeps their pairs apart."""
    return " ".join(" ".join(_pairs(run)) for run in _runs(words))


def insertion(connection: Connection) -> TextClause:
    """Writes the shadow of :letter_id with :grams; letter, types and assignments stand already."""
    sqlite = connection.dialect.name == "sqlite"
    own = "CAST(:letter_id AS VARCHAR)"
    marks = _marks(*(_SQLITE_MARKS if sqlite else _POSTGRESQL_MARKS), own)
    return text(f"INSERT INTO letter_search (letter_id, grams, marks) VALUES ({own}, :grams, {marks})")


def _index(connection: Connection, letter_text: LetterText) -> None:
    words = grams_of("\n".join(part for part in (letter_text.summary, letter_text.place, letter_text.target) if part))
    own = LetterSearch.letter_id == letter_text.letter_id
    if connection.scalar(select(LetterSearch.position).where(own)) is None:
        connection.execute(insertion(connection), {"letter_id": letter_text.letter_id, "grams": words})
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
    # One list of both: joined by OR, PostgreSQL reads the whole table (1,600 ms of 1,000,000 letters instead of 3).
    found = [
        select(Letter.id).where(number.between(begun, end)).order_by(number.desc()).limit(MOST_NUMBERS).subquery()
        for number in (Letter.number, Letter.upstream_number)
    ]
    return Letter.id.in_(union(*(select(each.c.id) for each in found)))


def newest_first(session: Session) -> ColumnElement[Any]:
    """The order of what `matching` finds: the index itself is walked backwards, so that a common word costs no sorting."""
    return _WORDS.c.rowid.desc() if _is_sqlite(session) else LetterSearch.position.desc()


@dataclass(frozen=True)
class Together:
    """What words are looked for together with; empty: no matter. Of ``states`` one, of the rest each.

    ``discipline``: only letters that only the discipline liaison may see, or none of them.
    """

    states: tuple[LetterState, ...] = ()
    region_code: str = ""
    unit_id: str = ""
    held_by: str = ""
    type: PollutionType | None = None
    key_only: bool = False
    discipline: bool | None = None

    def marks(self) -> Iterator[tuple[str, ...]]:
        """Of each tuple one mark must stand."""
        if self.states:
            yield tuple(f"sta{_plain(state.value)}" for state in self.states)
        if self.region_code:
            yield (f"reg{_plain(self.region_code)}",)
        if self.unit_id:
            yield (f"uni{self.unit_id.encode().hex()}",)
        if self.held_by:
            yield (f"all{self.held_by.encode().hex()}",)
        if self.type:
            yield (f"typ{_plain(self.type.value)}",)
        if self.key_only:
            yield ("key",)
        if self.discipline:
            yield ("dis",)

    def without(self) -> tuple[str, ...]:
        """Marks that must not stand."""
        return ("dis",) if self.discipline is False else ()


def _plain(mark: str) -> str:
    """Only what no query language reads as its own."""
    return "".join(_RUNS.findall(mark)).lower()


def positions(session: Session, words: str, together: Together, *, hidden: Select[str], most: int) -> Select[int]:
    """Where the newest ``most`` texts stand in which every word stands. A single character finds nothing.

    Words and what they are looked for together with are one question to the index, and no other table is asked:
    ``hidden``, the ids of letters to leave out, are few.
    """
    runs = _long_runs(words)
    own = _own(session)
    if not runs:
        return select(own).where(false())
    kept_out = select(LetterSearch.position).where(LetterSearch.letter_id.in_(hidden))
    found = select(own).where(_matched(session, runs, together), own.not_in(kept_out))
    exact = [] if _is_sqlite(session) else [_phrase(run) for run in runs if len(run) > 2]
    if exact:
        # Behind a fence: only texts that have the pairs are read, one by one, whatever the planner thinks of LIKE.
        text_of = select(literal(1)).where(LetterSearch.position == own, *exact).offset(0).lateral()
        found = found.join(text_of, true())
    return found.order_by(own.desc()).limit(most)


def matching(session: Session, query: Select[*Columns], words: str, together: Together) -> Select[*Columns]:
    """``query`` over Letter, only where every word stands in the text; for filters that only the letter knows."""
    runs = _long_runs(words)
    joined = query.join(LetterSearch, LetterSearch.letter_id == Letter.id).join(_WORDS, _own(session) == LetterSearch.position)
    if not runs:
        return joined.where(false())
    exact = [] if _is_sqlite(session) else [_phrase(run) for run in runs if len(run) > 2]
    return joined.where(_matched(session, runs, together), *exact)


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _own(session: Session) -> ColumnElement[int]:
    return _WORDS.c.rowid if _is_sqlite(session) else _WORDS.c.position


def _long_runs(words: str) -> list[str]:
    return [run for run in _runs(words) if len(run) > 1]


def _matched(session: Session, runs: Sequence[str], together: Together) -> ColumnElement[bool]:
    marks, without = tuple(together.marks()), together.without()
    return _sqlite(runs, marks, without) if _is_sqlite(session) else _postgresql(runs, marks, without)


def _sqlite(runs: Sequence[str], marks: Sequence[tuple[str, ...]], without: Sequence[str]) -> ColumnElement[bool]:
    phrases = ['"' + " ".join(_pairs(run)) + '"' for run in runs]
    beside = ["(" + " OR ".join(f'"{mark}"' for mark in one_of) + ")" for one_of in marks]
    asked = "".join([" AND ".join([*phrases, *beside]), *(f' NOT "{mark}"' for mark in without)])
    return literal_column("letter_words").op("MATCH", is_comparison=True)(asked)


def _postgresql(runs: Sequence[str], marks: Sequence[tuple[str, ...]], without: Sequence[str]) -> ColumnElement[bool]:
    """Every pair, by the index."""
    # Written out, not bound: with a bound word PostgreSQL soon plans for any word, and reads the whole table for a rare one
    # (263 ms instead of 0.04). Pairs and marks are letters and digits only, so that nothing needs escaping but their own quotes.
    pairs = [f"''{pair}''" for run in runs for pair in _pairs(run)]
    beside = ["(" + " | ".join(f"''{mark}''" for mark in one_of) + ")" for one_of in marks]
    absent = [f"!''{mark}''" for mark in without]
    asked = f"CAST('{' & '.join([*pairs, *beside, *absent])}' AS tsquery)"
    return _WORDS.c.words.op("@@", is_comparison=True)(literal_column(asked))


def _phrase(run: str) -> ColumnElement[bool]:
    """Pairs one after another: a longer word, by their order in the shadow."""
    return LetterSearch.grams.contains(" ".join(_pairs(run)), autoescape=True)
