"""From a verified offence to an approved reward: verify, propose, approve, send back, set aside. Collection is elsewhere."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, delete, exists, func, or_, select, text
from sqlalchemy.orm import Session, object_session

from moderation.casework.letters import Letter, LetterBar
from moderation.casework.status import mark_untold
from moderation.holidays import office_calendar
from moderation.rewards import schedules
from moderation.rewards.calculation import (
    Assessment,
    Claim,
    Objection,
    OrderProof,
    ProvenAct,
    Reliance,
    assess,
    notice_deadline,
)
from moderation.rewards.ledger import Booking, book, budget_of
from moderation.rewards.letters import Standing, SubstantiatedLetter, take_from_tray
from moderation.rewards.lives import SHARE, release
from moderation.rewards.machine import HOUSE, REWARD_STEPS, RewardState, ShareState
from moderation.rewards.records import (
    CLUE_TIER,
    OffenceLetter,
    Reward,
    RewardApproval,
    RewardLine,
    RewardSchedule,
    RewardShare,
    SecondHand,
    VerifiedAct,
    VerifiedOffence,
)
from moderation.staff import SignedIn
from portal.core import audit
from portal.core.clock import day_of, spoken_day
from portal.core.errors import Mendable, NotAllowed, Overtaken, Refusal
from portal.core.reward_schedule import Evidence, Exclusion, NoticeStart, Schedule, yuan_text
from portal.core.vocabulary import IdentityLevel, Role
from portal.core.workflow import Actor, Machine, SystemActor, move

REPORTER = SystemActor("reporter")
_NOT_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class LetterFacts:
    """What the proposer adds about one letter: how its order is proven, joint reporters, and what stands against it."""

    standing: Standing
    proof: OrderProof
    proof_reference: str = ""
    reporters: int = 1
    parts: tuple[int, ...] = ()
    representative: int = 0
    barred: frozenset[Exclusion] = frozenset()
    missing: frozenset[Evidence] = frozenset()
    awarded_elsewhere: bool = False


@dataclass(frozen=True)
class Terms:
    """What the engine proposes for an offence, and under which adopted version."""

    row: RewardSchedule
    schedule: Schedule
    assessment: Assessment
    against: tuple[Objection, ...]

    @property
    def unconfirmed(self) -> tuple[str, ...]:
        return self.assessment.unconfirmed


def known_to(person: SignedIn) -> Select[Reward]:
    """Rewards, without those about an offence of whose letters one must be kept from this person."""
    barred = exists().where(
        OffenceLetter.offence_id == Reward.offence_id,
        LetterBar.letter_id == OffenceLetter.letter_id,
        or_(LetterBar.staff_id == person.id, LetterBar.unit_id == person.unit_id),
    )
    return select(Reward).where(~barred)


def acts_of_two_known_to(person: SignedIn) -> Select[SecondHand]:
    """Acts of two people, without revocations of rewards this person must not know of. Payments and shares name nothing."""
    barred = exists().where(
        Reward.id == SecondHand.subject_id,
        OffenceLetter.offence_id == Reward.offence_id,
        LetterBar.letter_id == OffenceLetter.letter_id,
        or_(LetterBar.staff_id == person.id, LetterBar.unit_id == person.unit_id),
    )
    return select(SecondHand).where(~barred)


def place_key(region_code: str, place: str, target: str) -> str:
    """One spelling for one place: region and target, or the place where nobody is named; width, case and punctuation dropped."""
    words = unicodedata.normalize("NFKC", target.strip() or place).lower()
    return f"{region_code}|{_NOT_LETTERS.sub('', words)}"[:240]


def spot_key(region_code: str, place: str) -> str:
    """The place in the spelling of :func:`place_key`, whoever is named there; "" where no place is given."""
    return place_key(region_code, place, "") if place.strip() else ""


def _same_place(key: str, spot: str) -> ColumnElement[bool]:
    """The same target, or the same place where one of the two sides names nobody: a name added or left out changes nothing.

    ``key`` from :func:`place_key`, ``spot`` from :func:`spot_key`. The trigger verified_act_once asks the same.
    """
    return or_(VerifiedAct.place_key.in_((key, spot)), VerifiedAct.spot_key == key)


def overlapping(
    session: Session, key: str, spot: str, acts: Sequence[str], first_day: date, last_day: date
) -> list[VerifiedOffence]:
    """Offences verified already for one of these acts at this place on any of these days."""
    query = (
        select(VerifiedOffence)
        .join(VerifiedAct, VerifiedAct.offence_id == VerifiedOffence.id)
        .where(
            _same_place(key, spot),
            VerifiedAct.act_id.in_(acts),
            VerifiedAct.first_day <= last_day,
            VerifiedAct.last_day >= first_day,
        )
    )
    return list(dict.fromkeys(session.scalars(query)))


def nearby(session: Session, letter: SubstantiatedLetter) -> list[VerifiedOffence]:
    """Offences in the same region with one of the same acts: a person must say whether the place is the same."""
    acts = [act.act_id for act in letter.acts]
    query = (
        select(VerifiedOffence)
        .join(VerifiedAct, VerifiedAct.offence_id == VerifiedOffence.id)
        .where(VerifiedOffence.region_code == letter.region_code, VerifiedAct.act_id.in_(acts))
        .order_by(VerifiedOffence.last_day.desc())
        .limit(20)
    )
    return list(dict.fromkeys(session.scalars(query)))


def _require_proofs(facts: Sequence[LetterFacts]) -> None:
    for fact in facts:
        by_hand = fact.proof in (OrderProof.CALL_LOG, OrderProof.POSTMARK, OrderProof.UPSTREAM)
        if by_hand and not fact.proof_reference.strip():
            raise Mendable(f"请填写 {fact.standing.number} 的{fact.proof.zh}编号，证明先后", field="proof")
        if fact.parts and (len(fact.parts) != fact.reporters or min(fact.parts) < 0 or not sum(fact.parts)):
            raise Mendable(f"{fact.standing.number}：约定份额要与联名人数一致", field="parts")
        if not 0 <= fact.representative < fact.reporters:
            raise Mendable(f"{fact.standing.number}：代表不在联名人之中", field="representative")


def verify(
    session: Session,
    letter: SubstantiatedLetter,
    acts: Sequence[ProvenAct],
    facts: Sequence[LetterFacts],
    *,
    place: str,
    target: str,
    by: Actor,
    at: datetime,
    usable_lead: bool = False,
) -> Reward:
    """Records a verified offence (place, acts, days) with the letters about it, and opens its reward as 待认定.

    The days run from the first report to the closing of the case; what is reported later is a new offence.
    Raises Refusal where one of the acts was verified there on one of these days already.
    """
    if Role.REWARD_PROPOSER not in by.roles:
        raise NotAllowed("只有奖励经办人可以认定", clause=HOUSE)
    acts = [act for act in acts if act.act_id]
    if not acts and not usable_lead:
        raise Mendable("请选出查实的行为，或注明只是有用的线索", field="acts")
    if not place.strip() and not target.strip():
        raise Mendable("请写明地点或单位", field="place")
    _require_proofs(facts)
    key, spot = place_key(letter.region_code, place, target), spot_key(letter.region_code, place)
    names = [act.act_id for act in acts] or [""]
    _require_new(session, key, spot, names, letter)
    offence = VerifiedOffence(
        place_key=key,
        spot_key=spot,
        place=place.strip()[:200],
        target=target.strip()[:200],
        region_code=letter.region_code,
        first_day=letter.first_day,
        last_day=max(letter.closed_on, letter.first_day),
        usable_lead=usable_lead,
        verified_by=by.id,
        verified_at=at,
    )
    session.add(offence)
    session.flush()
    session.add_all(_verified_acts(offence, names, acts))
    session.add_all(_offence_letter(offence, fact) for fact in facts)
    take_from_tray(session, (fact.standing.letter_id for fact in facts))
    reward = Reward(offence_id=offence.id, state=RewardState.PENDING, created_at=at)
    session.add(reward)
    session.flush()
    audit.record(session, by=by.id, act="reward.verify", subject=reward.id, at=at, detail={"offence": offence.id, "acts": names})
    _renew_all(session, reward)
    return reward


def _verified_acts(offence: VerifiedOffence, names: Sequence[str], acts: Sequence[ProvenAct]) -> Iterator[VerifiedAct]:
    for name in dict.fromkeys(names):
        yield VerifiedAct(
            offence_id=offence.id,
            act_id=name,
            place_key=offence.place_key,
            spot_key=offence.spot_key,
            first_day=offence.first_day,
            last_day=offence.last_day,
            case_opened=any(act.case_opened for act in acts if act.act_id == name),
        )


def join(
    session: Session, reward: Reward, letter: SubstantiatedLetter, facts: Sequence[LetterFacts], *, by: Actor, at: datetime
) -> None:
    """Adds a letter that turned out to be about an offence verified already: it stands in the line, by its own day.

    Raises Refusal while the reward is being decided, and where the letter came before whoever the reward was approved for:
    then the approval must be revoked first, by two people.
    """
    if Role.REWARD_PROPOSER not in by.roles:
        raise NotAllowed("只有奖励经办人可以认定", clause=HOUSE)
    _require_proofs(facts)
    offence = session.get_one(VerifiedOffence, reward.offence_id)
    if offence.region_code != letter.region_code or letter.first_day > offence.last_day:
        raise Refusal("不是同一区域，或者在那件办结以后才举报，不能算同一件", clause=HOUSE)
    if reward.state is RewardState.PROPOSED:
        raise Refusal("那件正在审批，先撤回建议再并入", clause=HOUSE)
    known = {row.letter_id: row for row in letters_of(session, offence.id)}
    fresh = [fact for fact in facts if fact.standing.letter_id not in known]
    if reward.state is RewardState.APPROVED:
        first = min(known[share.letter_id].received_on for share in shares_of(session, reward))
        if any(fact.standing.received_on <= first for fact in fresh):
            raise Refusal("这件收到得不晚于已审批的那件，须先两人撤销那件奖励，再重新认定", clause=HOUSE)
    session.add_all(_offence_letter(offence, fact) for fact in fresh)
    take_from_tray(session, (fact.standing.letter_id for fact in fresh))
    session.flush()
    facts_kept = {"offence": offence.id, "letters": [fact.standing.letter_id for fact in fresh]}
    audit.record(session, by=by.id, act="reward.join", subject=reward.id, at=at, detail=facts_kept)
    for fact in fresh:
        _renew(session, fact.standing.letter_id)


def _wait_for_others(session: Session, region_code: str) -> None:
    """Who verifies in this region at the same moment ends first, so that what they wrote is seen and named.

    SQLite lets one transaction write at a time; the lock is the one the trigger verified_act_once takes.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": f"verified_act {region_code}"})


def offences_of(session: Session, letter_id: str) -> list[VerifiedOffence]:
    """The offences this letter was verified for, the oldest first."""
    query = select(VerifiedOffence).join(OffenceLetter, OffenceLetter.offence_id == VerifiedOffence.id)
    return list(session.scalars(query.where(OffenceLetter.letter_id == letter_id).order_by(VerifiedOffence.verified_at)))


def require_offences(session: Session, letter: SubstantiatedLetter, seen: int | None) -> None:
    """Raises Overtaken where somebody verified this letter since the page was opened: the same act, told in other words, is one.

    ``seen``: how many offences the page named; None: not said.
    """
    _wait_for_others(session, letter.region_code)
    found = offences_of(session, letter.letter_id)
    if found and seen is not None and seen != len(found):
        last = found[-1]
        where = " ".join(filter(None, (last.target, last.place)))
        raise Overtaken(f"您打开之后，这件已经认定过（{where}）。是同一件事的，不用再认定；不是的，请再按一次。")


def _require_new(session: Session, key: str, spot: str, acts: Sequence[str], letter: SubstantiatedLetter) -> None:
    _wait_for_others(session, letter.region_code)
    found = overlapping(session, key, spot, acts, letter.first_day, max(letter.closed_on, letter.first_day))
    if found:
        days = f"{spoken_day(found[0].first_day)}至{spoken_day(found[0].last_day)}"
        raise Refusal(
            f"同一地点的同一行为在{days}已经认定过，不能再认定一次", clause="奖励按查实的违法行为（地点、行为、日期）认定，一事一奖"
        )


def _offence_letter(offence: VerifiedOffence, fact: LetterFacts) -> OffenceLetter:
    standing = fact.standing
    return OffenceLetter(
        offence_id=offence.id,
        letter_id=standing.letter_id,
        number=standing.number,
        report_id=standing.report_id,
        received_on=standing.received_on,
        accepted_on=standing.accepted_on,
        received_at=standing.received_at,
        identity=standing.identity,
        proof=fact.proof,
        proof_reference=fact.proof_reference.strip()[:200],
        reporters=fact.reporters,
        parts=" ".join(map(str, fact.parts)),
        representative=fact.representative,
        barred=" ".join(sorted(fact.barred)),
        missing=" ".join(sorted(fact.missing)),
        wants_reward=standing.wants_reward,
        awarded_elsewhere=fact.awarded_elsewhere,
    )


# ---- what the engine says ----


def letters_of(session: Session, offence_id: str) -> list[OffenceLetter]:
    """The letters about an offence, by day."""
    query = select(OffenceLetter).where(OffenceLetter.offence_id == offence_id)
    return list(session.scalars(query.order_by(OffenceLetter.received_on, OffenceLetter.letter_id)))


def _claim(row: OffenceLetter) -> Claim:
    return Claim(
        letter_id=row.letter_id,
        received_on=row.received_on,
        accepted_on=row.accepted_on,
        identity=row.identity,
        proof=row.proof,
        received_at=row.received_at,
        reporters=row.reporters,
        parts=tuple(int(part) for part in row.parts.split()),
        representative=row.representative,
        barred=frozenset(Exclusion(word) for word in row.barred.split()),  # type: ignore[call-arg]
        missing=frozenset(Evidence(word) for word in row.missing.split()),  # type: ignore[call-arg]
        wants_reward=row.wants_reward,
        awarded_elsewhere=row.awarded_elsewhere,
    )


def _acts(session: Session, offence: VerifiedOffence) -> list[ProvenAct]:
    rows = session.scalars(select(VerifiedAct).where(VerifiedAct.offence_id == offence.id).order_by(VerifiedAct.act_id))
    return [ProvenAct(row.act_id, row.case_opened) for row in rows if row.act_id]


def _earlier(session: Session, offence: VerifiedOffence, acts: Sequence[ProvenAct]) -> VerifiedOffence | None:
    """The last offence of one of these acts at this place that was rewarded and closed before."""
    query = (
        select(VerifiedOffence)
        .join(VerifiedAct, VerifiedAct.offence_id == VerifiedOffence.id)
        .join(Reward, Reward.offence_id == VerifiedOffence.id)
        .where(
            _same_place(offence.place_key, offence.spot_key),
            VerifiedAct.act_id.in_([act.act_id for act in acts]),
            VerifiedAct.last_day < offence.first_day,
            Reward.state == RewardState.APPROVED,
        )
        .order_by(VerifiedOffence.last_day.desc())
        .limit(1)
    )
    return session.scalar(query)


def terms(session: Session, reward: Reward) -> Terms | None:
    """What the engine proposes now. None: no version of the rule was adopted for the day of any letter.

    Day by day, in the order of receipt: the letters of that day are assessed under every version they may claim, and the
    best counts, so that an adoption never gives them less than their page promised.
    """
    offence = session.get_one(VerifiedOffence, reward.offence_id)
    acts, claims = _acts(session, offence), [_claim(row) for row in letters_of(session, offence.id)]
    found: Terms | None = None
    for day in sorted({claim.received_on for claim in claims}):
        for row in schedules.owed(session, day):
            schedule = schedules.schedule_of(row)
            offer = _offer(session, offence, row, schedule, assess(schedule, acts, claims, usable_lead=offence.usable_lead))
            won = {claim.received_on for claim in offer.assessment.line_up.first}
            better = found is None or offer.assessment.amount_fen > found.assessment.amount_fen
            if better and (found is None or day in won):
                found = offer
        if found is not None and found.assessment.shares:
            return found
    return found


def _offer(session: Session, offence: VerifiedOffence, row: RewardSchedule, schedule: Schedule, assessment: Assessment) -> Terms:
    rule = schedule.settings.repeat
    before = _earlier(session, offence, [ProvenAct(line.act_id) for line in assessment.earning.lines])
    if before is None:
        return Terms(row, schedule, assessment, assessment.objections)
    closed = f"同一地点的同一行为在{spoken_day(before.last_day)}办结的案件里奖励过"
    relies = (*assessment.relies_on, Reliance("rule repeat", rule.basis.clause, rule.basis.confirmed))
    if rule.after_closure:
        kept = Assessment(assessment.earning, assessment.line_up, assessment.shares, assessment.objections, relies)
        return Terms(row, schedule, kept, assessment.objections)
    barred = tuple(
        Objection(claim.letter_id, f"{closed}，办结后又犯不再奖励", rule.basis.clause, rule.basis.confirmed, "rule repeat")
        for claim in (*assessment.line_up.first, *assessment.line_up.later)
    )
    nothing = Assessment(assessment.earning, assessment.line_up, (), (*assessment.objections, *barred), relies)
    return Terms(row, schedule, nothing, nothing.objections)


# ---- the decision ----


def _session(record: object) -> Session:
    session = object_session(record)
    assert session is not None
    return session


def _has_shares(reward: Reward, _by: Actor) -> str | None:
    shares = _session(reward).scalar(select(func.count()).where(RewardShare.reward_id == reward.id))
    return None if shares else "按采用的办法，没有可以奖励的金额或举报人"


_SAME_HAND = "提出奖励的人不能审批"


def _another_hand(reward: Reward, by: Actor) -> str | None:
    return _SAME_HAND if reward.proposed_by == by.id else None


def _another_approves(reward: Reward, by: Actor) -> str | None:
    if reward.unconfirmed:
        return "所依据的条目还未核定，可以提出，不能审批发放；核定并采用新版本后重新提出"
    if reward.proposed_by == by.id:
        return _SAME_HAND
    key = {"reward_id": reward.id, "round": reward.round, "approver": by.id}
    return "您已经审批过这一件" if _session(reward).get(RewardApproval, key) else None


def _nothing_paid(reward: Reward, _by: Actor) -> str | None:
    query = select(func.count()).where(RewardShare.reward_id == reward.id, RewardShare.state == ShareState.PAID)
    return "已经有人领取，先作废兑付才能撤销" if _session(reward).scalar(query) else None


def _approvals_missing(reward: Reward, by: Actor) -> str | None:  # noqa: ARG001
    session = _session(reward)
    query = select(func.count()).where(RewardApproval.reward_id == reward.id, RewardApproval.round == reward.round)
    missing = session.get_one(RewardSchedule, reward.schedule_id).approvers - (session.scalar(query) or 0)
    return f"还需要 {missing} 人审批" if missing > 0 else None


REWARD = Machine(
    "reward",
    "奖励办理流程",
    REWARD_STEPS,
    {
        "has_shares": _has_shares,
        "another_hand": _another_hand,
        "another_approves": _another_approves,
        "approvals_complete": _approvals_missing,
        "nothing_paid": _nothing_paid,
    },
)


def propose(session: Session, reward: Reward, *, by: Actor, at: datetime) -> Terms:
    """Proposes what the engine computes: tier, clause, who was first and why, shares, and every reason against.

    Raises Refusal where no version applied, or nothing is due under it.
    """
    offered = terms(session, reward)
    if offered is None:
        raise Refusal("收到举报时还没有采用奖励办法，不能提出奖励", clause=HOUSE)
    if reward.state is RewardState.PENDING:
        _write_proposal(session, reward, offered, by=by, at=at)
    facts = {"amount_fen": reward.amount_fen, "schedule": offered.row.id, "unconfirmed": list(offered.unconfirmed)}
    move(session, REWARD, reward, "propose", by=by, at=at, detail=facts)
    session.flush()
    return offered


def _write_proposal(session: Session, reward: Reward, offered: Terms, *, by: Actor, at: datetime) -> None:
    assessment = offered.assessment
    for table in (RewardLine, RewardShare):
        session.execute(delete(table).where(table.reward_id == reward.id))
    reward.schedule_id, reward.amount_fen = offered.row.id, assessment.amount_fen
    reward.clause = "；".join(dict.fromkeys(line.clause for line in assessment.earning.lines if line.counted)) or _clue_clause(
        offered
    )
    reward.why = "\n".join(reasons(assessment))
    reward.against = json.dumps([vars(one) for one in offered.against], ensure_ascii=False)
    reward.unconfirmed = "\n".join(offered.unconfirmed)
    reward.proposed_by, reward.proposed_at = by.id, at
    session.flush()
    session.add_all(_lines(reward, offered))
    session.add_all(_shares(session, reward, assessment))
    session.flush()


def _clue_clause(offered: Terms) -> str:
    return offered.schedule.settings.clue.basis.clause


def reasons(assessment: Assessment) -> list[str]:
    """Amount and order in words, one reason a line."""
    lines = [f"{line.term}：{line.why}" + (f"（{line.clause}）" if line.clause else "") for line in assessment.earning.lines]
    if assessment.earning.clue:
        lines.append(f"线索有用但没有查实，鼓励 {yuan_text(assessment.earning.amount_fen)} 元")
    return [*lines, assessment.line_up.why]


def _lines(reward: Reward, offered: Terms) -> Iterator[RewardLine]:
    if not offered.assessment.shares:
        return
    if offered.assessment.earning.clue:
        clue = offered.schedule.settings.clue
        yield RewardLine(
            reward_id=reward.id,
            act_id="",
            schedule_id=offered.row.id,
            tier_id=CLUE_TIER,
            amount_fen=clue.amount_fen,
            confirmed=clue.basis.confirmed,
            clause=clue.basis.clause,
        )
    for line in offered.assessment.earning.lines:
        if line.counted:
            yield RewardLine(
                reward_id=reward.id,
                act_id=line.act_id,
                schedule_id=offered.row.id,
                tier_id=line.tier_id,
                amount_fen=line.amount_fen,
                confirmed=line.confirmed,
                clause=line.clause[:200],
            )


def _shares(session: Session, reward: Reward, assessment: Assessment) -> Iterator[RewardShare]:
    letters = {row.letter_id: row for row in letters_of(session, reward.offence_id)}
    for share in assessment.shares:
        letter = letters[share.letter_id]
        yield RewardShare(
            reward_id=reward.id,
            letter_id=share.letter_id,
            report_id=letter.report_id,
            person=share.person,
            amount_fen=share.amount_fen,
            named=letter.identity is IdentityLevel.NAMED,
            state=ShareState.AWAITING,
        )


def set_aside(session: Session, reward: Reward, *, reason: str, by: Actor, at: datetime) -> None:
    """No reward (不适用), with the reason."""
    move(session, REWARD, reward, "set_aside", by=by, at=at, text=reason)
    _renew_all(session, reward)


def reconsider(session: Session, reward: Reward, *, reason: str, by: Actor, at: datetime) -> None:
    """Opens a decision that was set aside."""
    move(session, REWARD, reward, "reconsider", by=by, at=at, text=reason)
    _renew_all(session, reward)


def withdraw_proposal(session: Session, reward: Reward, *, reason: str, by: Actor, at: datetime) -> None:
    """The proposer takes the proposal back, before it is approved."""
    move(session, REWARD, reward, "withdraw_proposal", by=by, at=at, text=reason)
    reward.round += 1


def send_back(session: Session, reward: Reward, *, reason: str, by: Actor, at: datetime) -> None:
    """An approver says no; the proposal is assessed again."""
    move(session, REWARD, reward, "send_back", by=by, at=at, text=reason)
    reward.round += 1


def shares_of(session: Session, reward: Reward) -> list[RewardShare]:
    """The shares of a reward, in the order of letters and persons."""
    query = select(RewardShare).where(RewardShare.reward_id == reward.id)
    return list(session.scalars(query.order_by(RewardShare.letter_id, RewardShare.person)))


def approve(session: Session, reward: Reward, *, by: Actor, at: datetime) -> bool:
    """An approver's yes. True: enough have said yes, the money is committed and the reporter will be told.

    Raises Refusal where the year's budget does not cover it, or where this person proposed it or approved it already.
    """
    session.refresh(reward, with_for_update=True)
    move(session, REWARD, reward, "agree", by=by, at=at, detail={"amount_fen": reward.amount_fen})
    # Before the state changes: the database lets no reward be approved without its approvals.
    session.add(RewardApproval(reward_id=reward.id, round=reward.round, approver=by.id, at=at))
    session.flush()
    if _approvals_missing(reward, by):
        return False
    reward.approved_at, reward.budget_year = at, day_of(at).year
    move(session, REWARD, reward, "approve", by=by, at=at, detail={"amount_fen": reward.amount_fen})
    _commit_money(session, reward, session.get_one(RewardSchedule, reward.schedule_id), by=by, at=at)
    _renew_all(session, reward)
    return True


def _commit_money(session: Session, reward: Reward, row: RewardSchedule, *, by: Actor, at: datetime) -> None:
    year = day_of(at).year
    budget_of(session, year, cap_fen=row.yearly_fen)
    rule = schedules.schedule_of(row).settings.notice
    offence = session.get_one(VerifiedOffence, reward.offence_id)
    start = offence.last_day if rule.start is NoticeStart.SETTLED else day_of(at)
    deadline = notice_deadline(rule, start, office_calendar(session))
    wanted = {letter.letter_id: letter.wants_reward for letter in letters_of(session, reward.offence_id)}
    for share in shares_of(session, reward):
        share.notice_due_on, share.notice_arithmetic = deadline.due_on, deadline.arithmetic
        book(session, Booking.COMMIT, share, year=year, by=by, at=at)
        if not wanted[share.letter_id]:
            decline(session, share, by=REPORTER, at=at)


def decline(session: Session, share: RewardShare, *, by: Actor, at: datetime) -> None:
    """The reporter wants no reward (婉拒): the money goes back to the budget, and nobody inherits it."""
    move(session, SHARE, share, "decline", by=by, at=at)
    release(session, share, by=by, at=at)


def renew_receipt(session: Session, share: RewardShare) -> None:
    """The receipt of this share's letter must show something new."""
    _renew(session, share.letter_id)


def _renew_all(session: Session, reward: Reward) -> None:
    for row in letters_of(session, reward.offence_id):
        _renew(session, row.letter_id)


def _renew(session: Session, letter_id: str) -> None:
    letter = session.get(Letter, letter_id)
    if letter is not None:
        mark_untold(letter)
