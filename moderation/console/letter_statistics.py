"""Figures of letters for leaders and 综合巡查组: any period or batch, each rate with its formula, 简报 to download."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import quote

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from moderation import papers
from moderation.casework import batches
from moderation.casework.letters import LetterBatch
from moderation.console import long_work
from moderation.console.access import allowed, office, staff
from moderation.console.navigation import Entry
from moderation.letter_statistics import briefs
from moderation.letter_statistics.figures import READERS, Scope, collect_public, scope_of_batch
from moderation.letter_statistics.kept import Counted, counted, parts_of
from moderation.settings import public_settings
from portal.core.clock import SHANGHAI, day_of, now, spoken_day
from portal.core.errors import Mendable, NotThere

bp = Blueprint("letter_statistics", __name__)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LONGEST_DAYS = 3 * 366


def _day(name: str, default: date) -> date:
    text = request.values.get(name, "").strip()
    if not text:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Mendable("请写成 2026-11-20 这样的日期", field=name) from None


def _scope(session: Session) -> tuple[str, Scope]:
    """What the address asks for: a batch, or days of receipt; the last seven days where it says nothing."""
    today = day_of(now())
    batch_id = request.values.get("batch", "")
    if batch_id:
        batch = session.get(LetterBatch, batch_id)
        if batch is None:
            raise NotThere("没有这一批")
        return f"{batches.name_of(batch)}简报", scope_of_batch(batch)
    last_on = _day("last", today)
    first_on = _day("first", last_on - timedelta(days=6))
    if last_on < first_on or (last_on - first_on).days > LONGEST_DAYS:
        raise Mendable("请选三年以内的一段日期，先开始后结束", field="first")
    return f"信访件办理简报（{spoken_day(first_on)}至{spoken_day(last_on)}）", Scope(first_on, last_on)


def _figures(session: Session) -> tuple[str, Counted]:
    title, scope = _scope(session)
    return title, counted(session, scope, staff(), day_of(now()))


@bp.get("/letter-statistics")
@allowed(*READERS)
def show() -> str:
    with office().office.reading() as session:
        title, known = _figures(session)
        found, regions = known.figures, public_settings(session).regions()
        latest = [(batch.id, batches.name_of(batch)) for batch in _latest(session)]
    as_of = f"{known.as_of.astimezone(SHANGHAI):%H:%M}" if known.as_of else ""
    return render_template(
        "letter_statistics/show.html", heading=title, found=found, head=briefs.head_rows(found), rates=briefs.rate_rows(found),
        types=briefs.type_rows(found), regions=briefs.region_rows(found, regions), batches=latest, address=request.args,
        months=_past_months(day_of(now())), left=len(known.left), as_of=as_of,
    )  # fmt: skip


@bp.post("/letter-statistics/count")
@allowed(*READERS)
def count() -> Answer:
    """Counts a long period month by month, anew if it was counted before."""
    with office().office.reading() as session:
        title, scope = _scope(session)
    items = [part.word for part in parts_of(scope)]
    title = f"按月统计{spoken_day(scope.first_on)}至{spoken_day(scope.last_on)}收到的信访件"
    link = url_for("letter_statistics.show", first=scope.first_on, last=scope.last_on)
    return long_work.start("statistics.count", items, title=title, link=link, nothing="这一段没有日期可以统计")


def _latest(session: Session) -> list[LetterBatch]:
    query = select(LetterBatch).order_by(LetterBatch.day.desc(), LetterBatch.number.desc()).limit(30)
    return list(session.scalars(query))


def _past_months(today: date, how_many: int = 12) -> tuple[date, ...]:
    """First days of the months that are over, the latest first."""
    months, first = [], today.replace(day=1)
    for _month in range(how_many):
        first = (first - timedelta(days=1)).replace(day=1)
        months.append(first)
    return tuple(months)


@bp.get("/letter-statistics/brief.docx")
@allowed(*READERS)
def brief() -> Answer:
    """The 简报 of the same address; of a long period once it is counted."""
    with office().office.reading() as session:
        title, known = _figures(session)
        if known.left:
            return redirect(
                url_for("letter_statistics.show", first=known.figures.scope.first_on, last=known.figures.scope.last_on), 303
            )
        found = known.figures
        settings = public_settings(session)
        signed = settings.undertaking_unit or settings.office_name
        data = papers.docx(briefs.brief(title, found, settings.regions(), signed=signed))
    return _download(data, DOCX, f"{title}.docx")


def _download(data: bytes, kind: str, name: str) -> Response:
    answer = Response(data, content_type=kind)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return answer


@bp.get("/letter-statistics/public/<month>.<kind>")
@allowed(*READERS)
def public(month: str, kind: str) -> Response:
    """The counts of one whole, past month, fit for the public. Other periods are not offered: they could be subtracted."""
    today = day_of(now())
    first_on = next((day for day in _past_months(today, 36) if f"{day:%Y-%m}" == month), None)
    if first_on is None or kind not in ("docx", "html", "txt"):
        raise NotThere("公开统计只按已过去的整月提供")
    last_on = (first_on + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    with office().office.reading() as session:
        found = collect_public(session, Scope(first_on, last_on), today)
        title = f"{first_on.year}年{first_on.month}月信访举报办理统计"
        paper = briefs.public_paper(title, found, public_settings(session).regions())
    written = {"docx": lambda: papers.docx(paper), "html": lambda: papers.html(paper).encode(),
               "txt": lambda: papers.plain_text(paper).encode()}[kind]()  # fmt: skip
    types = {"docx": DOCX, "html": "text/html; charset=utf-8", "txt": "text/plain; charset=utf-8"}
    return _download(written, types[kind], f"{title}.{kind}")


ENTRIES: tuple[Entry, ...] = (Entry("信访件", "统计与简报", "letter_statistics.show", READERS),)
