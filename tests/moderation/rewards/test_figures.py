"""Public totals survive subtraction; the auditor draws samples nobody can steer."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.rewards import figures, payments
from moderation.rewards.codes import read_code
from moderation.rewards.figures import SMALLEST, Paid, grouped
from moderation.rewards.records import RewardPayment
from portal.core.errors import Mendable, NotAllowed, Refusal
from portal.core.vocabulary import IdentityLevel
from tests.moderation.rewards.scenes import QIAN, SUN, ZHOU

paid_rows = st.lists(
    st.builds(
        Paid,
        act=st.sampled_from(["扬尘", "油烟", "污水"]),
        month=st.tuples(st.sampled_from([2025, 2026]), st.integers(1, 12)),
        amount_fen=st.sampled_from([2500, 5000, 20000]),
    ),
    max_size=80,
)
months = st.tuples(st.sampled_from([2025, 2026]), st.integers(1, 12))


@given(paid_rows, months)
def test_every_row_covers_enough_payments_of_months_that_are_over(paid, before):
    for row in grouped(paid, before):
        assert row.payments >= SMALLEST
        assert row.first <= row.last < before


@given(paid_rows, months, months)
def test_rows_once_shown_never_change_and_what_is_new_covers_enough(paid, one, other):
    earlier, later = sorted([one, other])

    shown, again = grouped(paid, earlier), grouped(paid, later)

    assert set(shown) <= set(again)
    new = Counter()
    for row in set(again) - set(shown):
        new[row.act] += row.payments
    assert all(count >= SMALLEST for count in new.values())


@given(paid_rows)
def test_no_payment_is_counted_twice_and_at_most_a_few_of_an_act_stay_out(paid):
    rows = grouped(paid, (2027, 1))

    for act in {one.act for one in paid}:
        mine = [one for one in paid if one.act == act]
        counted = [row for row in rows if row.act == act]
        assert 0 <= len(mine) - sum(row.payments for row in counted) < SMALLEST
        assert sum(row.amount_fen for row in counted) <= sum(one.amount_fen for one in mine)


def test_a_single_month_is_named_alone_and_joined_months_as_a_span():
    five, two = [Paid("扬尘", (2026, 3), 5000)] * 5, [Paid("扬尘", (2026, 1), 5000)] * 2

    assert [row.period for row in grouped(five, (2026, 4))] == ["2026年3月"]
    assert [row.period for row in grouped(five + two, (2026, 4))] == ["2026年1月至2026年3月"]
    assert grouped(two, (2026, 4)) == ()


def unnamed_payment(scene, target):
    (share,) = scene.shares(scene.approved(scene.letter(sealed=True, target=target)))
    scene.work()
    with scene.office.office.transaction() as session:
        return payments.pay_by_code(
            session, read_code(scene.code_in_mailbox(share.report_id)), key=scene.code_key(), by=QIAN, at=scene.at
        )


def test_the_same_seed_draws_the_same_sample_and_only_unnamed_payments(scene):
    unnamed = {unnamed_payment(scene, f"虚构企业{number}").id for number in range(4)}
    named = scene.shares(scene.approved(scene.letter(identity=IdentityLevel.NAMED, target="虚构企业9")))[0]
    scene.notify_by_hand(named.id)
    scene.pay_named(named.id)

    with scene.office.office.reading() as session:
        drawn = [payment.id for payment in figures.sample(session, seed="2026-03-31", size=3)]
        assert drawn == [payment.id for payment in figures.sample(session, seed="2026-03-31", size=3)]
        assert set(drawn) < unnamed
        assert {payment.id for payment in figures.sample(session, seed="x", size=99)} == unnamed


def test_the_auditor_notes_what_was_found_and_it_is_not_drawn_again(scene):
    payment = unnamed_payment(scene, "虚构企业1")
    with scene.office.office.transaction() as session:
        found = session.get_one(RewardPayment, payment.id)
        with pytest.raises(NotAllowed):
            figures.note_sample(session, found, note="相符", by=ZHOU, at=scene.at)
        with pytest.raises(Mendable):
            figures.note_sample(session, found, note=" ", by=SUN, at=scene.at)
        figures.note_sample(session, found, note="凭证、签字、金额相符", by=SUN, at=scene.at)

        assert figures.sample(session, seed="x", size=9) == []


def test_named_payments_are_no_part_of_the_sample(scene):
    named = scene.shares(scene.approved(scene.letter(identity=IdentityLevel.NAMED)))[0]
    scene.notify_by_hand(named.id)
    payment = scene.pay_named(named.id)

    with scene.office.office.transaction() as session, pytest.raises(Refusal):
        figures.note_sample(session, session.get_one(RewardPayment, payment.id), note="x", by=SUN, at=scene.at)


def test_totals_name_no_one_and_no_single_day():
    (row,) = grouped([Paid("扬尘", (2026, 3), 5000)] * 7, date(2026, 5, 1).timetuple()[:2])

    assert set(vars(row)) == {"act", "first", "last", "payments", "amount_fen"}
