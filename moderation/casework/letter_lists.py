"""Who may know of which letters, and the lists that desks offer. Every list, count and page of letters asks here, and only here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVarTuple, cast

from sqlalchemy import ColumnElement, Select, String, and_, case, exists, false, func, or_, select, type_coerce, union_all
from sqlalchemy.orm import Session, aliased

from moderation.casework import search
from moderation.casework.letters import (
    Letter,
    LetterAssignment,
    LetterBar,
    LetterCount,
    LetterEvent,
    LetterText,
    LetterType,
)
from moderation.casework.machine import DESK_OF, Desk, LetterState
from moderation.casework.search import LetterSearch
from moderation.staff import SignedIn
from portal.core.db import kept
from portal.core.errors import NotThere, Overtaken
from portal.core.vocabulary import PollutionType, Role
from portal.core.workflow import Actor

Columns = TypeVarTuple("Columns")

PAGE = 50
COUNT_TO = 1000
OPEN_DESKS = frozenset({Desk.QUEUE, Desk.UNITS, Desk.REVIEW, Desk.ABOVE})
_OPEN_STATES = tuple(state for state in LetterState if DESK_OF[state] in OPEN_DESKS)

# Read every working summary, except of letters that only the discipline liaison may see.
READS_ALL = frozenset(
    {
        Role.SCREENER,
        Role.GROUP_MEMBER,
        Role.GROUP_LEAD,
        Role.SUPERVISION_INSPECTOR,
        Role.PATROL_COORDINATOR,
        Role.RECTIFICATION_OFFICER,
        Role.ACCOUNTABILITY_OFFICER,
        Role.LEADER,
        Role.AUDITOR,
    }
)
READS_SOME = READS_ALL | {Role.UNIT_OFFICER, Role.DISCIPLINE_OFFICER}


def visible(query: Select[*Columns], person: SignedIn) -> Select[*Columns]:
    """Only what ``person`` may know of: nothing they are barred from, and as much as their roles read.

    ``query`` must select from :class:`Letter`. This is the only place that decides it.
    """
    scopes: list[ColumnElement[bool]] = []
    if person.roles & READS_ALL:
        scopes.append(Letter.discipline_only.is_(False))
    if Role.DISCIPLINE_OFFICER in person.roles:
        scopes.append(Letter.discipline_only.is_(True))
    if Role.UNIT_OFFICER in person.roles and not person.roles & READS_ALL:
        scopes.append(and_(Letter.discipline_only.is_(False), _assigned_to(person.unit_id)))
    return unbarred(query, person).where(or_(*scopes) if scopes else false())


def unbarred(query: Select[*Columns], person: SignedIn) -> Select[*Columns]:
    """Only letters this person is not barred from, whatever their role. For desks whose role is not about letters."""
    barred = exists().where(
        LetterBar.letter_id == Letter.id,
        or_(LetterBar.staff_id == person.id, LetterBar.unit_id == person.unit_id),
    )
    return query.where(~barred)


def is_known(letter_id: Any, person: SignedIn) -> ColumnElement[bool]:
    """Whether ``person`` may know of the letter of this id, for tables about letters: ``visible`` without asking each letter.

    Who reads all is kept from few: these are listed once. With an id that is no letter's this says yes.
    """
    if not person.roles & READS_ALL:
        return visible(select(Letter.id).where(Letter.id == letter_id), person).exists()
    kept_from = [_barred_ids(person)]
    if Role.DISCIPLINE_OFFICER not in person.roles:
        kept_from.append(select(Letter.id).where(Letter.discipline_only.is_(True)))
    return and_(*(letter_id.not_in(ids) for ids in kept_from))


def is_unbarred(letter_id: Any, person: SignedIn) -> ColumnElement[bool]:
    """``unbarred`` for many letters at once: those barred are listed once."""
    return cast(ColumnElement[bool], letter_id.not_in(_barred_ids(person)))


def _barred_ids(person: SignedIn) -> Select[str]:
    """The letters this person must not know of, few as they are."""
    return select(LetterBar.letter_id).where(or_(LetterBar.staff_id == person.id, LetterBar.unit_id == person.unit_id))


def _assigned_to(unit_id: str) -> ColumnElement[bool]:
    return exists().where(
        LetterAssignment.letter_id == Letter.id, LetterAssignment.unit_id == unit_id, LetterAssignment.ended_at.is_(None)
    )


def is_barred(session: Session, letter_id: str, by: Actor) -> bool:
    """Whether this person must not know of this letter. Processes are never barred."""
    unit_id = getattr(by, "unit_id", "")
    found = select(LetterBar.id).where(
        LetterBar.letter_id == letter_id,
        or_(
            and_(LetterBar.staff_id == by.id, LetterBar.staff_id != ""),
            and_(LetterBar.unit_id == unit_id, LetterBar.unit_id != ""),
        ),
    )
    return session.scalar(found.limit(1)) is not None


def find(session: Session, letter_id: str, person: SignedIn, *, to_change: bool = False) -> Letter:
    """The letter, if this person may know of it. Raises NotThere, the same for a letter that does not exist.

    ``to_change``: locks the row on engines that lock rows, so that of two people one waits for the other.
    """
    query = visible(select(Letter).where(Letter.id == letter_id), person)
    letter: Letter | None = session.scalar(query.with_for_update() if to_change else query)
    if letter is None:
        raise NotThere(_NO_LONGER if to_change else "没有这件信访件，或者它不归您的岗位看")
    return letter


# Said of every letter, whether there ever was one or not: it tells nobody that one exists.
_NO_LONGER = "没有这件信访件，或者它已不归您的岗位看：可能在您打开以后移送、退回或者改派了"


def require_version(session: Session, letter: Letter, version: int) -> None:
    """Raises Overtaken, saying what happened, when the letter moved on since the person opened it."""
    if letter.version == version:
        return
    newest = select(LetterEvent).where(LetterEvent.letter_id == letter.id).order_by(LetterEvent.id.desc()).limit(1)
    last = session.scalar(newest)
    if last is None:
        now = f"现为“{letter.state.zh}”"
    elif last.source == last.target:
        now = f"{last.on.month}月{last.on.day}日，现为“{letter.state.zh}”"
    else:
        was = LetterState(last.source).zh  # type: ignore[call-arg]
        now = f"{last.on.month}月{last.on.day}日，从“{was}”到“{letter.state.zh}”"
    raise Overtaken(f"您打开之后，这件信访件已有新进展（{now}）。您填写的内容保留在下面，请核对后再决定。")


# ---- lists ----


@dataclass(frozen=True)
class Filter:
    """What a list shows. Empty: not filtered. ``type``: one of the letter's types. Every pair walks an index of its own."""

    desk: Desk | None = None
    desks: tuple[Desk, ...] = ()
    states: tuple[LetterState, ...] = ()
    unit_id: str = ""
    region_code: str = ""
    type: PollutionType | None = None
    key_only: bool = False
    due_by: date | None = None
    overdue_on: date | None = None
    batch_id: str = ""
    text: str = ""
    newest_first: bool = False


@dataclass(frozen=True)
class Row:
    """One line of a list: narrow columns and the first words of the summary."""

    letter: Letter
    summary: str
    types: tuple[PollutionType, ...]
    merged: int


@dataclass(frozen=True)
class Page:
    """A page of a list. ``total`` is exact up to COUNT_TO; ``more``: there are more than that."""

    rows: tuple[Row, ...]
    total: int
    more: bool
    number: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))

    @property
    def spoken_total(self) -> str:
        return f"{COUNT_TO}+" if self.more else str(self.total)


Over = type[Letter] | type[LetterType] | type[LetterAssignment]


def _narrowed(query: Select[*Columns], wanted: Filter, over: Over) -> Select[*Columns]:
    """``query`` over Letter with the filter applied; words are looked for in `letters_in`. ``over``: whose index is walked."""
    # A unit's part names the unit itself: which unit leads only the letter says.
    leads: type[Letter] | type[LetterType] = LetterType if over is LetterType else Letter
    conditions = []
    if wanted.desk:
        conditions.append(over.desk == wanted.desk)
    if wanted.desks:
        conditions.append(over.desk.in_(wanted.desks))
    if len(wanted.states) == 1:
        conditions.append(over.state == wanted.states[0])
    elif wanted.states:
        conditions.append(over.state.in_(wanted.states))
    if wanted.unit_id:
        conditions.append(leads.unit_id == wanted.unit_id)
    if wanted.region_code:
        conditions.append(over.region_code == wanted.region_code)
    if wanted.key_only:
        conditions.append(leads.key_letter.is_(True))
    if wanted.due_by:
        conditions.append(over.due_on <= wanted.due_by)
    if wanted.overdue_on:
        conditions.append(over.due_on < wanted.overdue_on)
    if wanted.batch_id:
        conditions.append(Letter.batch_id == wanted.batch_id)
    if search.is_number(wanted.text):
        conditions.append(search.of_number(wanted.text))
    return query.where(*conditions)


def letters_in(session: Session, wanted: Filter, person: SignedIn, *, number: int = 1) -> Page:
    """One page of the letters this person may know of, by due day, or newest first.

    One walk finds the page and counts, to COUNT_TO + 1; one question more reads the lines of the page.
    """
    asked = _by_words(wanted) and not _rest(wanted) and _index_knows(person)
    column = LetterSearch.position if asked else Letter.id
    walked = _worded_positions(session, wanted, person) if asked else _walked(session, wanted, person)
    found: list[int | str] = list(session.scalars(walked))
    page = found[(number - 1) * PAGE : number * PAGE]
    lines = visible(_lines(column).where(column.in_(page)), person)
    if asked:
        lines = lines.join(LetterSearch, LetterSearch.letter_id == Letter.id)
    rows = dict(_read(session, lines)) if page else {}
    return Page(tuple(rows[key] for key in page if key in rows), min(len(found), COUNT_TO), len(found) > COUNT_TO, number)


def _by_words(wanted: Filter) -> bool:
    return bool(wanted.text) and not search.is_number(wanted.text)


def _rest(wanted: Filter) -> bool:
    """Whether something is wanted that the word index does not know."""
    return bool(wanted.due_by or wanted.overdue_on or wanted.batch_id)


def _index_knows(person: SignedIn) -> bool:
    """Whether the word index can tell by itself what this person reads: all, a unit's letters, or the liaison's."""
    return bool(person.roles & READS_ALL) or len(person.roles & {Role.UNIT_OFFICER, Role.DISCIPLINE_OFFICER}) == 1


def _walked(session: Session, wanted: Filter, person: SignedIn) -> Select[str]:
    """The ids of a list in its order, to COUNT_TO + 1. Without the order PostgreSQL gathers every match first."""
    if _by_words(wanted):
        rest = Filter(due_by=wanted.due_by, overdue_on=wanted.overdue_on, batch_id=wanted.batch_id)
        every = _narrowed(visible(select(Letter), person), rest, Letter)
        base = search.matching(session, every, wanted.text, _together(wanted, person))
        order: tuple[Any, ...] = (search.newest_first(session),)
    elif len(wanted.states or wanted.desks) > 1 and not _only_of_a_unit(person):
        return _merged(wanted, person)
    else:
        base, over = _list_of(wanted, person)
        order = _order(wanted, over)
    return base.with_only_columns(Letter.id).order_by(*order).limit(COUNT_TO + 1)


def _order(wanted: Filter, over: Over) -> tuple[Any, Any]:
    own = _id_in(over)
    return (over.received_on.desc(), own.desc()) if wanted.newest_first else (over.due_on, own)


def _merged(wanted: Filter, person: SignedIn) -> Select[str]:
    """Of several states or desks, one walk each, put in order: in one walk SQLite passes all the letters of other states."""
    walks = []
    for one in [replace(wanted, states=(state,)) for state in wanted.states] or [
        replace(wanted, desks=(), desk=desk) for desk in wanted.desks
    ]:
        base, over = _list_of(one, person)
        order = _order(wanted, over)
        day = over.received_on if wanted.newest_first else over.due_on
        walk = base.with_only_columns(Letter.id.label("id"), day.label("day")).order_by(*order).limit(COUNT_TO + 1)
        walks.append(select(walk.subquery()))
    found = union_all(*walks).subquery()
    order = (found.c.day.desc(), found.c.id.desc()) if wanted.newest_first else (found.c.day, found.c.id)
    return select(found.c.id).order_by(*order).limit(COUNT_TO + 1)


def _worded_positions(session: Session, wanted: Filter, person: SignedIn) -> Select[int]:
    """Where the letters with the words wanted stand in the word index: it knows the whole filter."""
    return search.positions(session, wanted.text, _together(wanted, person), hidden=_barred_ids(person), most=COUNT_TO + 1)


def _together(wanted: Filter, person: SignedIn) -> search.Together:
    """The filter, and what :func:`visible` asks, as the word index knows them."""
    states = wanted.states or tuple(state for state in LetterState if DESK_OF[state] in (wanted.desk, *wanted.desks))
    held_by = person.unit_id if _only_of_a_unit(person) else ""
    reads = bool(person.roles & (READS_ALL | {Role.UNIT_OFFICER}))
    discipline = None if reads and Role.DISCIPLINE_OFFICER in person.roles else not reads
    return search.Together(states, wanted.region_code, wanted.unit_id, held_by, wanted.type, wanted.key_only, discipline)


def _id_in(over: Over) -> Any:
    return Letter.id if over is Letter else over.letter_id  # type: ignore[union-attr]


def in_state(state: LetterState, person: SignedIn) -> tuple[Select[Letter], Any, Any]:
    """The letters of one state this person may know of, unordered: the question, and the columns of their id and day due.

    Ordered by that day and id it walks one index, so that the first few cost the same however many there are.
    """
    base, over = _list_of(Filter(states=(state,)), person)
    return base, _id_in(over), over.due_on


def _list_of(wanted: Filter, person: SignedIn) -> tuple[Select[Letter], Over]:
    """The rows of a list, and the table whose index is walked for them."""
    if not _only_of_a_unit(person):
        every = visible(select(Letter), person)
        if wanted.type is None:
            return _narrowed(every, wanted, Letter), Letter
        of_type = every.join(LetterType, LetterType.letter_id == Letter.id).where(LetterType.type == wanted.type)
        return _narrowed(of_type, wanted, LetterType), LetterType
    # Starts from the unit's own letters, the open ones for its desks: all others never matter, however many there are.
    own = (
        select(Letter)
        .join(LetterAssignment, LetterAssignment.letter_id == Letter.id)
        .where(LetterAssignment.unit_id == person.unit_id, LetterAssignment.ended_at.is_(None), Letter.discipline_only.is_(False))
    )
    if _is_open(wanted):
        own = own.where(LetterAssignment.closed.is_(False))
    if wanted.type is not None:
        own = own.where(_has_type(wanted.type))
    return _narrowed(unbarred(own, person), wanted, LetterAssignment), LetterAssignment


def _has_type(kind: PollutionType) -> ColumnElement[bool]:
    """Asked letter by letter: from EXISTS, PostgreSQL reads every letter of that type there is (73 ms instead of 46)."""
    own = LetterType.letter_id == LetterAssignment.letter_id
    return select(LetterType.letter_id).where(own, LetterType.type == kind).scalar_subquery().is_not(None)


def _only_of_a_unit(person: SignedIn) -> bool:
    return Role.UNIT_OFFICER in person.roles and not person.roles & (READS_ALL | {Role.DISCIPLINE_OFFICER})


def _is_open(wanted: Filter) -> bool:
    if wanted.states:
        return all(DESK_OF[state] in OPEN_DESKS for state in wanted.states)
    return wanted.desk in OPEN_DESKS


def rows_of(session: Session, found: Iterable[Letter]) -> tuple[Row, ...]:
    """The lines of these letters, in the order given, with one question for the whole page."""
    ids = [letter.id for letter in found]
    rows = dict(_read(session, _lines(Letter.id).where(Letter.id.in_(ids))))
    return tuple(rows[each] for each in ids)


def _lines(key: Any) -> Select[*tuple[Any, ...]]:
    """All that lines print, each under ``key``: the letter, how its summary begins, its types, how many were merged into it."""
    types = select(func.aggregate_strings(LetterType.type, " ")).where(LetterType.letter_id == Letter.id)
    follower = aliased(Letter)
    merged = select(func.count()).where(follower.duplicate_of == Letter.id)
    begun = func.substr(LetterText.summary, 1, 90)
    columns = (key, Letter, begun, types.scalar_subquery(), merged.scalar_subquery())
    return select(*columns).outerjoin(LetterText, LetterText.letter_id == Letter.id)


def _read(session: Session, lines: Select[*tuple[Any, ...]]) -> Iterator[tuple[Any, Row]]:
    for key, letter, summary, types, merged in session.execute(lines):
        kinds = tuple(kind for kind in PollutionType if kind.value in (types or letter.main_type.value).split())
        yield key, Row(letter, summary or "", kinds, merged)


# ---- counts ----


def count_in(session: Session, states: Iterable[LetterState], person: SignedIn) -> int:
    """How many letters of these states the person may know of. Exact: the counter, less what is barred."""
    wanted = tuple(states)
    counts = _counts(session, wanted, person)
    return sum(counts.get(state, 0) for state in wanted)


def _counts(session: Session, wanted: tuple[LetterState, ...], person: SignedIn) -> Mapping[LetterState, int]:
    """At least those wanted. A menu counts many states: for one page, all of a kind are asked together and kept."""
    page, together = kept(session), _counted_together(wanted, person)
    if page is None or not together:
        return _counted(session, wanted, person)
    key = (count_in, person, together)
    if key not in page:
        page[key] = _counted(session, together, person)
    found: Mapping[LetterState, int] = page[key]
    return found


def _counted_together(wanted: tuple[LetterState, ...], person: SignedIn) -> tuple[LetterState, ...]:
    if person.roles & READS_ALL:
        return tuple(LetterState)
    return _OPEN_STATES if _only_of_a_unit(person) and set(wanted) <= set(_OPEN_STATES) else ()


def _counted(session: Session, states: tuple[LetterState, ...], person: SignedIn) -> Mapping[LetterState, int]:
    if not person.roles & READS_ALL:
        found, over = _list_of(Filter(states=states), person)
        counted = found.with_only_columns(over.state, func.count()).group_by(over.state)
        return {row[0]: row[1] for row in session.execute(counted)}
    of_states = LetterCount.state.in_([state.value for state in states])
    every = select(LetterCount.state, func.sum(LetterCount.letters)).where(of_states, _scope(LetterCount, person))
    # Starts from the few bars of this person, not from the letters.
    barred = select(type_coerce(Letter.state, String), -func.count()).where(
        Letter.id.in_(_barred_ids(person)), Letter.state.in_(states), _scope(Letter, person)
    )
    counts: dict[LetterState, int] = {}
    for value, letters in session.execute(union_all(every.group_by(LetterCount.state), barred.group_by(Letter.state))):
        state = LetterState(value)  # type: ignore[call-arg]
        counts[state] = counts.get(state, 0) + int(letters)
    return counts


def _scope(table: type[Letter] | type[LetterCount], person: SignedIn) -> ColumnElement[bool]:
    """Who reads every letter reads those of the discipline liaison only when they are the liaison too."""
    return table.discipline_only.in_((False, True)) if Role.DISCIPLINE_OFFICER in person.roles else table.discipline_only.is_(False)


def count_due(session: Session, desks: Iterable[Desk], by_day: date, person: SignedIn) -> int:
    """How many letters on these desks are due by ``by_day``, counted to COUNT_TO + 1."""
    base, _ = _list_of(_on_desks(tuple(desks), by_day), person)
    found = base.with_only_columns(Letter.id).limit(COUNT_TO + 1).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def _on_desks(desks: tuple[Desk, ...], by_day: date) -> Filter:
    return Filter(desk=desks[0], due_by=by_day) if len(desks) == 1 else Filter(desks=desks, due_by=by_day)


def counts_by_state(session: Session, desk: Desk, person: SignedIn) -> Mapping[LetterState, int]:
    """The states of a desk, each with its count; they add up to the desk's."""
    return {state: count_in(session, (state,), person) for state in LetterState if DESK_OF[state] is desk}


def overdue_column(today: date) -> Any:
    """1 where a letter is past its day: for statistics."""
    return case((Letter.due_on < today, 1), else_=0)
