"""Many at once and a whole year: two people press the same button, and the books of a year are right to the fen."""

import random
import threading
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from moderation.rewards import figures, payments, proposals
from moderation.rewards.ledger import Account, balances, ledger_rows, proof_of_books
from moderation.rewards.letters import substantiated
from moderation.rewards.machine import PaymentState, RewardState, SecondHandKind, ShareState
from moderation.rewards.records import LedgerEntry, Reward, RewardBudget, RewardPayment, RewardShare, VerifiedOffence
from moderation.rewards.workbook import finance_workbook
from portal.core.audit import verify_chain
from portal.core.errors import Refusal
from portal.core.reward_schedule import Means
from portal.core.reward_schedule_reader import shipped_schedule
from portal.core.vocabulary import IdentityLevel
from tests.moderation.rewards.scenes import LI, QIAN, WU, ZHAO, ZHENG, Scene

DEMO = shipped_schedule("demo").text


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def office(request):
    """The same scene on both engines."""
    return request.getfixturevalue("scene" if request.param == "sqlite" else "postgres_scene")


def at_once(*deeds):
    """Runs deeds in threads that start together; what each returned or raised."""
    gate, answers = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(place, deed):
        gate.wait()
        try:
            answers[place] = deed()
        except (Refusal, DBAPIError) as refused:
            answers[place] = refused

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return answers


def succeeded(answers):
    return [answer for answer in answers if not isinstance(answer, Exception)]


def test_two_people_approve_at_once_and_the_money_is_committed_once(office):
    reward_id = office.proposed(office.letter())

    answers = at_once(lambda: office.approve(reward_id, by=ZHAO), lambda: office.approve(reward_id, by=WU))

    assert succeeded(answers) == [True]
    with office.office.office.reading() as session:
        assert balances(session)[Account.COMMITTED] == 5000
        assert proof_of_books(session) == ()


def test_two_payers_pay_at_once_and_the_money_leaves_once(office):
    share = office.shares(office.approved(office.letter(identity=IdentityLevel.NAMED)))[0]
    office.notify_by_hand(share.id)

    answers = at_once(lambda: office.pay_named(share.id, by=QIAN), lambda: office.pay_named(share.id, by=ZHENG))

    assert len(succeeded(answers)) == 1
    with office.office.office.reading() as session:
        assert session.scalar(select(func.count()).select_from(RewardPayment)) == 1
        assert proof_of_books(session) == ()


def test_two_rewards_race_for_the_last_of_the_budget(office):
    office.adopt(text=DEMO.replace("yearly_yuan = 200000", "yearly_yuan = 300"), first=date(2026, 1, 6))
    first = office.proposed(office.letter("sewage_discharge"))
    second = office.proposed(office.letter("sewage_discharge", target="云岭石料"))

    answers = at_once(lambda: office.approve(first, by=ZHAO), lambda: office.approve(second, by=WU))

    assert len(succeeded(answers)) == 1
    with office.office.office.reading() as session:
        assert session.get_one(RewardBudget, 2026).committed_fen == 20000
        assert proof_of_books(session) == ()


@pytest.mark.parametrize("names", [("云岭木业", "云岭木业"), ("", "云岭木业"), ("云岭木业", "")], ids=["same", "added", "left out"])
def test_two_proposers_verify_the_same_offence_at_once_and_the_second_is_told(office, names, monkeypatch):
    letters = [office.letter(target=names[0]), office.letter(target=names[1], received=date(2026, 3, 5))]
    asked = proposals.overlapping

    def slowly(*question):
        """Between asking and writing lies time enough for the other to ask too."""
        found = asked(*question)
        time.sleep(0.2)
        return found

    monkeypatch.setattr(proposals, "overlapping", slowly)

    answers = at_once(*(lambda letter=letter: office.verified(letter) for letter in letters))

    assert len(succeeded(answers)) == 1
    (refused,) = (answer for answer in answers if isinstance(answer, Exception))
    assert isinstance(refused, Refusal)
    assert "已经认定过" in str(refused)
    with office.office.office.reading() as session:
        assert session.scalar(select(func.count()).select_from(VerifiedOffence)) == 1


@pytest.mark.postgres
def test_two_who_ask_nobody_are_stopped_by_the_database_itself(postgres_scene, monkeypatch):
    monkeypatch.setattr(proposals, "_require_new", lambda *_: time.sleep(0.1))
    letters = [postgres_scene.letter(target=""), postgres_scene.letter(received=date(2026, 3, 5))]

    answers = at_once(*(lambda letter=letter: postgres_scene.verified(letter) for letter in letters))

    assert len(succeeded(answers)) == 1
    assert any("verified already" in str(answer) for answer in answers)


# ---- the year ------------------------------------------------------------------------------------------------------


ACTS = [act.id for _, act in shipped_schedule("demo").acts()]
TARGETS = [f"虚构企业{number}" for number in range(400)]


class Year:
    """A year of an office, told by a seed: letters, ties, joint reports, declined, late, voided, re-issued and revoked rewards."""

    def __init__(self, scene: Scene, seed: int) -> None:
        self.scene, self.chance, self.count = scene, random.Random(seed), Counter()
        self.expected_paid = 0

    def run(self, cases: int) -> None:
        for case in range(cases):
            self.scene.at = datetime(2026, 1, 10, 4, 0, tzinfo=UTC) + timedelta(days=340 * case // cases)
            self.one(case)

    def one(self, case: int) -> None:
        scene, chance = self.scene, self.chance
        received = scene.today - timedelta(days=chance.randint(3, 5))
        identity = IdentityLevel.NAMED
        main = scene.letter(
            *chance.sample(ACTS, chance.randint(1, 3)), received=received, closed=scene.today, identity=identity,
            target=TARGETS[case], wants_reward=chance.random() > 0.1,
        )  # fmt: skip
        for _ in range(chance.choice([0, 0, 0, 1, 2])):
            scene.letter(
                "life_noise", received=received + timedelta(days=chance.randint(0, 2)), identity=identity, duplicate_of=main
            )
        people = chance.choice([1, 1, 1, 2, 3])
        reward_id = scene.proposed(main, reporters=people, parts=tuple(chance.randint(1, 9) for _ in range(people)))
        if chance.random() < 0.1:
            self.count["left"] += 1
            return
        scene.approve(reward_id, by=chance.choice([ZHAO, WU]))
        if chance.random() < 0.05:
            self.two(SecondHandKind.REVOKE_REWARD, reward_id)
            return
        for share in scene.shares(reward_id):
            if share.state is ShareState.AWAITING:
                self.collect(share)

    def two(self, kind: SecondHandKind, subject: str) -> None:
        with self.scene.office.office.transaction() as session:
            asked = payments.ask_second_hand(session, kind, subject, reason="核对", by=ZHENG, at=self.scene.at)
            payments.decide_second_hand(session, asked, agree=True, by=WU, at=self.scene.at)
        self.count[kind.value] += 1

    def collect(self, share: RewardShare) -> None:
        scene, chance = self.scene, self.chance
        scene.notify_by_hand(share.id)
        luck = chance.random()
        if luck < 0.1:
            with scene.office.office.transaction() as session:
                proposals.decline(session, session.get_one(RewardShare, share.id), by=QIAN, at=scene.at)
        elif luck < 0.25:
            self.late(share)
        else:
            self.pay(share)
            if luck > 0.92:
                self.two(SecondHandKind.VOID_PAYMENT, self.scene.payment_of(share.id).id)
                self.pay(share)
            if luck < 0.8:
                scene.reconcile(scene.payment_of(share.id))

    def late(self, share: RewardShare) -> None:
        from moderation.rewards import lives

        now = self.scene.at
        self.scene.later(days=60)
        with self.scene.office.office.transaction() as session:
            found = session.get_one(RewardShare, share.id)
            if not found.window_provisional:
                lives.expire(session, found, by=proposals.REPORTER, at=self.scene.at)
        if self.scene.share(share.id).state is ShareState.EXPIRED and self.chance.random() < 0.5:
            self.two(SecondHandKind.REISSUE, share.id)
            self.pay(share)
        self.scene.at = now

    def pay(self, share: RewardShare) -> None:
        scene = self.scene
        with scene.office.office.transaction() as session:
            found = session.get_one(RewardShare, share.id)
            payments.pay_named(session, found, means=Means.BANK_TRANSFER, reference="=1+1", by=QIAN, at=scene.at)


def test_a_simulated_year_reconciles_to_the_fen(scene):
    Year(scene, seed=2026).run(60)

    with scene.office.office.reading() as session:
        assert proof_of_books(session) == ()
        assert verify_chain(session).broken_at is None
        found = balances(session, 2026)
        assert sum(found.values()) == 0
        approved = session.scalar(select(func.sum(Reward.amount_fen)).where(Reward.state == RewardState.APPROVED))
        gone = session.scalar(
            select(func.coalesce(func.sum(RewardShare.amount_fen), 0))
            .join(Reward)
            .where(Reward.state == RewardState.APPROVED, RewardShare.state.in_((ShareState.EXPIRED, ShareState.DECLINED)))
        )
        assert -found[Account.BUDGET] == approved - gone
        live = session.scalars(select(RewardPayment).where(RewardPayment.state != PaymentState.VOIDED)).all()
        assert found[Account.PAID] + found[Account.SETTLED] == sum(payment.amount_fen for payment in live)
        assert len({payment.share_id for payment in live}) == len(live)
        for state in (ShareState.EXPIRED, ShareState.DECLINED, ShareState.PAID, ShareState.REVOKED):
            assert session.scalar(select(func.count()).select_from(RewardShare).where(RewardShare.state == state)), state
        vouchers = [payment.voucher for payment in session.scalars(select(RewardPayment).order_by(RewardPayment.voucher))]
        assert [int(voucher[-5:]) for voucher in vouchers] == list(range(1, len(vouchers) + 1))
        book = load_workbook(BytesIO(finance_workbook(session, 2026)))
        rows = ledger_rows(session, 2026)

    paid = [row for row in book["兑付"].iter_rows(min_row=3, values_only=True) if row[8] != "已作废"]
    assert round(sum(row[2] for row in paid) * 100) == found[Account.PAID] + found[Account.SETTLED]
    assert book["兑付"].cell(row=3, column=8).value == "=1+1"
    assert book["兑付"].cell(row=3, column=8).data_type != "f"
    assert rows[-1].committed_fen == -found[Account.BUDGET]
    assert rows[-1].left_fen == 20_000_000 + found[Account.BUDGET]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_many_simulated_years_reconcile(scene, seed):
    Year(scene, seed).run(100)

    with scene.office.office.reading() as session:
        assert proof_of_books(session) == ()


def test_every_entry_has_two_sides_and_no_entry_is_booked_twice(scene):
    share = scene.shares(scene.approved(scene.letter(identity=IdentityLevel.NAMED)))[0]
    scene.notify_by_hand(share.id)
    scene.reconcile(scene.pay_named(share.id))

    with scene.office.office.reading() as session:
        entries = session.scalars(select(LedgerEntry).order_by(LedgerEntry.number)).all()
    assert [(entry.kind, entry.credit, entry.debit, entry.amount_fen) for entry in entries] == [
        ("commit", "budget", "committed", 5000),
        ("pay", "committed", "paid", 5000),
        ("settle", "paid", "settled", 5000),
    ]
    assert len({entry.key for entry in entries}) == 3


def test_a_letter_and_its_duplicates_are_read_in_the_order_of_their_days(scene):
    main = scene.letter(received=date(2026, 3, 8))
    scene.letter(received=date(2026, 3, 4), duplicate_of=main)

    with scene.office.office.reading() as session:
        found = substantiated(session, main)

    assert [standing.received_on.day for standing in found.standings] == [4, 8]
    assert found.first_day == date(2026, 3, 4)


def test_totals_reach_the_public_settings_only_when_enough_were_paid(scene):
    for number in range(figures.SMALLEST):
        share = scene.shares(scene.approved(scene.letter(identity=IdentityLevel.NAMED, target=f"虚构企业{number}")))[0]
        scene.notify_by_hand(share.id)
        scene.reconcile(scene.pay_named(share.id))
        with scene.office.office.reading() as session:
            assert figures.public_totals(session, scene.today) == ()

    with scene.office.office.transaction() as session:
        (row,) = figures.public_totals(session, date(2026, 4, 1))
        assert (row.act, row.period, row.payments, row.amount) == ("工地扬尘", "2026年3月", 5, "250 元")
        assert figures.show_totals(session, by=LI, at=scene.at + timedelta(days=1))
        assert not figures.show_totals(session, by=LI, at=scene.at + timedelta(days=2))
