"""Values ready to print for pages about letters. Decides nothing; templates do no sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.casework import clocks, handling, messages, review
from moderation.casework.assignment import claims_of
from moderation.casework.guards import NO_HANDLERS
from moderation.casework.letter_lists import READS_ALL, Page, Row
from moderation.casework.letters import (
    Letter,
    LetterAssignment,
    LetterBar,
    LetterBatch,
    LetterClaim,
    LetterEvent,
    LetterEvidence,
    LetterMeasure,
    LetterMessage,
    LetterOnSiteCheck,
    LetterText,
    LetterType,
    MessageDirection,
)
from moderation.casework.machine import LetterState
from moderation.settings import public_settings
from moderation.staff import SignedIn, StaffMember, Unit
from portal.core.regions import RegionTree
from portal.core.report_content import MessageKind
from portal.core.vocabulary import PollutionType, Role

SOON_DAYS = 3
_BAD = frozenset({LetterState.RETURN_DISPUTED, LetterState.REOPENED})
_DONE = frozenset({LetterState.SETTLED, LetterState.ARCHIVED, LetterState.FOLLOW_UP, LetterState.SETTLED_FOR_NOW})
_PLAIN = frozenset({LetterState.MERGED, LetterState.WITHDRAWN, LetterState.NOT_ACCEPTED, LetterState.TRANSFERRED})


@dataclass(frozen=True)
class Due:
    """A due day as people say it. ``css``: "", "soon" or "over"; the words say the same."""

    text: str
    css: str
    iso: str


@dataclass(frozen=True)
class ListLine:
    """One line of a list."""

    id: str
    number: str
    summary: str
    types: str
    place: str
    unit: str
    state: str
    state_css: str
    due: Due
    marks: tuple[str, ...]


@dataclass(frozen=True)
class Names:
    """Names by id, looked up once a page."""

    units: Mapping[str, str]
    people: Mapping[str, str]
    regions: RegionTree
    handling_units: frozenset[str]

    def unit(self, unit_id: str) -> str:
        return self.units.get(unit_id, "")

    def person(self, staff_id: str) -> str:
        return self.people.get(staff_id, _PROCESSES.get(staff_id, "系统"))


_PROCESSES = {"reporter": "举报人", "worker": "收件程序", "timer": "定时程序"}


def names(session: Session) -> Names:
    """Every unit and person, and the region tree: a few hundred rows."""
    every = session.execute(select(Unit.id, Unit.name, Unit.kind)).all()
    units, may_handle = {row.id: row.name for row in every}, frozenset(row.id for row in every if row.kind not in NO_HANDLERS)
    people = {row.id: row.name for row in session.execute(select(StaffMember.id, StaffMember.name))}
    return Names(units, people, public_settings(session).regions(), may_handle)


def due_of(letter: Letter, today: date) -> Due:
    """今天, 逾期 3 天, 11月19日, or nothing where no deadline runs."""
    return due_words(letter.due, today)


def due_words(due_on: date | None, today: date) -> Due:
    """A day due in words. None: no deadline runs, and nothing is said."""
    if due_on is None:
        return Due("", "", "")
    days = (due_on - today).days
    if days < 0:
        return Due(f"逾期 {-days} 天", "over", due_on.isoformat())
    text = "今天" if days == 0 else "明天" if days == 1 else f"{due_on.month}月{due_on.day}日"
    return Due(text, "soon" if days <= SOON_DAYS else "", due_on.isoformat())


def state_css(letter: Letter) -> str:
    """The tint of a state; its word stands beside it."""
    if letter.state in _BAD:
        return "bad"
    if letter.state in _PLAIN:
        return "plain"
    return "" if letter.state in _DONE else "warn"


def marks_of(letter: Letter, merged: int = 0) -> tuple[str, ...]:
    """What stands out beside a summary."""
    found = [
        ("重点件", letter.key_letter),
        ("上级交办", letter.handed_down),
        (f"退回重办 {letter.redos} 次", letter.redos > 0),
        (f"{merged + 1} 件并案", merged > 0),
        ("疑似机器投递", letter.quarantined),
        ("举报人已撤回", letter.withdrawn_on is not None),
    ]
    return tuple(text for text, holds in found if holds)


def tray_name(letter: Letter) -> str:
    """The number; before there is one, the last signs of the id: random, so they tell letters apart and nothing else."""
    return letter.spoken_number if letter.upstream_number or letter.number else f"未编号·{letter.id[-4:].upper()}"


def unread_words(letter: Letter) -> str:
    """What a list says of a letter without a summary: the day it came. Type and town stand beside it as the reporter chose them
    from short lists; no word of theirs, no name, no village, nor how they came or whether they gave a name.
    """
    return f"{letter.received_on.month}月{letter.received_on.day}日收到，还没有摘要"


def line_of(row: Row, known: Names, today: date) -> ListLine:
    """One line of a list, ready to print."""
    letter = row.letter
    return ListLine(
        letter.id, tray_name(letter), row.summary or unread_words(letter), "、".join(kind.zh for kind in row.types),
        known.regions.name(letter.region_code), known.unit(letter.unit_id), letter.state.zh, state_css(letter),
        due_of(letter, today), marks_of(letter, row.merged),
    )  # fmt: skip


def lines_of(page: Page, known: Names, today: date) -> tuple[ListLine, ...]:
    """The lines of a page."""
    return tuple(line_of(row, known, today) for row in page.rows)


# ---- one letter ----


@dataclass(frozen=True)
class DeadlineLine:
    """A deadline with its arithmetic."""

    label: str
    due: str
    arithmetic: str
    clause: str
    provisional: bool
    paused: bool


@dataclass(frozen=True)
class EventLine:
    """One line of history as a member of staff reads it."""

    on: date
    who: str
    what: str
    text: str


@dataclass(frozen=True)
class PartLine:
    """One unit's part."""

    unit: str
    role: str
    progress: str
    why: str


@dataclass(frozen=True)
class MessageLine:
    """A message; the reporter's words are opened apart."""

    id: str
    on: date
    from_reporter: bool
    kind: str
    text: str
    unread: bool
    score: int | None


@dataclass(frozen=True)
class LetterPage:
    """Everything the page of a letter prints. Empty parts are not printed."""

    letter: Letter
    title: str
    text: LetterText
    state_css: str
    due: Due
    region: str
    types: str
    marks: tuple[str, ...]
    claims: tuple[LetterClaim, ...]
    measures: tuple[LetterMeasure, ...]
    evidence: tuple[LetterEvidence, ...]
    checks: tuple[tuple[LetterOnSiteCheck, str], ...]
    deadlines: tuple[DeadlineLine, ...]
    parts: tuple[PartLine, ...]
    history: tuple[EventLine, ...]
    messages: tuple[MessageLine, ...]
    followers: tuple[Letter, ...]
    lead: Letter | None
    bars: tuple[str, ...]
    batch: str
    tasks: tuple[str, ...]
    inside: bool


def letter_page(session: Session, letter: Letter, person: SignedIn, today: date) -> LetterPage:
    """The page of a letter for this person. A handling unit sees the slip's content and its own part, nothing of the reporter."""
    known = names(session)
    inside = bool(person.roles & READS_ALL or Role.DISCIPLINE_OFFICER in person.roles)
    followers = review.followers(session, letter) if inside else ()
    return LetterPage(
        letter=letter, title=letter.spoken_number, text=session.get_one(LetterText, letter.id), state_css=state_css(letter),
        due=due_of(letter, today), region=known.regions.full_name(letter.region_code), types=_types(session, letter),
        marks=marks_of(letter, len(followers)) if inside else (("重点件",) if letter.key_letter else ()),
        claims=claims_of(session, letter), measures=handling.measures_of(session, letter),
        evidence=handling.evidence_of(session, letter),
        checks=tuple((check, known.person(check.by)) for check in review.checks_of(session, letter)),
        deadlines=_deadlines(session, letter, inside=inside), parts=_parts(session, letter, known, inside=inside),
        history=_history(session, letter, known, person, inside=inside),
        messages=_messages(session, letter) if person.roles & _READS_MESSAGES else (),
        followers=followers, lead=session.get(Letter, letter.duplicate_of) if letter.duplicate_of and inside else None,
        bars=_bars(session, letter, known) if person.roles & _READS_BARS else (), batch=_batch(session, letter),
        tasks=review.linked(session, letter, "task") if inside else (), inside=inside,
    )  # fmt: skip


_READS_MESSAGES = frozenset({Role.SCREENER, Role.GROUP_MEMBER, Role.GROUP_LEAD, Role.DISCIPLINE_OFFICER})
_READS_BARS = frozenset({Role.SCREENER, Role.GROUP_LEAD, Role.GROUP_MEMBER})


def _types(session: Session, letter: Letter) -> str:
    kinds = session.scalars(select(LetterType.type).where(LetterType.letter_id == letter.id)).all()
    return "、".join(kind.zh for kind in kinds or [letter.main_type])


_UNIT_CLOCKS = frozenset({"handling", "take_up"})


def _deadlines(session: Session, letter: Letter, *, inside: bool) -> tuple[DeadlineLine, ...]:
    return tuple(
        DeadlineLine(clocks.label_of(row.clock), row.due_on.isoformat(), row.arithmetic, row.clause, row.provisional,
                     row.paused_on is not None)
        for row in clocks.running(session, letter)
        if inside or row.clock in _UNIT_CLOCKS
    )  # fmt: skip


def _parts(session: Session, letter: Letter, known: Names, *, inside: bool) -> tuple[PartLine, ...]:
    query = select(LetterAssignment).where(LetterAssignment.letter_id == letter.id).order_by(LetterAssignment.assigned_at)
    return tuple(
        PartLine(known.unit(part.unit_id), _role(part), _progress(part), part.why if inside else "")
        for part in session.scalars(query)
        if inside or part.ended_at is None
    )


def _role(part: LetterAssignment) -> str:
    return "主办" if part.lead else "再分办" if part.parent_id else "会同"


def _progress(part: LetterAssignment) -> str:
    if part.ended_at is not None:
        return part.ended_why
    if part.reported_at is not None:
        return "已报告"
    return "办理中" if part.taken_up_at is not None else "待签收"


# What a handling unit reads of the history, and of which steps it reads the words. Routing reasons could tell who is barred.
_UNIT_READS = frozenset(
    (
        "return_to_group",
        "insist",
        "ask_extension",
        "grant_extension",
        "deny_extension",
        "send_back",
        "returned_from_above",
        "report_part",
        "report",
    )
)
_UNIT_SEES = _UNIT_READS | {
    "assign",
    "take_up",
    "sub_assign",
    "report_part",
    "report",
    "check_on_site",
    "settle",
    "settle_for_now",
    "report_up",
    "recognise",
    "recognise_for_now",
    "finish",
    "reopen",
}


def _history(session: Session, letter: Letter, known: Names, person: SignedIn, *, inside: bool) -> tuple[EventLine, ...]:
    query = select(LetterEvent).where(LetterEvent.letter_id == letter.id).order_by(LetterEvent.id.desc())
    rows = [row for row in session.scalars(query) if inside or row.verb in _UNIT_SEES]
    return tuple(
        EventLine(row.on, known.person(row.by) if inside or row.by == person.id else "", _spoken_target(row),
                  row.text if inside or row.verb in _UNIT_READS else "")
        for row in rows
    )  # fmt: skip


def _spoken_target(row: LetterEvent) -> str:
    target = LetterState(row.target).zh  # type: ignore[call-arg]
    return f"{LetterState(row.source).zh} → {target}" if row.source != row.target else target  # type: ignore[call-arg]


_KINDS = {kind.value: kind.zh for kind in MessageKind} | {"question": "请补充", "reply": "回信", messages.UNREADABLE: "打不开"}


def _messages(session: Session, letter: Letter) -> tuple[MessageLine, ...]:
    """Mail of the letter; what tells of retaliation is read at a desk of its own."""
    return tuple(
        message_line(row)
        for row in messages.messages_of(session, letter)
        if row.kind != MessageKind.RETALIATION.value and row.demanded != "yes"
    )


def message_line(row: LetterMessage) -> MessageLine:
    """A message as lists print it."""
    incoming = row.direction is MessageDirection.IN
    return MessageLine(
        row.message_id or row.id,
        row.on,
        incoming,
        _KINDS.get(row.kind, row.kind),
        row.text,
        incoming and row.read_at is None,
        row.score,
    )


def _bars(session: Session, letter: Letter, known: Names) -> tuple[str, ...]:
    rows = session.scalars(select(LetterBar).where(LetterBar.letter_id == letter.id))
    return tuple(f"{known.people.get(row.staff_id) or known.unit(row.unit_id)}（{row.reason.zh}）" for row in rows)


def _batch(session: Session, letter: Letter) -> str:
    batch = session.get(LetterBatch, letter.batch_id) if letter.batch_id else None
    if batch is None:
        return ""
    when = "，".join(filter(None, (batch.day.isoformat(), batch.round_name)))
    return f"{batch.origin.zh}第 {batch.number} 批（{when}）"


# ---- filters of a list ----


def region_options(known: Names) -> tuple[tuple[str, str], ...]:
    """Towns and counties, with a first line for all."""
    low = sorted((r for r in known.regions.by_code.values() if r.level in ("县", "乡")), key=lambda r: r.code)
    return (("", "全部区域"), *((region.code, region.name) for region in low))


def type_options() -> tuple[tuple[str, str], ...]:
    return (("", "全部类型"), *((kind.value, kind.zh) for kind in PollutionType))


def unit_options(known: Names) -> tuple[tuple[str, str], ...]:
    return (
        ("", "全部承办单位"),
        *((unit_id, name) for unit_id, name in sorted(known.units.items()) if unit_id in known.handling_units),
    )
