"""What the publication desk of the demo has brought to the public: letter batches, air quality, a notice. All invented."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

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
DAYS_TO_PUBLISH = 9
KEPT_WAITING = 1
"""The newest batches stay drafts, so that the desk has something to do."""


def load(stage: Stage) -> None:
    """Signs all letter batches but the newest, two months of air quality and two notices, and publishes what is signed."""
    with stage.office.office.transaction() as session:
        every = list(session.scalars(select(LetterBatch).order_by(*NEWEST_FIRST)))
        moments = _moments(stage.at, every)
        for place, batch in enumerate(every):
            _batch(stage, session, batch, place, moments[place])
        records: tuple[Callable[[datetime], PublicRecord], ...] = (
            _notice,
            _hours,
            partial(_air, months_ago=1, good_days=26, dust=31),
            partial(_air, months_ago=2, good_days=25, dust=34),
        )
        for place, record in enumerate(records, start=KEPT_WAITING):
            moment = moments[min(place, len(moments) - 1)]
            _sign(stage, session, _draft(stage, session, record(moment), moment), moment)
        publication_desk.load(stage, session)
    # What the worker would do within seconds: only what is public can be corrected, withdrawn, or have to come down.
    leak_guard.compare_with_sealed(stage.office, stage.at)
    _publish_each_on_its_day(stage)
    with stage.office.office.transaction() as session:
        publication_desk.load_what_follows(stage, session)


def _moments(at: datetime, newest_first: Sequence[LetterBatch]) -> list[datetime]:
    """When each batch goes to the public: some days after its own, the older never after the newer, the waiting ones now.

    Each its own minute: what is due at one moment goes out in no order that a reader would know.
    """
    moments = []
    earliest = at
    for place, batch in enumerate(newest_first):
        wanted = at - timedelta(days=(day_of(at) - batch.day).days - DAYS_TO_PUBLISH)
        earliest = min(earliest, wanted) if place >= KEPT_WAITING else at
        moments.append(earliest - timedelta(minutes=place))
    return moments or [at]


def _publish_each_on_its_day(stage: Stage) -> None:
    """As the worker did over the weeks: each signed text whose time has come, at that time, in that order."""
    with stage.office.office.transaction() as session:
        due = (Disclosure.state == DisclosureState.SIGNED, Disclosure.publish_at <= stage.at)
        for disclosure in session.scalars(select(Disclosure).where(*due).order_by(Disclosure.publish_at, Disclosure.id)).all():
            disclosures.publish(session, disclosure, by=pressing.TIMER, at=disclosure.publish_at or stage.at)


def _batch(stage: Stage, session: Session, batch: LetterBatch, place: int, at: datetime) -> None:
    """``place``: how many batches are newer; older ones go to the public first."""
    try:
        draft = batches.draft_batch(session, batch, by=stage.cast["nigao"], at=at)
    except Refusal:
        return  # A batch whose letters may not be seen by the drafter has nothing to publish.
    if place >= KEPT_WAITING:
        _sign(stage, session, draft, at)


def _draft(stage: Stage, session: Session, record: PublicRecord, at: datetime) -> Disclosure:
    kind, by = RecordKind(record.kind), stage.cast["nigao"]  # type: ignore[call-arg]
    return disclosures.draft(session, kind=kind, fields=draft_of(record), calendar=office_calendar(session), by=by, at=at)


def _sign(stage: Stage, session: Session, draft: Disclosure, at: datetime) -> None:
    """A drafter and three reviewers; published like any other."""
    answers = {question.id: "none" for question in CHECKLIST}
    disclosures.answer_checklist(session, draft, answers, by=stage.cast["nigao"], at=at)
    for verb, login in STEPS:
        disclosures.take_step(session, draft, verb, by=stage.cast[login], at=at)
    assert draft.state is DisclosureState.SIGNED
    draft.publish_at = at


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
