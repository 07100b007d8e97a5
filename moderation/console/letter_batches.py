"""Batches of letters (第N批): what is in them, and the draft of their public table for the publicity desk."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from moderation.casework import batches
from moderation.casework.letters import LetterBatch
from moderation.console.access import allowed, office, staff
from moderation.console.navigation import Entry
from portal.core.clock import now
from portal.core.errors import NotThere
from portal.core.vocabulary import Role

bp = Blueprint("letter_batches", __name__)
READERS = (Role.GROUP_MEMBER, Role.GROUP_LEAD, Role.DRAFTER, Role.PATROL_COORDINATOR, Role.LEADER)


@bp.get("/batches")
@allowed(*READERS)
def index() -> str:
    with office().office.reading() as session:
        lines = batches.batch_lines(session, staff())
    return render_template("letters/batches.html", lines=lines, may_draft=Role.DRAFTER in staff().roles)


@bp.post("/batches/<batch_id>/draft")
@allowed(Role.DRAFTER)
def draft(batch_id: str) -> Answer:
    with office().office.transaction() as session:
        batch = session.get(LetterBatch, batch_id)
        if batch is None:
            raise NotThere("没有这一批")
        made = batches.draft_batch(session, batch, by=staff(), at=now())
        identity = made.id
    flash("已按最新办理情况起草，请核对后送审")
    return redirect(url_for("publication.show", identity=identity), 303)


ENTRIES: tuple[Entry, ...] = (Entry("信访件", "批次", "letter_batches.index", frozenset(READERS)),)
