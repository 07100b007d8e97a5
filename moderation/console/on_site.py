"""The on-site check on a phone (现场核查): a checklist with large targets, photos from the camera, for a place with a poor network.

Without scripts it is one form. With them photos leave one by one as they are taken, and what did not get through is sent again.
Sent twice, a check or a photo is kept once.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Answer

from moderation.casework import letter_lists, review
from moderation.casework.guards import LETTER
from moderation.casework.letters import EvidenceRole, Letter, LetterOnSiteCheck
from moderation.casework.review import CHECKLIST, OnSite
from moderation.console.access import allowed, office, staff
from moderation.console.letter_views import letter_page
from moderation.console.letters import keep_files
from moderation.console.navigation import Entry
from portal.core.clock import day_of, now
from portal.core.errors import Mendable, NotThere, Refusal
from portal.core.ids import ALPHABET, new_id
from portal.core.vocabulary import Role
from portal.web.fields import PlainField

bp = Blueprint("on_site", __name__)
ENTRIES: tuple[Entry, ...] = ()
GROUP = (Role.GROUP_MEMBER, Role.GROUP_LEAD)
ANSWERS = (("yes", "是"), ("no", "否"), ("", "未查"))
WORDS = {"yes": "是", "no": "否"}
RESULTS = (("yes", "通过"), ("no", "未通过"))


@dataclass(frozen=True)
class OnSiteForm:
    """The form as it is printed. ``key``: name of this check, the same however often it is sent."""

    key: str
    items: tuple[PlainField, ...]
    text: PlainField
    passed: PlainField
    error: str
    clause: str | None


def _form(typed: MultiDict[str, str] | None, wrong: Refusal | None) -> OnSiteForm:
    form = typed if typed is not None else MultiDict()
    named = wrong.field if isinstance(wrong, Mendable) else None

    def field(name: str, label: str, options: tuple[tuple[str, str], ...] = ()) -> PlainField:
        return PlainField(name, label, form.get(name, ""), (wrong.reason,) if wrong and named == name else (), options)

    items = tuple(field(f"item-{code}", label, ANSWERS) for code, label in CHECKLIST)
    shown = named in ("text", "passed")
    return OnSiteForm(
        form.get("key", "") or new_id(), items, field("text", "现场情况"), field("passed", "结论", RESULTS),
        wrong.reason if wrong and not shown else "", wrong.clause if wrong else None,
    )  # fmt: skip


@bp.get("/letters/<letter_id>/on-site")
@allowed(*GROUP)
def form(letter_id: str) -> str:
    return _page(letter_id, None, None)


def _page(letter_id: str, typed: MultiDict[str, str] | None, wrong: Refusal | None) -> str:
    with office().office.reading() as session:
        letter = letter_lists.find(session, letter_id, staff())
        if wrong is None and not _may_check(letter):
            raise _cannot_check(letter)
        page = letter_page(session, letter, staff(), day_of(now()))
        photos = [row for row in page.evidence if row.role is EvidenceRole.ON_SITE and row.by == staff().id]
        return render_template(
            "letters/on_site.html", page=page, form=_form(typed, wrong), photos=photos, page_has_errors=wrong is not None
        )


def _may_check(letter: Letter) -> bool:
    return any(step.verb == "check_on_site" for step in LETTER.offered(letter, staff()))


def _cannot_check(letter: Letter) -> Refusal:
    return Refusal(f"“{letter.state.zh}”状态下，您不能记现场核查", clause="信访件办理流程")


@bp.post("/letters/<letter_id>/on-site")
@allowed(*GROUP)
def check(letter_id: str) -> Answer | tuple[str, int]:
    """Keeps photos first, then the check: photos are not lost where a word is missing. What was taken already answers the same."""
    try:
        with office().office.reading() as session:
            letter = letter_lists.find(session, letter_id, staff())
            if _taken(session, letter):
                return _done(letter_id)
            if not _may_check(letter):
                letter_lists.require_version(session, letter, request.form.get("version", 0, type=int))
                raise _cannot_check(letter)
        keep_files(letter_id, EvidenceRole.ON_SITE)
        with office().office.transaction() as session:
            letter = letter_lists.find(session, letter_id, staff(), to_change=True)
            if not _taken(session, letter):
                letter_lists.require_version(session, letter, request.form.get("version", 0, type=int))
                review.check_on_site(session, letter, _found(), by=staff(), at=now(), key=_key(session))
    except NotThere:
        raise
    except Refusal as refused:
        return _page(letter_id, request.form, refused), refused.status
    return _done(letter_id)


def _done(letter_id: str) -> Answer | tuple[str, int]:
    """Back to the letter. A script goes there itself, so that the line below is read there and not by it."""
    flash("现场核查：已完成")
    if request.headers.get("Accept") == "application/json":
        return "", 204
    return redirect(url_for("letters.show", letter_id=letter_id), 303)


def _key(session: Session) -> str:
    """The name this check was given on the page, unless it is none, or that of another check."""
    key = request.form.get("key", "")
    fits = len(key) == len(new_id()) and set(key) <= set(ALPHABET)
    return key if fits and session.get(LetterOnSiteCheck, key) is None else new_id()


def _taken(session: Session, letter: Letter) -> bool:
    """Whether this very check has arrived already: the answer to it was lost on the way."""
    row = session.get(LetterOnSiteCheck, request.form.get("key", ""))
    return row is not None and row.letter_id == letter.id and row.by == staff().id


def _found() -> OnSite:
    typed = request.form
    if not typed.get("text", "").strip():
        raise Mendable("请写现场情况", field="text")
    if typed.get("passed") not in ("yes", "no"):
        raise Mendable("请选择结论", field="passed")
    items = {label: WORDS.get(typed.get(f"item-{code}", ""), "未查") for code, label in CHECKLIST}
    return OnSite(items, typed["text"].strip(), passed=typed["passed"] == "yes")


@bp.post("/letters/<letter_id>/on-site/photos")
@allowed(*GROUP)
def photo(letter_id: str) -> tuple[str, int]:
    """One photo, sent as soon as it was taken. 204: it is kept, also when it was kept before."""
    with office().office.reading() as session:
        letter = letter_lists.find(session, letter_id, staff())
        if not _may_check(letter):
            raise _cannot_check(letter)
    if not any(file.filename for file in request.files.getlist("file")):
        raise Mendable("请选择文件", field="file")
    keep_files(letter_id, EvidenceRole.ON_SITE)
    return "", 204
