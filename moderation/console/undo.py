"""Undo (撤销) at the desk: the line that says an act is done offers to take it back, and a page lists what one did of late."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from moderation import long_work, undoing
from moderation.console.access import allowed, office, staff
from moderation.console.navigation import Entry
from moderation.undoing import UndoOffer
from portal.core.clock import SHANGHAI, now

bp = Blueprint("undo", __name__)
ENTRIES: tuple[Entry, ...] = ()
# A flashed line of this category carries the id of the offer behind the colon.
FLASHED = "undo:"


def flash_done(text: str, offer: UndoOffer | None) -> None:
    """Says that something is done and, where there is an offer, how to take it back."""
    flash(text, f"{FLASHED}{offer.id}" if offer is not None else "message")


@dataclass(frozen=True)
class Line:
    """One act of late. ``open``: it can still be taken back."""

    id: str
    label: str
    link: str
    when: str
    until: str
    undone: bool
    open: bool


def _line(offer: UndoOffer) -> Line:
    when, until = (f"{moment.astimezone(SHANGHAI):%H:%M}" for moment in (offer.done_at, offer.until))
    undone = offer.undone_at is not None
    return Line(offer.id, offer.label, offer.link, when, until, undone, not undone and now() <= offer.until)


@bp.get("/recent-acts")
@allowed()
def recent() -> str:
    with office().office.reading() as session:
        lines = tuple(_line(offer) for offer in undoing.offers(session, by=staff(), at=now()))
        works = long_work.of_late(session, by=staff(), at=now())
    return render_template("desk/recent_acts.html", lines=lines, works=works)


@bp.post("/recent-acts/<offer_id>/undo")
@allowed()
def undo(offer_id: str) -> Response:
    """Takes back one's own act and leads to where it was done."""
    found = undoing.undo(office(), offer_id, by=staff(), at=now())
    flash(f"已撤销：{found.label}" if found.count else "没有撤销任何一件")
    for line in found.left[:20]:
        flash(line, "warn")
    return redirect(request.script_root + found.link if found.link.startswith("/") else url_for("undo.recent"), 303)
