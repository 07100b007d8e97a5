"""Remarks beside the text (批注): a reviewer marks a passage and says what is wrong; the drafter answers each.

An open remark holds the text: it is neither passed on nor handed in again before each is answered or taken back.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from moderation.publication.disclosures import REVIEWING, Disclosure, Remark
from moderation.publication.machine import DisclosureState
from moderation.publication.passages import passages
from portal.core import audit
from portal.core.errors import Mendable, NotAllowed, NotThere, Refusal
from portal.core.ids import new_id
from portal.core.vocabulary import Role
from portal.core.workflow import Actor

MOST_LETTERS = 1000
CLAUSE = "发布规程：三审"


def may_remark(disclosure: Disclosure, by: Actor) -> bool:
    """Whether this person reviews the text at this stage."""
    wanted = Role.SIGNATORY if disclosure.state is DisclosureState.FINAL_REVIEW else Role.REVIEWER
    return disclosure.state in REVIEWING and wanted in by.roles and by.id != disclosure.drafted_by


def may_answer(disclosure: Disclosure, by: Actor) -> bool:
    """Whether this person is at the text as a drafter."""
    return disclosure.state in (DisclosureState.DRAFTING, DisclosureState.REDACTION) and Role.DRAFTER in by.roles


def add(session: Session, disclosure: Disclosure, *, place: str, passage: str, words: str, by: Actor, at: datetime) -> Remark:
    """Puts a remark beside a passage. ``passage``: the very words meant, empty for all of the passage at ``place``.

    Raises Mendable where the words are missing or do not stand there, NotAllowed for who does not review it now.
    """
    if not may_remark(disclosure, by):
        raise NotAllowed("只有这一审的审核人可以写批注", clause=CLAUSE)
    said = words.strip()
    if not said or len(said) > MOST_LETTERS:
        raise Mendable(f"请写明这一处要怎样改，不超过 {MOST_LETTERS} 字", field="words", clause=CLAUSE)
    here = next((each for each in passages(disclosure.fields()) if each.place == place), None)
    meant = passage.replace("\r\n", "\n").strip() or (here.words if here else "")
    if here is None or meant not in here.words:
        raise Mendable("这一段里没有这几个字，请照原文摘录，或留空表示整段", field="passage", clause=CLAUSE)
    made = Remark(
        id=new_id(), disclosure_id=disclosure.id, round=disclosure.round, stage=disclosure.state, by=by.id, at=at, place=place,
        passage=meant, words=said, answer="", answered_by="", answered_at=None,
    )  # fmt: skip
    disclosure.notes.append(made)
    session.flush()
    audit.record(
        session, by=by.id, act="disclosure.remark", subject=disclosure.id, at=at, detail={"remark": made.id, "place": place}
    )
    return made


def answer(session: Session, disclosure: Disclosure, remark_id: str, words: str, *, by: Actor, at: datetime) -> Remark:
    """The drafter says what was done about it. Answered once; a reviewer who is not content remarks again."""
    found = _open(disclosure, remark_id)
    if not may_answer(disclosure, by):
        raise NotAllowed("退回起草以后，由拟稿人答复批注", clause=CLAUSE)
    said = words.strip()
    if not said or len(said) > MOST_LETTERS:
        raise Mendable(f"请写明改了什么，或为什么不改，不超过 {MOST_LETTERS} 字", field="answer", clause=CLAUSE)
    _settle(found, said, by, at)
    audit.record(session, by=by.id, act="disclosure.answer_remark", subject=disclosure.id, at=at, detail={"remark": found.id})
    return found


def take_back(session: Session, disclosure: Disclosure, remark_id: str, *, by: Actor, at: datetime) -> Remark:
    """Whoever made the remark takes it back; it stays readable."""
    found = _open(disclosure, remark_id)
    if found.by != by.id or disclosure.state not in REVIEWING:
        raise NotAllowed("审核期间，由提出人自己收回批注", clause=CLAUSE)
    _settle(found, "", by, at)
    audit.record(session, by=by.id, act="disclosure.take_back_remark", subject=disclosure.id, at=at, detail={"remark": found.id})
    return found


def _open(disclosure: Disclosure, remark_id: str) -> Remark:
    found = next((note for note in disclosure.notes if note.id == remark_id), None)
    if found is None:
        raise NotThere("没有这条批注")
    if found.answered_at is not None:
        raise Refusal("这条批注已经了结", clause=CLAUSE)
    return found


def _settle(remark: Remark, said: str, by: Actor, at: datetime) -> None:
    remark.answer, remark.answered_by, remark.answered_at = said, by.id, at
