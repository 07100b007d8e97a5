"""From a closed letter to an approved reward: what is proposed, by whom, and what is refused."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from moderation.rewards import proposals, schedules
from moderation.rewards.calculation import OrderProof, ProvenAct
from moderation.rewards.ledger import Account, balances, proof_of_books
from moderation.rewards.letters import substantiated, waiting
from moderation.rewards.machine import RewardState, ShareState
from moderation.rewards.records import Reward, RewardBudget, RewardHistory, RewardLine
from portal.core.errors import Mendable, NotAllowed, Refusal
from portal.core.reward_schedule import Exclusion
from portal.core.reward_schedule_reader import FaultySchedule, shipped_schedule
from portal.core.vocabulary import Channel, IdentityLevel, Verdict
from tests.moderation.rewards.scenes import AT, DENG, FENG, LI, QIAN, WU, ZHAO, ZHOU

DEMO = shipped_schedule("demo").text


def act(scene, verb, reward_id, by, **more):
    with scene.office.office.transaction() as session:
        return verb(session, session.get_one(Reward, reward_id), by=by, at=scene.at, **more)


# ---- adoption ------------------------------------------------------------------------------------------------------


def test_a_version_is_adopted_by_a_second_person(bare):
    with bare.office.office.transaction() as session:
        row = schedules.put_forward(
            session,
            DEMO,
            document_number="云环〔2026〕1号",
            document_on=bare.today,
            first_receipt_on=bare.today,
            by=DENG,
            at=bare.at,
        )
        for other in (DENG, LI, ZHOU):
            with pytest.raises(NotAllowed):
                schedules.adopt(session, row, by=other, at=bare.at)
        schedules.adopt(session, row, by=FENG, at=bare.at)

        with pytest.raises(Refusal, match="不能再复核"):
            schedules.adopt(session, row, by=FENG, at=bare.at)


def test_an_invented_rule_is_not_adopted_outside_a_demonstration(empty_office):
    with empty_office.office.transaction() as session, pytest.raises(Refusal, match="虚构"):
        schedules.put_forward(
            session, DEMO, document_number="1", document_on=date(2026, 1, 5), first_receipt_on=date(2026, 1, 5), by=DENG, at=AT
        )


def test_a_faulty_rule_cannot_be_put_forward(bare):
    with bare.office.office.transaction() as session, pytest.raises(FaultySchedule):
        schedules.put_forward(
            session, DEMO.replace("amount_yuan = 50", "amount_yuan = 5.0"), document_number="1", document_on=bare.today,
            first_receipt_on=bare.today, by=DENG, at=AT,
        )  # fmt: skip


@pytest.mark.parametrize(("number", "first"), [("", date(2026, 1, 5)), ("1号", date(2023, 12, 31))])
def test_adoption_needs_a_document_and_a_day_on_which_the_rule_is_valid(bare, number, first):
    with bare.office.office.transaction() as session, pytest.raises(Mendable):
        schedules.put_forward(session, DEMO, document_number=number, document_on=first, first_receipt_on=first, by=DENG, at=AT)


def test_a_later_version_applies_only_from_its_first_receipt_day(scene):
    old = scene.schedule(scene.adopt(first=date(2026, 1, 5)))
    new = scene.adopt(text=DEMO.replace("amount_yuan = 50\n", "amount_yuan = 60\n"), first=date(2026, 4, 1))

    with scene.office.office.reading() as session:
        assert schedules.applying(session, date(2026, 3, 31)).id == old.id
        assert schedules.applying(session, date(2026, 4, 1)).id == new
        assert schedules.applying(session, date(2026, 1, 4)) is None


def test_an_adoption_never_gives_an_earlier_letter_less_than_its_page_promised(bare):
    bare.adopt(decided=AT - timedelta(days=80))
    letter = bare.letter("sewage_discharge", received=date(2026, 3, 2))
    # Today a lower version is adopted that says it applies from 1 March on.
    bare.adopt(text=DEMO.replace("amount_yuan = 200\n", "amount_yuan = 180\n"), first=date(2026, 3, 1))

    assert bare.reward(bare.proposed(letter)).amount_fen == 20000


def test_an_adoption_may_give_an_earlier_letter_more(bare):
    bare.adopt(decided=AT - timedelta(days=80))
    letter = bare.letter("sewage_discharge", received=date(2026, 3, 2))
    bare.adopt(text=DEMO.replace("amount_yuan = 200\n", "amount_yuan = 260\n"), first=date(2026, 3, 1))

    assert bare.reward(bare.proposed(letter)).amount_fen == 26000


def test_a_reporter_who_was_told_he_can_collect_unnamed_still_can(bare):
    bare.adopt(decided=AT - timedelta(days=80))
    letter = bare.letter("sewage_discharge", received=date(2026, 3, 2))
    bare.adopt(text=DEMO.replace('level = "none"', 'level = "named"'), first=date(2026, 3, 1))

    (share,) = bare.shares(bare.proposed(letter))

    assert not share.named
    assert share.amount_fen == 20000


def test_on_the_day_of_an_adoption_both_pages_count(bare):
    bare.adopt(decided=AT - timedelta(days=80))
    letter = bare.letter("sewage_discharge", received=AT.date(), closed=AT.date())
    bare.adopt(text=DEMO.replace("amount_yuan = 200\n", "amount_yuan = 180\n"), first=AT.date())

    assert bare.reward(bare.proposed(letter)).amount_fen == 20000


def test_without_an_adopted_rule_nothing_can_be_proposed(bare):
    reward_id = bare.verified(bare.letter())

    with pytest.raises(Refusal, match="还没有采用"):
        act(bare, proposals.propose, reward_id, LI)


# ---- the proposal --------------------------------------------------------------------------------------------------


def test_a_proposal_says_tier_clause_and_who_was_first(scene):
    reward = scene.reward(scene.proposed(scene.letter("building_site_dust", "sewage_discharge")))

    assert reward.state is RewardState.PROPOSED
    assert reward.amount_fen == 20000
    assert reward.clause == "第五条第（四）项第 1 目"
    assert "最早：2026-03-02" in reward.why
    assert "不是最高一项" in reward.why


def test_an_open_or_unproven_letter_earns_nothing(scene):
    from moderation.casework.machine import LetterState

    open_letter = scene.letter(state=LetterState.HANDLING)
    false_letter = scene.letter(verdict=Verdict.UNSUBSTANTIATED)

    with scene.office.office.reading() as session:
        with pytest.raises(Refusal, match="办结以后"):
            substantiated(session, open_letter)
        assert substantiated(session, false_letter).acts == ()
        assert [letter.id for letter in waiting(session, LI)] == []


def test_only_the_acts_that_were_found_true_count(scene):
    letter = scene.letter("sewage_discharge", "building_site_dust")
    from moderation.casework.letters import LetterClaim

    with scene.office.office.transaction() as session:
        claim = session.scalar(select(LetterClaim).where(LetterClaim.act == "sewage_discharge"))
        claim.verdict = Verdict.UNSUBSTANTIATED

    assert scene.reward(scene.proposed(letter)).amount_fen == 5000


def test_a_merged_duplicate_that_came_earlier_is_the_first(scene):
    main = scene.letter(received=date(2026, 3, 5))
    earlier = scene.letter(received=date(2026, 3, 2), duplicate_of=main)
    later = scene.letter(received=date(2026, 3, 9), duplicate_of=main)

    (share,) = scene.shares(scene.proposed(main))

    assert share.letter_id == earlier
    assert later != share.letter_id


def test_unmerging_afterwards_does_not_change_the_evidence_of_order(scene):
    main = scene.letter(received=date(2026, 3, 5))
    earlier = scene.letter(received=date(2026, 3, 2), duplicate_of=main)
    reward_id = scene.verified(main)
    from moderation.casework.letters import Letter

    with scene.office.office.transaction() as session:
        session.get_one(Letter, earlier).duplicate_of = None
        proposals.propose(session, session.get_one(Reward, reward_id), by=LI, at=scene.at)

    assert [share.letter_id for share in scene.shares(reward_id)] == [earlier]


def test_reports_of_the_same_day_share_exactly(scene):
    main = scene.letter("sewage_discharge")
    for _ in range(2):
        scene.letter("sewage_discharge", duplicate_of=main)

    shares = scene.shares(scene.proposed(main))

    assert sorted(share.amount_fen for share in shares) == [6666, 6667, 6667]


def test_a_letter_entered_by_hand_needs_a_proof_of_its_day(scene):
    letter = scene.letter(channel=Channel.POST)

    with pytest.raises(Mendable, match="邮戳扫描件"):
        scene.verified(letter, proof_reference=" ")


def test_joint_reporters_share_by_the_parts_they_agreed(scene):
    shares = scene.shares(scene.proposed(scene.letter("sewage_discharge"), reporters=2, parts=(3, 1)))

    assert [(share.person, share.amount_fen) for share in shares] == [(0, 15000), (1, 5000)]


@pytest.mark.parametrize("wrong", [{"reporters": 2, "parts": (1,)}, {"reporters": 2, "parts": (0, 0)}, {"representative": 3}])
def test_parts_that_fit_no_one_are_sent_back_to_be_mended(scene, wrong):
    with pytest.raises(Mendable):
        scene.verified(scene.letter(), **wrong)


def test_every_reason_against_stands_in_the_proposal(scene):
    main = scene.letter(received=date(2026, 3, 5))
    scene.letter(received=date(2026, 3, 2), duplicate_of=main)
    with scene.office.office.transaction() as session:
        letter = substantiated(session, main)
        facts = scene.facts(session, main)
        facts[0] = replace(facts[0], barred=frozenset({Exclusion.STAFF}))
        reward = proposals.verify(session, letter, letter.acts, facts, place="东环路", target="", by=LI, at=scene.at)
        proposals.propose(session, reward, by=LI, at=scene.at)

    assert [share.letter_id for share in scene.shares(reward.id)] == [main]
    (against,) = json.loads(scene.reward(reward.id).against)
    assert "本系统工作人员" in against["reason"]
    assert against["clause"] == "第十条"


def test_a_usable_lead_gets_the_clue_award(scene):
    reward = scene.reward(scene.proposed(scene.letter(verdict=Verdict.UNSUBSTANTIATED), acts=(), lead=True))

    assert reward.amount_fen == 1000
    assert reward.clause == "第十一条"


@pytest.mark.parametrize(("first", "second"), [("", "云岭木业"), ("云岭木业", "")])
def test_a_name_added_or_left_out_makes_no_second_offence(scene, first, second):
    scene.verified(scene.letter(place="东环路8号", target=first))
    again = scene.letter(place="东环路８号", target=second, received=date(2026, 3, 10))

    with pytest.raises(Refusal, match="已经认定过"):
        scene.verified(again)


def test_two_named_firms_at_one_place_are_two_offences(scene):
    one = scene.verified(scene.letter(place="东环路8号", target="云岭木业"))
    other = scene.verified(scene.letter(place="东环路8号", target="云岭石材", received=date(2026, 3, 10)))

    assert one != other


def test_the_same_act_at_the_same_place_is_verified_once(scene):
    scene.verified(scene.letter())
    again = scene.letter(place="东环路８号", target="云岭木业。", received=date(2026, 3, 10))

    with pytest.raises(Refusal, match="已经认定过"):
        scene.verified(again)


def test_the_same_act_after_closure_is_a_new_offence(scene):
    scene.approved(scene.letter())
    again = scene.letter(received=date(2026, 3, 21), closed=date(2026, 3, 30))

    assert scene.reward(scene.approved(again)).amount_fen == 5000


@pytest.mark.parametrize("target", ["云岭木业", ""], ids=["same name", "name left out"])
def test_where_the_rule_pays_once_only_a_relapse_earns_nothing_and_says_why(bare, target):
    bare.adopt(text=DEMO.replace("after_closure = true", "after_closure = false"))
    bare.approved(bare.letter())
    reward_id = bare.verified(bare.letter(target=target, received=date(2026, 3, 21), closed=date(2026, 3, 30)))

    with pytest.raises(Refusal, match="没有可以奖励"):
        act(bare, proposals.propose, reward_id, LI)
    with bare.office.office.reading() as session:
        found = proposals.terms(session, session.get_one(Reward, reward_id))
    assert any("奖励过" in one.reason for one in found.against)


def joined(scene, reward_id, letter):
    with scene.office.office.transaction() as session:
        reward = session.get_one(Reward, reward_id)
        proposals.join(session, reward, substantiated(session, letter), scene.facts(session, letter), by=LI, at=scene.at)


def test_a_letter_found_later_joins_the_line_by_its_own_day(scene):
    reward_id = scene.verified(scene.letter(received=date(2026, 3, 5)))
    earlier = scene.letter(received=date(2026, 3, 2))

    joined(scene, reward_id, earlier)
    act(scene, proposals.propose, reward_id, LI)

    assert [share.letter_id for share in scene.shares(reward_id)] == [earlier]


def test_after_approval_only_a_later_letter_joins(scene):
    reward_id = scene.approved(scene.letter(received=date(2026, 3, 5)))

    joined(scene, reward_id, scene.letter(received=date(2026, 3, 6)))
    for day in (4, 5):
        with pytest.raises(Refusal, match="先两人撤销"):
            joined(scene, reward_id, scene.letter(received=date(2026, 3, day)))


def test_nothing_joins_while_it_is_decided_or_after_the_case_was_closed(scene):
    reward_id = scene.proposed(scene.letter())

    with pytest.raises(Refusal, match="先撤回建议"):
        joined(scene, reward_id, scene.letter())
    with pytest.raises(Refusal, match="办结以后才举报"):
        joined(scene, reward_id, scene.letter(received=date(2026, 3, 25), closed=date(2026, 3, 30)))


def test_other_acts_and_other_places_are_other_offences(scene):
    scene.verified(scene.letter())
    scene.verified(scene.letter("sewage_discharge"))
    scene.verified(scene.letter(target="云岭石料"))


def test_a_letter_waits_on_the_desk_until_its_offence_is_verified(scene):
    letter = scene.letter()
    with scene.office.office.reading() as session:
        assert [row.id for row in waiting(session, LI)] == [letter]

    scene.verified(letter)

    with scene.office.office.reading() as session:
        assert waiting(session, LI) == []


def test_a_reward_is_set_aside_and_reconsidered_with_reasons(scene):
    reward_id = scene.verified(scene.letter())

    with pytest.raises(Refusal, match="理由"):
        act(scene, proposals.set_aside, reward_id, LI, reason=" ")
    act(scene, proposals.set_aside, reward_id, LI, reason="举报人是本局职工")
    assert scene.reward(reward_id).state is RewardState.NOT_APPLICABLE
    act(scene, proposals.reconsider, reward_id, LI, reason="核实后不是职工")

    act(scene, proposals.propose, reward_id, LI)


# ---- three people --------------------------------------------------------------------------------------------------


def test_who_proposed_cannot_approve(scene):
    both = replace(LI, roles=LI.roles | ZHAO.roles)
    reward_id = scene.proposed(scene.letter())

    with pytest.raises(Refusal, match="提出奖励的人不能审批"):
        scene.approve(reward_id, by=both)


@pytest.mark.parametrize("person", [LI, QIAN, ZHOU, DENG])
def test_only_an_approver_approves(scene, person):
    reward_id = scene.proposed(scene.letter())

    with pytest.raises(NotAllowed):
        scene.approve(reward_id, by=person)


@pytest.mark.parametrize("person", [ZHAO, QIAN, ZHOU])
def test_only_a_proposer_verifies_and_proposes(scene, person):
    letter = scene.letter()
    with scene.office.office.transaction() as session:
        found, facts = substantiated(session, letter), scene.facts(session, letter)
        with pytest.raises(NotAllowed):
            proposals.verify(session, found, found.acts, facts, place="x", target="", by=person, at=scene.at)

    reward_id = scene.verified(letter)
    with pytest.raises(NotAllowed):
        act(scene, proposals.propose, reward_id, person)


def test_an_approval_commits_the_money_and_sets_the_day_of_notice(scene):
    reward_id = scene.approved(scene.letter("sewage_discharge"))
    (share,) = scene.shares(reward_id)

    assert scene.reward(reward_id).state is RewardState.APPROVED
    assert share.state is ShareState.AWAITING
    assert share.notice_due_on == date(2026, 4, 8)  # 5 working days after 31 March, over 清明
    with scene.office.office.reading() as session:
        assert balances(session)[Account.COMMITTED] == 20000
        assert session.get_one(RewardBudget, 2026).committed_fen == 20000
        assert proof_of_books(session) == ()


def test_an_approved_reward_is_not_approved_again(scene):
    reward_id = scene.approved(scene.letter())

    with pytest.raises(Refusal, match="已审批"):
        scene.approve(reward_id, by=WU)


def test_where_the_rule_asks_for_two_approvals_one_is_not_enough(bare):
    bare.adopt(text=DEMO.replace("approvers = 1", "approvers = 2"))
    reward_id = bare.proposed(bare.letter())

    assert bare.approve(reward_id) is False
    with pytest.raises(Refusal, match="已经审批过"):
        bare.approve(reward_id)
    assert bare.reward(reward_id).state is RewardState.PROPOSED

    assert bare.approve(reward_id, by=WU) is True


def test_a_proposal_sent_back_starts_its_approvals_anew(bare):
    bare.adopt(text=DEMO.replace("approvers = 1", "approvers = 2"))
    reward_id = bare.proposed(bare.letter())
    bare.approve(reward_id)

    act(bare, proposals.send_back, reward_id, WU, reason="先后凭据不清")
    act(bare, proposals.propose, reward_id, LI)

    assert bare.approve(reward_id) is False
    assert bare.approve(reward_id, by=WU) is True


def test_an_unconfirmed_act_can_be_proposed_but_goes_no_further(bare):
    bare.adopt("luoyang-2017")
    reward_id = bare.proposed(bare.letter("sewage_discharge", identity=IdentityLevel.NAMED))

    assert bare.reward(reward_id).unconfirmed == "act sewage_discharge"
    with pytest.raises(Refusal, match="未核定"):
        bare.approve(reward_id)


def test_a_confirmed_act_of_a_named_reporter_goes_through_under_the_luoyang_rule(bare):
    bare.adopt("luoyang-2017")

    assert bare.reward(bare.approved(bare.letter(identity=IdentityLevel.NAMED))).amount_fen == 5000


def test_an_unnamed_reporter_gets_nothing_under_the_luoyang_rule(bare):
    bare.adopt("luoyang-2017")
    reward_id = bare.verified(bare.letter())

    with pytest.raises(Refusal, match="没有可以奖励"):
        act(bare, proposals.propose, reward_id, LI)


def test_amounts_far_above_200_yuan_are_no_different(bare):
    bare.adopt("luoyang-later")
    confirmed = bare.proposed(bare.letter("restaurant_fume", identity=IdentityLevel.NAMED))
    high = bare.proposed(bare.letter("hazardous_waste", case_opened=True, identity=IdentityLevel.NAMED))

    assert bare.reward(confirmed).amount_fen == 30_000
    assert bare.reward(high).amount_fen == 5_000_000


def test_a_reporter_who_wants_no_reward_is_proposed_and_declined_and_nobody_inherits(scene):
    main = scene.letter(wants_reward=False)
    scene.letter(received=date(2026, 3, 9), duplicate_of=main)

    (share,) = scene.shares(scene.approved(main))

    assert share.state is ShareState.DECLINED
    with scene.office.office.reading() as session:
        assert balances(session)[Account.COMMITTED] == 0
        assert proof_of_books(session) == ()


# ---- the budget ----------------------------------------------------------------------------------------------------


def test_an_approval_beyond_the_years_budget_is_refused_with_what_is_left(bare):
    bare.adopt(text=DEMO.replace("yearly_yuan = 200000", "yearly_yuan = 250"))
    bare.approved(bare.letter("sewage_discharge"))
    second = bare.proposed(bare.letter("sewage_discharge", target="云岭石料"))

    with pytest.raises(Refusal, match="只剩 50 元"):
        bare.approve(second)

    assert bare.reward(second).state is RewardState.PROPOSED
    bare.approved(bare.letter("building_site_dust", target="云岭石料"))


def test_a_lowered_cap_stops_new_rewards_and_takes_none_back(bare):
    bare.adopt()
    first = bare.approved(bare.letter("sewage_discharge"))
    bare.adopt(text=DEMO.replace("yearly_yuan = 200000", "yearly_yuan = 200"), first=date(2026, 1, 6))
    second = bare.proposed(bare.letter("building_site_dust"))

    with pytest.raises(Refusal, match="只剩 0 元"):
        bare.approve(second)
    assert bare.reward(first).state is RewardState.APPROVED


def test_every_step_is_remembered(scene):
    reward_id = scene.approved(scene.letter())

    with scene.office.office.reading() as session:
        lines = session.scalars(select(RewardHistory).where(RewardHistory.subject_id == reward_id).order_by(RewardHistory.id)).all()
        assert [(line.verb, line.by) for line in lines] == [("propose", LI.id), ("agree", ZHAO.id), ("approve", ZHAO.id)]
        assert session.scalar(select(RewardLine.tier_id).where(RewardLine.reward_id == reward_id)) == "50"


def test_only_system_letters_need_no_proof_reference(scene):
    assert scene.verified(scene.letter(channel=Channel.PHONE), proof=OrderProof.CALL_LOG, proof_reference="通话 77")
    with pytest.raises(Mendable, match="通话记录"):
        scene.verified(scene.letter("oil_vapour", channel=Channel.PHONE), proof_reference="")
    assert scene.verified(scene.letter("life_noise"), acts=[ProvenAct("life_noise")])
