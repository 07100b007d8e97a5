"""How a reporter learns of a reward and answers: codes delivered to the receipt, choices taken from it, what it shows."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from moderation.casework.letters import Letter, LetterLink, LetterMessage
from moderation.casework.status import mark_untold
from moderation.keys import symmetric_key
from moderation.office import Office
from moderation.rewards import lives
from moderation.rewards.codes import code_digest, in_groups, new_code
from moderation.rewards.machine import RewardState, ShareState
from moderation.rewards.phone_box import seal_phone
from moderation.rewards.proposals import REPORTER, decline, renew_receipt
from moderation.rewards.records import CollectionCode, OffenceLetter, Reward, RewardShare
from moderation.unsealing import public_side_folder
from portal.core import audit, reports
from portal.core.clock import day_of, spoken_day
from portal.core.intake_keys import read_key_file
from portal.core.outgoing import OfficeMessage, RewardStatus, StatusSnapshot
from portal.core.report_content import MessageKind, ReporterMessage
from portal.core.reward_schedule import Means, yuan_text
from portal.core.sealing import SealingKey
from portal.core.workflow import SystemActor

WORKER = SystemActor("worker")
CODE_KEY = "collection-code.key"
_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_SEPARATORS = re.compile(r"[\s\-－—]")


# ---- telling the reporter ----


def tell_approved(office: Office, at: datetime) -> None:
    """Tells every reporter whose share was approved, and gives unnamed ones a code. Idempotent; may be cut off anywhere."""
    delivered = exists().where(
        CollectionCode.share_id == RewardShare.id,
        CollectionCode.digest.is_not(None),
        CollectionCode.used_at.is_(None),
        CollectionCode.voided_at.is_(None),
    )
    untold = or_(
        RewardShare.state == ShareState.AWAITING,
        and_(RewardShare.state == ShareState.NOTIFIED, RewardShare.named.is_(False), ~delivered),
    )
    query = (
        select(RewardShare)
        .join(Reward, Reward.id == RewardShare.reward_id)
        .where(Reward.state == RewardState.APPROVED, Reward.unconfirmed == "", RewardShare.report_id.is_not(None), untold)
        .limit(200)
    )
    with office.office.reading() as session:
        waiting = list(session.scalars(query))
    for share in waiting:
        if share.named:
            _tell_named(office, share, at)
        else:
            _deliver_code(office, share, at)


def _tell_named(office: Office, share: RewardShare, at: datetime) -> None:
    text = (
        f"您的举报经查证属实，奖励 {yuan_text(share.amount_fen)} 元已经批准。请到窗口领取，或在“奖励”里写明想怎样领。"
        "您的姓名和联系方式只在兑付时给兑付员看，看一次记一次。"
    )
    _reply(office, share, text, reference=f"reward-{share.id}", at=at)
    with office.office.transaction() as session:
        found = session.get_one(RewardShare, share.id)
        if found.state is ShareState.AWAITING:
            lives.notify(session, found, by=WORKER, at=at)
            renew_receipt(session, found)


def _deliver_code(office: Office, share: RewardShare, at: datetime) -> None:
    """A fresh code goes to the receipt first, its digest into our books after. Cut off between: the next run gives another.

    The code itself is never kept: it stands only in the message sealed to the receipt.
    """
    with office.office.transaction() as session:
        found = session.get_one(RewardShare, share.id)
        code = lives.live_code(session, found)
        if code is not None and code.digest is None:
            code.voided_at, code = at, None
            session.flush()
        if code is None:
            code = CollectionCode(share_id=share.id, issued_at=at)
            session.add(code)
            session.flush()
        issue = code.id
    word = new_code()
    text = (
        f"您的举报经查证属实，奖励 {yuan_text(share.amount_fen)} 元已经批准。领取码：{in_groups(word)}。"
        "到窗口报领取码就能领，不用说姓名，领取码只能用一次；也可以在“奖励”里写一个手机号充话费，号码只封给兑付员，核对后删除。"
        "如果收到过别的领取码，以这一个为准。"
    )
    if not _reply(office, share, text, reference=f"reward-{issue}", at=at):
        return
    key = symmetric_key(office.keys, CODE_KEY)
    with office.office.transaction() as session:
        session.get_one(CollectionCode, issue).digest = code_digest(word, key)
        found = session.get_one(RewardShare, share.id)
        audit.record(session, by=WORKER.id, act="reward.issue_code", subject=share.id, at=at)
        if found.state is ShareState.AWAITING:
            lives.notify(session, found, by=WORKER, at=at)
        renew_receipt(session, found)


def _reply(office: Office, share: RewardShare, text: str, *, reference: str, at: datetime) -> bool:
    assert share.report_id is not None
    with office.intake.transaction() as intake:
        return reports.put_reply(intake, share.report_id, OfficeMessage(day_of(at), text), reference=reference)


# ---- windows ----


def start_windows(office: Office, at: datetime) -> None:
    """Starts the window of every share whose receipt was opened, on the day it first showed the reward."""
    with office.office.reading() as session:
        query = select(RewardShare.id, RewardShare.report_id).where(
            RewardShare.state == ShareState.NOTIFIED, RewardShare.collect_until.is_(None), RewardShare.report_id.is_not(None)
        )
        waiting = list(session.execute(query))
    with office.intake.reading() as intake:
        seen = [
            (share_id, report.reward_seen_on)
            for share_id, report_id in waiting
            if (report := intake.get(reports.Report, report_id))
        ]
    for share_id, day in seen:
        if day is not None:
            with office.office.transaction() as session:
                share = session.get_one(RewardShare, share_id)
                lives.open_window(session, share, day, by=WORKER, at=at)
                renew_receipt(session, share)


def expire_due(office: Office, at: datetime) -> None:
    """Settles 暂定 windows, then lets go what nobody collected in time, where a confirmed rule says so."""
    with office.office.reading() as session:
        query = select(RewardShare.id).where(RewardShare.state == ShareState.NOTIFIED, RewardShare.collect_until < day_of(at))
        provisional = select(RewardShare.id).where(RewardShare.state == ShareState.NOTIFIED, RewardShare.window_provisional)
        waiting = list(dict.fromkeys([*session.scalars(query), *session.scalars(provisional)]))
    for share_id in waiting:
        with office.office.transaction() as session:
            share = session.get_one(RewardShare, share_id)
            changed = lives.settle_provisional(session, share, by=WORKER, at=at)
            over = share.collect_until is not None and share.collect_until < day_of(at)
            if over and any(step.verb == "expire" for step in lives.SHARE.offered(share, WORKER)):
                lives.expire(session, share, by=WORKER, at=at)
                changed = True
            if changed:
                renew_receipt(session, share)


# ---- what the reporter says ----


def _share_named_in(session: Session, letter: Letter, message: ReporterMessage) -> RewardShare | None:
    """The share a message is about; only ever one of this letter's own."""
    query = select(RewardShare).join(Reward, Reward.id == RewardShare.reward_id).where(RewardShare.letter_id == letter.id)
    found = list(session.scalars(query.where(Reward.state == RewardState.APPROVED).order_by(RewardShare.person)))
    return next((share for share in found if share.id == message.reference), None)


def take_choice(session: Session, letter: Letter, message: ReporterMessage, at: datetime) -> None:
    """The reporter chose how to be paid. A phone number is sealed to the payer at once and stands nowhere else."""
    share = _share_named_in(session, letter, message)
    if share is None or share.state is not ShareState.NOTIFIED:
        return
    phone = _PHONE.search(_SEPARATORS.sub("", message.collection))
    means = lives.schedule_of_share(session, share).settings.means.means
    share.preferred = Means.COUNTER_CASH.value
    if phone and Means.PHONE_CREDIT in means:
        share.preferred, share.sealed_phone = Means.PHONE_CREDIT.value, seal_phone(session, phone.group())
    row = session.scalar(
        select(LetterMessage)
        .where(LetterMessage.letter_id == letter.id, LetterMessage.kind == MessageKind.REWARD_CLAIM.value)
        .order_by(LetterMessage.position.desc())
        .limit(1)
    )
    share.phone_message_id = (row.message_id or "") if row else ""
    audit.record(session, by=REPORTER.id, act="reward_share.choose", subject=share.id, at=at, detail={"means": share.preferred})
    mark_untold(letter)


def take_decline(session: Session, letter: Letter, message: ReporterMessage, at: datetime) -> None:
    """The reporter wants no reward."""
    share = _share_named_in(session, letter, message)
    if share is not None and share.state in (ShareState.AWAITING, ShareState.NOTIFIED):
        decline(session, share, by=REPORTER, at=at)
        share.sealed_phone = None
        mark_untold(letter)


def blank_phone_messages(office: Office, at: datetime) -> None:
    """Takes phone numbers out of the sealed messages that brought them: from then on only the payer's box holds one."""
    with office.office.reading() as session:
        query = select(RewardShare.id, RewardShare.phone_message_id).where(RewardShare.phone_message_id != "")
        waiting = list(session.execute(query))
    if not waiting:
        return
    to_office = SealingKey.from_bytes(read_key_file(public_side_folder(office) / "office.pub")).loaded()
    for share_id, message_id in waiting:
        words = ReporterMessage(sent_at=at.isoformat(), kind=MessageKind.REWARD_CLAIM, text="领取方式已交给兑付员。")
        with office.intake.transaction() as intake:
            reports.replace_message(intake, message_id, words, to_office)
        with office.office.transaction() as session:
            session.get_one(RewardShare, share_id).phone_message_id = ""


# ---- what the receipt shows ----


def contribute(session: Session, letter: Letter, snapshot: StatusSnapshot) -> StatusSnapshot:
    """Adds the reward to what a receipt shows."""
    return replace(snapshot, reward=reward_status(session, letter.id))


def reward_status(session: Session, letter_id: str) -> RewardStatus | None:
    """The reward of one letter in plain words. None: nothing is being decided about it.

    Whoever was not first reads the same as whoever still waits: that others reported too stays invisible.
    """
    query = select(Reward).join(OffenceLetter, OffenceLetter.offence_id == Reward.offence_id)
    reward = session.scalar(query.where(OffenceLetter.letter_id == letter_id).order_by(Reward.created_at.desc()).limit(1))
    if reward is None:
        return None
    shares = select(RewardShare).where(RewardShare.reward_id == reward.id, RewardShare.letter_id == letter_id)
    own = list(session.scalars(shares.order_by(RewardShare.person)))
    if reward.state is RewardState.NOT_APPLICABLE:
        return RewardStatus(_NOTHING)
    if reward.state is RewardState.APPROVED and not own and _is_public(session, reward):
        return RewardStatus(_LATER, clause=reward.clause)
    if reward.state is not RewardState.APPROVED or not own:
        return RewardStatus("正在认定奖励。认定以后在这里告诉您。")
    return _share_status(session, reward, own)


def _is_public(session: Session, reward: Reward) -> bool:
    """Whether the result of the matter is published: only then may a reporter learn that somebody else came first."""
    query = (
        select(LetterLink.target_id)
        .join(OffenceLetter, OffenceLetter.letter_id == LetterLink.letter_id)
        .where(OffenceLetter.offence_id == reward.offence_id, LetterLink.kind == "disclosure")
    )
    return session.scalar(query.limit(1)) is not None


_LATER = "这件事有人更早举报，按先后规定，奖励给最先举报的人。您的举报同样记录在案，谢谢您。"
_NOTHING = "按奖励办法，这件事没有奖励。有不同意见可以留言。"
_STATE_WORDS = {
    ShareState.AWAITING: "奖励 {amount} 元已经批准，领取办法会写在“往来”里。",
    ShareState.NOTIFIED: "奖励 {amount} 元可以领取，办法写在“往来”里。",
    ShareState.PAID: "奖励 {amount} 元已经领取。",
    ShareState.EXPIRED: "奖励 {amount} 元过了领取期限，没有人领取，按办法视为放弃。有正当理由可以留言申请补发。",
    ShareState.DECLINED: "您谢绝了奖励。",
    ShareState.REVOKED: "这笔奖励已撤销，原因可以留言询问。",
}


def _share_status(session: Session, reward: Reward, own: list[RewardShare]) -> RewardStatus:
    share = next((one for one in own if one.state is ShareState.NOTIFIED), own[0])
    amount = sum(one.amount_fen for one in own if one.state is share.state)
    text = _STATE_WORDS[share.state].format(amount=yuan_text(amount))
    if share.state is ShareState.NOTIFIED:
        text += _choice_words(share) + _window_words(session, share)
    whole = amount // 100 if amount % 100 == 0 else None
    return RewardStatus(
        text=text,
        yuan=whole,
        clause=reward.clause,
        may_collect=share.state is ShareState.NOTIFIED,
        may_decline=share.state in (ShareState.AWAITING, ShareState.NOTIFIED) and _may_decline(session, share),
        collect_until=share.collect_until if share.state is ShareState.NOTIFIED else None,
        id=share.id,
    )


def _may_decline(session: Session, share: RewardShare) -> bool:
    return lives.schedule_of_share(session, share).settings.decline.allowed


def _choice_words(share: RewardShare) -> str:
    if share.sealed_phone is not None:
        return "您选择了充话费：手机号只封给兑付员，充值核对后删除。"
    return ""


def _window_words(session: Session, share: RewardShare) -> str:
    if share.collect_until is None:
        return "领取期限从您第一次看到这条消息的次日起算。"
    words = f"请在{spoken_day(share.collect_until)}以前领取（{share.window_arithmetic}）。"
    rules = lives.schedule_of_share(session, share).settings
    if share.window_provisional:
        words += "这个日子是暂定的，假期安排公布后可能延后。"
    if not (rules.claim.basis.confirmed and rules.forfeiture.basis.confirmed):
        words += "领取期限未核定，过了也不会作放弃。"
    return words
