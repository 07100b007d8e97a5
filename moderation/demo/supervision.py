"""Supervision and custody in 云岭县: letters on every rung, a request, samples, a checked figure, identity questions, a hold."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.casework import letter_lists
from moderation.casework.guards import CLOSED_STATES
from moderation.casework.letters import BatchOrigin, Letter
from moderation.casework.machine import LetterState
from moderation.custody import requests, retention
from moderation.custody.tables import Purpose
from moderation.demo.stage import Stage
from moderation.supervision import ladder, rechecks, samples, subjects
from moderation.supervision.machine import Ground, Rung, SubjectKind
from moderation.supervision.recheck_tables import Outcome
from moderation.supervision.rechecks import Found
from moderation.supervision.tables import SampleKind, Supervision
from portal.core.clock import day_of

TITLE = "督办、抽查与身份保管"
WHY = "举报地点描述不清，需当面指认一次"


def load(stage: Stage) -> None:
    """Lets the timer raise what is late, then people act: each desk finds something waiting and something done."""
    ladder.run(stage.office, stage.at)
    with stage.office.office.transaction() as session:
        _ladder(stage, session)
        _samples(stage, session)
        _recheck(stage, session)
        _custody(stage, session)


def _handled(stage: Stage, session: Session) -> list[Letter]:
    """Letters that units have in hand, which every person used here may know of."""
    query = select(Letter).where(Letter.state.in_((LetterState.HANDLING, LetterState.ASSIGNED)))
    for login in ("zuyuan", "duban", "xuncha"):
        query = letter_lists.visible(query, stage.cast[login])
    return list(session.scalars(query.order_by(Letter.due_on, Letter.id)))


def _row(stage: Stage, session: Session, letter: Letter) -> Supervision:
    subject = subjects.find(session, SubjectKind.LETTER, letter.id)
    assert subject is not None
    return ladder.row_of(session, subject, at=stage.at)


def _ladder(stage: Stage, session: Session) -> None:
    rows = [_row(stage, session, letter) for letter in _handled(stage, session)]
    for row, verb in zip(rows, ("supervise", "urge"), strict=False):
        if row.state in (Rung.NORMAL, Rung.WARNED):
            by = stage.cast["zuzhang"]
            ladder.step(session, row, verb, text="多次电话催办，仍未反馈", by=by, at=stage.at - timedelta(days=2))
    if len(rows) > 2:
        asked = ladder.request(session, rows[0], Ground.LATE, "已督办仍不反馈，怀疑无人办理", by=stage.cast["zuyuan"], at=stage.at)
        assert asked.id
    if len(rows) > 3 and rows[2].state is not Rung.INSPECTED:
        ladder.request(session, rows[2], Ground.MECHANISM, "两个单位互相推诿", by=stage.cast["xuncha"], at=stage.at)
        by = stage.cast["duban"]
        ladder.inspect(session, rows[2], Ground.MECHANISM, "调取两单位办理记录", by=by, at=stage.at)
        ladder.step(session, rows[2], "demand", text="明确牵头单位，对推诿人员予以约谈", by=by, at=stage.at)
        ladder.list_publicly(
            session, rows[2], what="限期整治，每周报告", why="群众反映强烈，长期未解决", by_whom="云州市人民政府（演示）",
            document_number="云政督〔2026〕4号", from_on=day_of(stage.at), until_on=day_of(stage.at) + timedelta(days=90), by=by,
            at=stage.at,
        )  # fmt: skip


def _samples(stage: Stage, session: Session) -> None:
    by, today = stage.cast["duban"], day_of(stage.at)
    query = select(Letter.id).where(Letter.closed_on.is_not(None), Letter.state.in_(CLOSED_STATES))
    if session.scalar(letter_lists.visible(query, by).limit(1)) is None:
        return
    made = samples.draw(session, SampleKind.SPOT_CHECK, today - timedelta(days=730), today, 3, key_only=False, by=by, at=stage.at)
    for item, _letter in samples.items_of(session, made, by)[:1]:
        samples.note(session, item, passed=True, text="到现场看过，整改措施在，未见反复", by=by, at=stage.at)
    for line in samples.figures(session, by)[:1]:
        samples.check_figure(session, line.letter, line.reported, "有文件可查", by=by, at=stage.at)


def _recheck(stage: Stage, session: Session) -> None:
    """The letters of the last weeks are re-checked: one is done, one item of another is recorded wrongly, the rest are left."""
    by, before = stage.cast["duban"], day_of(stage.at) - timedelta(days=5)
    first = before - timedelta(days=60)
    if session.scalar(select(Letter.id).where(Letter.accepted_on.between(first, before)).limit(1)) is None:
        return
    made = rechecks.begin(session, BatchOrigin.OWN, "", first, before, by=stage.cast["zuzhang"], at=stage.at)
    closed = [letter for _row, letter in rechecks.lines(session, made, by, done=False) if letter.closed_on]
    for letter in closed[:1]:
        found = {item.key: Found(Outcome.RIGHT) for item in rechecks.items_of(session, made, letter)}
        rechecks.check(session, made, letter, found, by=by, at=stage.at)
    for letter in closed[1:2]:
        item = rechecks.items_of(session, made, letter)[0]
        wrong = {item.key: Found(Outcome.WRONG, "整改日期写错，以现场照片为准")}
        rechecks.check(session, made, letter, wrong, by=by, at=stage.at)


def _custody(stage: Stage, session: Session) -> None:
    letters = [letter for letter in _handled(stage, session) if letter.report_id]
    asker, custodian, second = stage.cast["zuyuan"], stage.cast["baoguan"], stage.cast["lingdao"]
    asked = [
        requests.ask(session, letter, purpose=Purpose.VERIFY, reason=WHY, by=asker, at=stage.at)
        for letter in letters[:3]
        if not letter_lists.is_barred(session, letter.id, custodian) and not letter_lists.is_barred(session, letter.id, second)
    ]
    for request in asked[1:2]:
        requests.agree(session, request, by=custodian, at=stage.at)
    for request in asked[2:3]:
        requests.refuse(session, request, "可以通过回执向举报人提问，不必知道身份", by=custodian, at=stage.at)
    if letters:
        retention.hold(session, letters[-1], "与一起行政诉讼有关", by=custodian, at=stage.at)
