"""The desk of the re-check after a round (逐件复核): which rounds, which letters are left, and one letter item by item."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Answer

from moderation.casework import letter_lists
from moderation.casework.letters import BatchOrigin, Letter
from moderation.console.access import allowed, office, staff
from moderation.console.letter_views import letter_page, names
from moderation.console.navigation import Entry
from moderation.staff import SignedIn
from moderation.supervision import rechecks
from moderation.supervision.recheck_tables import Outcome, Recheck
from moderation.supervision.rechecks import CHECKERS, OPENERS, Counts, Found, Item
from portal.core.clock import day_of, now, spoken_day
from portal.core.errors import Mendable, NotThere, Refusal
from portal.core.vocabulary import Role
from portal.web.fields import PlainField

bp = Blueprint("rechecks", __name__)
READERS = (Role.GROUP_MEMBER, Role.GROUP_LEAD, Role.SUPERVISION_INSPECTOR, Role.PATROL_COORDINATOR, Role.LEADER)
OUTCOMES = {outcome.value: outcome for outcome in Outcome}


@dataclass(frozen=True)
class RoundLine:
    """One re-check in the list, as this person may know of it."""

    id: str
    name: str
    days: str
    counts: Counts
    ended: bool


def _round_words(origin: BatchOrigin, name: str) -> str:
    return f"{origin.zh} · {name}" if name else origin.zh


def _line(session: Session, recheck: Recheck, person: SignedIn) -> RoundLine:
    found = rechecks.counts(session, recheck, person)
    ended = not found.left and bool(rechecks.ends_of(session, recheck))
    days = f"{spoken_day(recheck.first_on)}—{spoken_day(recheck.last_on)}"
    return RoundLine(recheck.id, _round_words(recheck.origin, recheck.round_name), days, found, ended)


@bp.get("/rechecks")
@allowed(*READERS)
def index() -> str:
    return _index(None)


def _index(wrong: Refusal | None) -> str:
    with office().office.reading() as session:
        lines = [_line(session, recheck, staff()) for recheck in rechecks.every(session)]
        fields = _begin_fields(session, wrong)
    at_field = any(field.errors for field in fields.values())
    return render_template(
        "rechecks/list.html", lines=lines, may_begin=bool(staff().roles & OPENERS), fields=fields,
        error=wrong.reason if wrong and not at_field else "", page_has_errors=wrong is not None,
    )  # fmt: skip


def _begin_fields(session: Session, wrong: Refusal | None) -> dict[str, PlainField]:
    named = wrong.field if isinstance(wrong, Mendable) else None

    def field(name: str, label: str, options: tuple[tuple[str, str], ...] = ()) -> PlainField:
        errors = (wrong.reason,) if wrong is not None and named == name else ()
        return PlainField(name, label, request.form.get(name, ""), errors, options)

    known = rechecks.rounds_known(session, staff())
    rounds = tuple((f"{origin.value}|{name}", _round_words(origin, name)) for origin, name in known)
    return {
        "round": field("round", "哪一轮", rounds), "first_on": field("first_on", "从哪天"), "last_on": field("last_on", "到哪天"),
    }  # fmt: skip


@bp.post("/rechecks")
@allowed(*OPENERS)
def begin() -> Answer | tuple[str, int]:
    try:
        with office().office.transaction() as session:
            origin, name = _chosen_round(session)
            first, last = _day("first_on"), _day("last_on")
            made = rechecks.begin(session, origin, name, first, last, by=staff(), at=now()).id
    except Refusal as refused:
        return _index(refused), refused.status
    flash("复核已开始，名单在下面")
    return redirect(url_for("rechecks.show", recheck_id=made), 303)


def _chosen_round(session: Session) -> tuple[BatchOrigin, str]:
    value = request.form.get("round", "")
    for origin, name in rechecks.rounds_known(session, staff()):
        if value == f"{origin.value}|{name}":
            return origin, name
    raise Mendable("请选择哪一轮", field="round")


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, "").strip())
    except ValueError:
        raise Mendable("请写成 2026-11-20 这样的日期", field=name) from None


@bp.get("/rechecks/<recheck_id>")
@allowed(*READERS)
def show(recheck_id: str) -> str:
    return _page(recheck_id, None)


def _page(recheck_id: str, wrong: Refusal | None) -> str:
    done, number = request.args.get("which") == "done", max(1, request.args.get("page", 1, type=int))
    with office().office.reading() as session:
        recheck, known = rechecks.find(session, recheck_id), names(session)
        line = _line(session, recheck, staff())
        rows = rechecks.lines(session, recheck, staff(), done=done, number=number)
        every = line.counts.done if done else line.counts.left
        return render_template(
            "rechecks/show.html", line=line, rows=[(row, letter, known.unit(letter.unit_id)) for row, letter in rows], done=done,
            page=number, pages=-(-every // rechecks.PAGE), may_end=bool(staff().roles & OPENERS) and not line.counts.left,
            ends=[(end, known.person(end.by), day_of(end.at)) for end in rechecks.ends_of(session, recheck)], typed=request.form,
            error=wrong.reason if wrong else "", page_has_errors=wrong is not None,
        )  # fmt: skip


@bp.post("/rechecks/<recheck_id>/end")
@allowed(*OPENERS)
def end(recheck_id: str) -> Answer | tuple[str, int]:
    try:
        with office().office.transaction() as session:
            rechecks.end(session, rechecks.find(session, recheck_id), request.form.get("text", ""), by=staff(), at=now())
    except NotThere:
        raise
    except Refusal as refused:
        return _page(recheck_id, refused), refused.status
    flash("复核结论已记下")
    return redirect(url_for("rechecks.show", recheck_id=recheck_id), 303)


# ---- one letter ----


@dataclass(frozen=True)
class ItemFields:
    """One item as the form prints it. ``who``, ``on``: of the last finding."""

    item: Item
    outcome: PlainField
    text: PlainField
    who: str
    on: date | None


@bp.get("/rechecks/<recheck_id>/letters/<letter_id>")
@allowed(*READERS)
def letter(recheck_id: str, letter_id: str) -> str:
    return _letter_page(recheck_id, letter_id, None, None)


def _letter_page(recheck_id: str, letter_id: str, typed: MultiDict[str, str] | None, wrong: Refusal | None) -> str:
    with office().office.reading() as session:
        recheck, found = _both(session, recheck_id, letter_id)
        known = names(session)
        items = [
            _fields(place, item, known.person(item.result.by) if item.result else "", typed, wrong)
            for place, item in enumerate(rechecks.items_of(session, recheck, found), 1)
        ]
        shown = wrong is not None and any(each.text.errors for each in items)
        return render_template(
            "rechecks/letter.html", line=_line(session, recheck, staff()), page=letter_page(session, found, staff(), day_of(now())),
            items=items, may_check=bool(staff().roles & CHECKERS), error=wrong.reason if wrong and not shown else "",
            clause=wrong.clause if wrong else None, page_has_errors=wrong is not None,
        )  # fmt: skip


def _both(session: Session, recheck_id: str, letter_id: str, *, to_change: bool = False) -> tuple[Recheck, Letter]:
    return rechecks.find(session, recheck_id), letter_lists.find(session, letter_id, staff(), to_change=to_change)


def _fields(place: int, item: Item, who: str, typed: MultiDict[str, str] | None, wrong: Refusal | None) -> ItemFields:
    result, name = item.result, f"text-{item.key}"
    stands = (result.outcome.value, result.text) if result else ("", "")
    outcome = typed.get(f"outcome-{item.key}", "") if typed is not None else stands[0]
    text = typed.get(name, "") if typed is not None else stands[1]
    errors = (wrong.reason,) if isinstance(wrong, Mendable) and wrong.field == name else ()
    # Several items are of one kind: their number tells them apart, and a refusal names it.
    label, head = f"第 {place} 项看到了什么", f"{place}. {item.kind.zh}"
    options = tuple((each.value, each.zh) for each in Outcome)
    return ItemFields(
        item, PlainField(f"outcome-{item.key}", head, outcome, (), options), PlainField(name, label, text, errors), who,
        _on(result.at) if result else None,
    )  # fmt: skip


def _on(at: datetime) -> date:
    return day_of(at)


@bp.post("/rechecks/<recheck_id>/letters/<letter_id>")
@allowed(*CHECKERS)
def check(recheck_id: str, letter_id: str) -> Answer | tuple[str, int]:
    """Keeps what was found, and leads to the next letter that is left once this one is done."""
    try:
        with office().office.transaction() as session:
            recheck, found = _both(session, recheck_id, letter_id, to_change=True)
            letter_lists.require_version(session, found, request.form.get("version", 0, type=int))
            row = rechecks.check(session, recheck, found, _findings(session, recheck, found), by=staff(), at=now())
            done, again = row.done_round == found.round, row.failed_round is not None
            left = rechecks.lines(session, recheck, staff(), done=False)
    except NotThere:
        raise
    except Refusal as refused:
        return _letter_page(recheck_id, letter_id, request.form, refused), refused.status
    flash("没有办到位的已退回重办" if again else "这件已复核完" if done else "已记下，还有没核对的")
    following = next((each.id for _row, each in left if each.id != letter_id and each.closed_on), None)
    if not done and not again:
        return redirect(url_for("rechecks.letter", recheck_id=recheck_id, letter_id=letter_id), 303)
    if following is None:
        return redirect(url_for("rechecks.show", recheck_id=recheck_id), 303)
    return redirect(url_for("rechecks.letter", recheck_id=recheck_id, letter_id=following), 303)


def _findings(session: Session, recheck: Recheck, letter: Letter) -> dict[str, Found]:
    """What was ticked, item by item; what stands already and was not changed is not written again."""
    found = {}
    for item in rechecks.items_of(session, recheck, letter):
        outcome = OUTCOMES.get(request.form.get(f"outcome-{item.key}", ""))
        text = request.form.get(f"text-{item.key}", "").strip()
        stands = (item.result.outcome, item.result.text) if item.result else None
        if outcome is not None and (outcome, text) != stands:
            found[item.key] = Found(outcome, text)
    return found


ENTRIES: tuple[Entry, ...] = (Entry("督办", "轮次逐件复核", "rechecks.index", frozenset(READERS), rechecks.left_anywhere),)
