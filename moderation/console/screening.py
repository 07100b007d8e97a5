"""The screening desk (初审): the original beside the summary that will travel, the daily list of refusals, letters from above."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Answer

from moderation.casework import arrival, assignment, duplicates, letter_lists, letter_numbers, originals, redaction, screening
from moderation.casework.letter_lists import Filter
from moderation.casework.letters import BatchOrigin, Letter, LetterBar, LetterRefusal, LetterText, LetterType
from moderation.casework.machine import LetterState, Track
from moderation.casework.redaction import Piece
from moderation.casework.screening import Claim, WorkingSummary
from moderation.console.access import allowed, office, staff
from moderation.console.drafts import what_was_typed
from moderation.console.letter_acts import Act, offered
from moderation.console.letter_undo import offer_back
from moderation.console.letter_views import Due, Names, due_of, names, region_options
from moderation.console.letters import show_list
from moderation.console.navigation import FIRST, Entry
from moderation.console.original_files import OriginalFile, file_answer, original_files
from moderation.console.undo import flash_done
from moderation.staff import SignedIn
from portal.core.base_maps import window_around
from portal.core.clock import day_of, now
from portal.core.errors import Mendable, NotThere, Refusal
from portal.core.public_settings import read_public_settings
from portal.core.questions import QuestionSet, questions_version, shipped_questions
from portal.core.report_content import ReportContent
from portal.core.vocabulary import PollutionType, Role
from portal.intake.base_map import MapShown, send_piece, shown
from portal.web.fields import PlainField

bp = Blueprint("screening", __name__)
S = LetterState
SECOND = (Role.SCREENER, Role.GROUP_LEAD)
GROUP = (Role.GROUP_MEMBER, Role.GROUP_LEAD)


@bp.get("/screening")
@allowed(Role.SCREENER)
def tray() -> str:
    wanted = Filter(states=(S.RECEIVED, S.SCREENING))
    return show_list("待初审", wanted, empty="没有等着初审的举报。新的举报两三秒内会到这里。", target="screening.desk")


@bp.get("/screening/waiting")
@allowed(Role.SCREENER)
def waiting() -> str:
    return show_list("等举报人补充", Filter(states=(S.AWAITING_SUPPLEMENT,)), empty="没有在等补充的举报。")


# ---- one letter at the desk ----


@dataclass(frozen=True)
class Fact:
    """One line of the form the reporter filled."""

    label: str
    value: str


@dataclass(frozen=True)
class Original:
    """The opened report as the page prints it, marked with reader and time. Lives for one answer."""

    story: tuple[Piece, ...]
    facts: tuple[Fact, ...]
    files: tuple[OriginalFile, ...]
    map: MapShown | None
    reader: str
    marks: tuple[str, ...]
    conduct: str


@dataclass(frozen=True)
class ScreeningFields:
    """The fields of the form, as typed or as suggested."""

    summary: PlainField
    place: PlainField
    target: PlainField
    region: PlainField
    types: PlainField
    claims: PlainField
    track: PlainField
    severity: PlainField
    act: PlainField
    key_letter: PlainField
    note: PlainField


@bp.get("/screening/<letter_id>")
@allowed(Role.SCREENER)
def desk(letter_id: str) -> str:
    with office().office.transaction() as session:
        letter = letter_lists.find(session, letter_id, staff(), to_change=True)
        screening.start_screening(session, letter, by=staff(), at=now())
    return _desk(letter_id, None, None)


def _desk(letter_id: str, typed: MultiDict[str, str] | None, wrong: Refusal | None) -> str:
    with office().office.reading() as session:
        letter = letter_lists.find(session, letter_id, staff())
        if letter.state is not S.SCREENING or letter.report_id is None:
            raise wrong or Refusal(f"“{letter.state.zh}”的信访件不在初审台上", clause="信访件办理流程")
    content = originals.open_original(office(), letter, by=staff(), reason="初审", at=now())
    asked = questions_version(content.questions_version) or shipped_questions()[0]
    with office().office.reading() as session:
        letter = letter_lists.find(session, letter_id, staff())
        known, today = names(session), day_of(now())
        form = _fields(session, letter, content, asked, known, typed, wrong)
        page = _desk_parts(session, letter, known, today)
        files = original_files(session, office(), content)
    return render_template(
        "letters/screening.html", letter=letter, original=_printed(content, asked, known, files), form=form, page=page,
        error=_general(wrong, form), clause=wrong.clause if wrong else None, page_has_errors=wrong is not None,
    )  # fmt: skip


@dataclass(frozen=True)
class CandidateLine:
    """A possible duplicate, with why."""

    letter: Letter
    why: str


@dataclass(frozen=True)
class DeskParts:
    """What stands beside the form."""

    due: Due
    candidates: tuple[CandidateLine, ...]
    target_history: tuple[Letter, ...]
    bars: tuple[str, ...]
    acts: tuple[Act, ...]
    next_id: str | None


def _desk_parts(session: Session, letter: Letter, known: Names, today: date) -> DeskParts:
    found = duplicates.candidates(session, letter, staff())
    bars = session.scalars(select(LetterBar).where(LetterBar.letter_id == letter.id))
    return DeskParts(
        due_of(letter, today), tuple(CandidateLine(each.letter, "，".join(each.why)) for each in found),
        duplicates.history_of_target(session, letter, staff()),
        tuple(f"{known.people.get(bar.staff_id) or known.unit(bar.unit_id)}（{bar.reason.zh}）" for bar in bars),
        offered(letter, staff()), _next_in_tray(session, letter),
    )  # fmt: skip


def _next_in_tray(session: Session, letter: Letter) -> str | None:
    rows = letter_lists.letters_in(session, Filter(states=(S.RECEIVED, S.SCREENING)), staff()).rows
    return next((row.letter.id for row in rows if row.letter.id != letter.id), None)


def _printed(content: ReportContent, asked: QuestionSet, known: Names, files: tuple[OriginalFile, ...]) -> Original:
    acts = "、".join(_act_label(asked, code) for code in content.acts)
    facts = [
        Fact("反映的行为", acts),
        Fact("行政区域", known.regions.full_name(content.region_code)),
        Fact("地点", content.place),
        Fact("谁干的", content.who),
        Fact("坐标", _point(content)),
        Fact("什么时候", " ".join(part for part in (content.when_kind.zh, content.when_on, content.when) if part)),
        *(Fact(_question_label(asked, answer.question), answer.answer) for answer in content.answers),
        Fact("可否联系", content.contact.zh),
        Fact("身份", f"{content.identity_level.zh}（封存，只有身份保管员能开）"),
        Fact("有谁不能知道", "；".join(content.must_not_know)),
        Fact("自己勾了", "、".join(stop.label for stop in asked.stops if stop.code in content.stops)),
        Fact("奖励", "" if content.wants_reward else "举报人不要奖励"),
        *_paper_facts(content),
        Fact("疑似", _SUSPICIONS.get(content.suspicion, content.suspicion)),
        Fact("可能是这一件", content.likely_twin),
    ]
    story = redaction.pieces(content.story)
    marks = tuple(dict.fromkeys(f"{piece.text}：{piece.why}" for piece in story if piece.kind))
    conduct = redaction.speaks_of_conduct(f"{content.story}{content.who}")
    facts_told = tuple(fact for fact in facts if fact.value)
    return Original(story, facts_told, files, _map_of(content), _reader(), marks, conduct)


_SUSPICIONS = {"honeypot": "填了人看不见的格子，可能是机器", "too_fast": "三秒内就交了表，可能是机器"}


def _point(content: ReportContent) -> str:
    """The pin as it was set, with its datum: a map of another datum is hundreds of metres off."""
    point = content.point
    return f"{point.longitude}, {point.latitude}（{point.datum}）" if point else ""


MAP_STEP = 2


def _map_of(content: ReportContent) -> MapShown | None:
    """The pin on the office's own map, where one holds it."""
    maps = read_public_settings(office().public_settings_path).maps()
    point = content.point
    base = next((each for each in maps if point is not None and each.holds(point)), None)
    return shown(window_around(base, min(base.steps, MAP_STEP), point), point) if base is not None else None


@bp.get("/screening/map/<map_id>/<name>")
@allowed(Role.SCREENER)
def map_piece(map_id: str, name: str) -> Response:
    """One piece of a base map; the same files the public process gives out."""
    return send_piece(office().public_settings_path.parent / "maps", map_id, name)


def _paper_facts(content: ReportContent) -> tuple[Fact, ...]:
    """How a report came that was written down by staff."""
    paper = content.paper
    if paper is None:
        return ()
    postmark = paper.postmark_on.isoformat() if paper.postmark_on else ""
    return Fact("邮戳日期", postmark), Fact("登记备注", paper.received_note)


def act_options(asked: QuestionSet) -> tuple[tuple[str, str], ...]:
    """The acts of the report form, for a select."""
    return (("", "其他"), *((act.code, act.label) for act in asked.acts))


def _act_label(asked: QuestionSet, code: str) -> str:
    act = asked.act(code)
    return act.label if act else code


def _question_label(asked: QuestionSet, code: str) -> str:
    return next((question.label for question in asked.questions if question.code == code), code)


def _reader() -> str:
    at = now()
    return f"{staff().name} {day_of(at).isoformat()} 打开，已记入审计日志"


def _fields(
    session: Session, letter: Letter, content: ReportContent, asked: QuestionSet, known: Names,
    typed: MultiDict[str, str] | None, wrong: Refusal | None,
) -> ScreeningFields:  # fmt: skip
    text = session.get_one(LetterText, letter.id)
    stored = tuple(session.scalars(select(LetterType.type).where(LetterType.letter_id == letter.id)))
    claims = [claim.text for claim in assignment.claims_of(session, letter)]
    begun = {
        "summary": text.summary or suggested_summary(content, asked, known),
        "place": text.place,
        "target": text.target,
        "region_code": letter.region_code,
        "claims": "\n".join(claims or [_act_label(asked, code) for code in content.acts]),
        "track": letter.track.value,
        "severity": str(letter.severity),
        "act": letter.act,
        "note": text.note,
    }
    errors = {wrong.field: (wrong.reason,)} if isinstance(wrong, Mendable) else {}

    def field(name: str, label: str, options: tuple[tuple[str, str], ...] = ()) -> PlainField:
        data = typed.get(name, "") if typed is not None else begun[name]
        return PlainField(name, label, data, errors.get(name, ()), options)

    chosen = tuple(typed.getlist("types")) if typed is not None else tuple(kind.value for kind in stored)
    key = typed.get("key_letter") == "y" if typed is not None else letter.key_letter
    return ScreeningFields(
        field("summary", "工作摘要"), field("place", "地点"), field("target", "被反映对象"),
        field("region_code", "行政区域", region_options(known)[1:]),
        PlainField("types", "污染类型", chosen, errors.get("types", ()), tuple((kind.value, kind.zh) for kind in PollutionType)),
        field("claims", "反映的问题，一行一项"), field("track", "办理轨道", tuple((track.value, track.zh) for track in Track)),
        field("severity", "严重程度", (("1", "一般"), ("2", "较重"), ("3", "严重"))),
        field("act", "主要行为", act_options(asked)),
        PlainField("key_letter", "重点件", "y" if key else ""), field("note", "内部备注"),
    )  # fmt: skip


def suggested_summary(content: ReportContent, asked: QuestionSet, known: Names) -> str:
    """A first sentence from what was chosen on the form, not from the reporter's words: a plain letter needs no typing."""
    acts = "、".join(_act_label(asked, code) for code in content.acts) or "环境问题"
    where = known.regions.name(content.region_code)
    return f"反映{where}{content.place}存在{acts}的问题，{content.when_kind.zh}。"


def _general(wrong: Refusal | None, form: ScreeningFields) -> str:
    shown = {field.name for field in vars(form).values()}
    return wrong.reason if wrong is not None and getattr(wrong, "field", None) not in shown else ""


def read_summary(form: MultiDict[str, str], content_acts: tuple[str, ...] = ()) -> WorkingSummary:
    """What the form says. A claim takes the act reported at its place; where the screener chose another, all take that."""
    kinds = {kind.value: kind for kind in PollutionType}
    lines = [line.strip() for line in form.get("claims", "").splitlines() if line.strip()]
    chosen = form.get("act", "")
    same = bool(content_acts) and chosen in ("", content_acts[0])
    acts = [content_acts[min(place, len(content_acts) - 1)] if same else chosen for place in range(len(lines))]
    return WorkingSummary(
        summary=form.get("summary", ""), place=form.get("place", "")[:200], target=form.get("target", "")[:200],
        region_code=form.get("region_code", ""), types=tuple(kinds[value] for value in form.getlist("types") if value in kinds),
        claims=tuple(Claim(text, act) for text, act in zip(lines, acts, strict=True)),
        track=Track.PETITION if form.get("track") == Track.PETITION.value else Track.REPORT,
        key_letter=form.get("key_letter") == "y", severity=form.get("severity", 1, type=int), note=form.get("note", ""),
    )  # fmt: skip


@bp.post("/screening/<letter_id>")
@allowed(Role.SCREENER)
def save(letter_id: str) -> Answer | tuple[str, int]:
    """Keeps the summary; with ``accept`` the letter goes on to the queue."""
    accepts = request.form.get("then") == "accept"
    try:
        with office().office.transaction() as session:
            letter = letter_lists.find(session, letter_id, staff(), to_change=True)
            letter_lists.require_version(session, letter, request.form.get("version", 0, type=int))
            reported = tuple(session.get_one(LetterText, letter.id).acts.split())
            found = read_summary(request.form, reported)
            screening.write_summary(session, letter, found, key=arrival.guard_key(office()), by=staff(), at=now())
            if accepts:
                screening.accept(session, letter, by=staff(), at=now())
            number, following = letter.number, _next_in_tray(session, letter)
            offer = None if accepts else offer_back(session, [letter], link=url_for("screening.desk", letter_id=letter_id))
    except NotThere:
        raise
    except Refusal as refused:
        return _desk(letter_id, request.form, refused), refused.status
    if not accepts:
        flash_done("摘要已保存，还没有受理", offer)
        return redirect(url_for("screening.desk", letter_id=letter_id), 303)
    flash(f"已受理，编号 {number}")
    following_page = url_for("screening.desk", letter_id=following) if following else url_for("screening.tray")
    return redirect(following_page, 303)


@bp.post("/screening/<letter_id>/files/<file_id>")
@allowed(Role.SCREENER)
def original_file(letter_id: str, file_id: str) -> Response:
    """One file of the original: a clean copy of a picture or PDF, or, asked for by its own button, the original as a download.

    Each opening is an audit line of its own.
    """
    with office().office.reading() as session:
        letter = letter_lists.find(session, letter_id, staff())
    wants_original = request.form.get("which") == "original"
    reason = "下载附件原件" if wants_original else "查看附件"
    content = originals.open_original(office(), letter, by=staff(), reason=reason, at=now())
    return file_answer(office(), originals.attachment_named(content, file_id), wants_original=wants_original)


# ---- the daily list of the second person ----


@dataclass(frozen=True)
class RefusalLine:
    """One proposal in the list."""

    letter: Letter
    proposal: LetterRefusal
    summary: str
    proposed_by: str


@bp.get("/screening/refusals")
@allowed(*SECOND)
def refusals() -> str:
    return _refusals_page("")


def _refusals_page(wrong: str) -> str:
    with office().office.reading() as session:
        lines, total, own = _refusal_lines(session, staff()), _to_decide(session, staff()), _own_proposals(session, staff())
    return render_template("letters/refusals.html", lines=lines, total=total, own=own, error=wrong)


REFUSALS_SHOWN = 50


def _open_refusals(person: SignedIn, *, own: bool) -> Select[LetterRefusal, Letter]:
    """Proposals in the daily list; one's own wait for somebody else."""
    query = select(LetterRefusal, Letter).join(Letter, Letter.id == LetterRefusal.letter_id)
    mine = LetterRefusal.proposed_by == person.id
    return letter_lists.visible(query, person).where(
        Letter.state == S.REFUSAL_PROPOSED, LetterRefusal.decided_at.is_(None), mine if own else ~mine
    )


def _how_many(session: Session, query: Select[LetterRefusal, Letter]) -> int:
    return session.scalar(select(func.count()).select_from(query.with_only_columns(LetterRefusal.id).subquery())) or 0


def _to_decide(session: Session, person: SignedIn) -> int:
    return _how_many(session, _open_refusals(person, own=False))


def _own_proposals(session: Session, person: SignedIn) -> int:
    return _how_many(session, _open_refusals(person, own=True))


def _refusal_lines(session: Session, person: SignedIn) -> tuple[RefusalLine, ...]:
    """What others proposed, by due day: the first page; what is decided leaves it."""
    known = names(session)
    query = _open_refusals(person, own=False).join(LetterText, LetterText.letter_id == Letter.id).add_columns(LetterText.summary)
    first = query.order_by(Letter.due_on, Letter.id).limit(REFUSALS_SHOWN)
    return tuple(
        RefusalLine(letter, proposal, summary, known.person(proposal.proposed_by))
        for proposal, letter, summary in session.execute(first)
    )


@bp.post("/screening/refusals/<letter_id>")
@allowed(*SECOND)
def decide_refusal(letter_id: str) -> Answer | tuple[str, int]:
    agree = request.form.get("decision") == "agree"
    try:
        with office().office.transaction() as session:
            letter = letter_lists.find(session, letter_id, staff(), to_change=True)
            letter_lists.require_version(session, letter, request.form.get("version", 0, type=int))
            screening.decide_refusal(session, letter, agree=agree, reason=request.form.get("reason", ""), by=staff(), at=now())
    except NotThere:
        raise
    except Refusal as refused:
        if what_was_typed():
            # Decided by another, it has left the list; the page that says so carries the reason that was written.
            raise
        return _refusals_page(refused.reason), refused.status
    flash("已同意，举报人会看到答复" if agree else "已退回初审")
    return redirect(url_for("screening.refusals"), 303)


# ---- letters handed down ----


@bp.get("/handed-down/new")
@allowed(*GROUP)
def hand_down_form() -> str:
    return _hand_down_page(None, None)


def _hand_down_page(typed: MultiDict[str, str] | None, wrong: Refusal | None) -> str:
    with office().office.reading() as session:
        known = names(session)
    errors = {wrong.field: (wrong.reason,)} if isinstance(wrong, Mendable) else {}
    form = typed if typed is not None else MultiDict({"day": day_of(now()).isoformat(), "severity": "1"})

    def field(name: str, label: str, options: tuple[tuple[str, str], ...] = ()) -> PlainField:
        return PlainField(name, label, form.get(name, ""), errors.get(name, ()), options)

    above = tuple((origin.value, origin.zh) for origin in BatchOrigin if origin is not BatchOrigin.OWN)
    fields = {
        "upstream_number": field("upstream_number", "上级编号"),
        "origin": field("origin", "交办的上级", above),
        "round_name": field("round_name", "督察轮次"),
        "batch": field("batch", "第几批"),
        "day": field("day", "交办日期"),
        "due": field("due", "要求反馈的日期"),
        "region_code": field("region_code", "行政区域", region_options(known)[1:]),
        "types": PlainField("types", "污染类型", tuple(form.getlist("types")), errors.get("types", ()),
                            tuple((kind.value, kind.zh) for kind in PollutionType)),
        "summary": field("summary", "交办问题基本情况"),
        "place": field("place", "地点"),
        "target": field("target", "被反映对象"),
        "claims": field("claims", "反映的问题，一行一项"),
        "act": field("act", "主要行为", act_options(shipped_questions()[0])),
        "key_letter": PlainField("key_letter", "重点件", form.get("key_letter", "")),
    }  # fmt: skip
    general = wrong.reason if wrong is not None and getattr(wrong, "field", None) not in fields else ""
    return render_template("letters/handed_down.html", form=fields, error=general, page_has_errors=wrong is not None)


def _day(text: str, field: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Mendable("请写成 2026-11-20 这样的日期", field=field) from None


def _read_handed_down(form: MultiDict[str, str]) -> assignment.HandedDown:
    found = read_summary(form)
    screening.require_whole(found)
    origin = next((each for each in BatchOrigin if each.value == form.get("origin")), BatchOrigin.OWN)
    day = _day(form.get("day", ""), "day")
    if day is None:
        raise Mendable("请填写交办日期", field="day")
    return assignment.HandedDown(
        form.get("upstream_number", "")[:80], found, origin, form.get("round_name", "").strip()[:80],
        form.get("batch", type=int), day, _day(form.get("due", ""), "due"),
    )  # fmt: skip


@bp.post("/handed-down/new")
@allowed(*GROUP)
def hand_down() -> Answer | tuple[str, int]:
    try:
        row = _read_handed_down(request.form)
        with office().office.transaction() as session:
            letter = assignment.enter_handed_down(session, row, by=staff(), at=now())
            letter_id = letter.id
    except Refusal as refused:
        return _hand_down_page(request.form, refused), refused.status
    flash(f"已登记 {row.upstream_number}（{letter_numbers.spoken(row.upstream_number, row.day)}）")
    return redirect(url_for("letters.show", letter_id=letter_id), 303)


def _count(*states: LetterState) -> Callable[[Session, SignedIn], int]:
    return lambda session, person: letter_lists.count_in(session, states, person)


ENTRIES: tuple[Entry, ...] = (
    Entry(FIRST, "待初审", "screening.tray", frozenset({Role.SCREENER})),
    Entry(FIRST, "不予受理、转送复核", "screening.refusals", frozenset(SECOND)),
    Entry("初审", "等举报人补充", "screening.waiting", frozenset({Role.SCREENER}), _count(S.AWAITING_SUPPLEMENT)),
)
