"""Long work at the desk: begun in the request, carried on by the worker; a page says how far it is and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from moderation import long_work
from moderation.console.access import allowed, office, staff
from moderation.console.navigation import Entry
from moderation.console.undo import FLASHED
from moderation.long_work import LongWork
from portal.core.clock import SHANGHAI, now

bp = Blueprint("long_work", __name__)
ENTRIES: tuple[Entry, ...] = ()
AT_ONCE_S = 1.2
"""A request works this long before it answers: what is short ends at once, as if there were no long work at all."""
CARRIED_ON_S = 4.0
STANDS_STILL = timedelta(seconds=20)
SHOWN_LINES = 20


@dataclass(frozen=True)
class View:
    """How far a long work is. ``percent`` and ``line`` say the same; ``stands_still``: nobody has worked on it for a while."""

    id: str
    title: str
    link: str
    tried: int
    total: int
    done: int
    left: tuple[str, ...]
    ended: bool
    when: str
    stands_still: bool
    undo_offer: str


def view_of(work: LongWork) -> View:
    """Ready to print."""
    still = work.ended_at is None and now() - work.moved_at > STANDS_STILL
    when = f"{(work.ended_at or work.begun_at).astimezone(SHANGHAI):%H:%M}"
    return View(work.id, work.title, work.link, work.tried, work.total, work.done, tuple(work.left_lines()),
                work.ended_at is not None, when, still, work.undo_offer)  # fmt: skip


def start(
    kind: str, items: Sequence[str], *, title: str, link: str, nothing: str, options: Mapping[str, str] | None = None
) -> Response:
    """Begins it and works on it for a moment: what is short is said at once, what is long has a page. ``nothing``: no item."""
    if not items:
        flash(nothing)
        return redirect(link, 303)
    with office().office.transaction() as session:
        work_id = long_work.begin(session, kind, items, title=title, link=link, options=options, by=staff(), at=now()).id
    if not long_work.go_on(office(), work_id, at=now(), seconds=AT_ONCE_S):
        return redirect(url_for("long_work.show", work_id=work_id), 303)
    with office().office.reading() as session:
        found = view_of(long_work.find(session, work_id, by=staff()))
    flash(f"{found.title}：已办 {found.done} 件", f"{FLASHED}{found.undo_offer}" if found.undo_offer else "message")
    for line in found.left[:SHOWN_LINES]:
        flash(line, "warn")
    return redirect(link, 303)


@bp.get("/long-work/<work_id>")
@allowed()
def show(work_id: str) -> str:
    with office().office.reading() as session:
        found = view_of(long_work.find(session, work_id, by=staff()))
    return render_template("desk/long_work.html", work=found)


@bp.post("/long-work/<work_id>/go-on")
@allowed()
def carry_on(work_id: str) -> Response:
    """Where the worker does not run, or waits behind other work: a few seconds of it in this request."""
    with office().office.reading() as session:
        long_work.find(session, work_id, by=staff())
    long_work.go_on(office(), work_id, at=now(), seconds=CARRIED_ON_S)
    return redirect(url_for("long_work.show", work_id=work_id), 303)
