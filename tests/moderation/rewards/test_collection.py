"""How a reporter learns of a reward, collects it, lets it go or declines it: codes, windows, phone credit, names."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from moderation.casework import messages
from moderation.casework.letters import Letter
from moderation.rewards import collection, lives, payments, phone_box
from moderation.rewards.codes import in_groups, new_code, read_code
from moderation.rewards.ledger import Account, balances, proof_of_books
from moderation.rewards.machine import PaymentState, SecondHandKind, ShareState
from moderation.rewards.records import RewardPayment, RewardShare, SecondHand
from moderation.unsealing import public_side_folder
from portal.core.audit import verify_chain
from portal.core.errors import Mendable, NotAllowed, NotThere, Refusal
from portal.core.ids import ALPHABET
from portal.core.intake_keys import load_intake_keys
from portal.core.report_content import MessageKind, ReporterMessage
from portal.core.reports import Report, new_nonce, note_reward_seen, post_message, seal_message
from portal.core.reward_schedule import Means
from portal.core.reward_schedule_reader import shipped_schedule
from portal.core.vocabulary import IdentityLevel
from tests.moderation.rewards.scenes import LI, QIAN, SUN, WU, ZHAO, ZHENG, ZHOU

DEMO = shipped_schedule("demo").text


def told(scene, **letter):
    """An approved share whose reporter the worker has told."""
    reward_id = scene.approved(scene.letter(sealed=True, **letter))
    scene.work()
    (share,) = scene.shares(reward_id)
    return share


def see_receipt(scene, share):
    with scene.office.intake.transaction() as session:
        note_reward_seen(session, share.report_id, at=scene.at)


def pay_by_code(scene, code, by=QIAN):
    with scene.office.office.transaction() as session:
        return payments.pay_by_code(session, read_code(code), key=scene.code_key(), by=by, at=scene.at)


def say(scene, share, kind, **fields):
    """The reporter writes through the receipt; the worker takes the message."""
    keys = load_intake_keys(public_side_folder(scene.office))
    with scene.office.intake.transaction() as session:
        report = session.get_one(Report, share.report_id)
        report.taken = True
        message = ReporterMessage(sent_at="", kind=kind, text="", reference=share.id, **fields)
        post_message(session, seal_message(report, message, nonce=new_nonce(), keys=keys, at=scene.at), at=scene.at)
    messages.pull(scene.office, scene.at)


# ---- codes ---------------------------------------------------------------------------------------------------------


@given(st.integers(0, 19), st.sampled_from(ALPHABET))
def test_a_mistyped_letter_of_a_code_is_always_caught(place, letter):
    code = new_code()
    if code[place] == letter:
        return
    with pytest.raises(Mendable, match="有一位不对"):
        read_code(code[:place] + letter + code[place + 1 :])


@given(st.integers(0, 18))
def test_two_letters_changed_about_are_always_caught(place):
    code = new_code()
    if code[place] == code[place + 1]:
        return
    with pytest.raises(Mendable, match="有一位不对"):
        read_code(code[:place] + code[place + 1] + code[place] + code[place + 2 :])


def test_a_code_is_read_however_it_is_typed():
    code = new_code()

    assert read_code(f" {in_groups(code).lower().replace('-', '－')} ") == code
    assert read_code(in_groups(code).replace("0", "O").replace("1", "l")) == code
    with pytest.raises(Mendable, match="20 位"):
        read_code(in_groups(code)[:-1])


def test_codes_hold_95_random_bits_and_do_not_repeat():
    codes = {new_code() for _ in range(2000)}

    assert len(codes) == 2000
    assert {len(code) for code in codes} == {20}


# ---- telling the reporter ------------------------------------------------------------------------------------------


def test_the_code_reaches_the_receipt_and_only_its_digest_stays_with_the_office(scene):
    share = told(scene)
    printed = scene.code_in_mailbox(share.report_id)
    word = read_code(printed)

    assert share.state is ShareState.NOTIFIED
    everything = b"".join(path.read_bytes() for path in scene.office.data.rglob("*") if path.is_file())
    for shape in (word, printed, printed.lower(), word.upper()):
        assert shape.encode() not in everything
    assert len(scene.codes(share.id)[0].digest) == 64


def test_telling_twice_sends_one_code(scene):
    share = told(scene)
    scene.work()

    assert len(scene.codes(share.id)) == 1
    assert len([line for line in scene.mailbox(share.report_id).letters if "领取码" in line.text]) == 1


def test_a_code_lost_between_the_two_stores_is_replaced_by_another(scene):
    share = told(scene)
    lost = scene.code_in_mailbox(share.report_id)
    with scene.office.office.transaction() as session:
        # As if the process had died after the message and before the digest.
        row = scene.codes(share.id)[0]
        session.execute(text("DROP TRIGGER collection_code_once"))
        session.execute(text("UPDATE collection_code SET digest = NULL WHERE id = :id"), {"id": row.id})

    scene.later(minutes=1).work()

    second = scene.code_in_mailbox(share.report_id)
    assert second != lost
    with pytest.raises(NotThere):
        pay_by_code(scene, lost)
    assert pay_by_code(scene, second).amount_fen == 5000


def test_a_named_reporter_is_told_without_a_code(scene):
    share = told(scene, identity=IdentityLevel.NAMED)

    assert share.named
    assert scene.codes(share.id) == []
    assert "50 元已经批准" in scene.mailbox(share.report_id).letters[-1].text


def test_nobody_is_told_before_approval(scene):
    letter = scene.letter(sealed=True)
    reward_id = scene.proposed(letter)
    scene.work()

    (share,) = scene.shares(reward_id)
    assert share.state is ShareState.AWAITING
    assert scene.mailbox(share.report_id).letters == ()


# ---- the window ----------------------------------------------------------------------------------------------------


def test_the_window_starts_on_the_day_the_receipt_first_shows_the_reward(scene):
    share = told(scene)
    assert share.collect_until is None

    scene.later(days=3)
    see_receipt(scene, share)
    scene.later(days=2)
    see_receipt(scene, share)
    scene.work()

    share = scene.share(share.id)
    assert share.window_start_on == date(2026, 4, 3)
    assert "30 个工作日" in share.window_arithmetic
    assert share.collect_until == date(2026, 5, 20)  # over 清明, 劳动节 and the make-up Saturday 9 May


def test_where_the_rule_counts_from_the_notice_the_window_starts_with_it(bare):
    bare.adopt(text=DEMO.replace('start = "receipt_opened"', 'start = "notice"'))

    assert told(bare).window_start_on == bare.today


def test_where_the_rule_counts_from_approval_the_window_starts_then(bare):
    bare.adopt(text=DEMO.replace('start = "receipt_opened"', 'start = "approval"'))
    reward_id = bare.approved(bare.letter(sealed=True))
    approved_on = bare.today
    bare.later(days=4).work()

    assert bare.shares(reward_id)[0].window_start_on == approved_on


def test_a_reward_nobody_collects_in_time_goes_back_to_the_budget(scene):
    share = told(scene)
    see_receipt(scene, share)
    scene.work()
    until = scene.share(share.id).collect_until

    scene.later(days=(until - scene.today).days).work()
    assert scene.share(share.id).state is ShareState.NOTIFIED
    scene.later(days=1).work()

    assert scene.share(share.id).state is ShareState.EXPIRED
    with pytest.raises(NotThere):
        pay_by_code(scene, scene.code_in_mailbox(share.report_id))
    with scene.office.office.reading() as session:
        assert balances(session)[Account.COMMITTED] == 0
        assert proof_of_books(session) == ()


def test_before_the_receipt_is_opened_nothing_expires(scene):
    share = told(scene)

    scene.later(days=400).work()

    assert scene.share(share.id).state is ShareState.NOTIFIED


def test_an_unconfirmed_window_never_takes_a_reward_away(bare):
    bare.adopt("luoyang-2017")
    share = told(bare, identity=IdentityLevel.NAMED)
    see_receipt(bare, share)
    bare.work()

    bare.later(days=200).work()

    assert bare.share(share.id).state is ShareState.NOTIFIED
    with bare.office.office.reading() as session:
        assert "未核定" in collection.reward_status(session, share.letter_id).text


def test_a_provisional_last_day_never_takes_a_reward_away(scene):
    scene.later(days=265)  # late December 2026: 2027 is not announced
    share = told(scene, received=date(2026, 12, 1), closed=date(2026, 12, 15))
    see_receipt(scene, share)
    scene.work()
    assert scene.share(share.id).window_provisional

    scene.later(days=200).work()

    assert scene.share(share.id).state is ShareState.NOTIFIED


def test_an_announced_calendar_makes_a_provisional_day_final(scene):
    from moderation.holidays import CalendarYear

    scene.later(days=265)
    share = told(scene, received=date(2026, 12, 1), closed=date(2026, 12, 15))
    see_receipt(scene, share)
    scene.work()
    with scene.office.office.transaction() as session:
        session.add(CalendarYear(year=2027, published_at=scene.at))

    scene.work()

    assert not scene.share(share.id).window_provisional


def test_an_expired_reward_is_reissued_by_two_people_with_a_fresh_window_and_code(scene):
    share = told(scene)
    see_receipt(scene, share)
    scene.work()
    old_code = scene.code_in_mailbox(share.report_id)
    scene.later(days=60).work()

    with scene.office.office.transaction() as session:
        asked = payments.ask_second_hand(session, SecondHandKind.REISSUE, share.id, reason="住院", by=QIAN, at=scene.at)
        with pytest.raises(NotAllowed, match="不能自己决定"):
            payments.decide_second_hand(session, asked, agree=True, by=QIAN, at=scene.at)
        payments.decide_second_hand(session, asked, agree=True, by=ZHAO, at=scene.at)
    scene.later(minutes=1).work()

    again = scene.share(share.id)
    assert again.state is ShareState.NOTIFIED
    assert again.window_start_on == scene.today
    with pytest.raises(NotThere):
        pay_by_code(scene, old_code)
    assert pay_by_code(scene, scene.code_in_mailbox(share.report_id)).amount_fen == 5000
    with scene.office.office.reading() as session:
        assert proof_of_books(session) == ()


def test_after_the_reissue_days_nothing_is_reissued(scene):
    share = told(scene)
    see_receipt(scene, share)
    scene.work()
    scene.later(days=60).work()
    scene.later(days=91)

    with scene.office.office.transaction() as session, pytest.raises(Refusal, match="不能补发"):
        payments.ask_second_hand(session, SecondHandKind.REISSUE, share.id, reason="住院", by=QIAN, at=scene.at)


# ---- paying by code ------------------------------------------------------------------------------------------------


def test_a_code_works_once_at_the_counter(scene):
    share = told(scene)
    code = scene.code_in_mailbox(share.report_id)

    payment = pay_by_code(scene, code)

    assert payment.means is Means.COUNTER_CASH
    assert not payment.named
    assert scene.share(share.id).state is ShareState.PAID
    with pytest.raises(NotThere, match="已经用过"):
        pay_by_code(scene, code)


def test_a_code_that_never_was_and_a_used_one_get_the_same_answer(scene):
    share = told(scene)
    code = scene.code_in_mailbox(share.report_id)
    pay_by_code(scene, code)

    answers = []
    for typed in (code, in_groups(new_code())):
        with pytest.raises(NotThere) as refused:
            pay_by_code(scene, typed)
        answers.append(refused.value.reason)
    assert answers[0] == answers[1]


@pytest.mark.parametrize("person", [LI, ZHAO, SUN, ZHOU])
def test_only_a_payer_pays(scene, person):
    share = told(scene)

    with pytest.raises(NotAllowed):
        pay_by_code(scene, scene.code_in_mailbox(share.report_id), by=person)


def test_who_proposed_or_approved_cannot_pay_even_as_a_payer(scene):
    from dataclasses import replace

    share = told(scene)
    code = scene.code_in_mailbox(share.report_id)
    for person in (LI, ZHAO):
        with pytest.raises(Refusal, match="提出或审批"):
            pay_by_code(scene, code, by=replace(person, roles=person.roles | QIAN.roles))
    assert scene.share(share.id).state is ShareState.NOTIFIED


# ---- phone credit --------------------------------------------------------------------------------------------------


def test_a_phone_number_is_sealed_to_the_payer_and_erased_after_reconciliation(scene):
    share = told(scene)
    say(scene, share, MessageKind.REWARD_CLAIM, collection="请充到 139 0000-2222，谢谢")
    scene.work()
    assert scene.share(share.id).preferred == Means.PHONE_CREDIT

    for person in (LI, ZHAO, SUN):
        with pytest.raises(NotAllowed):
            payments.phone_for_payment(scene.office, share.id, by=person, at=scene.at)
    assert payments.phone_for_payment(scene.office, share.id, by=QIAN, at=scene.at) == "13900002222"

    with scene.office.office.transaction() as session:
        paid = payments.pay_phone_credit(session, session.get_one(RewardShare, share.id), reference="CZ1", by=QIAN, at=scene.at)
    scene.reconcile(paid)

    assert scene.share(share.id).sealed_phone is None
    with pytest.raises(Refusal, match="删除"):
        payments.phone_for_payment(scene.office, share.id, by=QIAN, at=scene.at)


def test_the_message_that_brought_the_number_no_longer_holds_it(scene):
    share = told(scene)
    say(scene, share, MessageKind.REWARD_CLAIM, collection="13900002222")
    scene.work()

    with scene.office.office.reading() as session:
        row = session.scalar(select(messages.LetterMessage).where(messages.LetterMessage.kind == "reward_claim"))
    from moderation.unsealing import opening_key

    _, opened = messages.open_message(
        scene.office, row.message_id, key=opening_key(scene.office, "office"), by="test", reason="test", at=scene.at
    )
    assert "13900002222" not in opened.text + opened.collection
    assert any(letter.from_reporter for letter in scene.mailbox(share.report_id).letters)


def test_phone_credit_uses_up_the_code(scene):
    share = told(scene)
    say(scene, share, MessageKind.REWARD_CLAIM, collection="13900002222")
    code = scene.code_in_mailbox(share.report_id)
    with scene.office.office.transaction() as session:
        payments.pay_phone_credit(session, session.get_one(RewardShare, share.id), reference="CZ1", by=QIAN, at=scene.at)

    with pytest.raises(NotThere):
        pay_by_code(scene, code)


def test_phone_credit_needs_the_number_of_the_top_up(scene):
    share = told(scene)
    say(scene, share, MessageKind.REWARD_CLAIM, collection="13900002222")

    with scene.office.office.transaction() as session, pytest.raises(Mendable, match="流水号"):
        payments.pay_phone_credit(session, session.get_one(RewardShare, share.id), reference=" ", by=QIAN, at=scene.at)


@pytest.mark.parametrize("words", ["到窗口领", "", "电话 0379-12345678", "12345678901234567890"])
def test_words_without_a_mobile_number_mean_the_counter(scene, words):
    share = told(scene)

    say(scene, share, MessageKind.REWARD_CLAIM, collection=words)

    assert scene.share(share.id).sealed_phone is None
    assert scene.share(share.id).preferred == Means.COUNTER_CASH


def test_a_message_about_somebody_elses_reward_changes_nothing(scene):
    mine, other = told(scene), told(scene, target="云岭石料")
    keys = load_intake_keys(public_side_folder(scene.office))
    with scene.office.intake.transaction() as session:
        report = session.get_one(Report, other.report_id)
        report.taken = True
        message = ReporterMessage(sent_at="", kind=MessageKind.REWARD_DECLINED, text="", reference=mine.id)
        post_message(session, seal_message(report, message, nonce=new_nonce(), keys=keys, at=scene.at), at=scene.at)
    messages.pull(scene.office, scene.at)

    assert scene.share(mine.id).state is ShareState.NOTIFIED
    assert scene.share(other.id).state is ShareState.NOTIFIED


def test_a_sealed_number_opens_with_the_payers_key_only(scene):
    with scene.office.office.reading() as session:
        box = phone_box.seal_phone(session, "13900002222")

    assert phone_box.open_phone(scene.office, box) == "13900002222"
    assert b"13900002222" not in box


# ---- declining -----------------------------------------------------------------------------------------------------


def test_a_reporter_declines_through_the_receipt(scene):
    share = told(scene)
    code = scene.code_in_mailbox(share.report_id)

    say(scene, share, MessageKind.REWARD_DECLINED)

    assert scene.share(share.id).state is ShareState.DECLINED
    with pytest.raises(NotThere):
        pay_by_code(scene, code)
    with scene.office.office.reading() as session:
        assert balances(session)[Account.BUDGET] == 0


# ---- names ---------------------------------------------------------------------------------------------------------


def test_the_payer_alone_sees_a_name_and_the_opening_is_on_record(scene):
    share = told(scene, identity=IdentityLevel.NAMED)

    for person in (LI, ZHAO, SUN, ZHOU):
        with pytest.raises(NotAllowed):
            payments.identity_for_payment(scene.office, share, by=person, at=scene.at)
    who = payments.identity_for_payment(scene.office, share, by=QIAN, at=scene.at)

    assert who.name == "王小明"
    with scene.office.office.reading() as session:
        model = session.info["audit"]
        lines = session.scalars(select(model).where(model.act == "identity.open")).all()
        assert [(line.by, line.subject) for line in lines] == [(QIAN.id, share.report_id)]
        assert verify_chain(session).broken_at is None


def test_no_name_is_opened_for_an_unnamed_or_a_paid_share(scene):
    unnamed = told(scene)
    with pytest.raises(Refusal, match="领取码"):
        payments.identity_for_payment(scene.office, unnamed, by=QIAN, at=scene.at)

    named = told(scene, identity=IdentityLevel.NAMED, target="云岭石料")
    scene.pay_named(named.id)
    with pytest.raises(Refusal, match="已领取"):
        payments.identity_for_payment(scene.office, scene.share(named.id), by=QIAN, at=scene.at)


def test_a_named_reporter_is_paid_by_transfer_with_its_number(scene):
    share = told(scene, identity=IdentityLevel.NAMED)
    with scene.office.office.transaction() as session:
        found = session.get_one(RewardShare, share.id)
        with pytest.raises(Mendable, match="流水号"):
            payments.pay_named(session, found, means=Means.BANK_TRANSFER, by=QIAN, at=scene.at)
        with pytest.raises(Mendable, match="没有“微信红包”"):
            payments.pay_named(session, found, means=Means.RED_PACKET, reference="1", by=QIAN, at=scene.at)
        payments.pay_named(session, found, means=Means.BANK_TRANSFER, reference="YH20260331", by=QIAN, at=scene.at)

    assert scene.payment_of(share.id).reference == "YH20260331"


# ---- what the receipt shows ----------------------------------------------------------------------------------------


def status(scene, letter_id):
    with scene.office.office.reading() as session:
        return collection.reward_status(session, letter_id)


def test_the_receipt_follows_the_reward_in_plain_words(scene):
    letter = scene.letter(sealed=True)
    assert status(scene, letter) is None
    reward_id = scene.proposed(letter)
    assert "正在认定" in status(scene, letter).text
    scene.approve(reward_id)
    scene.work()
    shown = status(scene, letter)
    assert (shown.yuan, shown.may_collect, shown.may_decline, shown.id) == (50, True, True, scene.shares(reward_id)[0].id)
    pay_by_code(scene, scene.code_in_mailbox(scene.shares(reward_id)[0].report_id))
    shown = status(scene, letter)
    assert "已经领取" in shown.text
    assert not shown.may_collect


def test_who_was_not_first_reads_the_same_as_who_still_waits(scene):
    first = scene.letter()
    later = scene.letter(received=date(2026, 3, 9), duplicate_of=first)
    reward_id = scene.proposed(first)
    waiting_words = status(scene, later)
    scene.approve(reward_id)

    assert status(scene, later) == waiting_words


def test_after_publication_who_was_not_first_is_told(scene):
    from moderation.casework.letters import LetterLink

    first = scene.letter()
    later = scene.letter(received=date(2026, 3, 9), duplicate_of=first)
    scene.approved(first)
    with scene.office.office.transaction() as session:
        session.add(LetterLink(letter_id=first, kind="disclosure", target_id="d1", at=scene.at, by="test"))

    assert "更早举报" in status(scene, later).text


def test_every_change_marks_the_receipt_as_to_be_renewed(scene):
    share = told(scene)
    with scene.office.office.transaction() as session:
        session.get_one(Letter, share.letter_id).untold = 0
    pay_by_code(scene, scene.code_in_mailbox(share.report_id))

    with scene.office.office.reading() as session:
        assert session.get_one(Letter, share.letter_id).untold > 0


# ---- reconciling and voiding ---------------------------------------------------------------------------------------


def test_another_person_reconciles_and_then_it_is_final(scene):
    share = told(scene, identity=IdentityLevel.NAMED)
    payment = scene.pay_named(share.id)

    with pytest.raises(NotAllowed, match="不能核对自己"):
        scene.reconcile(payment, by=QIAN)
    with pytest.raises(NotAllowed):
        scene.reconcile(payment, by=LI)
    scene.reconcile(payment, by=ZHENG)

    with scene.office.office.transaction() as session:
        assert session.get_one(RewardPayment, payment.id).state is PaymentState.RECONCILED
        assert balances(session)[Account.SETTLED] == 5000
        with pytest.raises(Refusal, match="还没核对"):
            payments.ask_second_hand(session, SecondHandKind.VOID_PAYMENT, payment.id, reason="错", by=QIAN, at=scene.at)


def test_a_payment_is_voided_by_two_people_and_can_be_paid_again(scene):
    share = told(scene)
    first_code = scene.code_in_mailbox(share.report_id)
    payment = pay_by_code(scene, first_code)

    with scene.office.office.transaction() as session:
        asked = payments.ask_second_hand(session, SecondHandKind.VOID_PAYMENT, payment.id, reason="付错了人", by=QIAN, at=scene.at)
        with pytest.raises(Refusal, match="已经有人提出"):
            payments.ask_second_hand(session, SecondHandKind.VOID_PAYMENT, payment.id, reason="再来", by=ZHAO, at=scene.at)
        payments.decide_second_hand(session, asked, agree=True, by=WU, at=scene.at)
    scene.later(minutes=1).work()

    with pytest.raises(NotThere):
        pay_by_code(scene, first_code)
    again = pay_by_code(scene, scene.code_in_mailbox(share.report_id))
    assert again.voucher != payment.voucher
    with scene.office.office.reading() as session:
        assert proof_of_books(session) == ()
        assert balances(session)[Account.PAID] == 5000


def test_a_no_of_the_second_person_changes_nothing(scene):
    payment = pay_by_code(scene, scene.code_in_mailbox(told(scene).report_id))
    with scene.office.office.transaction() as session:
        asked = payments.ask_second_hand(session, SecondHandKind.VOID_PAYMENT, payment.id, reason="付错", by=QIAN, at=scene.at)
        payments.decide_second_hand(session, asked, agree=False, by=ZHAO, at=scene.at)
        with pytest.raises(Refusal, match="已经有人决定"):
            payments.decide_second_hand(session, session.get_one(SecondHand, asked.id), agree=True, by=WU, at=scene.at)

    with scene.office.office.reading() as session:
        assert session.get_one(RewardPayment, payment.id).state is PaymentState.PAID


def test_a_revoked_reward_gives_its_money_back_and_the_offence_can_be_decided_again(scene):
    share = told(scene)
    with scene.office.office.transaction() as session:
        asked = payments.ask_second_hand(
            session, SecondHandKind.REVOKE_REWARD, share.reward_id, reason="认定有误", by=ZHAO, at=scene.at
        )
        payments.decide_second_hand(session, asked, agree=True, by=WU, at=scene.at)

    assert scene.share(share.id).state is ShareState.REVOKED
    with scene.office.office.reading() as session:
        assert balances(session)[Account.BUDGET] == 0
        assert proof_of_books(session) == ()


def test_a_paid_reward_cannot_be_revoked(scene):
    share = told(scene, identity=IdentityLevel.NAMED)
    scene.pay_named(share.id)
    with scene.office.office.transaction() as session:
        asked = payments.ask_second_hand(session, SecondHandKind.REVOKE_REWARD, share.reward_id, reason="x", by=ZHAO, at=scene.at)
        with pytest.raises(Refusal, match="先作废"):
            payments.decide_second_hand(session, asked, agree=True, by=WU, at=scene.at)


def test_a_failed_call_is_noted_and_takes_nothing_away(scene):
    share = told(scene, identity=IdentityLevel.NAMED)
    with scene.office.office.transaction() as session:
        lives.note_unreachable(session, session.get_one(RewardShare, share.id), reason="三次无人接听", by=QIAN, at=scene.at)

    assert scene.share(share.id).state is ShareState.NOTIFIED
    assert scene.reward(share.reward_id).amount_fen == 5000
