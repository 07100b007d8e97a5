"""Scenes for reward tests: an office with a rule, closed letters, and the people. 李 proposes, 赵 approves, 钱 pays, 孙 audits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import holidays
from moderation.casework.letters import Letter, LetterClaim, LetterMeasure, LetterText, MeasureKind
from moderation.casework.machine import DESK_OF, LetterState
from moderation.keys import symmetric_key
from moderation.office import Office
from moderation.rewards import collection, payments, phone_box, proposals, schedules
from moderation.rewards.calculation import OrderProof, ProvenAct
from moderation.rewards.letters import put_in_tray, substantiated
from moderation.rewards.proposals import LetterFacts
from moderation.rewards.records import CollectionCode, Reward, RewardPayment, RewardSchedule, RewardShare
from moderation.settings import PUBLIC, change_setting
from moderation.staff import SignedIn
from moderation.unsealing import make_keys, public_side_folder
from portal.core.ids import new_id
from portal.core.intake_keys import load_intake_keys
from portal.core.receipts import ReceiptCode, ReceiptKeys
from portal.core.report_content import ContactPermission, Identity, ReportContent, WhenKind
from portal.core.reports import Report, new_nonce, open_mailbox, seal_report, submit_report
from portal.core.reward_schedule_reader import shipped_schedule
from portal.core.vocabulary import Channel, IdentityLevel, PollutionType, Role, Verdict
from portal.core.workflow import SystemActor

AT = datetime(2026, 3, 31, 4, 0, tzinfo=UTC)
"""Noon of 31 March 2026 in China, a Tuesday."""

SYSTEM = SystemActor("test")


def person(name: str, *roles: Role) -> SignedIn:
    return SignedIn(id=f"id-{name}", name=name, roles=frozenset(roles), unit_id="bureau", unit_name="县生态环境局")


LI = person("li", Role.REWARD_PROPOSER)
ZHAO = person("zhao", Role.REWARD_APPROVER)
WU = person("wu", Role.REWARD_APPROVER)
QIAN = person("qian", Role.PAYER)
ZHENG = person("zheng", Role.PAYER)
SUN = person("sun", Role.AUDITOR)
ZHOU = person("zhou")
DENG = person("deng", Role.ADMINISTRATOR)
FENG = person("feng", Role.ADMINISTRATOR)


@dataclass
class Scene:
    """An office at a moment. Each method is one act of one person, in its own transaction."""

    office: Office
    at: datetime = AT
    receipts: dict[str, ReceiptCode] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return (self.at + timedelta(hours=8)).date()

    def later(self, **delta: int) -> Scene:
        self.at += timedelta(**delta)
        return self

    def open(self) -> Scene:
        with self.office.office.transaction() as session:
            holidays.seed(session, by=SYSTEM, at=self.at)
            change_setting(session, PUBLIC, {"demo": True}, by=SYSTEM, at=self.at)
        make_keys(self.office)
        phone_box.make_payer_key(self.office, self.at)
        return self

    def adopt(self, rule: str = "demo", *, first: date | None = None, text: str = "", decided: datetime | None = None) -> str:
        """Adopts a ready set, or a text, by 邓 and 冯."""
        with self.office.office.transaction() as session:
            row = schedules.put_forward(
                session,
                text or shipped_schedule(rule).text,
                document_number="云环〔2026〕1号",
                document_on=date(2026, 1, 5),
                first_receipt_on=first or date(2026, 1, 5),
                by=DENG,
                at=decided or self.at,
            )
            schedules.adopt(session, row, by=FENG, at=decided or self.at)
            return row.id

    def letter(
        self,
        *acts: str,
        received: date = date(2026, 3, 2),
        closed: date = date(2026, 3, 20),
        identity: IdentityLevel = IdentityLevel.ANONYMOUS,
        channel: Channel = Channel.WEB,
        place: str = "东环路 8 号",
        target: str = "云岭木业",
        duplicate_of: str | None = None,
        wants_reward: bool = True,
        case_opened: bool = False,
        sealed: bool = False,
        verdict: Verdict = Verdict.SUBSTANTIATED,
        state: LetterState = LetterState.SETTLED,
    ) -> str:
        """A letter that was handled and closed. ``sealed``: it came over the web and has a receipt."""
        names = acts or ("building_site_dust",)
        report_id = self.sealed_report(identity) if sealed else None
        shown = LetterState.MERGED if duplicate_of else state
        with self.office.office.transaction() as session:
            letter = Letter(
                id=new_id(), report_id=report_id, state=shown, desk=DESK_OF[shown], channel=channel, identity_level=identity,
                region_code="990121101", main_type=PollutionType.AIR, act=names[0], received_on=received,
                accepted_on=received + timedelta(days=1), closed_on=closed, verdict=verdict, duplicate_of=duplicate_of,
                wants_reward=wants_reward,
            )  # fmt: skip
            session.add(letter)
            session.flush()
            session.add(LetterText(letter_id=letter.id, summary="摘要", place=place, target=target, acts=" ".join(names)))
            for position, act in enumerate(names):
                session.add(LetterClaim(id=new_id(), letter_id=letter.id, position=position, text="诉求", act=act, verdict=verdict))
            if case_opened:
                session.add(LetterMeasure(id=new_id(), letter_id=letter.id, unit_id="bureau", round=1,
                                          kind=MeasureKind.PENALTY_CASE, number=1))  # fmt: skip
            session.flush()
            if shown is LetterState.SETTLED:
                put_in_tray(session, letter, SYSTEM, self.at)
            return letter.id

    def sealed_report(self, identity: IdentityLevel = IdentityLevel.ANONYMOUS) -> str:
        """A sealed report with a receipt that the test keeps."""
        content = ReportContent(
            sent_at="", questions_version="2026-11", acts=("building_site_dust",), pollution_types=(PollutionType.AIR,),
            region_code="990121101", place="东环路", when_kind=WhenKind.ONCE, when="", who="", story="工地扬尘", must_not_know=(),
            contact=ContactPermission.NOBODY, identity_level=identity,
        )  # fmt: skip
        who = Identity(name="王小明", phone="13900001111") if identity is IdentityLevel.NAMED else Identity()
        keys = load_intake_keys(public_side_folder(self.office))
        sealed = seal_report(content, who, nonce=new_nonce(), keys=keys, at=self.at)
        with self.office.intake.transaction() as session:
            submit_report(session, sealed, at=self.at)
        self.receipts[sealed.id] = sealed.code
        return sealed.id

    def facts(self, session: Session, letter_id: str, **changes: object) -> list[LetterFacts]:
        """What 李 adds about the letter and its duplicates: nothing against any of them."""
        found = []
        for standing in substantiated(session, letter_id).standings:
            proof = standing.proof
            reference = "" if proof is OrderProof.SYSTEM else "登记 0001"
            found.append(replace(LetterFacts(standing, proof, reference), **changes))  # type: ignore[arg-type]
        return found

    def verified(self, letter_id: str, *, acts: Sequence[ProvenAct] | None = None, lead: bool = False, **changes: object) -> str:
        with self.office.office.transaction() as session:
            letter = substantiated(session, letter_id)
            reward = proposals.verify(
                session, letter, letter.acts if acts is None else acts, self.facts(session, letter_id, **changes),
                place=letter.place, target=letter.target, by=LI, at=self.at, usable_lead=lead,
            )  # fmt: skip
            return reward.id

    def proposed(self, letter_id: str, **changes: object) -> str:
        reward_id = self.verified(letter_id, **changes)
        with self.office.office.transaction() as session:
            proposals.propose(session, session.get_one(Reward, reward_id), by=LI, at=self.at)
        return reward_id

    def approved(self, letter_id: str, **changes: object) -> str:
        reward_id = self.proposed(letter_id, **changes)
        self.approve(reward_id)
        return reward_id

    def approve(self, reward_id: str, by: SignedIn = ZHAO) -> bool:
        with self.office.office.transaction() as session:
            return proposals.approve(session, session.get_one(Reward, reward_id), by=by, at=self.at)

    def shares(self, reward_id: str) -> list[RewardShare]:
        with self.office.office.reading() as session:
            return proposals.shares_of(session, session.get_one(Reward, reward_id))

    def reward(self, reward_id: str) -> Reward:
        with self.office.office.reading() as session:
            return session.get_one(Reward, reward_id)

    def share(self, share_id: str) -> RewardShare:
        with self.office.office.reading() as session:
            return session.get_one(RewardShare, share_id)

    def payment_of(self, share_id: str) -> RewardPayment | None:
        with self.office.office.reading() as session:
            return session.scalar(
                select(RewardPayment).where(RewardPayment.share_id == share_id).order_by(RewardPayment.paid_at.desc()).limit(1)
            )

    def schedule(self, schedule_id: str) -> RewardSchedule:
        with self.office.office.reading() as session:
            return session.get_one(RewardSchedule, schedule_id)

    def notify_by_hand(self, share_id: str) -> None:
        """钱 told a reporter who has no receipt."""
        from moderation.rewards import lives

        with self.office.office.transaction() as session:
            lives.notify(session, session.get_one(RewardShare, share_id), by=QIAN, at=self.at)

    def pay_named(self, share_id: str, by: SignedIn = QIAN) -> RewardPayment:
        from portal.core.reward_schedule import Means

        with self.office.office.transaction() as session:
            return payments.pay_named(session, session.get_one(RewardShare, share_id), means=Means.COUNTER_CASH, by=by, at=self.at)

    def reconcile(self, payment: RewardPayment, by: SignedIn = ZHAO) -> None:
        with self.office.office.transaction() as session:
            payments.reconcile(session, session.get_one(RewardPayment, payment.id), by=by, at=self.at)

    def work(self) -> None:
        """The worker's round, as far as rewards go."""
        from moderation.rewards import jobs

        jobs.run(self.office, self.at)

    def mailbox(self, report_id: str):  # type: ignore[no-untyped-def]
        keys = ReceiptKeys(self.receipts[report_id])
        with self.office.intake.reading() as session:
            return open_mailbox(session, session.get_one(Report, report_id), keys)

    def code_in_mailbox(self, report_id: str) -> str:
        """The last collection code that the receipt opens, as printed."""
        import re

        texts = [letter.text for letter in self.mailbox(report_id).letters if "领取码：" in letter.text]
        return re.findall(r"领取码：([0-9A-Z-]{23})", texts[-1])[0]

    def code_key(self) -> bytes:
        return symmetric_key(self.office.keys, collection.CODE_KEY)

    def codes(self, share_id: str) -> list[CollectionCode]:
        with self.office.office.reading() as session:
            return list(session.scalars(select(CollectionCode).where(CollectionCode.share_id == share_id)))
