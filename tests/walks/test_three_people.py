"""An office of three: one whole round, from report to publication, and what three people still may not do alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from moderation import staff
from moderation.casework import arrival, assignment, batches, handling, review, screening
from moderation.casework.arrival import Opened
from moderation.casework.letters import Letter, LetterBatch, RefusalKind
from moderation.casework.machine import LetterState
from moderation.keys import symmetric_key
from moderation.office import Office
from moderation.publication import disclosures
from moderation.publication.disclosures import CHECKLIST, Disclosure
from moderation.publication.machine import DisclosureState
from moderation.settings import PUBLIC, change_setting
from moderation.staff import SignedIn, Unit
from portal.core.clock import day_of
from portal.core.errors import Refusal
from portal.core.ids import new_id
from portal.core.report_content import Identity
from portal.core.vocabulary import Role, Verdict
from portal.core.workflow import SystemActor
from tests.conftest import NOON
from tests.moderation.casework.office_work import CONTENT, WORKING

REGIONS = "code,name,parent,level\n990121,云岭县,,县\n990121100,青石镇,990121,乡\n"
# 李 screens, drafts and proposes; 赵 is the group, reviews and approves; 钱 leads, signs, publishes and pays.
HANDS = {
    "李": {Role.SCREENER, Role.DRAFTER, Role.REWARD_PROPOSER},
    "赵": {Role.GROUP_MEMBER, Role.REVIEWER, Role.REWARD_APPROVER, Role.CUSTODIAN},
    "钱": {Role.GROUP_LEAD, Role.SIGNATORY, Role.PUBLISHER, Role.PAYER},
}
SYSTEM = SystemActor("setup")


class Three:
    """The office and its three people."""

    def __init__(self, office: Office, session: Session) -> None:
        self.session, self.key, self.people = session, arrival.guard_key(office), {}
        office_unit = Unit(id="office", name="督察整改办", region_code="990121", kind="office")
        bureau = Unit(id="bureau", name="县生态环境局", region_code="990121", kind="department", has_accounts=False)
        units = [office_unit, bureau]
        session.add_all(units)
        session.flush()
        change_setting(session, PUBLIC, {"office_name": "云岭县", "regions_csv": REGIONS}, by=SYSTEM, at=NOON)
        change_setting(session, "publication.reviews", 2, by=SYSTEM, at=NOON, clause="三人办公室", confirmed=True)
        for name, roles in HANDS.items():
            member = staff.enrol(session, login=name, name=name, unit=units[0], roles=frozenset(roles), by=SYSTEM, at=NOON,
                                 key=symmetric_key(office.keys, "staff.key"), password_hash="x").member  # fmt: skip
            self.people[name] = SignedIn(member.id, name, member.roles, "office", "督察整改办")

    def screened(self) -> Letter:
        opened = Opened(new_id(), day_of(NOON), False, CONTENT, Identity())
        letter = arrival.register_letter(self.session, opened, key=self.key, at=NOON)
        screening.start_screening(self.session, letter, by=self.people["李"], at=NOON)
        screening.write_summary(self.session, letter, WORKING, key=self.key, by=self.people["李"], at=NOON)
        return letter

    def reported(self) -> Letter:
        letter = self.screened()
        screening.accept(self.session, letter, by=self.people["李"], at=NOON)
        assignment.assign(self.session, letter, unit_ids=("bureau",), why="按职责", by=self.people["赵"], at=NOON)
        handling.take_up(self.session, letter, by=self.people["赵"], at=NOON)
        found = tuple(
            handling.Finding(claim.id, Verdict.SUBSTANTIATED, "盖章回复：料堆未覆盖，已处罚。", "已覆盖，罚款一万元。")
            for claim in assignment.claims_of(self.session, letter)
        )
        handling.report_findings(self.session, letter, found, (), key=self.key, by=self.people["赵"], at=NOON)
        return letter


@pytest.fixture
def three(empty_office: Office) -> Iterator[Three]:
    with empty_office.office.transaction() as session:
        yield Three(empty_office, session)


def test_the_roles_of_three_people_cover_a_round_and_break_no_bar() -> None:
    for roles in HANDS.values():
        staff.require_fitting_roles(frozenset(roles))
    with pytest.raises(Refusal):
        staff.require_fitting_roles(frozenset(HANDS["李"] | HANDS["赵"]))


def test_a_refusal_takes_two_of_the_three(three: Three) -> None:
    letter = three.screened()
    screening.propose_refusal(
        three.session, letter, kind=RefusalKind.DECLINE, template="too_vague", reply="请补充地点后再举报。", reason="不清",
        key=three.key,
        by=three.people["李"], at=NOON,
    )  # fmt: skip

    with pytest.raises(Refusal, match="不能是提议人"):
        screening.decide_refusal(three.session, letter, agree=True, by=three.people["李"], at=NOON)
    screening.decide_refusal(three.session, letter, agree=True, by=three.people["钱"], at=NOON)

    assert letter.state is LetterState.NOT_ACCEPTED


def test_three_people_take_a_letter_from_report_to_publication(three: Three) -> None:
    letter = three.reported()
    with pytest.raises(Refusal, match="办理人不能审核"):
        review.settle(three.session, letter, "可以", "已查处。", key=three.key, by=three.people["赵"], at=NOON)
    review.settle(three.session, letter, "可以", "您反映的扬尘已查处。", key=three.key, by=three.people["钱"], at=NOON)

    batch = three.session.get_one(LetterBatch, letter.batch_id)
    draft = batches.draft_batch(three.session, batch, by=three.people["李"], at=NOON)
    publish(three, draft)

    assert letter.state is LetterState.SETTLED
    assert draft.state is DisclosureState.PUBLISHED
    assert batches.note_published(three.session, at=NOON) == 1


def publish(three: Three, draft: Disclosure) -> None:
    """A drafter and two others, as the office has configured it."""
    session, (li, zhao, qian) = three.session, three.people.values()
    disclosures.take_step(session, draft, "hand_in", by=li, at=NOON)
    disclosures.answer_checklist(session, draft, {question.id: "none" for question in CHECKLIST}, by=li, at=NOON)
    disclosures.take_step(session, draft, "redacted", by=li, at=NOON)
    with pytest.raises(Refusal):
        disclosures.take_step(session, draft, "pass", by=li, at=NOON)
    disclosures.take_step(session, draft, "pass", by=zhao, at=NOON)
    disclosures.take_step(session, draft, "sign", by=qian, at=NOON)
    draft.compared_version = draft.version
    disclosures.publish(session, draft, by=qian, at=NOON)
