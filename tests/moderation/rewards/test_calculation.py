"""What a verified offence earns, who was first, how it is shared and until when: by example and by property."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.rewards.calculation import (
    Claim,
    OrderProof,
    ProvenAct,
    assess,
    claim_window,
    earning,
    line_up,
    notice_deadline,
    objections,
    shares,
    split,
    window,
)
from portal.core.calendar import WorkdayCalendar
from portal.core.reward_schedule import DayUnit, Exclusion, HolidayEnd
from portal.core.reward_schedule_reader import read_schedule, shipped_schedule
from portal.core.vocabulary import IdentityLevel

DEMO = shipped_schedule("demo")
LUOYANG = shipped_schedule("luoyang-2017")
LATER = shipped_schedule("luoyang-later")
DAY = date(2026, 3, 2)


def changed(schedule, *pairs):
    text = schedule.text
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return read_schedule(text)


def claim(name="a", day=0, **more):
    received = DAY + timedelta(days=day)
    values = {"accepted_on": received + timedelta(days=1), "identity": IdentityLevel.NAMED, **more}
    return Claim(letter_id=name, received_on=received, **values)


def at(day, hour):
    return datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=day, hours=hour)


OFFICIAL = WorkdayCalendar(
    {
        day: chinese_calendar.is_workday(day)
        for day in (date(2024, 1, 1) + timedelta(days=n) for n in range(366 * 2))
        if chinese_calendar.is_workday(day) != (day.weekday() < 5)
    },
    frozenset({2024, 2025}),
)


# ---- the amount ----------------------------------------------------------------------------------------------------


def test_of_several_proven_acts_the_highest_counts_and_the_others_say_why_not():
    found = earning(DEMO, [ProvenAct("building_site_dust"), ProvenAct("sewage_discharge")])

    assert found.amount_fen == 20000
    assert [(line.act_id, line.counted) for line in found.lines] == [
        ("building_site_dust", False),
        ("sewage_discharge", True),
    ]
    assert "不是最高" in found.lines[0].why


def test_the_same_act_listed_twice_counts_once_where_acts_are_added():
    summing = changed(DEMO, ('counted = "highest"', 'counted = "sum"'))

    found = earning(summing, [ProvenAct("building_site_dust"), ProvenAct("building_site_dust"), ProvenAct("oil_vapour")])

    assert found.amount_fen == 10000


def test_an_act_that_needs_a_penalty_case_earns_nothing_before_there_is_one():
    assert earning(LATER, [ProvenAct("sewage_discharge")]).amount_fen == 0
    assert earning(LATER, [ProvenAct("sewage_discharge", case_opened=True)]).amount_fen == 500_000


def test_an_act_outside_the_rule_is_listed_and_earns_nothing():
    found = earning(LUOYANG, [ProvenAct("radiation")])

    assert found.amount_fen == 0
    assert "没有列出" in found.lines[0].why


def test_a_usable_lead_that_was_not_proven_earns_what_the_rule_says():
    assert earning(DEMO, [], usable_lead=True).amount_fen == 1000
    assert earning(LUOYANG, [], usable_lead=True).amount_fen == 0
    assert not earning(DEMO, [ProvenAct("oil_vapour")], usable_lead=True).clue


def test_one_confirmed_act_with_one_named_reporter_is_payable_under_the_luoyang_rule():
    found = assess(LUOYANG, [ProvenAct("building_site_dust")], [claim()])

    assert found.amount_fen == 5000
    assert found.payable


@pytest.mark.parametrize(
    ("acts", "claims", "because"),
    [
        (["sewage_discharge"], [claim()], "act sewage_discharge"),
        (["restaurant_fume"], [claim()], "tier 100"),
        (["building_site_dust", "oil_vapour"], [claim()], "rule several_acts"),
        (["building_site_dust"], [claim("a"), claim("b", 3)], "rule first_reporter"),
        (["building_site_dust"], [claim("a"), claim("b")], "rule ties"),
        (["building_site_dust"], [claim(reporters=3)], "rule joint"),
        (["building_site_dust"], [claim(barred=frozenset({Exclusion.STAFF})), claim("b", 1)], "rule succession"),
        (["building_site_dust"], [claim(barred=frozenset({Exclusion.STAFF})), claim("b", 1)], "rule exclusions"),
    ],
)
def test_whatever_rests_on_an_unconfirmed_entry_can_be_proposed_but_not_paid(acts, claims, because):
    found = assess(LUOYANG, [ProvenAct(act) for act in acts], claims)

    assert found.amount_fen > 0
    assert not found.payable
    assert because in found.unconfirmed


# ---- the order -----------------------------------------------------------------------------------------------------


def test_the_earliest_receipt_wins_even_when_accepted_later():
    early, late = claim("early", 0, accepted_on=DAY + timedelta(days=9)), claim("late", 1, accepted_on=DAY)

    assert line_up(DEMO, [late, early]).first == (early,)
    by_acceptance = changed(DEMO, ('clock = "receipt"', 'clock = "acceptance"'))
    assert line_up(by_acceptance, [late, early]).first == (late,)


def test_reports_of_one_day_share_where_the_rule_says_so():
    one, two, three = claim("a", received_at=at(0, 9)), claim("b", received_at=at(0, 8)), claim("c", 1)

    found = line_up(DEMO, [three, one, two])

    assert {claim.letter_id for claim in found.first} == {"a", "b"}
    assert found.later == (three,)
    assert "2 件同时" in found.why


def test_where_moments_decide_the_earlier_moment_of_the_day_wins():
    rule = changed(DEMO, ('tie = "same_day_shares"', 'tie = "earliest_moment"'))
    one, two = claim("a", received_at=at(0, 9)), claim("b", received_at=at(0, 8))

    assert line_up(rule, [one, two]).first == (two,)


def test_an_unknown_moment_is_never_taken_for_a_late_one():
    rule = changed(DEMO, ('tie = "same_day_shares"', 'tie = "earliest_moment"'))
    by_web, by_post = claim("a", received_at=at(0, 9)), claim("b", proof=OrderProof.POSTMARK)

    assert set(line_up(rule, [by_web, by_post]).first) == {by_web, by_post}


def test_a_letter_by_post_proves_its_order_by_its_postmark():
    found = line_up(DEMO, [claim("a", proof=OrderProof.POSTMARK)])

    assert "邮戳扫描件" in found.why


def test_where_the_first_is_staff_the_next_takes_the_place_only_if_the_rule_says_so():
    staff, citizen = claim("staff", barred=frozenset({Exclusion.STAFF})), claim("citizen", 2)

    found = line_up(DEMO, [staff, citizen])
    assert found.first == (citizen,)
    assert found.passed_over == (staff,)

    nobody = changed(DEMO, ('when_first_cannot = "next_in_line"', 'when_first_cannot = "nobody"'))
    assert line_up(nobody, [staff, citizen]).first == ()


def test_a_reward_nobody_wants_is_not_inherited():
    modest, later = claim("a", wants_reward=False), claim("b", 1)

    assert line_up(DEMO, [modest, later]).first == (modest,)


def test_an_unnamed_reporter_is_passed_over_only_where_the_rule_asks_for_a_name():
    unnamed = claim("a", identity=IdentityLevel.ANONYMOUS)

    assert line_up(DEMO, [unnamed]).first == (unnamed,)
    assert line_up(LUOYANG, [unnamed]).first == ()
    (against,) = objections(LUOYANG, unnamed)
    assert against.clause == "第二条"
    assert "实名" in against.reason


def test_every_reason_against_is_listed():
    found = objections(LUOYANG, claim(barred=frozenset({Exclusion.STAFF, Exclusion.IN_MEDIA}), awarded_elsewhere=True))

    assert [one.reason for one in found] == [
        "不予奖励的情形：执法、监测等本系统工作人员",
        "不予奖励的情形：媒体已曝光的问题",
        "其他层级或部门已经就同一问题奖励过",
    ]
    assert not any(one.confirmed for one in found)


claims_strategy = st.lists(
    st.builds(
        claim,
        name=st.uuids().map(str),
        day=st.integers(0, 3),
        received_at=st.one_of(st.none(), st.integers(0, 23).map(lambda hour: at(0, hour))),
        reporters=st.integers(1, 5),
        barred=st.sampled_from([frozenset(), frozenset({Exclusion.STAFF})]),
        wants_reward=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda one: one.letter_id,
)


@given(claims_strategy, st.randoms(), st.sampled_from(["same_day_shares", "earliest_moment"]))
def test_the_order_in_which_letters_are_read_or_merged_never_changes_who_is_first(claims, random, tie):
    rule = changed(DEMO, ('tie = "same_day_shares"', f'tie = "{tie}"'))
    mixed = list(claims)
    random.shuffle(mixed)

    first, again = line_up(rule, claims), line_up(rule, mixed)

    assert set(first.first) == set(again.first)
    assert set(first.later) == set(again.later)
    assert first.why == again.why


@given(claims_strategy)
def test_nobody_who_fits_came_before_the_first(claims):
    found = line_up(DEMO, claims)
    fit = [one for one in claims if not one.barred]

    assert bool(found.first) is bool(fit)
    if fit:
        assert {one.received_on for one in found.first} == {min(one.received_on for one in fit)}
    assert len({*found.first, *found.later, *found.passed_over}) == len(claims)


# ---- the shares ----------------------------------------------------------------------------------------------------


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=40).filter(any))
def test_shares_sum_to_the_fen_and_none_is_a_fen_off_its_exact_part(amount, weights):
    parts = split(amount, weights)

    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(amount * weight, sum(weights))) < 1


@given(st.integers(0, 10**9), st.integers(1, 50))
def test_equal_shares_differ_by_one_fen_at_most_and_the_earlier_has_it(amount, people):
    parts = split(amount, [1] * people)

    assert max(parts) - min(parts) <= 1
    assert list(parts) == sorted(parts, reverse=True)


@pytest.mark.parametrize(("amount", "weights"), [(100, []), (100, [0, 0]), (100, [1, -1]), (-1, [1])])
def test_an_amount_that_cannot_be_shared_is_refused(amount, weights):
    with pytest.raises(ValueError, match="amount"):
        split(amount, weights)


def test_fifty_yuan_among_three_is_exact():
    assert split(5000, [1, 1, 1]) == (1667, 1667, 1666)


def test_joint_reporters_get_the_parts_they_agreed():
    found, _ = shares(DEMO, 20000, [claim(reporters=3, parts=(2, 1, 1))])

    assert [share.amount_fen for share in found] == [10000, 5000, 5000]


def test_without_an_agreement_joint_reporters_share_equally():
    found, _ = shares(DEMO, 5000, [claim(reporters=2)])

    assert [share.amount_fen for share in found] == [2500, 2500]


def test_a_representative_gets_the_whole_share_of_the_letter():
    rule = changed(DEMO, ('shares = "agreed"', 'shares = "representative"'))

    found, _ = shares(rule, 5000, [claim(reporters=3, representative=1)])

    assert [(share.person, share.amount_fen) for share in found] == [(1, 5000)]


def test_a_joint_letter_that_ties_with_another_counts_as_one():
    found, _ = shares(DEMO, 10000, [claim("a", reporters=4), claim("b")])

    assert [share.amount_fen for share in found] == [1250, 1250, 1250, 1250, 5000]


@given(
    claims_strategy,
    st.sets(st.sampled_from(sorted(act.id for _, act in DEMO.acts())), max_size=4),
    st.sampled_from(["highest", "sum"]),
    st.sampled_from(["equal", "agreed", "representative"]),
    st.booleans(),
)
def test_what_is_shared_is_what_the_schedule_gives_and_never_more(claims, acts, counted, joint, lead):
    rule = changed(DEMO, ('counted = "highest"', f'counted = "{counted}"'), ('shares = "agreed"', f'shares = "{joint}"'))
    amounts = [rule.find(act)[0].amount_fen for act in acts]
    best = (sum(amounts) if counted == "sum" else max(amounts)) if amounts else (1000 if lead else 0)

    found = assess(rule, [ProvenAct(act) for act in acts], claims, usable_lead=lead)

    assert found.amount_fen == (best if found.line_up.first else 0)
    assert all(share.amount_fen > 0 for share in found.shares)
    assert {share.letter_id for share in found.shares} <= {one.letter_id for one in found.line_up.first}


# ---- the windows ---------------------------------------------------------------------------------------------------


def test_fifteen_working_days_across_the_spring_festival_count_make_up_days():
    found = claim_window(LATER.settings.claim, date(2025, 1, 20), OFFICIAL)

    # 2025: off 28 Jan to 4 Feb, worked on 26 Jan and 8 Feb.
    assert found.due_on == date(2025, 2, 14)
    assert "节假日" in found.arithmetic
    assert not found.provisional


def test_a_window_into_a_year_not_yet_announced_is_provisional():
    assert claim_window(LATER.settings.claim, date(2025, 12, 25), OFFICIAL).provisional


def test_a_calendar_window_that_ends_in_a_holiday_moves_on_where_the_rule_says_so():
    start = date(2025, 9, 1)

    moved = window(30, DayUnit.CALENDAR_DAY, start, OFFICIAL, named="通知之日", holiday_end=HolidayEnd.NEXT_WORKDAY)
    stays = window(30, DayUnit.CALENDAR_DAY, start, OFFICIAL, named="通知之日", holiday_end=HolidayEnd.STAYS)

    assert (stays.due_on, moved.due_on) == (date(2025, 10, 1), date(2025, 10, 9))
    assert "顺延" in moved.arithmetic


@given(
    st.dates(date(2024, 1, 1), date(2025, 6, 30)),
    st.integers(1, 60),
    st.sampled_from(list(DayUnit)),
    st.sampled_from(list(HolidayEnd)),
)
def test_no_window_is_shorter_than_the_rule_promises(start, days, unit, end):
    found = window(days, unit, start, OFFICIAL, named="通知之日", holiday_end=end)
    between = [start + timedelta(days=n) for n in range(1, (found.due_on - start).days + 1)]

    if unit is DayUnit.WORKDAY:
        assert sum(OFFICIAL.is_workday(day) for day in between) == days
        assert OFFICIAL.is_workday(found.due_on)
    else:
        assert len(between) >= days
        if end is HolidayEnd.NEXT_WORKDAY:
            assert OFFICIAL.is_workday(found.due_on)
            assert not any(OFFICIAL.is_workday(day) for day in between[days - 1 : -1])
        else:
            assert len(between) == days


def test_the_day_by_which_a_reporter_must_be_told_is_counted_the_same_way():
    assert notice_deadline(DEMO.settings.notice, date(2025, 9, 29), OFFICIAL).due_on == date(2025, 10, 13)
