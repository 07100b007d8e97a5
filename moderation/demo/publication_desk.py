"""What lies on the publication desk of the demo, in every state a clerk or reviewer meets. All invented."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from moderation.demo.stage import Stage
from moderation.holidays import office_calendar
from moderation.publication import disclosures, exceptions, leak_guard, remarks
from moderation.publication.disclosures import CHECKLIST, Disclosure
from portal.core.clock import SHANGHAI, day_of
from portal.core.vocabulary import RecordKind

COUNTY = {"code": "990121", "name": "云岭县"}
OFFICE = "县整改工作领导小组办公室"
Plain = dict[str, Any]


def load(stage: Stage, session: Session) -> None:
    """One text sent back with remarks, one half reviewed by a deputy, one with its hour, one held."""
    _sent_back(stage, session)
    _half_reviewed(stage, session)
    _with_its_hour(stage, session)
    _held(stage, session)


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
