"""The text with its remarks beside it (批注): reviewers write them, the drafter answers them, everybody at the desk reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from moderation.console.access import allowed, office, staff
from moderation.console.drafts import what_was_typed
from moderation.console.navigation import Entry
from moderation.console.publication import HANDS, READERS, WRITERS
from moderation.publication import lists, remarks
from moderation.publication.disclosures import Disclosure, Remark, require_version
from moderation.publication.passages import Passage, find, passages
from moderation.staff import SignedIn, StaffMember
from portal.core.clock import SHANGHAI, now
from portal.core.errors import NotThere, Refusal

bp = Blueprint("publication_remarks", __name__, url_prefix="/publication")
ENTRIES: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Piece:
    """A stretch of a passage; ``number`` of the remark that means it, 0 for none."""

    text: str
    number: int


@dataclass(frozen=True)
class Note:
    """A remark as the page prints it. ``quoted`` is empty where the whole passage is meant."""

    id: str
    number: int
    who: str
    stage: str
    when: str
    words: str
    quoted: str
    changed: bool
    is_open: bool
    answer: str
    answered: str
    may_answer: bool
    may_take_back: bool


@dataclass(frozen=True)
class Line:
    """A passage with what stands beside it. ``chosen``: the form for a new remark is open here."""

    passage: Passage
    pieces: tuple[Piece, ...]
    notes: tuple[Note, ...]
    chosen: bool


@dataclass(frozen=True)
class Sheet:
    """The whole page."""

    disclosure: Disclosure
    lines: tuple[Line, ...]
    homeless: tuple[Note, ...]
    open_remarks: int
    all_remarks: int
    may_remark: bool
    may_answer: bool


def sheet(session: Session, disclosure: Disclosure, person: SignedIn, chosen: str) -> Sheet:
    """Gathers text and remarks; each remark beside the words it means, wherever they stand now."""
    text = passages(disclosure.fields())
    names = {row.id: row.name for row in session.execute(select(StaffMember.id, StaffMember.name))}
    beside: dict[str, list[Note]] = {}
    for number, remark in enumerate(disclosure.notes, 1):
        found = find(text, remark.place, remark.passage)
        whole = any(each.place == found.place and each.words == remark.passage for each in text)
        beside.setdefault(found.place, []).append(_note(number, remark, found.changed, whole, names, disclosure, person))
    writes = remarks.may_remark(disclosure, person)
    lines = (_line(passage, tuple(beside.get(passage.place, ())), writes and passage.place == chosen) for passage in text)
    return Sheet(
        disclosure, tuple(lines), tuple(beside.get("", ())), disclosure.open_remarks, len(disclosure.notes), writes,
        remarks.may_answer(disclosure, person),
    )  # fmt: skip


def _note(
    number: int, remark: Remark, changed: bool, whole: bool, names: Mapping[str, str], disclosure: Disclosure, person: SignedIn
) -> Note:
    is_open = remark.answered_at is None
    when = f"{remark.at.astimezone(SHANGHAI):%m月%d日 %H:%M}"
    answered = f"{names.get(remark.answered_by, remark.answered_by)} " if remark.answered_at else ""
    answered += f"{remark.answered_at.astimezone(SHANGHAI):%m月%d日 %H:%M}" if remark.answered_at else ""
    return Note(
        remark.id, number, names.get(remark.by, remark.by), remark.stage.zh, when, remark.words, "" if whole else remark.passage,
        changed, is_open, remark.answer, answered, is_open and remarks.may_answer(disclosure, person),
        is_open and remark.by == person.id and remarks.may_remark(disclosure, person),
    )  # fmt: skip


def _line(passage: Passage, notes: tuple[Note, ...], chosen: bool) -> Line:
    return Line(passage, tuple(pieces(passage.words, notes)), notes, chosen)


def pieces(words: str, notes: Iterable[Note]) -> Iterator[Piece]:
    """The passage cut where the words of a remark begin and end; of two that overlap the first is marked."""
    spans = sorted((words.find(note.quoted), note.number, note.quoted) for note in notes if note.quoted and not note.changed)
    at = 0
    for start, number, quoted in spans:
        if start < at:
            continue
        yield Piece(words[at:start], 0)
        yield Piece(quoted, number)
        at = start + len(quoted)
    yield Piece(words[at:], 0)


@bp.get("/<identity>/remarks")
@allowed(*READERS)
def page(identity: str) -> str:
    """Every passage, and the remarks beside it. ``at`` names the passage whose form is open, ``words`` what was marked there."""
    with office().office.reading() as session:
        shown = sheet(session, lists.find(session, identity, staff()), staff(), request.args.get("at", ""))
    return render_template("publication/remarks.html", sheet=shown, marked=request.args.get("words", "")[:2000], typed="", fault="")


@bp.post("/<identity>/remarks")
@allowed(*HANDS)
def send(identity: str) -> Answer | tuple[str, int]:
    place, marked, words = (request.form.get(name, "") for name in ("place", "passage", "words"))
    try:
        with office().office.transaction() as session:
            disclosure = lists.find(session, identity, staff())
            require_version(disclosure, request.form.get("seen", 0, type=int))
            made = remarks.add(session, disclosure, place=place, passage=marked, words=words, by=staff(), at=now())
    except Refusal as fault:
        with office().office.reading() as session:
            shown = sheet(session, lists.find(session, identity, staff()), staff(), place)
        page_again = render_template("publication/remarks.html", sheet=shown, marked=marked, typed=words, fault=fault.reason)
        return page_again, fault.status
    flash("批注已写下")
    return redirect(url_for("publication_remarks.page", identity=identity, _anchor=f"r-{made.id}"), 303)


@bp.post("/<identity>/remarks/<remark_id>/answer")
@allowed(*WRITERS)
def answer(identity: str, remark_id: str) -> Answer:
    return _settled(identity, remark_id, request.form.get("answer", ""))


@bp.post("/<identity>/remarks/<remark_id>/take-back")
@allowed(*HANDS)
def take_back(identity: str, remark_id: str) -> Answer:
    return _settled(identity, remark_id, None)


def _settled(identity: str, remark_id: str, words: str | None) -> Answer:
    try:
        with office().office.transaction() as session:
            disclosure = lists.find(session, identity, staff())
            if words is None:
                remarks.take_back(session, disclosure, remark_id, by=staff(), at=now())
            else:
                remarks.answer(session, disclosure, remark_id, words, by=staff(), at=now())
    except NotThere:
        raise
    except Refusal as refusal:
        if what_was_typed():
            raise  # The page that says no prints what was written.
        flash(refusal.reason, "warn")
    else:
        flash("批注已收回" if words is None else "已答复")
    return redirect(url_for("publication_remarks.page", identity=identity, _anchor=f"r-{remark_id}"), 303)
