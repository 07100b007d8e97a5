"""What the database itself refuses, asked in plain SQL past all our code, on SQLite and on PostgreSQL."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.core.vocabulary import IdentityLevel
from tests.moderation.rewards.scenes import LI, QIAN, ZHAO, Scene


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def office(request):
    """The same scene on both engines."""
    return request.getfixturevalue("scene" if request.param == "sqlite" else "postgres_scene")


def sql(scene: Scene, statement: str, **values: object) -> None:
    with scene.office.office.transaction() as session:
        session.execute(text(statement), values)


def refused(scene: Scene, statement: str, says: str, **values: object) -> None:
    with pytest.raises(DBAPIError, match=says):
        sql(scene, statement, **values)


def due_share(scene: Scene):
    share = scene.shares(scene.approved(scene.letter(identity=IdentityLevel.NAMED)))[0]
    scene.notify_by_hand(share.id)
    return share


PAY = (
    "INSERT INTO reward_payment (id, share_id, amount_fen, means, form, named, voucher, state, paid_by, paid_at, paid_on,"
    " reference, sample_note) VALUES (:id, :share, :amount, 'counter_cash', 'cash', :named, :id, 'paid', :by,"
    " '2026-03-31 04:00:00', '2026-03-31', '', '')"
)


def test_a_share_is_paid_once(office):
    share = due_share(office)
    paid = {"share": share.id, "amount": 5000, "named": True, "by": QIAN.id}
    sql(office, PAY, id="one", **paid)

    refused(office, PAY, "(?i)unique", id="two", **paid)


def test_another_amount_than_the_shares_is_not_paid(office):
    share = due_share(office)

    refused(office, PAY, "(?i)foreign key", id="one", share=share.id, amount=5001, named=True, by=QIAN.id)


def test_nothing_is_paid_before_approval(office):
    share = office.shares(office.proposed(office.letter(identity=IdentityLevel.NAMED)))[0]

    refused(office, PAY, "not due", id="one", share=share.id, amount=5000, named=True, by=QIAN.id)


def test_who_proposed_or_approved_cannot_pay(office):
    share = due_share(office)

    for person in (LI, ZHAO):
        refused(office, PAY, "cannot pay", id="one", share=share.id, amount=5000, named=True, by=person.id)


def test_an_unnamed_share_is_not_paid_without_a_code(office):
    share = due_share(office)

    refused(office, PAY, "(?i)check", id="one", share=share.id, amount=5000, named=False, by=QIAN.id)


def test_an_unconfirmed_reward_is_not_paid(office):
    reward_id = office.proposed(office.letter("sewage_discharge", identity=IdentityLevel.NAMED))
    sql(office, "UPDATE reward SET state = 'pending' WHERE id = :id", id=reward_id)
    sql(office, "UPDATE reward SET unconfirmed = 'tier 200', state = 'proposed' WHERE id = :id", id=reward_id)
    sql(
        office,
        "INSERT INTO reward_approval (reward_id, round, approver, at) VALUES (:id, 1, 'x', '2026-03-31 04:00:00')",
        id=reward_id,
    )
    sql(office, "UPDATE reward SET state = 'approved' WHERE id = :id", id=reward_id)
    share = office.shares(reward_id)[0]
    sql(office, "UPDATE reward_share SET state = 'notified' WHERE id = :id", id=share.id)

    refused(office, PAY, "proposed, not paid", id="one", share=share.id, amount=20000, named=True, by=QIAN.id)


def test_no_amount_outside_the_schedule_can_stand_in_a_reward(office):
    reward_id = office.verified(office.letter())
    schedule = office.adopt(first=date(2026, 1, 6))
    line = (
        "INSERT INTO reward_line (reward_id, act_id, schedule_id, tier_id, amount_fen, confirmed, clause)"
        " VALUES (:reward, 'building_site_dust', :schedule, '50', :amount, :confirmed, '')"
    )

    refused(office, line, "(?i)foreign key", reward=reward_id, schedule=schedule, amount=50000, confirmed=True)
    refused(office, line, "(?i)foreign key", reward=reward_id, schedule=schedule, amount=5000, confirmed=False)
    sql(office, line, reward=reward_id, schedule=schedule, amount=5000, confirmed=True)


def test_entries_of_an_adopted_schedule_do_not_change(office):
    refused(office, "UPDATE reward_entry SET amount_fen = 99900", "append-only")
    refused(office, "UPDATE reward_schedule SET text = 'x'", "does not change")
    refused(office, "DELETE FROM reward_schedule", "kept")


def test_a_reward_whose_parts_do_not_add_up_is_not_proposed(office):
    reward_id = office.proposed(office.letter())
    sql(office, "UPDATE reward SET state = 'pending' WHERE id = :id", id=reward_id)

    refused(office, "UPDATE reward SET amount_fen = 6000, state = 'proposed' WHERE id = :id", "do not agree", id=reward_id)


def test_a_reward_is_not_approved_without_an_approval_of_another(office):
    reward_id = office.proposed(office.letter())
    approval = "INSERT INTO reward_approval (reward_id, round, approver, at) VALUES (:id, 1, :who, '2026-03-31 04:00:00')"

    refused(office, "UPDATE reward SET state = 'approved' WHERE id = :id", "lacks an approval", id=reward_id)
    refused(office, approval, "cannot approve", id=reward_id, who=LI.id)


def test_one_offence_has_one_living_reward(office):
    reward = office.reward(office.approved(office.letter()))
    row = (
        "INSERT INTO reward (id, offence_id, state, amount_fen, clause, why, against, unconfirmed, round, created_at)"
        " VALUES ('again', :offence, 'pending', 0, '', '', '', '', 1, '2026-03-31 04:00:00')"
    )

    refused(office, row, "(?i)unique", offence=reward.offence_id)


# Another offence of the same act: its days run on from the first, where and whom is told by two keys.
OFFENCE = (
    "INSERT INTO verified_offence (id, place_key, spot_key, place, target, region_code, first_day, last_day, usable_lead,"
    " verified_by, verified_at) SELECT 'again', :place, :spot, place, target, region_code, last_day, '2026-12-31', usable_lead,"
    " verified_by, verified_at FROM verified_offence"
)
ACT = (
    "INSERT INTO verified_act (offence_id, act_id, place_key, spot_key, first_day, last_day, case_opened)"
    " SELECT 'again', act_id, :place, :spot, last_day, '2026-12-31', case_opened FROM verified_act"
)
FIRM, SPOT = "990121101|云岭木业", "990121101|东环路8号"


@pytest.mark.parametrize(
    ("target", "again"),
    [
        ("云岭木业", {"place": FIRM, "spot": SPOT}),
        ("云岭木业", {"place": FIRM, "spot": ""}),
        ("云岭木业", {"place": SPOT, "spot": SPOT}),
        ("", {"place": FIRM, "spot": SPOT}),
    ],
    ids=["same firm", "same firm, no place", "name left out", "name added"],
)
def test_the_same_act_place_and_day_is_verified_once(office, target, again):
    office.verified(office.letter(target=target))
    sql(office, OFFENCE, **again)

    refused(office, ACT, "verified already", **again)


def test_another_firm_at_the_same_place_is_verified_too(office):
    office.verified(office.letter())
    other = {"place": "990121101|云岭石材", "spot": SPOT}
    sql(office, OFFENCE, **other)

    sql(office, ACT, **other)


def test_what_was_approved_cannot_be_changed(office):
    due_share(office)

    for statement in (
        "UPDATE reward SET amount_fen = 1",
        "UPDATE reward SET proposed_by = 'somebody'",
        "UPDATE reward SET state = 'pending'",
        "UPDATE reward_share SET amount_fen = 1",
        "UPDATE reward_share SET letter_id = 'mine'",
        "UPDATE reward_line SET amount_fen = 1",
        "DELETE FROM reward_share",
        "DELETE FROM reward_line",
        "DELETE FROM reward_approval",
        "DELETE FROM reward",
        "DELETE FROM reward_ledger",
        "UPDATE reward_ledger SET amount_fen = 1",
        "DELETE FROM reward_history",
        "DELETE FROM offence_letter",
        "UPDATE offence_letter SET received_on = '2020-01-01'",
        "UPDATE verified_offence SET first_day = '2020-01-01'",
        "UPDATE reward_budget SET cap_fen = 1",
        "UPDATE reward_budget SET paid_fen = 999999",
    ):
        refused(office, statement, ".")


def test_what_was_paid_cannot_be_changed_or_voided_by_one_person(office):
    office.pay_named(due_share(office).id)

    for statement in (
        "UPDATE reward_payment SET amount_fen = 1",
        "UPDATE reward_payment SET paid_by = 'somebody'",
        "UPDATE reward_payment SET state = 'voided'",
        "UPDATE reward_payment SET reconciled_by = paid_by",
        "DELETE FROM reward_payment",
    ):
        refused(office, statement, ".")


def test_a_reconciled_payment_is_final(office):
    office.reconcile(office.pay_named(due_share(office).id))

    refused(office, "UPDATE reward_payment SET state = 'paid'", "does not change")
    refused(office, "UPDATE reward_payment SET state = 'voided'", ".")


def test_two_people_are_two_people(office):
    ask = (
        "INSERT INTO reward_second_hand (id, kind, subject_id, reason, asked_by, asked_at, decided_by, decided_at, granted)"
        " VALUES ('a', 'void_payment', 'p', 'r', 'one', '2026-03-31 04:00:00', 'one', '2026-03-31 04:00:00', :yes)"
    )

    refused(office, ask, "(?i)check", yes=True)


def test_a_used_code_stays_used(office):
    share = due_share(office)
    sql(
        office,
        "INSERT INTO collection_code (id, share_id, digest, issued_at, used_at) VALUES ('c', :share, 'd', '2026-03-31 04:00:00',"
        " '2026-03-31 05:00:00')",
        share=share.id,
    )

    refused(office, "UPDATE collection_code SET used_at = NULL", "works once")
    refused(office, "DELETE FROM collection_code", "kept")
