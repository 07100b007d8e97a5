"""What lies on the publication desk of the demo, in every state a clerk or reviewer meets. All invented."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.accountability import exposures, timers
from moderation.accountability.exposures import ExposedCase
from moderation.accountability.words import ExposureState
from moderation.demo.stage import Stage
from moderation.holidays import office_calendar
from moderation.publication import disclosures, exceptions, leak_guard, remarks
from moderation.publication.disclosures import CHECKLIST, Disclosure
from portal.core.clock import SHANGHAI, day_of
from portal.core.vocabulary import RecordKind

COUNTY = {"code": "990121", "name": "云岭县"}
OFFICE = "县整改工作领导小组办公室"
CORRECTED, WITHDRAWN = "秋冬季扬尘检查安排", "石料场白天运料的安排（试行）"
Plain = dict[str, Any]


def load(stage: Stage, session: Session) -> None:
    """One text sent back with remarks, one half reviewed by a deputy, one with its hour, one held."""
    _sent_back(stage, session)
    _half_reviewed(stage, session)
    _with_its_hour(stage, session)
    _held(stage, session)


def load_what_follows(stage: Stage, session: Session) -> None:
    """What comes after publication: a correction under review, a text taken down, and one whose penalty was quashed yesterday."""
    timers.follow_publications(session, at=stage.at)
    _corrected(stage, session)
    gone = _public(session, WITHDRAWN)
    disclosures.withdraw(session, gone, reason="所依据的文件已经废止", by=stage.cast["qianfa"], at=stage.at)
    _quashed(stage, session)


def _public(session: Session, title: str) -> Disclosure:
    return session.scalars(select(Disclosure).where(Disclosure.title == title, Disclosure.live_revision > 0)).one()


def _corrected(stage: Stage, session: Session) -> None:
    made, clerk = _public(session, CORRECTED), stage.cast["nigao"]
    disclosures.correct(session, made, reason="检查次数写错了：每周三次", by=clerk, at=stage.at)
    fields = json.loads(made.draft.replace("两次", "三次"))
    disclosures.edit(session, made, fields, seen=made.version, by=clerk, at=stage.at)
    answers = {question.id: "none" for question in CHECKLIST}
    disclosures.answer_checklist(session, made, answers, by=clerk, at=stage.at)
    leak_guard.check(session, made, at=stage.at)
    _steps(stage, session, made, ("hand_in", "nigao"), ("redacted", "nigao"))


def _quashed(stage: Stage, session: Session) -> None:
    """Its page must be down in three working days; until then it stands on top."""
    standing = select(ExposedCase).where(ExposedCase.state == ExposureState.PUBLISHED)
    exposed = session.scalars(standing.order_by(ExposedCase.title)).first()
    if exposed is not None:
        day = day_of(stage.at) - timedelta(days=1)
        by, why = stage.cast["wenze"], "法院判决撤销处罚决定"
        exposures.quash_penalty(session, exposed, exposed.penalties[-1], on=day, reason=why, by=by, at=stage.at)


def _drafted(stage: Stage, session: Session, fields: Plain, days_ago: int = 0) -> Disclosure:
    made = disclosures.draft(
        session, kind=RecordKind.NOTICE, fields={"region": COUNTY, "unit": OFFICE, **fields}, calendar=office_calendar(session),
        by=stage.cast["nigao"], at=stage.at, made_on=day_of(stage.at) - timedelta(days=days_ago),
    )  # fmt: skip
    answers = {question.id: "none" for question in CHECKLIST}
    disclosures.answer_checklist(session, made, answers, by=stage.cast["nigao"], at=stage.at)
    leak_guard.check(session, made, at=stage.at)
    return made


def _steps(stage: Stage, session: Session, made: Disclosure, *steps: tuple[str, str]) -> None:
    for verb, login in steps:
        disclosures.take_step(session, made, verb, by=stage.cast[login], at=stage.at)


def _prose(heading: str, words: str) -> Plain:
    return {"anchor": "what", "heading": heading, "blocks": [{"prose": words}]}


def _sent_back(stage: Stage, session: Session) -> None:
    first = "县城建成区和各镇集镇，春节前后不得燃放烟花爆竹。\n\n违反的，由有关部门处理。\n\n看到有人燃放，可以点“我要举报”。"
    better = first.replace("由有关部门处理", "由公安机关依法处五百元以下罚款")
    fields = {"title": "春节前后禁放烟花爆竹的公告", "summary": "县城和集镇不得燃放。"}
    made = _drafted(stage, session, {**fields, "sections": [_prose("禁放的地方", first)]}, days_ago=26)
    _steps(stage, session, made, ("hand_in", "nigao"), ("redacted", "nigao"))
    by, place = stage.cast["shengao1"], "sections.0.blocks.0.prose"
    earlier, wanted = stage.at - timedelta(minutes=9), "写明是哪个部门、怎样处罚。"
    told = remarks.add(session, made, place=f"{place}.1", passage="有关部门", words=wanted, by=by, at=earlier)
    remarks.add(session, made, place="summary", passage="", words="补上起止日期，读者先看这一句。", by=by, at=stage.at)
    disclosures.take_step(session, made, "send_back", by=by, at=stage.at)
    changed = {"region": COUNTY, "unit": OFFICE, **fields, "sections": [_prose("禁放的地方", better)]}
    disclosures.edit(session, made, changed, seen=made.version, by=stage.cast["nigao"], at=stage.at)
    remarks.answer(session, made, told.id, "已改：公安机关，五百元以下罚款。", by=stage.cast["nigao"], at=stage.at)


def _half_reviewed(stage: Stage, session: Session) -> None:
    made = _drafted(
        stage, session,
        {"title": "石料场夜间运输管理办法征求意见", "summary": "意见请在月底前提出。",
         "sections": [_prose("主要内容", "1. 夜里十点以后不运料\n2. 出场车辆先冲洗\n3. 料堆盖严")]},
    )  # fmt: skip
    _steps(stage, session, made, ("hand_in", "nigao"), ("redacted", "nigao"))
    deputy, absent = stage.cast["shengao2"], stage.cast["shengao1"].id
    disclosures.take_step(session, made, "pass", by=deputy, at=stage.at, text="同意", deputy_for=absent)


def _with_its_hour(stage: Stage, session: Session) -> None:
    fields = {
        "title": "下周洒水降尘路段安排",
        "summary": "每天早晚各一次。",
        "sections": [_prose("路段", "北渠路、青石路和料场出口。")],
    }
    made = _drafted(stage, session, fields)
    hands = (("hand_in", "nigao"), ("redacted", "nigao"), ("pass", "shengao1"), ("pass", "shengao2"), ("sign", "qianfa"))
    _steps(stage, session, made, *hands)
    disclosures.schedule(session, made, _nine(stage.at + timedelta(days=3)), by=stage.cast["fabu"], at=stage.at)


def _nine(at: datetime) -> datetime:
    return at.astimezone(SHANGHAI).replace(hour=9, minute=0, second=0, microsecond=0)


def _held(stage: Stage, session: Session) -> None:
    words = "施工噪声扰民，可以打值班电话 13900000000，也可以点“我要举报”。"
    made = _drafted(stage, session, {"title": "夜间施工值守安排", "summary": words})
    exceptions.ask(session, made, "13900000000", "公开的值班手机，不是私人号码", by=stage.cast["nigao"], at=stage.at)
