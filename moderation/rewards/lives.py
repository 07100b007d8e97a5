"""The life of a share from approval to collection: its machine with the guards, and what every step does to money and codes."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import Select, and_, false, or_, select
from sqlalchemy.orm import Session, object_session

from moderation.holidays import office_calendar
from moderation.rewards import schedules
from moderation.rewards.calculation import claim_window
from moderation.rewards.ledger import Booking, book
from moderation.rewards.machine import HOUSE, SHARE_STEPS, RewardState, SecondHandKind, ShareState
from moderation.rewards.records import CollectionCode, Reward, RewardApproval, RewardSchedule, RewardShare, SecondHand
from portal.core.calendar import Deadline
from portal.core.clock import day_of
from portal.core.errors import Refusal
from portal.core.reward_schedule import ClaimStart, LateClaim, Schedule
from portal.core.workflow import Actor, Machine, move


def _session(record: object) -> Session:
    session = object_session(record)
    assert session is not None
    return session


def schedule_of_share(session: Session, share: RewardShare) -> Schedule:
    """The version of the rule under which this share was approved."""
    reward = session.get_one(Reward, share.reward_id)
    return schedules.schedule_of(session.get_one(RewardSchedule, reward.schedule_id))


def _payable_by(share: RewardShare, by: Actor) -> str | None:
    session = _session(share)
    reward = session.get_one(Reward, share.reward_id)
    if reward.unconfirmed:
        return "所依据的条目还未核定，不能发放"
    approved = select(RewardApproval.approver).where(RewardApproval.reward_id == reward.id, RewardApproval.round == reward.round)
    if by.id == reward.proposed_by or by.id in set(session.scalars(approved)):
        return "提出或审批这笔奖励的人不能兑付"
    return None


def _window_over(share: RewardShare, _by: Actor) -> str | None:
    rules = schedule_of_share(_session(share), share).settings
    if share.collect_until is None or share.window_provisional:
        return "领取期限还没有确定的末日"
    if rules.forfeiture.late is not LateClaim.FORFEITED:
        return "按办法，过期仍可领取"
    if not (rules.claim.basis.confirmed and rules.forfeiture.basis.confirmed):
        return "领取期限或过期作放弃的规定还未核定，不能据此作放弃"
    return None


def _may_reissue(share: RewardShare, _by: Actor) -> str | None:
    session = _session(share)
    days = schedule_of_share(session, share).settings.forfeiture.reissue_days
    if not days:
        return "采用的办法没有补发的规定"
    query = select(SecondHand.id).where(
        SecondHand.kind == SecondHandKind.REISSUE, SecondHand.subject_id == share.id, SecondHand.granted.is_(True)
    )
    return None if session.scalar(query.limit(1)) else "补发须两人办理"


SHARE = Machine(
    "reward_share",
    "奖励领取流程",
    SHARE_STEPS,
    {"payable_by": _payable_by, "window_over": _window_over, "may_reissue": _may_reissue},
)


def budget_year(session: Session, share: RewardShare) -> int:
    """The year whose budget a share was approved from; every later entry of it goes there."""
    year = session.get_one(Reward, share.reward_id).budget_year
    assert year is not None
    return year


def release(session: Session, share: RewardShare, *, by: Actor, at: datetime) -> None:
    """The money goes back to the budget, and a code that still works is voided."""
    void_codes(session, share, at=at)
    book(session, Booking.RELEASE, share, year=budget_year(session, share), by=by, at=at)


def live_code(session: Session, share: RewardShare) -> CollectionCode | None:
    """The one code of a share that is neither used nor void."""
    query = select(CollectionCode).where(
        CollectionCode.share_id == share.id, CollectionCode.used_at.is_(None), CollectionCode.voided_at.is_(None)
    )
    return session.scalar(query)


def void_codes(session: Session, share: RewardShare, *, at: datetime) -> None:
    """From now on no code of this share works."""
    code = live_code(session, share)
    if code is not None:
        code.voided_at = at
        session.flush()


def notify(session: Session, share: RewardShare, *, by: Actor, at: datetime) -> None:
    """The reporter was told. The claim window starts now where the rule counts from notice or approval.

    Where it counts from the opening of the receipt, and there is no receipt, it counts from the notice.
    """
    reward = session.get_one(Reward, share.reward_id)
    if reward.unconfirmed:
        raise Refusal("所依据的条目还未核定，不能通知领取", clause=HOUSE)
    move(session, SHARE, share, "notify", by=by, at=at)
    share.notified_on = day_of(at)
    start = schedule_of_share(session, share).settings.claim.start
    if start is ClaimStart.APPROVAL:
        assert reward.approved_at is not None
        open_window(session, share, day_of(reward.approved_at), by=by, at=at)
    elif start is ClaimStart.NOTICE or share.report_id is None:
        open_window(session, share, day_of(at), by=by, at=at)


def open_window(session: Session, share: RewardShare, start: date, *, by: Actor, at: datetime) -> None:
    """Starts the claim window and freezes its last day with the arithmetic."""
    if share.collect_until is not None:
        return
    _freeze(share, start, _deadline(session, share, start))
    move(session, SHARE, share, "open_window", by=by, at=at, text=share.window_arithmetic)


def _deadline(session: Session, share: RewardShare, start: date, *, named: str = "") -> Deadline:
    return claim_window(schedule_of_share(session, share).settings.claim, start, office_calendar(session), named=named)


def _freeze(share: RewardShare, start: date, deadline: Deadline) -> None:
    share.window_start_on, share.collect_until = start, deadline.due_on
    share.window_arithmetic, share.window_provisional = deadline.arithmetic, deadline.provisional


def settle_provisional(session: Session, share: RewardShare, *, by: Actor, at: datetime) -> bool:
    """After a calendar was announced: a 暂定 last day becomes final. Both values stay in the history. True: it is final now."""
    if not share.window_provisional or share.window_start_on is None:
        return False
    named = share.window_arithmetic.split(" ", maxsplit=1)[0]
    deadline = _deadline(session, share, share.window_start_on, named=named)
    if deadline.provisional:
        return False
    words = f"暂定 {share.collect_until}（{share.window_arithmetic}）改为：{deadline.due_on}（{deadline.arithmetic}）"
    _freeze(share, share.window_start_on, deadline)
    move(session, SHARE, share, "open_window", by=by, at=at, text=words)
    return True


def expire(session: Session, share: RewardShare, *, by: Actor, at: datetime) -> None:
    """The window is over and nobody came (逾期放弃): the money goes back to the budget.

    Never on a 暂定 day, and never by a rule that is 未核定.
    """
    if share.collect_until is not None and day_of(at) <= share.collect_until:
        raise Refusal("领取期限还没有过", clause=HOUSE)
    move(session, SHARE, share, "expire", by=by, at=at)
    share.expired_on = day_of(at)
    release(session, share, by=by, at=at)


def reissue_until(session: Session, share: RewardShare) -> date | None:
    """The last day on which an expired share can be re-issued; None: the rule allows none, or it did not expire."""
    days = schedule_of_share(session, share).settings.forfeiture.reissue_days
    return share.expired_on + timedelta(days=days) if share.expired_on and days else None


def reissuable(session: Session, today: date) -> Select[RewardShare]:
    """Expired shares that can still be re-issued (:func:`reissue_until`): the rule each was approved under says how long."""
    rules = {row.id: schedules.schedule_of(row).settings.forfeiture.reissue_days for row in session.scalars(select(RewardSchedule))}
    still = [
        and_(Reward.schedule_id == schedule_id, RewardShare.expired_on >= today - timedelta(days=days))
        for schedule_id, days in rules.items()
        if days
    ]
    query = select(RewardShare).join(Reward, Reward.id == RewardShare.reward_id)
    return query.where(Reward.state == RewardState.APPROVED, RewardShare.state == ShareState.EXPIRED, or_(false(), *still))


def reissue(session: Session, share: RewardShare, *, reason: str, by: Actor, at: datetime) -> None:
    """Opens an expired share again, with a fresh window and a fresh code; asked for by one person, granted by another."""
    until = reissue_until(session, share)
    if until is not None and day_of(at) > until:
        raise Refusal(f"补发期限到 {until.isoformat()} 为止，已经过了", clause=HOUSE)
    move(session, SHARE, share, "reissue", by=by, at=at, text=reason)
    book(session, Booking.COMMIT, share, year=budget_year(session, share), by=by, at=at)
    share.expired_on = None
    _freeze(share, day_of(at), _deadline(session, share, day_of(at), named="补发之日"))


def note_unreachable(session: Session, share: RewardShare, *, reason: str, by: Actor, at: datetime) -> None:
    """A try to reach a named reporter failed: noted, nothing lost. Only the window ends a reward."""
    move(session, SHARE, share, "note_unreachable", by=by, at=at, text=reason)


def is_collectable(share: RewardShare) -> bool:
    """Whether the reporter can collect it now."""
    return share.state is ShareState.NOTIFIED
