"""What reporters wrote later: unread mail for the desks, and 打击报复, which goes straight to discipline and 督办监察组."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from moderation.casework import letter_lists, messages, originals
from moderation.casework.letters import Letter, LetterMessage, LetterText, MessageDirection
from moderation.console.access import allowed, office, staff
from moderation.console.letter_views import MessageLine, message_line
from moderation.console.navigation import Entry
from moderation.console.original_files import file_answer, original_files
from moderation.console.paging import PAGE, Paging, how_many, paging
from moderation.staff import SignedIn
from portal.core.clock import now
from portal.core.errors import NotThere
from portal.core.vocabulary import Role

bp = Blueprint("reporter_messages", __name__)
DESK = (Role.SCREENER, Role.GROUP_MEMBER, Role.GROUP_LEAD)
GUARDIANS = messages.GUARDIANS

_RETALIATION = messages.TELLS_OF_RETALIATION


@dataclass(frozen=True)
class MailLine:
    """One message in a list."""

    letter: Letter
    summary: str
    message: MessageLine


def _ordinary(person: SignedIn) -> Select[LetterMessage, Letter]:
    """Unread mail about letters this person works on. Retaliation is not theirs to read."""
    query = select(LetterMessage, Letter).join(Letter, Letter.id == LetterMessage.letter_id)
    return letter_lists.visible(query, person).where(
        LetterMessage.direction == MessageDirection.IN,
        LetterMessage.read_at.is_(None),
        LetterMessage.kind.in_(messages.TO_READ),
    )


def _retaliation(person: SignedIn) -> Select[LetterMessage, Letter]:
    query = select(LetterMessage, Letter).join(Letter, Letter.id == LetterMessage.letter_id)
    return letter_lists.unbarred(query, person).where(_RETALIATION)


def _lines(session: Session, query: Select[LetterMessage, Letter], page: Paging) -> tuple[MailLine, ...]:
    """What waits longest first; on the other desk what was read stays, after what was not."""
    order = (LetterMessage.read_at.is_not(None), LetterMessage.on, LetterMessage.id)
    rows = session.execute(query.order_by(*order).offset(page.first).limit(PAGE))
    return tuple(MailLine(letter, session.get_one(LetterText, letter.id).summary, message_line(row)) for row, letter in rows)


@bp.get("/mail")
@allowed(*DESK)
def unread() -> str:
    with office().office.reading() as session:
        page = paging(how_many(session, _ordinary(staff()), LetterMessage.id))
        lines = _lines(session, _ordinary(staff()), page)
    return render_template("letters/mail.html", lines=lines, page=page, retaliation=False)


@bp.get("/retaliation")
@allowed(*GUARDIANS)
def retaliation() -> str:
    with office().office.reading() as session:
        page = paging(how_many(session, _retaliation(staff()), LetterMessage.id))
        lines = _lines(session, _retaliation(staff()), page)
    return render_template("letters/mail.html", lines=lines, page=page, retaliation=True)


def _findable(session: Session, message_id: str, person: SignedIn) -> tuple[LetterMessage, Letter]:
    """The message, if this person may read it: desks their letters' mail, guardians what tells of retaliation."""
    base = select(LetterMessage, Letter).join(Letter, Letter.id == LetterMessage.letter_id)
    wanted = base.where(LetterMessage.message_id == message_id)
    found = None
    if person.roles & {*DESK, Role.DISCIPLINE_OFFICER}:
        found = session.execute(letter_lists.visible(wanted, person).where(~_RETALIATION)).first()
    if found is None and person.roles & set(GUARDIANS):
        found = session.execute(letter_lists.unbarred(wanted, person).where(_RETALIATION)).first()
    if found is None:
        raise NotThere("没有这封来信，或者它不归您的岗位看")
    return found[0], found[1]


@bp.post("/mail/<message_id>")
@allowed(*DESK, *GUARDIANS)
def open_one(message_id: str) -> str:
    """Opens one message. A POST, because it writes an audit line."""
    with office().office.reading() as session:
        row, letter = _findable(session, message_id, staff())
    opened = originals.open_message(office(), row, by=staff(), reason="阅读来信", at=now())
    with office().office.transaction() as session:
        messages.mark_read(session, letter, message_id, by=staff(), at=now())
        seen = letter_lists.visible(select(Letter.id).where(Letter.id == letter.id), staff())
        may_see_letter = session.scalar(seen) is not None
        files = original_files(session, office(), opened)
    return render_template(
        "letters/message.html", letter=letter, message=opened, line=message_line(row), read_at=now(),
        may_see_letter=may_see_letter, files=files,
    )  # fmt: skip


@bp.post("/mail/<message_id>/files/<file_id>")
@allowed(*DESK, *GUARDIANS)
def file(message_id: str, file_id: str) -> Response:
    """One file of a message: a clean copy, or the original as a download. An audit line each time."""
    with office().office.reading() as session:
        row, _letter = _findable(session, message_id, staff())
    wants_original = request.form.get("which") == "original"
    reason = "下载来信附件原件" if wants_original else "查看来信附件"
    opened = originals.open_message(office(), row, by=staff(), reason=reason, at=now())
    return file_answer(office(), originals.attachment_named(opened, file_id), wants_original=wants_original)


ENTRIES: tuple[Entry, ...] = (
    Entry("待我处理", "举报人来信", "reporter_messages.unread", frozenset(DESK)),
    Entry("待我处理", "打击报复", "reporter_messages.retaliation", frozenset(GUARDIANS), urgent=True),
)
