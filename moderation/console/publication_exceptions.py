"""Exceptions of the leak guard (例外): asked for on the page of a text, decided here by a second person."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from moderation.console.access import allowed, office, staff
from moderation.console.drafts import what_was_typed
from moderation.console.navigation import Entry
from moderation.console.publication import READERS
from moderation.console.publication_views import shown
from moderation.publication import exceptions, lists
from moderation.publication.disclosures import Disclosure
from moderation.publication.exceptions import DECIDERS, ExceptionState, LeakException
from moderation.staff import SignedIn, StaffMember
from portal.core.clock import now
from portal.core.errors import Mendable, NotThere, Refusal

bp = Blueprint("publication_exceptions", __name__, url_prefix="/publication/exceptions")
MOST = 200


def waits_for(session: Session, person: SignedIn) -> int:
    """How many this person may decide."""
    if not DECIDERS & person.roles:
        return 0
    mine = exceptions.waiting_for(person).where(lists.may_know(person)).with_only_columns(LeakException.id)
    return session.scalar(select(func.count()).select_from(mine.subquery())) or 0


ENTRIES = (Entry("信息公开", "例外", "publication_exceptions.index", frozenset(READERS), count=waits_for),)


def staff_names(session: Session) -> dict[str, str]:
    """Who is who."""
    return {row.id: row.name for row in session.execute(select(StaffMember.id, StaffMember.name))}


@bp.get("")
@allowed(*READERS)
def index() -> str:
    """All of them: those that wait first, then the newest."""
    with office().office.reading() as session:
        query = select(LeakException, Disclosure.title).join(Disclosure, Disclosure.id == LeakException.disclosure_id)
        order = (LeakException.state != ExceptionState.ASKED, LeakException.asked_at.desc(), LeakException.id)
        rows = session.execute(query.where(lists.may_know(staff())).order_by(*order).limit(MOST)).all()
        names = staff_names(session)
        found = [shown(asked, title, staff(), names) for asked, title in rows]
    return render_template("publication/exceptions.html", asked=found)


@bp.post("/<exception_id>")
@allowed(*sorted(DECIDERS, key=lambda role: role.value))
def decide(exception_id: str) -> Answer:
    """Grants or refuses, and goes back to the page it came from."""
    grants = request.form.get("deed") == "grant"

    def deed(session: Session, asked: LeakException) -> None:
        if grants:
            exceptions.grant(session, asked, by=staff(), at=now())
        else:
            exceptions.refuse(session, asked, request.form.get("why", ""), by=staff(), at=now())

    return _done(exception_id, deed, "已同意例外" if grants else "没有同意，已告诉申请人")


def _done(exception_id: str, deed: Callable[[Session, LeakException], None], said: str) -> Answer:
    try:
        with office().office.transaction() as session:
            asked = session.get(LeakException, exception_id)
            if asked is None:
                raise NotThere("没有这项申请")
            lists.find(session, asked.disclosure_id, staff())
            deed(session, asked)
    except NotThere:
        raise
    except Refusal as refusal:
        if isinstance(refusal, Mendable) and what_was_typed():
            raise
        flash(refusal.reason + (f"（{refusal.clause}）" if refusal.clause else ""), "warn")
    else:
        flash(said)
    return redirect(url_for("publication_exceptions.index", _anchor=f"e-{exception_id}"), 303)
