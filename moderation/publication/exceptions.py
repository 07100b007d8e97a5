"""Exceptions (例外): words the leak guard holds may stand all the same, where one person asks with a reason and another agrees.

An exception is for these words in this passage. Once the passage is written anew it lapses, and must be asked for again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Select, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.publication import notices
from moderation.publication.disclosures import Disclosure
from portal.core import audit
from portal.core.db import Moment, OfficeBase, TermColumn
from portal.core.errors import Mendable, NotAllowed, Refusal
from portal.core.ids import new_id
from portal.core.vocabulary import Role, Term
from portal.core.workflow import Actor

CLAUSE = "发布规程（例外由两人决定）"
DECIDERS = frozenset({Role.REVIEWER, Role.SIGNATORY})


class ExceptionState(Term):
    """Where a request stands."""

    ASKED = "asked", "等人决定", "waiting for a second person"
    GRANTED = "granted", "已同意", "granted"
    REFUSED = "refused", "没有同意", "refused"
    LAPSED = "lapsed", "原文已改，失效", "lapsed: the passage changed"


class LeakException(OfficeBase):
    """Words that may stand in one passage of one disclosure, once a second person agrees."""

    __tablename__ = "leak_exception"
    __table_args__ = (Index("ix_leak_exception_state", "state", "asked_at"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    disclosure_id: Mapped[str] = mapped_column(ForeignKey("disclosure.id"), index=True)
    words: Mapped[str] = mapped_column(String(200), comment="as the leak guard marked them")
    passages: Mapped[str] = mapped_column(Text, comment="JSON: digests of the passages they stood in when asked for")
    reason: Mapped[str] = mapped_column(String(400))
    state: Mapped[ExceptionState] = mapped_column(TermColumn(ExceptionState), default=ExceptionState.ASKED)
    asked_by: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime] = mapped_column(Moment)
    decided_by: Mapped[str | None] = mapped_column(String(64), comment="who granted or refused; never who asked")
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    decided_why: Mapped[str] = mapped_column(String(400), default="", comment="why it was refused")

    def stands_in(self, digests: Collection[str]) -> bool:
        """Whether a passage it was asked for is among these."""
        return not set(json.loads(self.passages)).isdisjoint(digests)


def digest(text: str) -> str:
    """By which a passage is known again. Not secret: the draft holds its words."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def page_of(asked: LeakException) -> str:
    """Where it is decided."""
    return f"/publication/exceptions#e-{asked.id}"


def ask(session: Session, disclosure: Disclosure, words: str, reason: str, *, by: Actor, at: datetime) -> LeakException:
    """Asks that words the guard marked may stand. Somebody else decides. Raises Mendable where nothing was marked, or no reason."""
    # Imported here: the guard asks this module what may stand.
    from moderation.publication.leak_guard import marked

    wanted = words.strip()
    places = {digest(text) for found, text in marked(session, disclosure) if found == wanted}
    if not reason.strip():
        raise Mendable("请写明理由", field="reason")
    if not places:
        raise Mendable("请从标出的地方里选要保留的原文", field="words")
    if any(each.words == wanted and each.state is ExceptionState.ASKED for each in of_disclosure(session, disclosure)):
        raise Refusal("这几个字已经申请过，正等人决定", clause=CLAUSE)
    asked = LeakException(
        id=new_id(), disclosure_id=disclosure.id, words=wanted, passages=json.dumps(sorted(places)), reason=reason.strip()[:400],
        state=ExceptionState.ASKED, asked_by=by.id, asked_at=at, decided_why="",
    )  # fmt: skip
    session.add(asked)
    session.flush()
    audit.record(session, by=by.id, act="disclosure.ask_exception", subject=disclosure.id, at=at)
    notices.tell_of_exception(session, disclosure, "exception_asked", page_of(asked), asked.id, but=by.id, at=at)
    return asked


def grant(session: Session, asked: LeakException, *, by: Actor, at: datetime) -> None:
    """A second person lets the words stand, and the draft is looked through again."""
    _decide(session, asked, ExceptionState.GRANTED, by=by, at=at)


def refuse(session: Session, asked: LeakException, why: str, *, by: Actor, at: datetime) -> None:
    """A second person does not let the words stand, and says why: the text must be mended."""
    if not why.strip():
        raise Mendable("请写明为什么不同意", field="why")
    asked.decided_why = why.strip()[:400]
    _decide(session, asked, ExceptionState.REFUSED, by=by, at=at)


def _decide(session: Session, asked: LeakException, state: ExceptionState, *, by: Actor, at: datetime) -> None:
    from moderation.publication.leak_guard import check

    if asked.asked_by == by.id:
        raise NotAllowed("例外须由另一人决定", clause=CLAUSE)
    if not DECIDERS & by.roles:
        raise NotAllowed("例外由审核人或签发人决定", clause=CLAUSE)
    if asked.state is not ExceptionState.ASKED:
        raise Refusal(f"这项申请{asked.state.zh}，不用再办", clause=CLAUSE)
    asked.state, asked.decided_by, asked.decided_at = state, by.id, at
    session.flush()
    disclosure = session.get_one(Disclosure, asked.disclosure_id)
    audit.record(session, by=by.id, act=f"disclosure.exception_{state.value}", subject=disclosure.id, at=at)
    notices.tell_who_asked(session, f"exception_{state.value}", disclosure, page_of(asked), asked.asked_by, asked.id, at=at)
    check(session, disclosure, at=at)


def lapse(session: Session, disclosure: Disclosure, digests: Collection[str], *, at: datetime) -> None:
    """Ends what was asked or granted for passages that no longer stand in the draft. ``digests``: those that do."""
    for each in of_disclosure(session, disclosure):
        if each.state in (ExceptionState.ASKED, ExceptionState.GRANTED) and not each.stands_in(digests):
            each.state = ExceptionState.LAPSED
            audit.record(session, by="leak-guard", act="disclosure.exception_lapsed", subject=disclosure.id, at=at)
            notices.forget(session, page_of(each), at=at)


def granted(session: Session, disclosure: Disclosure) -> frozenset[tuple[str, str]]:
    """What may stand: words, and the digest of the passage they may stand in."""
    allowed = (each for each in of_disclosure(session, disclosure) if each.state is ExceptionState.GRANTED)
    return frozenset((each.words, passage) for each in allowed for passage in json.loads(each.passages))


def of_disclosure(session: Session, disclosure: Disclosure) -> list[LeakException]:
    """Every request about this text, the oldest first."""
    mine = select(LeakException).where(LeakException.disclosure_id == disclosure.id)
    return list(session.scalars(mine.order_by(LeakException.asked_at, LeakException.id)))


def waiting_for(by: Actor) -> Select[LeakException]:
    """What somebody else asked for and this person may decide. Who must not know of a text is left out by the caller."""
    asked = (LeakException.state == ExceptionState.ASKED, LeakException.asked_by != by.id)
    return select(LeakException).join(Disclosure, Disclosure.id == LeakException.disclosure_id).where(*asked)
