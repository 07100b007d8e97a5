"""What the publication desk of the demo has brought to the public: letter batches, air quality, a notice. All invented."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.casework import batches
from moderation.casework.letters import LetterBatch
from moderation.demo import publication_desk
from moderation.demo.stage import Stage
from moderation.holidays import office_calendar
from moderation.publication import disclosures, leak_guard, pressing
from moderation.publication.disclosures import CHECKLIST, Disclosure, draft_of
from moderation.publication.machine import DisclosureState
from portal.core.clock import SHANGHAI, day_of
from portal.core.errors import Refusal
from portal.core.public_record import Bar, Block, Figure, PublicRecord, Region, Section
from portal.core.vocabulary import RecordKind

TITLE = "公开：来信批次、环境质量、公告"
COUNTY = Region("990121", "云岭县")
STEPS = (("hand_in", "nigao"), ("redacted", "nigao"), ("pass", "shengao1"), ("pass", "shengao2"), ("sign", "qianfa"))
NEWEST_FIRST = (LetterBatch.day.desc(), LetterBatch.number.desc())
KEPT_WAITING = 1
"""The newest batches stay drafts, so that the desk has something to do."""


def load(stage: Stage) -> None:
    """Signs all letter batches but the newest, two months of air quality and two notices, and publishes what is signed."""
    with stage.office.office.transaction() as session:
        for place, batch in enumerate(session.scalars(select(LetterBatch).order_by(*NEWEST_FIRST))):
            _batch(stage, session, batch, place)
        # Each its own minute: what is due at one moment goes out in no order that a reader would know.
        records = (_notice(stage.at), _hours(stage.at), _air(stage.at, 1, 26, 31), _air(stage.at, 2, 25, 34))
        for place, record in enumerate(records, start=KEPT_WAITING):
            _sign(stage, session, _draft(stage, session, record), minutes_ago=place)
        publication_desk.load(stage, session)
    # What the worker would do within seconds: only what is public can be corrected, withdrawn, or have to come down.
    leak_guard.compare_with_sealed(stage.office, stage.at)
    pressing.publish_what_is_due(stage.office, stage.at)
    with stage.office.office.transaction() as session:
        publication_desk.load_what_follows(stage, session)


def _batch(stage: Stage, session: Session, batch: LetterBatch, place: int) -> None:
    """``place``: how many batches are newer; older ones go to the public first."""
    try:
        draft = batches.draft_batch(session, batch, by=stage.cast["nigao"], at=stage.at)
    except Refusal:
        return  # A batch whose letters may not be seen by the drafter has nothing to publish.
    if place >= KEPT_WAITING:
        _sign(stage, session, draft, minutes_ago=place)


def _draft(stage: Stage, session: Session, record: PublicRecord) -> Disclosure:
    kind, by = RecordKind(record.kind), stage.cast["nigao"]  # type: ignore[call-arg]
    return disclosures.draft(session, kind=kind, fields=draft_of(record), calendar=office_calendar(session), by=by, at=stage.at)


def _sign(stage: Stage, session: Session, draft: Disclosure, minutes_ago: int = 0) -> None:
    """A drafter and three reviewers; published by the worker like any other."""
    answers = {question.id: "none" for question in CHECKLIST}
    disclosures.answer_checklist(session, draft, answers, by=stage.cast["nigao"], at=stage.at)
    for verb, login in STEPS:
        disclosures.take_step(session, draft, verb, by=stage.cast[login], at=stage.at)
    assert draft.state is DisclosureState.SIGNED
    draft.publish_at = stage.at - timedelta(minutes=minutes_ago)


def _record(kind: RecordKind, at: datetime, title: str, unit: str, summary: str, **parts: object) -> PublicRecord:
    day = day_of(at)
    return PublicRecord(
        id=f"demo-{kind.value}",
        kind=kind.value,
        revision=1,
        salt="0" * 32,
        first_published_on=day,
        published_on=day,
        updated_at=at.astimezone(SHANGHAI).replace(microsecond=0),
        title=title,
        region=COUNTY,
        unit=unit,
        summary=summary,
        **parts,  # type: ignore[arg-type]
    )


def _air(at: datetime, months_ago: int, good_days: int, dust: int) -> PublicRecord:
    month = day_of(at).replace(day=1)
    for _ in range(months_ago):
        month = (month - timedelta(days=1)).replace(day=1)
    name = f"{month.year} 年 {month.month} 月"
    towns = (("青石镇", dust + 9), ("柳溪镇", dust + 2), ("云门镇", dust), ("北渠街道", dust - 3))
    return _record(
        RecordKind.ENVIRONMENT_QUALITY,
        at,
        f"{name}环境空气质量",
        "县生态环境局",
        f"优良天数 {good_days} 天，细颗粒物月均 {dust} 微克/立方米。",
        figures=(Figure("优良天数", str(good_days), "天"), Figure("细颗粒物", str(dust), "微克/立方米")),
        sections=(
            Section(
                "towns",
                "各乡镇细颗粒物",
                (
                    Block(
                        caption="细颗粒物月均浓度", unit="微克/立方米", bars=tuple(Bar(name, str(value)) for name, value in towns)
                    ),
                ),
            ),
        ),
    )


def _notice(at: datetime) -> PublicRecord:
    return _record(
        RecordKind.NOTICE,
        at,
        "秋冬季扬尘检查安排",
        "县整改工作领导小组办公室",
        "工地、料场和渣土车，每周检查两次，结果按月公开。",
        sections=(
            Section(
                "what",
                "查什么",
                (Block(prose="1. 料堆是否盖严\n2. 出场车辆是否冲洗\n3. 夜间是否停工\n\n看到扬尘，可以点“我要举报”，不用留姓名。"),),
            ),
        ),
    )


def _hours(at: datetime) -> PublicRecord:
    words = "石料场夜间不运料，渣土车改在白天。"
    return _record(
        RecordKind.NOTICE, at, publication_desk.WITHDRAWN, "县整改工作领导小组办公室", words,
        sections=(Section("what", "安排", (Block(prose="夜里十点到早上六点不运料。"),)),),
    )  # fmt: skip
