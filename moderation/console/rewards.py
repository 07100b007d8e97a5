"""The desks of proposer and approver: letters that wait, a verified offence, the proposal with every reason against, the decision.

What happens to a reward after approval is not shown here: who screened, proposed or approved never learns who collected.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from moderation.casework.letter_lists import is_barred
from moderation.casework.letters import Letter, LetterText
from moderation.console.access import allowed, office, staff
from moderation.console.navigation import Entry
from moderation.console.paging import PAGE, Paging, how_many, paging
from moderation.console.rewards_form import VerifyForm, names_of
from moderation.rewards import proposals, schedules
from moderation.rewards.letters import substantiated, tray, waiting
from moderation.rewards.machine import RewardState
from moderation.rewards.proposals import known_to
from moderation.rewards.records import (
    OffenceLetter,
    Reward,
    RewardHistory,
    RewardSchedule,
    RewardTray,
    VerifiedAct,
    VerifiedOffence,
)
from moderation.staff import SignedIn, StaffMember
from portal.core.clock import day_of, now
from portal.core.errors import NotThere, Refusal
from portal.core.reward_schedule import yuan_text
from portal.core.vocabulary import Role

bp = Blueprint("rewards", __name__, url_prefix="/rewards")
PROPOSERS = (Role.REWARD_PROPOSER,)
DECIDERS = (Role.REWARD_PROPOSER, Role.REWARD_APPROVER)
VIEWERS = (*DECIDERS, Role.AUDITOR, Role.LEADER)


ENTRIES = (Entry("奖励", "奖励认定与审批", "rewards.home", frozenset(VIEWERS)),)


@dataclass(frozen=True)
class RewardLineShown:
    """A reward as the list prints it."""

    reward: Reward
    place: str
    acts: str
    amount: str
    letters: int


@dataclass(frozen=True)
class WaitingLetter:
    """A letter nobody has decided about, as the list prints it."""

    id: str
    number: str
    summary: str
    verdict: str
    closed_on: Any


def _barred(session: Session, offence_id: str, person: SignedIn) -> bool:
    """Whether this person must not know of one of the letters about the offence."""
    letters = session.scalars(select(OffenceLetter.letter_id).where(OffenceLetter.offence_id == offence_id))
    return any(is_barred(session, letter_id, person) for letter_id in letters)


def _lines(session: Session, person: SignedIn, state: RewardState) -> tuple[Paging, list[RewardLineShown]]:
    """A page of the rewards of one state that this person may know of, the newest first."""
    wanted = known_to(person).where(Reward.state == state)
    page = paging(how_many(session, wanted, Reward.id))
    query = wanted.join(VerifiedOffence, VerifiedOffence.id == Reward.offence_id).add_columns(VerifiedOffence)
    newest = query.order_by(Reward.created_at.desc(), Reward.id).offset(page.first).limit(PAGE)
    rows = [(row[0], row[1]) for row in session.execute(newest)]
    ids, known = [offence.id for _reward, offence in rows], names_of(session)
    acts: dict[str, list[str]] = {}
    for offence_id, act in session.execute(
        select(VerifiedAct.offence_id, VerifiedAct.act_id).where(VerifiedAct.offence_id.in_(ids)).order_by(VerifiedAct.act_id)
    ):
        acts.setdefault(offence_id, []).append(known.get(act, act))
    told = (
        select(OffenceLetter.offence_id, func.count()).where(OffenceLetter.offence_id.in_(ids)).group_by(OffenceLetter.offence_id)
    )
    letters = {row[0]: row[1] for row in session.execute(told)}
    return page, [
        RewardLineShown(
            reward, offence.target or offence.place, "、".join(acts.get(offence.id, ())) or "有用线索",
            yuan_text(reward.amount_fen), letters.get(offence.id, 0),
        )
        for reward, offence in rows
    ]  # fmt: skip


def _waiting_letters(session: Session, person: SignedIn) -> tuple[Paging, list[WaitingLetter]]:
    """A page of the tray, the oldest closing first."""
    page = paging(how_many(session, tray(person), RewardTray.letter_id), name="letters")
    letters = waiting(session, person, first=page.first, limit=PAGE)
    texts = select(LetterText.letter_id, LetterText.summary).where(LetterText.letter_id.in_([letter.id for letter in letters]))
    said = {row[0]: row[1] for row in session.execute(texts)}
    return page, [
        WaitingLetter(
            letter.id, letter.spoken_number, said.get(letter.id, ""), letter.verdict.zh if letter.verdict else "", letter.closed_on
        )
        for letter in letters
    ]


@bp.get("/")
@allowed(*VIEWERS)
def home() -> str:
    chosen = next((state for state in RewardState if state.value == request.args.get("state")), None)
    proposer = Role.REWARD_PROPOSER in staff().roles
    state = chosen or (RewardState.PENDING if proposer else RewardState.PROPOSED)
    with office().office.reading() as session:
        tray_page, letters = _waiting_letters(session, staff()) if proposer and state is RewardState.PENDING else (None, [])
        page, lines = _lines(session, staff(), state)
        return render_template(
            "rewards/list.html",
            letters=letters,
            may_verify=proposer,
            tray_page=tray_page,
            lines=lines,
            page=page,
            states=list(RewardState),
            chosen=state,
            rule=schedules.applying(session, day_of(now())),
        )


# ---- verifying ----


@bp.get("/find")
@allowed(*PROPOSERS)
def find_letter() -> Response | tuple[str, int]:
    """A closed letter by its number, for a usable lead that was not proven and so waits in no tray."""
    number = request.args.get("number", "").strip()
    with office().office.reading() as session:
        found = session.scalar(select(Letter).where(or_(Letter.number == number, Letter.upstream_number == number)).limit(1))
        known = found is not None and number and not found.discipline_only and not is_barred(session, found.id, staff())
    if not known or found is None:
        flash("没有这个编号的信访件，或者它不归您的岗位看", "warn")
        return redirect(url_for("rewards.home"), 303)
    return redirect(url_for("rewards.verify", letter_id=found.id), 303)


@bp.get("/letters/<letter_id>/verify")
@allowed(*PROPOSERS)
def verify(letter_id: str) -> str:
    with office().office.reading() as session:
        _require_may_know(session, letter_id)
        form = VerifyForm.of(session, substantiated(session, letter_id))
        return _verify_page(session, form)


def _require_may_know(session: Session, letter_id: str) -> None:
    if is_barred(session, letter_id, staff()):
        raise NotThere("没有这件信访件，或者它不归您的岗位看")


def _verify_page(session: Session, form: VerifyForm) -> str:
    near = [(session.scalar(_reward_of(one.id)), one) for one in proposals.nearby(session, form.letter)]
    return render_template("rewards/verify.html", form=form, letter=form.letter, near=near, page_has_errors=bool(form.errors))


def _reward_of(offence_id: str) -> Select[str]:
    return select(Reward.id).where(Reward.offence_id == offence_id, Reward.state != RewardState.REVOKED)


@bp.post("/letters/<letter_id>/verify")
@allowed(*PROPOSERS)
def verify_send(letter_id: str) -> Response | tuple[str, int]:
    with office().office.reading() as session:
        _require_may_know(session, letter_id)
        form = VerifyForm.posted(session, substantiated(session, letter_id), request.form)
    into = request.form.get("join", "")
    try:
        with office().office.transaction() as session:
            proposals.require_offences(session, form.letter, request.form.get("verified", type=int))
            if into:
                reward = form.join(session, _find(session, into).id, by=staff(), at=now())
            else:
                reward = form.verify(session, by=staff(), at=now())
    except Refusal as refused:
        form.note(refused)
        with office().office.reading() as session:
            return _verify_page(session, form), refused.status
    flash("已并入。举报人按自己的先后排队" if into else "已认定。请核对下面的计算，再提出建议")
    return redirect(url_for("rewards.show", reward_id=reward.id), 303)


# ---- one reward ----


@dataclass(frozen=True)
class Shown:
    """Everything the page of one reward prints."""

    reward: Reward
    offence: VerifiedOffence
    acts: str
    letters: list[OffenceLetter]
    why: list[str]
    against: list[Any]
    unconfirmed: list[str]
    shares: list[Any]
    history: list[Any]
    offered: frozenset[str]
    rule: RewardSchedule | None
    amount: str
    clause: str
    nothing: str


def _find(session: Session, reward_id: str) -> Reward:
    reward = session.get(Reward, reward_id)
    if reward is None or _barred(session, reward.offence_id, staff()):
        raise NotThere("没有这件奖励，或者它不归您的岗位看")
    return reward


def _shown(session: Session, reward: Reward) -> Shown:
    """The proposal as it stands; of a pending one, what the engine would propose now."""
    offence = session.get_one(VerifiedOffence, reward.offence_id)
    letters = proposals.letters_of(session, offence.id)
    numbers = {letter.letter_id: letter.number for letter in letters}
    acts = [act for act in session.scalars(select(VerifiedAct.act_id).where(VerifiedAct.offence_id == offence.id)) if act]
    values = _now_proposed(session, reward) if reward.state is RewardState.PENDING else _as_proposed(session, reward)
    return Shown(
        reward=reward,
        offence=offence,
        acts="、".join(names_of(session).get(act, act) for act in acts) or "没有查实，线索有用",
        letters=letters,
        shares=[(numbers.get(letter, ""), person, yuan_text(fen)) for letter, person, fen in values.pop("shares")],
        against=[(numbers.get(one["letter_id"], ""), one) for one in values.pop("against")],
        history=_history(session, reward.id),
        offered=_offered(reward),
        **values,
    )


def _offered(reward: Reward) -> frozenset[str]:
    """Verbs this person could take now. To propose writes the shares its guard asks for: the guard cannot be asked before."""
    proposes = reward.state is RewardState.PENDING and Role.REWARD_PROPOSER in staff().roles
    return frozenset(step.verb for step in proposals.REWARD.offered(reward, staff())) | ({"propose"} if proposes else frozenset())


def _as_proposed(session: Session, reward: Reward) -> dict[str, Any]:
    rows = proposals.shares_of(session, reward)
    return {
        "why": reward.why.splitlines(),
        "against": json.loads(reward.against or "[]"),
        "unconfirmed": reward.unconfirmed.splitlines(),
        "shares": [(row.letter_id, row.person, row.amount_fen) for row in rows],
        "rule": session.get(RewardSchedule, reward.schedule_id) if reward.schedule_id else None,
        "amount": yuan_text(reward.amount_fen),
        "clause": reward.clause,
        "nothing": "",
    }


def _now_proposed(session: Session, reward: Reward) -> dict[str, Any]:
    terms = proposals.terms(session, reward)
    if terms is None:
        return {"why": [], "against": [], "unconfirmed": [], "shares": [], "rule": None, "amount": "0", "clause": "",
                "nothing": "收到举报时还没有采用奖励办法，不能提出奖励。"}  # fmt: skip
    found = terms.assessment
    return {
        "why": proposals.reasons(found),
        "against": [vars(one) for one in terms.against],
        "unconfirmed": list(terms.unconfirmed),
        "shares": [(share.letter_id, share.person, share.amount_fen) for share in found.shares],
        "rule": terms.row,
        "amount": yuan_text(found.amount_fen),
        "clause": "；".join(dict.fromkeys(line.clause for line in found.earning.lines if line.counted)),
        "nothing": "" if found.shares else "按采用的办法，没有可以奖励的金额或举报人。",
    }


def _history(session: Session, subject_id: str) -> list[tuple[RewardHistory, str, str]]:
    rows = session.scalars(select(RewardHistory).where(RewardHistory.subject_id == subject_id).order_by(RewardHistory.id))
    found = []
    for row in rows:
        person = session.get(StaffMember, row.by)
        found.append((row, ACT_WORDS.get(row.verb, row.verb), person.name if person else row.by))
    return found


ACT_WORDS = {
    "propose": "提出建议",
    "set_aside": "认定不奖励",
    "reconsider": "重新认定",
    "withdraw_proposal": "撤回建议",
    "agree": "同意",
    "approve": "审批通过",
    "send_back": "退回",
    "revoke": "撤销",
}


@bp.get("/<reward_id>")
@allowed(*VIEWERS)
def show(reward_id: str) -> str:
    with office().office.reading() as session:
        return _page(session, _find(session, reward_id))


def _page(session: Session, reward: Reward, refused: Refusal | None = None, reason: str = "") -> str:
    it = _shown(session, reward)
    return render_template(
        "rewards/show.html",
        it=it,
        lead=_lead(session, it) if Role.REWARD_PROPOSER in staff().roles else None,
        refused=refused,
        reason=reason,
        may_revoke=Role.REWARD_APPROVER in staff().roles,
        page_has_errors=bool(refused),
    )


def _lead(session: Session, it: Shown) -> str | None:
    """The letter that was handled, from which another offence may be verified; None: it left no letter here."""
    found = (session.get(Letter, row.letter_id) for row in it.letters)
    return next((letter.id for letter in found if letter is not None and letter.duplicate_of is None), None)


def _reason() -> str:
    return request.form.get("reason", "")


Act = Callable[[Session, Reward, SignedIn, datetime], object]
ACTS: dict[str, Act] = {
    "propose": lambda session, reward, by, at: proposals.propose(session, reward, by=by, at=at),
    "set-aside": lambda session, reward, by, at: proposals.set_aside(session, reward, reason=_reason(), by=by, at=at),
    "reconsider": lambda session, reward, by, at: proposals.reconsider(session, reward, reason=_reason(), by=by, at=at),
    "withdraw": lambda session, reward, by, at: proposals.withdraw_proposal(session, reward, reason=_reason(), by=by, at=at),
    "approve": lambda session, reward, by, at: proposals.approve(session, reward, by=by, at=at),
    "send-back": lambda session, reward, by, at: proposals.send_back(session, reward, reason=_reason(), by=by, at=at),
}
DONE = {
    "propose": "已提出，等另一个人审批",
    "set-aside": "已认定不奖励，举报人会看到",
    "reconsider": "已重新打开",
    "withdraw": "建议已撤回",
    "approve": "已同意",
    "send-back": "已退回",
}


@bp.post("/<reward_id>/<act>")
@allowed(*DECIDERS)
def decide(reward_id: str, act: str) -> Response | tuple[str, int]:
    if act not in ACTS:
        raise NotThere("没有这个操作")
    try:
        with office().office.transaction() as session:
            reward = _find(session, reward_id)
            ACTS[act](session, reward, staff(), now())
    except Refusal as refused:
        with office().office.reading() as session:
            return _page(session, _find(session, reward_id), refused, _reason()), refused.status
    flash(DONE[act])
    return redirect(url_for("rewards.show", reward_id=reward_id), 303)
