"""“待我处理”: one list of all that waits for a person, whichever desk brings it. Overdue first, then by the day due.

What is counted once: a source is one act that is asked of somebody, and the sources of a person never ask the same act twice,
so the tiles add up to the list. A record that needs two different acts of one person is two lines. Lists that only show a part
of these (今天到期和逾期) or that wait for others (承办中, 已上报) are no sources; the start page names them apart.
Where no deadline runs but somebody waits, the line stands with today's; where nothing presses at all, it stands last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from heapq import merge
from typing import Any

from sqlalchemy import ScalarSelect, Select, func, select
from sqlalchemy.orm import Session

from moderation.casework.letters import NEVER
from moderation.console.letter_views import Due, due_words
from moderation.console.navigation import Count, Counted
from moderation.staff import SignedIn
from portal.core.vocabulary import Role

PAGE = 50
SHOWN = 1000
"""The list shows this many, the first due: what is done leaves it. The tiles count on."""


@dataclass(frozen=True)
class Look:
    """Who looks, in which session, on which day."""

    session: Session
    person: SignedIn
    today: date


@dataclass(frozen=True)
class Waiting:
    """What waits, as a question: ``query`` without order or limit, the ``id`` of its rows, the ``day`` they are due.

    ``day`` None: no deadline runs, and they wait in the order of ``since``. ``all_on``: all are due on one day, which this tells.
    """

    query: Select[*tuple[Any, ...]]
    id: Any
    day: Any = None
    since: Any = None
    all_on: Callable[[Session], date] | None = None


@dataclass(frozen=True)
class Need:
    """One line: what it is, the page where it is done, the day due (None: none runs), since when it waits, what stands out."""

    what: str
    url: str
    number: str = ""
    due: date | None = None
    since: date | None = None
    marks: tuple[str, ...] = ()
    why: str = ""
    """Where the act differs from line to line; else the source's."""


@dataclass(frozen=True)
class Source:
    """One act asked of people with one of ``roles``. ``endpoint``: the whole list, whose menu entry counts the same.

    ``read``: the lines of the ids of one page. ``count``: a counter that knows how many without counting them.
    """

    endpoint: str
    why: str
    roles: frozenset[Role]
    waits: Callable[[SignedIn, date], Waiting]
    read: Callable[[Look, Sequence[str]], Mapping[str, Need]]
    count: Count | None = None


@dataclass(frozen=True)
class NeedLine:
    """One line of the start page, ready to print."""

    what: str
    number: str
    why: str
    url: str
    due: Due
    marks: tuple[str, ...]


@dataclass(frozen=True)
class NeedsPage:
    """The start page. ``tiles`` add up to ``total``, of which the list pages through ``shown``; ``others``: a look aside."""

    tiles: tuple[Counted, ...]
    others: tuple[Counted, ...]
    lines: tuple[NeedLine, ...]
    total: int
    shown: int
    number: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.shown // PAGE))


def _how_many(look: Look, source: Source) -> ScalarSelect[int]:
    waiting = source.waits(look.person, look.today)
    return select(func.count()).select_from(waiting.query.with_only_columns(waiting.id).subquery()).scalar_subquery()


def counts(look: Look, sources: Sequence[Source]) -> dict[str, int]:
    """How many wait for this person, by list. All that no counter knows is one question: it stands on every page."""
    mine = sources_of(look.person, sources)
    asked = [source for source in mine if source.count is None]
    read = look.session.execute(select(*(_how_many(look, source) for source in asked))).one() if asked else ()
    waiting = iter(read)
    found: dict[str, int] = {}
    for source in mine:
        number = source.count(look.session, look.person) if source.count is not None else next(waiting)
        found[source.endpoint] = found.get(source.endpoint, 0) + (number or 0)
    return found


def _keys(look: Look, waiting: Waiting, most: int) -> list[tuple[date, str]]:
    """The first ``most`` of a source: the day they stand under, and their id."""
    if waiting.day is None:
        order = (waiting.id,) if waiting.since is None else (waiting.since, waiting.id)
        ids = look.session.scalars(waiting.query.with_only_columns(waiting.id).order_by(*order).limit(most))
        standing = look.today if waiting.all_on is None else waiting.all_on(look.session)
        return [(standing, each) for each in ids]
    rows = waiting.query.with_only_columns(waiting.day, waiting.id).order_by(waiting.day.nulls_last(), waiting.id).limit(most)
    return [(day or NEVER, each) for day, each in look.session.execute(rows)]


def sources_of(person: SignedIn, sources: Sequence[Source]) -> tuple[Source, ...]:
    """The acts asked of this person, each once, though several of their roles may ask it."""
    found: dict[tuple[str, object], Source] = {}
    for source in sources:
        if source.roles & person.roles:
            found.setdefault((source.endpoint, source.waits), source)
    return tuple(found.values())


def page_of(look: Look, sources: Sequence[Source], counted: Sequence[Counted], *, number: int = 1) -> NeedsPage:
    """Page ``number`` of what waits for this person. ``counted``: the menu, whose counts are the tiles'."""
    mine = sources_of(look.person, sources)
    endpoints = {source.endpoint for source in mine}
    # Two entries may lead to one list: it is one tile.
    once = {line.entry.endpoint: line for line in reversed(counted) if line.waiting}
    standing = [line for line in counted if once.get(line.entry.endpoint) is line]
    tiles = tuple(line for line in standing if line.entry.endpoint in endpoints)
    others = tuple(line for line in standing if line.entry.endpoint not in endpoints)
    total = sum(line.waiting or 0 for line in tiles)
    number = max(1, min(number, -(-min(total, SHOWN) // PAGE)))
    lines = _lines(look, mine, number) if total else ()
    return NeedsPage(tiles, others, lines, total, min(total, SHOWN), number)


def _lines(look: Look, mine: Sequence[Source], number: int) -> tuple[NeedLine, ...]:
    most = number * PAGE
    rows = [
        [(day, place, at, found) for at, (day, found) in enumerate(_keys(look, source.waits(look.person, look.today), most))]
        for place, source in enumerate(mine)
    ]
    page = [(place, found) for _day, place, _at, found in list(_first(rows, most))[most - PAGE :]]
    read = {
        place: source.read(look, ids)
        for place, source in enumerate(mine)
        if (ids := [found for where, found in page if where == place])
    }
    return tuple(_line(read[place][found], mine[place].why, look.today) for place, found in page if found in read[place])


def _first(rows: list[list[tuple[date, int, int, str]]], most: int) -> list[tuple[date, int, int, str]]:
    return [row for _taken, row in zip(range(most), merge(*rows), strict=False)]


def _line(need: Need, why: str, today: date) -> NeedLine:
    due = due_words(need.due, today)
    if need.due is None and need.since is not None:
        due = Due(f"{need.since.month}月{need.since.day}日起等", "", need.since.isoformat())
    return NeedLine(need.what, need.number, need.why or why, need.url, due, need.marks)
