"""The queue of the 信访督办组 and the page of a letter: lists with filters, one act at a time, the slip, files and messages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.wrappers import Response as Answer

from moderation.casework import arrival, assignment, handling, letter_lists, slip
from moderation.casework.guards import LETTER
from moderation.casework.letter_lists import READS_ALL, READS_SOME, Filter
from moderation.casework.letters import EvidenceRole, Letter
from moderation.casework.machine import DESK_OF, Desk, LetterState
from moderation.console import long_work
from moderation.console.access import allowed, office, staff
from moderation.console.letter_acts import BY_SLUG, Act, ActWork, check_items, fields, general_error, offered
from moderation.console.letter_undo import offer_back
from moderation.console.letter_views import (
    Names,
    letter_page,
    lines_of,
    names,
    region_options,
    type_options,
    unit_options,
)
from moderation.console.navigation import Entry
from moderation.console.undo import flash_done
from moderation.custody.requests import ASKERS
from moderation.evidence import EvidenceStore, evidence_store
from moderation.staff import SignedIn
from portal.core.clock import day_of, now
from portal.core.errors import Mendable, NotThere, Refusal
from portal.core.vocabulary import PollutionType, Role
from portal.web.fields import PlainField

bp = Blueprint("letters", __name__)
S = LetterState
GROUP = (Role.GROUP_MEMBER, Role.GROUP_LEAD)
READERS = tuple(READS_SOME)
OVERSEERS = tuple(READS_ALL - {Role.SCREENER})
_OPEN_DESKS = (Desk.QUEUE, Desk.UNITS, Desk.REVIEW)
_PICTURES = frozenset({"image/jpeg", "image/png"})


# ---- lists ----


def wanted_from(arguments: MultiDict[str, str], base: Filter) -> Filter:
    """The filter of the address, on top of what the list is about. Words nobody offers are left out."""
    kinds = {kind.value: kind for kind in PollutionType}
    states = {state.value: state for state in LetterState}
    chosen = states.get(arguments.get("state", ""))
    return Filter(
        desk=base.desk,
        desks=base.desks,
        states=(chosen,) if chosen and not base.states else base.states,
        unit_id=arguments.get("unit", "") or base.unit_id,
        region_code=arguments.get("region", ""),
        type=kinds.get(arguments.get("type", "")),
        key_only=arguments.get("key") == "y",
        due_by=base.due_by,
        overdue_on=base.overdue_on,
        text=arguments.get("q", "").strip()[:40],
        newest_first=base.newest_first,
    )


def show_list(title: str, base: Filter, *, empty: str, bulk: str = "", target: str = "letters.show") -> str:
    """A list of letters that this person may know of, with the filters that are offered."""
    today = day_of(now())
    wanted = wanted_from(request.args, base)
    number = max(1, min(request.args.get("page", 1, type=int), letter_lists.COUNT_TO // letter_lists.PAGE))
    with office().office.reading() as session:
        known = names(session)
        page = letter_lists.letters_in(session, wanted, staff(), number=number)
        lines = lines_of(page, known, today)
    return render_template(
        "letters/list.html",
        heading=title,
        page=page,
        lines=lines,
        filters=_filters(known, base),
        empty=empty,
        bulk=bulk,
        target=target,
        pages=_page_links(page.number, page.pages),
        searching=bool(wanted.text),
        with_unit=_may_have_a_unit(base),
    )


def _may_have_a_unit(base: Filter) -> bool:
    """Before a letter is assigned there is no unit to show, nor to filter by."""
    return not base.states or any(DESK_OF[state] is not Desk.SCREENING for state in base.states)


def _filters(known: Names, base: Filter) -> tuple[PlainField, ...]:
    chosen = request.args
    fields_ = [
        PlainField("region", "区域", chosen.get("region", ""), (), region_options(known)),
        PlainField("type", "污染类型", chosen.get("type", ""), (), type_options()),
    ]
    if staff().roles & READS_ALL and base.desk not in (Desk.SCREENING, Desk.DISCIPLINE) and _may_have_a_unit(base):
        fields_.append(PlainField("unit", "承办单位", chosen.get("unit", ""), (), unit_options(known)))
    if not base.states:
        states = (("", "全部状态"), *((state.value, state.zh) for state in LetterState))
        fields_.append(PlainField("state", "状态", chosen.get("state", ""), (), states))
    return tuple(fields_)


def _page_links(number: int, pages: int) -> tuple[tuple[int, str], ...]:
    """Addresses of the pages around this one."""
    kept: dict[str, Any] = {key: value for key, value in request.args.items() if key != "page" and not key.startswith("_")}
    wanted = sorted({1, pages, *range(max(1, number - 2), min(pages, number + 2) + 1)})
    return tuple((each, url_for(request.endpoint or "", **kept, page=each)) for each in wanted)


@bp.get("/letters")
@allowed(*OVERSEERS, Role.SCREENER)
def everything() -> str:
    return show_list("全部信访件", Filter(newest_first=True), empty="还没有信访件。收到举报后会出现在这里。")


@bp.get("/letters/due")
@allowed(*GROUP, Role.SUPERVISION_INSPECTOR, Role.LEADER)
def due() -> str:
    return show_list("今天到期和已逾期", Filter(desks=_OPEN_DESKS, due_by=day_of(now())), empty="今天没有到期的信访件。")


@bp.get("/letters/to-assign")
@allowed(*GROUP)
def to_assign() -> str:
    return show_list("待分办", Filter(states=(S.ACCEPTED, S.REOPENED)), empty="没有等着分办的信访件。", bulk="assign")


@bp.get("/letters/returned")
@allowed(*GROUP)
def returned() -> str:
    return show_list("退回待裁", Filter(states=(S.RETURN_DISPUTED,)), empty="没有单位退回信访件。")


@bp.get("/letters/extensions")
@allowed(*GROUP)
def extensions() -> str:
    return show_list("延期待批", Filter(states=(S.EXTENSION_ASKED,)), empty="没有等着批的延期申请。")


@bp.get("/letters/under-way")
@allowed(*OVERSEERS)
def under_way() -> str:
    return show_list("承办中", Filter(desk=Desk.UNITS), empty="没有单位在办的信访件。")


@bp.get("/letters/to-review")
@allowed(*GROUP)
def to_review() -> str:
    return show_list("待审核", Filter(states=(S.UNDER_REVIEW,)), empty="没有等着审核的信访件。", bulk="report-up")


@bp.get("/letters/reported-up")
@allowed(*GROUP)
def reported_up() -> str:
    return show_list("已上报，待上级认可", Filter(states=(S.REPORTED_UP,)), empty="没有等上级认可的信访件。")


@bp.get("/letters/after")
@allowed(*GROUP, Role.RECTIFICATION_OFFICER)
def after() -> str:
    return show_list("办结后：回访与整改", Filter(desk=Desk.AFTER), empty="没有等着回访的信访件。")


@bp.get("/letters/discipline")
@allowed(Role.DISCIPLINE_OFFICER)
def discipline() -> str:
    return show_list("移送纪检监察", Filter(desk=Desk.DISCIPLINE), empty="没有移送来的信访件。")


# ---- one letter ----


@bp.get("/letters/<letter_id>")
@allowed(*READERS)
def show(letter_id: str) -> str:
    _note_first_reading(letter_id)
    with office().office.reading() as session:
        letter = letter_lists.find(session, letter_id, staff())
        page = letter_page(session, letter, staff(), day_of(now()))
        return render_template(
            "letters/show.html",
            page=page,
            acts=offered(letter, staff()),
            may_report=_may_report(letter, staff()),
            may_screen=_may_screen(letter, staff()),
            may_add_files=_may_add_files(letter, staff()),
            may_ask_identity=bool(staff().roles & ASKERS),
            file_roles=tuple(EvidenceRole),
        )


def _note_first_reading(letter_id: str) -> None:
    """A handling unit opens the letter for the first time: its assignment can no longer be undone."""
    if Role.UNIT_OFFICER not in staff().roles:
        return
    with office().office.reading() as session:
        letter = letter_lists.find(session, letter_id, staff())
        if not assignment.is_unread(session, letter, staff()):
            return
    with office().office.transaction() as session:
        letter = letter_lists.find(session, letter_id, staff(), to_change=True)
        assignment.note_opened(session, letter, by=staff(), at=now())


def _may_report(letter: Letter, person: SignedIn) -> bool:
    return any(step.verb == "report" for step in LETTER.offered(letter, person))


def _may_screen(letter: Letter, person: SignedIn) -> bool:
    return Role.SCREENER in person.roles and letter.state in (S.RECEIVED, S.SCREENING) and letter.report_id is not None


def _may_add_files(letter: Letter, person: SignedIn) -> bool:
    if letter.state in (S.ASSIGNED, S.HANDLING, S.EXTENSION_ASKED):
        return bool(person.roles & {Role.UNIT_OFFICER, *GROUP})
    return letter.state is S.UNDER_REVIEW and bool(person.roles & set(GROUP))


def _act(slug: str) -> Act:
    act = BY_SLUG.get(slug)
    if act is None:
        raise NotThere("没有这项操作")
    return act


@bp.get("/letters/<letter_id>/acts/<slug>")
@allowed(*READERS)
def act_form(letter_id: str, slug: str) -> str | Answer:
    act = _act(slug)
    if act.page:
        return redirect(url_for(act.page, letter_id=letter_id), 303)
    with office().office.reading() as session:
        letter = letter_lists.find(session, letter_id, staff())
        _require_offered(act, letter)
        return _form(session, act, letter)


def _require_offered(act: Act, letter: Letter) -> None:
    if act not in offered(letter, staff()):
        step = LETTER.step(letter.state, act.verb) if act.verb else None
        if step is not None and step.roles & staff().roles and step.guard:
            # State and post would do: what stands in the way is said, not that the post is wrong.
            why = LETTER.guards[step.guard](letter, staff())
            if why:
                raise Refusal(why, clause=step.clause)
        raise Refusal(f"“{letter.state.zh}”状态下，您的岗位不能“{act.label}”", clause="信访件办理流程")


def _form(
    session: Session, act: Act, letter: Letter, typed: MultiDict[str, str] | None = None, wrong: Refusal | None = None
) -> str:
    mendable = wrong if isinstance(wrong, Mendable) else Mendable(wrong.reason, clause=wrong.clause) if wrong else None
    asked = fields(act, session, letter, staff(), typed, mendable)
    page = letter_page(session, letter, staff(), day_of(now()))
    return render_template(
        "letters/act.html",
        act=act,
        page=page,
        asked=asked,
        checklist=check_items(typed),
        error=general_error(mendable, asked),
        clause=wrong.clause if wrong else None,
        page_has_errors=wrong is not None,
    )


@bp.post("/letters/<letter_id>/acts/<slug>")
@allowed(*READERS)
def act(letter_id: str, slug: str) -> Answer | tuple[str, int]:
    chosen = _act(slug)
    try:
        with office().office.transaction() as session:
            letter = letter_lists.find(session, letter_id, staff(), to_change=True)
            letter_lists.require_version(session, letter, request.form.get("version", 0, type=int))
            _require_offered(chosen, letter)
            key = arrival.guard_key(office())
            chosen.run(ActWork(session, letter, request.form, staff(), now(), key))
            offer = offer_back(session, [letter], link=url_for("letters.show", letter_id=letter_id))
    except NotThere:
        raise
    except Refusal as refused:
        return _kept(letter_id, chosen, refused)
    flash_done(f"{chosen.label}：已完成", offer)
    return redirect(_after_act(letter_id), 303)


def _kept(letter_id: str, chosen: Act, refused: Refusal) -> tuple[str, int]:
    """The form again, with what was typed, what is wrong, and the newest state of the letter."""
    with office().office.reading() as session:
        letter = letter_lists.find(session, letter_id, staff())
        return _form(session, chosen, letter, request.form, refused), refused.status


def _after_act(letter_id: str) -> str:
    """Back to the letter; to the start page where the person may no longer see it."""
    with office().office.reading() as session:
        try:
            letter_lists.find(session, letter_id, staff())
        except NotThere:
            return url_for("desk.home")
    return url_for("letters.show", letter_id=letter_id)


# ---- many at once ----


@bp.post("/letters/assign")
@allowed(*GROUP)
def assign_many() -> Answer:
    """Assigns the ticked letters as the rules suggest; those without a suggestion are left and named."""
    back = url_for("letters.to_assign")
    chosen = request.form.getlist("letter")[:500]
    return long_work.start("letters.assign", chosen, title="分办", link=back, nothing="没有分办任何一件，请先勾选")


@bp.post("/letters/report-up")
@allowed(*GROUP)
def report_up_many() -> Answer:
    """Reports the ticked letters upward, one by one; those that may not go are left and named."""
    back = url_for("letters.to_review")
    chosen = request.form.getlist("letter")[:500]
    return long_work.start("letters.report_up", chosen, title="上报", link=back, nothing="没有上报任何一件，请先勾选")


# ---- the slip ----


@bp.get("/letters/<letter_id>/slip")
@allowed(*GROUP, Role.UNIT_OFFICER, Role.SUPERVISION_INSPECTOR)
def slip_page(letter_id: str) -> str:
    _note_first_reading(letter_id)
    with office().office.reading() as session:
        letter = letter_lists.find(session, letter_id, staff())
        found = slip.slip_of(session, letter)
    return render_template("letters/slip.html", slip=found, rows=slip.rows_of(found), letter_id=letter_id)


@bp.get("/letters/<letter_id>/slip.docx")
@allowed(*GROUP, Role.UNIT_OFFICER, Role.SUPERVISION_INSPECTOR)
def slip_docx(letter_id: str) -> Response:
    _note_first_reading(letter_id)
    with office().office.reading() as session:
        letter = letter_lists.find(session, letter_id, staff())
        found = slip.slip_of(session, letter)
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    return _download(slip.as_docx(found), kind, f"slip-{found.number}.docx")


def _download(data: bytes, kind: str, name: str, *, inline: bool = False) -> Response:
    answer = Response(data, mimetype=kind)
    how = "inline" if inline else "attachment"
    answer.headers["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(name, safe='')}"
    return answer


# ---- evidence ----


@bp.post("/letters/<letter_id>/evidence")
@allowed(*GROUP, Role.UNIT_OFFICER)
def add_evidence(letter_id: str) -> Answer:
    """Files of the unit, or of the group's own check; several at once."""
    with office().office.reading() as session:
        letter = letter_lists.find(session, letter_id, staff())
        if not _may_add_files(letter, staff()):
            raise Refusal(f"“{letter.state.zh}”状态下不能加材料", clause="信访件办理流程")
    kept = keep_files(letter_id)
    if not kept:
        raise Mendable("请选择文件", field="file")
    flash(f"已加 {kept} 份材料")
    return redirect(url_for("letters.show", letter_id=letter_id) + "#evidence", 303)


def keep_files(letter_id: str, role: EvidenceRole | None = None, *, field: str = "file") -> int:
    """Keeps the files of the present request with the letter: bytes first, outside any transaction. Returns how many.

    ``role`` None: as the form says.
    """
    files = [file for file in request.files.getlist(field) if file.filename]
    role = role or next((each for each in EvidenceRole if each.value == request.form.get("role")), EvidenceRole.OTHER)
    store = evidence_store(office())
    kept = [_shelved(store, file) for file in files]
    with office().office.transaction() as session:
        letter = letter_lists.find(session, letter_id, staff(), to_change=True)
        for digest, name, data in kept:
            kind = handling.media_type(data)
            handling.add_evidence(session, letter, digest=digest, name=name, kind=kind, role=role, by=staff(), at=now())
    return len(kept)


def _shelved(store: EvidenceStore, file: FileStorage) -> tuple[str, str, bytes]:
    data = file.read()
    return handling.put_file(store, data), file.filename or "", data


@bp.get("/letters/<letter_id>/evidence/<evidence_id>")
@allowed(*READERS)
def evidence(letter_id: str, evidence_id: str) -> Response:
    with office().office.reading() as session:
        letter = letter_lists.find(session, letter_id, staff())
        row = handling.find_evidence(session, letter, evidence_id)
    data = evidence_store(office()).get(row.digest)
    return _download(data, row.media_type, row.name, inline=row.media_type in _PICTURES)


def today() -> date:
    return day_of(now())


# ---- menu ----


def _count(*states: LetterState) -> Callable[[Session, SignedIn], int]:
    return lambda session, person: letter_lists.count_in(session, states, person)


ENTRIES: tuple[Entry, ...] = (
    Entry(
        "待我处理",
        "今天到期和逾期",
        "letters.due",
        frozenset({*GROUP, Role.SUPERVISION_INSPECTOR, Role.LEADER}),
        lambda session, person: letter_lists.count_due(session, _OPEN_DESKS, today(), person),
        urgent=True,
    ),
    Entry("待我处理", "待分办", "letters.to_assign", frozenset(GROUP)),
    Entry("待我处理", "待审核", "letters.to_review", frozenset(GROUP)),
    Entry("待我处理", "退回待裁", "letters.returned", frozenset(GROUP), urgent=True),
    Entry("待我处理", "延期待批", "letters.extensions", frozenset(GROUP), _count(S.EXTENSION_ASKED)),
    Entry("待我处理", "移送纪检监察", "letters.discipline", frozenset({Role.DISCIPLINE_OFFICER})),
    Entry("信访件", "承办中", "letters.under_way", frozenset(OVERSEERS), _count(S.ASSIGNED, S.HANDLING)),
    Entry("信访件", "已上报", "letters.reported_up", frozenset(GROUP), _count(S.REPORTED_UP)),
    Entry(
        "信访件",
        "办结后",
        "letters.after",
        frozenset({*GROUP, Role.RECTIFICATION_OFFICER}),
        _count(S.SETTLED_FOR_NOW, S.SETTLED, S.FOLLOW_UP),
    ),
    Entry("信访件", "全部", "letters.everything", frozenset({*OVERSEERS, Role.SCREENER})),
    Entry("信访件", "登记上级交办件", "screening.hand_down_form", frozenset(GROUP)),
)
