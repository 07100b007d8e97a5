"""The rewards of 云岭县, invented: an adopted rule, one waiting for its second person, a year of books, rewards of every kind."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from moderation.demo.stage import Stage
from moderation.keys import symmetric_key
from moderation.rewards import collection, figures, lives, payments, phone_box, proposals, schedules
from moderation.rewards.calculation import OrderProof, ProvenAct
from moderation.rewards.codes import code_digest, new_code
from moderation.rewards.letters import Standing, SubstantiatedLetter, substantiated, waiting
from moderation.rewards.machine import SecondHandKind
from moderation.rewards.proposals import LetterFacts
from moderation.rewards.records import CollectionCode, Reward, RewardShare
from moderation.staff import SignedIn
from portal.core.clock import day_of, start_of
from portal.core.ids import new_id
from portal.core.reward_schedule import Exclusion, Means
from portal.core.reward_schedule_reader import shipped_schedule
from portal.core.vocabulary import Channel, IdentityLevel, Verdict
from portal.core.workflow import SystemActor

TITLE = "奖励：办法、认定、兑付、台账"
SYSTEM = SystemActor("demo")
PAST = 60
# Past cases stay among a few acts, so that some months hold enough payments to be shown.
PAST_ACTS = (*("building_site_dust",) * 4, *("uncovered_dust",) * 3, *("restaurant_fume",) * 2, "open_burning", "sewage_discharge")
FIRMS = ["青石建材", "柳溪木业", "云门食品", "白鹭养殖", "松坪石料", "北渠汽修", "云岭纸业", "青石铸造", "柳溪印染", "云门砖瓦"]
ROADS = ["东环路", "北渠街", "柳溪大道", "青石路", "云门街", "滨河路", "松坪路", "白鹭路"]


def load(stage: Stage) -> None:
    """Adopts the invented rule as of a year ago, fills the books, and takes the demo's closed letters to different ends."""
    phone_box.make_payer_key(stage.office, stage.at)
    with stage.office.office.transaction() as session:
        _adopt(stage, session)
        _past(stage, session)
    with stage.office.office.transaction() as session:
        _present(stage, session)
    collection.tell_approved(stage.office, stage.at)
    with stage.office.office.transaction() as session:
        schedules.show_on_page(session, by=SYSTEM, at=stage.at)
        figures.show_totals(session, by=SYSTEM, at=stage.at)


def _adopt(stage: Stage, session: Session) -> None:
    begun = stage.at - timedelta(days=400)
    row = schedules.put_forward(
        session,
        shipped_schedule("demo").text,
        document_number="云环督办〔2025〕7 号（演示）",
        document_on=day_of(begun),
        first_receipt_on=day_of(begun),
        by=stage.cast["guanli"],
        at=begun,
    )
    schedules.adopt(session, row, by=stage.cast["guanli2"], at=begun)
    next_month = day_of(stage.at) + timedelta(days=30)
    schedules.put_forward(
        session,
        shipped_schedule("demo").text.replace('version = "demo-1"', 'version = "demo-2"').replace("days = 30\n", "days = 45\n"),
        document_number="云环督办〔2026〕21 号（演示）",
        document_on=day_of(stage.at),
        first_receipt_on=next_month,
        by=stage.cast["guanli"],
        at=stage.at,
    )


# ---- the year behind ----


def _past(stage: Stage, session: Session) -> None:
    """Closed cases of the last eleven months that left no letter in the demo, only their books."""
    chance = random.Random(990121)
    key = symmetric_key(stage.office.keys, collection.CODE_KEY)
    for number in range(PAST):
        at = stage.at - timedelta(days=330 - 5.4 * number)
        letter = _past_letter(chance, number, day_of(at))
        facts = [LetterFacts(standing, OrderProof.SYSTEM) for standing in letter.standings]
        reward = _proposed(stage, session, letter, facts, at)
        proposals.approve(session, reward, by=stage.cast["shenpi"], at=at)
        for share in proposals.shares_of(session, reward):
            _collected(stage, session, share, key, at + timedelta(days=chance.randint(1, 6)), chance)


def _past_letter(chance: random.Random, number: int, closed_on: date) -> SubstantiatedLetter:
    act = chance.choice(PAST_ACTS)
    received = closed_on - timedelta(days=chance.randint(8, 25))
    people = [received] if chance.random() > 0.15 else [received, received]
    standings = tuple(_past_standing(chance, number, place, day) for place, day in enumerate(people))
    where = f"{chance.choice(ROADS)} {number + 1} 号"
    return SubstantiatedLetter(
        letter_id=standings[0].letter_id,
        number=standings[0].number,
        region_code="990121100",
        place=where,
        target=f"{FIRMS[number % len(FIRMS)]}（{where}）",
        summary="往年办结件",
        verdict=Verdict.SUBSTANTIATED,
        closed_on=closed_on,
        acts=(ProvenAct(act),),
        standings=standings,
    )


def _past_standing(chance: random.Random, number: int, place: int, day: date) -> Standing:
    level = IdentityLevel.NAMED if chance.random() < 0.35 else IdentityLevel.ANONYMOUS
    return Standing(
        letter_id=new_id(),
        number=f"云督〔{day.year}〕{number * 7 + place + 101}",
        report_id=None,
        received_on=day,
        accepted_on=day + timedelta(days=1),
        identity=level,
        channel=Channel.WEB,
        proof=OrderProof.SYSTEM,
        wants_reward=chance.random() > 0.08,
    )


def _proposed(stage: Stage, session: Session, letter: SubstantiatedLetter, facts: list[LetterFacts], at: datetime) -> Reward:
    by = stage.cast["jiangli"]
    reward = proposals.verify(
        session, letter, letter.acts, facts, place=letter.place, target=letter.target, by=by, at=at
    )  # fmt: skip
    proposals.propose(session, reward, by=by, at=at)
    return reward


def _collected(stage: Stage, session: Session, share: RewardShare, key: bytes, at: datetime, chance: random.Random) -> None:
    """Told and, most of the time, paid and reconciled; a declined share is left as it is."""
    if share.state.value != "awaiting":
        return
    payer = stage.cast["duifu"]
    lives.notify(session, share, by=payer, at=at)
    if chance.random() < 0.06:
        _nobody_came(stage, session, share)
        return
    if share.named:
        payment = payments.pay_named(session, share, means=Means.BANK_TRANSFER, reference=f"演示{at:%m%d}", by=payer, at=at)
    else:
        word = new_code()
        session.add(CollectionCode(share_id=share.id, issued_at=at, digest=code_digest(word, key)))
        session.flush()
        payment = payments.pay_by_code(session, word, key=key, by=payer, at=at)
    if at < stage.at - timedelta(days=20):
        payments.reconcile(session, payment, by=stage.cast["shenpi"], at=at + timedelta(days=3))


def _nobody_came(stage: Stage, session: Session, share: RewardShare) -> None:
    """The window ended with nobody there, where it has ended by now."""
    assert share.collect_until is not None
    over = start_of(share.collect_until + timedelta(days=1))
    if over < stage.at:
        lives.expire(session, share, by=SYSTEM, at=over)


# ---- the demo's own letters ----

Deed = Callable[[Stage, Session, Reward], None]


def _leave(_stage: Stage, _session: Session, _reward: Reward) -> None:
    """Proposed, and waits for the approver."""


def _approve(stage: Stage, session: Session, reward: Reward) -> None:
    proposals.approve(session, reward, by=stage.cast["shenpi"], at=stage.at)


def _send_back(stage: Stage, session: Session, reward: Reward) -> None:
    proposals.send_back(session, reward, reason="请补上先后凭据的编号", by=stage.cast["shenpi"], at=stage.at)


def _ask_to_revoke(stage: Stage, session: Session, reward: Reward) -> None:
    _approve(stage, session, reward)
    payments.ask_second_hand(
        session, SecondHandKind.REVOKE_REWARD, reward.id, reason="承办单位来函更正了核查结论", by=stage.cast["duifu"], at=stage.at
    )


# In this order over the demo's closed letters; what is left stays on the proposer's desk.
ENDS: tuple[Deed, ...] = (_approve, _leave, _approve, _send_back, _leave, _ask_to_revoke)


def _present(stage: Stage, session: Session) -> None:
    by: SignedIn = stage.cast["jiangli"]
    found = [substantiated(session, letter.id) for letter in waiting(session, by)]
    usable = [letter for letter in found if letter.acts and (letter.place or letter.target)]
    for place, (letter, end) in enumerate(zip(usable, ENDS, strict=False)):
        facts = [_fact(standing, first=place == 1) for standing in letter.standings]
        end(stage, session, _proposed(stage, session, letter, facts, stage.at))


def _fact(standing: Standing, *, first: bool) -> LetterFacts:
    """What the proposer fills in; one letter of the demo is joint and one duplicate is barred, to be looked at."""
    proof = standing.proof
    reference = "" if proof is OrderProof.SYSTEM else f"登记簿 {standing.received_on:%m%d}-1"
    barred = frozenset({Exclusion.STAFF_FAMILY}) if first and standing.identity is IdentityLevel.NAMED else frozenset()
    return LetterFacts(standing, proof, reference, barred=barred)
