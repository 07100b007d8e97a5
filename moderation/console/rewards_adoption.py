"""Adopting a version of the reward rule: an administrator puts it forward, a second person reads the same bytes and decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from moderation.console.access import allowed, office, staff
from moderation.console.navigation import Entry
from moderation.rewards import schedules
from moderation.rewards.machine import ScheduleState
from moderation.rewards.records import RewardSchedule
from moderation.staff import StaffMember
from portal.core.clock import day_of, now
from portal.core.errors import Mendable, NotThere, Refusal
from portal.core.reward_schedule import Schedule, public_rows
from portal.core.reward_schedule_reader import MOST_BYTES, Fault, FaultySchedule, schedule_text, shipped_schedules
from portal.core.reward_schedule_words import public_rules
from portal.core.vocabulary import Role
from portal.web.fields import PlainField

bp = Blueprint("rewards_adoption", __name__, url_prefix="/reward-schedules")
ADMINISTRATORS = (Role.ADMINISTRATOR,)
SECOND = (Role.ADMINISTRATOR, Role.LEADER)
READERS = (*SECOND, Role.AUDITOR, Role.REWARD_PROPOSER, Role.REWARD_APPROVER, Role.PAYER)


ENTRIES = (Entry("奖励", "奖励办法", "rewards_adoption.versions", frozenset(READERS)),)


@bp.get("/")
@allowed(*READERS)
def versions() -> str:
    with office().office.reading() as session:
        rows = list(session.scalars(select(RewardSchedule).order_by(RewardSchedule.proposed_at.desc())))
        current = schedules.applying(session, day_of(now()))
    may = bool({*ADMINISTRATORS} & staff().roles)
    return render_template("rewards/versions.html", rows=rows, current=current, may_put_forward=may)


@dataclass(frozen=True)
class PutForward:
    """The form as it stands: everything typed is kept when something must be mended."""

    ready: PlainField
    text: PlainField
    document_number: PlainField
    document_on: PlainField
    first_receipt_on: PlainField

    @classmethod
    def read(cls, wrong: dict[str, str]) -> PutForward:
        def made(name: str, label: str, options: tuple[tuple[str, str], ...] = ()) -> PlainField:
            errors = (wrong[name],) if name in wrong else ()
            return PlainField(name, label, request.form.get(name, ""), errors, options)

        ready = (("", "自己的文件或下面的文字"), *((one.id, one.name) for one in shipped_schedules()))
        return cls(
            made("ready", "从现成的办法开始", ready),
            made("text", "办法全文（TOML）"),
            made("document_number", "文号"),
            made("document_on", "发文日期"),
            made("first_receipt_on", "适用日（收到举报的日期）"),
        )


@bp.get("/new")
@allowed(*ADMINISTRATORS)
def put_forward() -> str:
    return _put_forward_page({})


def _put_forward_page(wrong: dict[str, str], faults: tuple[Fault, ...] = ()) -> str:
    return render_template(
        "rewards/put_forward.html", form=PutForward.read(wrong), wrong=wrong, faults=faults, page_has_errors=bool(wrong or faults)
    )


def _text() -> str:
    """The uploaded file, the ready set, or what was typed, in this order."""
    upload = request.files.get("file")
    if upload and upload.filename:
        return schedule_text(upload.stream.read(MOST_BYTES + 1))
    ready = {one.id: one.text for one in shipped_schedules()}
    return ready.get(request.form.get("ready", "")) or request.form.get("text", "")


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise Mendable("请填写日期", field=name) from None


@bp.post("/new")
@allowed(*ADMINISTRATORS)
def put_forward_send() -> Response | tuple[str, int]:
    try:
        with office().office.transaction() as session:
            row = schedules.put_forward(
                session,
                _text(),
                document_number=request.form.get("document_number", ""),
                document_on=_day("document_on"),
                first_receipt_on=_day("first_receipt_on"),
                by=staff(),
                at=now(),
            )
    except FaultySchedule as faulty:
        return _put_forward_page({}, faulty.faults), 422
    except Mendable as refused:
        return _put_forward_page({refused.field or "text": refused.reason}), 422
    except Refusal as refused:
        return _put_forward_page({"text": refused.reason}), refused.status
    flash("已提出，等第二个人复核")
    return redirect(url_for("rewards_adoption.version", schedule_id=row.id), 303)


@bp.get("/<schedule_id>")
@allowed(*READERS)
def version(schedule_id: str) -> str:
    return _version_page(schedule_id)


def _version_page(schedule_id: str, refused: Refusal | None = None) -> str:
    with office().office.reading() as session:
        row = session.get(RewardSchedule, schedule_id)
        if row is None:
            raise NotThere("没有这个版本")
        schedule = schedules.schedule_of(row)
        names = [_name(session, one) for one in (row.proposed_by, row.decided_by)]
    may_decide = bool({*SECOND} & staff().roles) and row.state is ScheduleState.PROPOSED and row.proposed_by != staff().id
    return render_template(
        "rewards/version.html",
        row=row,
        schedule=schedule,
        acts=public_rows(schedule),
        rules=public_rules(schedule),
        empty_tiers=_empty_tiers(schedule),
        unconfirmed=schedule.unconfirmed(),
        names=names,
        may_decide=may_decide,
        refused=refused,
        page_has_errors=bool(refused),
    )


def _empty_tiers(schedule: Schedule) -> list[int]:
    """Amounts, in yuan, that no act is placed under yet."""
    return [tier.amount_fen // 100 for tier in schedule.tiers if not tier.acts]


def _name(session: Session, staff_id: str | None) -> str:
    person = session.get(StaffMember, staff_id) if staff_id else None
    return person.name if person else staff_id or ""


@bp.post("/<schedule_id>/decide")
@allowed(*SECOND)
def decide(schedule_id: str) -> Response | tuple[str, int]:
    agree = request.form.get("agree") == "yes"
    try:
        with office().office.transaction() as session:
            row = session.get(RewardSchedule, schedule_id)
            if row is None:
                raise NotThere("没有这个版本")
            if agree:
                schedules.adopt(session, row, by=staff(), at=now())
            else:
                schedules.turn_down(session, row, reason=request.form.get("reason", ""), by=staff(), at=now())
    except Refusal as refused:
        return _version_page(schedule_id, refused), refused.status
    flash("已采用，公开页面随后更新" if agree else "已不采用")
    return redirect(url_for("rewards_adoption.version", schedule_id=schedule_id), 303)
