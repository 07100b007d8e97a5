"""Lists of acts that no other list of the console is about: last steps, paper, what nobody answered, days to be set.

Each is a part of “待我处理” under a heading of its own, in the same order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from flask import Blueprint, g, render_template, request, url_for
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import aliased

from moderation.casework import letter_lists
from moderation.casework.letters import Letter, LetterAssignment, LetterMessage
from moderation.casework.machine import LetterState
from moderation.console import needs
from moderation.console.access import allowed, office, staff
from moderation.console.navigation import FIRST, Entry, desk_counts
from moderation.console.need_lines import Needs, letter_lines, rows_by_id, short, task_line
from moderation.console.needs import Look, Need, Source, Waiting
from moderation.console.paging import page_numbers
from moderation.rectification.tasks import Objection, RectificationTask
from moderation.rectification.words import TaskState
from moderation.staff import SignedIn, Unit
from moderation.supervision.machine import SubjectKind
from moderation.supervision.tables import PublicListing, Supervision
from portal.core.clock import day_of, now
from portal.core.report_content import MessageKind
from portal.core.vocabulary import Role
from portal.web.language import N_

bp = Blueprint("waiting", __name__)
S = LetterState
GROUP = (Role.GROUP_MEMBER, Role.GROUP_LEAD)
KEEPERS = (Role.RECTIFICATION_OFFICER,)
LISTERS = (Role.SUPERVISION_INSPECTOR, Role.GROUP_LEAD)
AT_UNITS = (S.ASSIGNED, S.HANDLING, S.EXTENSION_ASKED)


# ---- the last step of a letter ----


def _to_wrap_up(person: SignedIn, _today: date) -> Waiting:
    query = letter_lists.visible(select(Letter).where(Letter.wrap_up_on.is_not(None)), person)
    return Waiting(query, Letter.id, since=Letter.wrap_up_on)


def _wrap_up_lines(look: Look, ids: Sequence[str]) -> Needs:
    lines = letter_lines(look, ids, "letters.show")
    last = select(LetterMessage.letter_id, LetterMessage.score).where(
        LetterMessage.letter_id.in_(ids), LetterMessage.kind == MessageKind.SATISFACTION.value
    )
    scores: dict[str, int] = {
        letter_id: score for letter_id, score in look.session.execute(last.order_by(LetterMessage.position)) if score is not None
    }
    found = {}
    for letter in rows_by_id(look, Letter, ids):
        score = scores.get(letter.id)
        marks = (f"评价 {score} 分",) if score is not None else ()
        why = FINISH if letter.state is S.SETTLED_FOR_NOW else EVALUATED if score is not None else SILENT
        line = lines[letter.id]
        found[letter.id] = replace(line, due=None, since=letter.wrap_up_on, marks=(*marks, *line.marks), why=why)
    return found


FINISH, EVALUATED, SILENT = N_("整改都已销号，写明结果，办结"), N_("看评价，归档或者重开"), N_("没有等到评价，看过再归档")


# ---- paper, and what nobody answered ----


def passed_on() -> ColumnElement[bool]:
    """Whether a unit's part was given on to a unit below it, which now answers."""
    below = aliased(LetterAssignment)
    own = (below.letter_id == LetterAssignment.letter_id, below.parent_id == LetterAssignment.id, below.ended_at.is_(None))
    return select(below.id).where(*own).exists()


def _on_paper(person: SignedIn, _today: date) -> Waiting:
    """Parts of units without accounts: nobody but the group can bring them the slip, or enter what they answer."""
    query = select(LetterAssignment).join(Letter, Letter.id == LetterAssignment.letter_id)
    # Starts from the few such units: joined, SQLite walks every part there ever was.
    query = query.where(
        LetterAssignment.unit_id.in_(select(Unit.id).where(Unit.has_accounts.is_(False))), LetterAssignment.ended_at.is_(None),
        LetterAssignment.closed.is_(False),
        LetterAssignment.state.in_(AT_UNITS), LetterAssignment.reported_at.is_(None), ~passed_on(),
    )  # fmt: skip
    return Waiting(letter_lists.visible(query, person), LetterAssignment.id, LetterAssignment.due_on)


def _paper_lines(look: Look, ids: Sequence[str]) -> Needs:
    query = select(LetterAssignment, Unit.name).join(Unit, Unit.id == LetterAssignment.unit_id)
    parts = look.session.execute(query.where(LetterAssignment.id.in_(ids))).all()
    lines = letter_lines(look, [part.letter_id for part, _unit in parts], "letters.show")
    found = {}
    for part, unit in parts:
        line = lines[part.letter_id]
        new = part.state is S.ASSIGNED
        url = url_for("letters.slip_page", letter_id=part.letter_id) if new else line.url
        found[part.id] = replace(line, url=url, marks=(unit, *line.marks), why=SLIP if new else ANSWER)
    return found


SLIP, ANSWER = N_("打印交办单，送到单位"), N_("催要盖章答复，录入")


def _unanswered(person: SignedIn, today: date) -> Waiting:
    """Questions whose time to answer is over: the screener waits on, or goes on without the answer."""
    query, own, day = letter_lists.in_state(S.AWAITING_SUPPLEMENT, person)
    return Waiting(query.where(day < today), own, day)


# ---- tasks, and what is publicly listed ----


def _relapsed(_person: SignedIn, _today: date) -> Waiting:
    again = (RectificationTask.state == TaskState.RELAPSED, RectificationTask.dropped_on.is_(None))
    return Waiting(select(RectificationTask).where(*again), RectificationTask.id)


def _without_day(_person: SignedIn, _today: date) -> Waiting:
    query = select(RectificationTask).where(
        RectificationTask.state.in_((TaskState.NOT_STARTED, TaskState.UNDER_WAY)), RectificationTask.due_on.is_(None),
        RectificationTask.deadline_kind.in_(("unclear", "milestone_only")), RectificationTask.dropped_on.is_(None),
    )  # fmt: skip
    return Waiting(query, RectificationTask.id, since=RectificationTask.starts_on)


def _task_lines(look: Look, ids: Sequence[str]) -> Needs:
    return {task.id: task_line(task, "ledger.show", None) for task in rows_by_id(look, RectificationTask, ids)}


def _objections(_person: SignedIn, _today: date) -> Waiting:
    query = select(Objection).join(RectificationTask, RectificationTask.id == Objection.task_id)
    wanted = query.where(Objection.answered_on.is_(None), RectificationTask.state == TaskState.PUBLIC_NOTICE)
    return Waiting(wanted, Objection.id, since=Objection.received_on)


def _objection_lines(look: Look, ids: Sequence[str]) -> Needs:
    query = select(Objection, RectificationTask).join(RectificationTask, RectificationTask.id == Objection.task_id)
    return {
        row.id: replace(task_line(task, "ledger.show", None), what=short(row.summary), since=row.received_on)
        for row, task in look.session.execute(query.where(Objection.id.in_(ids)))
    }


def _listings(person: SignedIn, today: date) -> Waiting:
    """挂牌督办 whose last day has come: it is released with evidence, or listed anew."""
    known = or_(Supervision.subject_kind != SubjectKind.LETTER, letter_lists.is_known(Supervision.subject_id, person))
    mine = select(Supervision.id).where(Supervision.id == PublicListing.supervision_id, known).exists()
    query = select(PublicListing).where(PublicListing.released_on.is_(None), PublicListing.until_on <= today, mine)
    return Waiting(query, PublicListing.id, PublicListing.until_on)


def _listing_lines(look: Look, ids: Sequence[str]) -> Needs:
    query = select(PublicListing, Supervision).join(Supervision, Supervision.id == PublicListing.supervision_id)
    return {
        row.id: Need(short(row.what), url_for("supervision.show", supervision_id=on.id), on.number, row.until_on)
        for row, on in look.session.execute(query.where(PublicListing.id.in_(ids)))
    }


SOURCES: tuple[Source, ...] = (
    Source("waiting.to_wrap_up", N_("办最后一步"), frozenset(GROUP), _to_wrap_up, _wrap_up_lines),
    Source("waiting.on_paper", N_("送交办单，录入盖章答复"), frozenset(GROUP), _on_paper, _paper_lines),
    Source(
        "waiting.unanswered",
        N_("补充期满，决定还等不等"),
        frozenset({Role.SCREENER}),
        _unanswered,
        lambda look, ids: letter_lines(look, ids, "letters.show"),
    ),
    Source("waiting.days_to_set", N_("反弹，重新定期限"), frozenset(KEEPERS), _relapsed, _task_lines),
    Source("waiting.days_to_set", N_("核定期限"), frozenset(KEEPERS), _without_day, _task_lines),
    Source("waiting.objections", N_("答复公示异议"), frozenset(KEEPERS), _objections, _objection_lines),
    Source("waiting.listings", N_("挂牌到期，登记解除或者延长"), frozenset(LISTERS), _listings, _listing_lines),
)


# ---- their pages ----


def _list(endpoint: str, heading: str, empty: str) -> str:
    mine = tuple(source for source in SOURCES if source.endpoint == endpoint)
    number = request.args.get("page", 1, type=int)
    with office().office.reading() as session:
        look = Look(session, staff(), day_of(now()))
        g.counted = desk_counts(session, staff())
        page = needs.page_of(look, mine, g.counted, number=number)
    wanted = page_numbers(page.number, page.pages) if page.pages > 1 else ()
    links = tuple((each, url_for(endpoint, page=each)) for each in wanted)
    return render_template("desk/waiting.html", heading=heading, empty=empty, page=page, links=links)


@bp.get("/letters/to-wrap-up")
@allowed(*GROUP)
def to_wrap_up() -> str:
    return _list("waiting.to_wrap_up", N_("回访和收尾"), N_("没有等着归档或者收尾的信访件。"))


@bp.get("/letters/on-paper")
@allowed(*GROUP)
def on_paper() -> str:
    return _list("waiting.on_paper", N_("纸质承办"), N_("没有交给无账号单位的信访件。"))


@bp.get("/screening/unanswered")
@allowed(Role.SCREENER)
def unanswered() -> str:
    return _list("waiting.unanswered", N_("补充期满未答"), N_("没有过期未补充的举报。"))


@bp.get("/rectification-tasks/days-to-set")
@allowed(*KEEPERS)
def days_to_set() -> str:
    return _list("waiting.days_to_set", N_("待定期限"), N_("每项任务都有期限。"))


@bp.get("/rectification-tasks/objections")
@allowed(*KEEPERS)
def objections() -> str:
    return _list("waiting.objections", N_("公示异议"), N_("没有等着答复的异议。"))


@bp.get("/supervision/listings")
@allowed(*LISTERS)
def listings() -> str:
    return _list("waiting.listings", N_("挂牌到期"), N_("没有到期的挂牌督办。"))


ENTRIES: tuple[Entry, ...] = (
    Entry(FIRST, "回访和收尾", "waiting.to_wrap_up", frozenset(GROUP)),
    Entry(FIRST, "纸质承办", "waiting.on_paper", frozenset(GROUP)),
    Entry(FIRST, "补充期满未答", "waiting.unanswered", frozenset({Role.SCREENER})),
    Entry(FIRST, "待定期限", "waiting.days_to_set", frozenset(KEEPERS)),
    Entry(FIRST, "公示异议", "waiting.objections", frozenset(KEEPERS), urgent=True),
    Entry(FIRST, "挂牌到期", "waiting.listings", frozenset(LISTERS), urgent=True),
)
