"""Recorded decisions: compared by band, counted without double counting, printed as decided, corrected and never deleted."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from moderation.accountability import decisions, worksheet
from moderation.accountability.assess import SuggestedMeasure, assess
from moderation.accountability.bands import ceiling_of, floor_of
from moderation.accountability.facts import read
from moderation.accountability.statistics import held_measures, tally
from moderation.accountability.tables import MeasureChange
from moderation.accountability.words import ChangeKind, Comparison, Dimension, Naming, PartyKind, Rank, Tenure
from portal.core.accountability_model import Measure
from portal.core.accountability_rules import rulebook
from portal.core.errors import Mendable, Refusal
from tests.conftest import NOON
from tests.moderation.accountability.conftest import LI, ZHAO, checked_case, person

BANDS = rulebook().words.bands
COMPARABLE = sorted(word for word, band in BANDS.items() if band)


def suggested(subject: str, *words: str, or_stricter: bool = False, every: bool = False) -> SuggestedMeasure:
    any_of, all_of = ((), words) if every else (words, ())
    return SuggestedMeasure(
        "LYQ.T2", "territorial", Measure(subject, any_of, all_of, or_stricter, (), None, "通知 一（二）"), False
    )


def compared(item: SuggestedMeasure, *words: str) -> Comparison:
    return decisions.compare([item], subject="direct", dimension=Dimension.TERRITORIAL, words=words, bands=BANDS).result


@pytest.mark.parametrize(
    ("words", "result"),
    [
        (("通报批评",), Comparison.BELOW),
        (("诫勉",), Comparison.BELOW),
        (("停职检查",), Comparison.MEETS),
        (("通报", "党政纪处分"), Comparison.MEETS),
        (("免职",), Comparison.MEETS),
    ],
)
def test_a_decision_is_set_beside_the_standard_by_its_gravest_measure(words, result):
    assert compared(suggested("direct", "停职检查", "调整职务", "党政纪处分"), *words) is result


def test_what_reaches_beyond_the_standard_is_above_unless_the_clause_says_or_stricter():
    assert compared(suggested("direct", "诫勉"), "免职") is Comparison.ABOVE
    assert compared(suggested("direct", "诫勉", or_stricter=True), "免职") is Comparison.MEETS


def test_a_subject_without_suggestion_has_nothing_to_be_compared_with():
    found = decisions.compare([suggested("direct", "诫勉")], subject="principal", dimension=None, words=["诫勉"], bands=BANDS)

    assert (found.result, found.against) == (Comparison.NONE, None)


@given(st.lists(st.sampled_from(COMPARABLE), min_size=1, max_size=3), st.lists(st.sampled_from(COMPARABLE), min_size=1, max_size=3))
def test_a_further_measure_never_makes_a_decision_look_milder(asked, decided):
    order = {Comparison.BELOW: 0, Comparison.MEETS: 1, Comparison.ABOVE: 2}
    item = suggested("direct", *asked)

    grown = [order[compared(item, *decided[: n + 1])] for n in range(len(decided))]

    assert grown == sorted(grown)


@given(st.lists(st.sampled_from(COMPARABLE), min_size=1, max_size=3, unique=True), st.data())
def test_deciding_exactly_what_is_suggested_meets_the_standard(asked, data):
    assert compared(suggested("direct", *asked), data.draw(st.sampled_from(asked))) is Comparison.MEETS
    assert compared(suggested("direct", *asked, every=True), *asked) is Comparison.MEETS


@given(st.sampled_from([row for ruleset in rulebook().rulesets.values() for row in ruleset.rows if row.measures]))
def test_floors_never_stand_above_ceilings(row):
    for measure in row.measures:
        floor, ceiling = floor_of(measure, BANDS), ceiling_of(measure, BANDS)
        assert (floor is None) == (ceiling is None)
        assert floor is None or ceiling is None or floor <= ceiling


# ---- counting ----


def fake_party(who: str | None, kind: PartyKind, words: list[str], on: date, rank: Rank, unit: str, dimension: Dimension | None):
    standing = [SimpleNamespace(word=word) for word in words]
    return SimpleNamespace(
        id=f"{who}-{on}-{unit}",
        official_id=who,
        kind=kind,
        standing=standing,
        decided_on=on,
        rank=rank,
        unit_name=unit,
        dimension=dimension,
    )


PEOPLE = st.builds(
    fake_party,
    who=st.sampled_from(["甲", "乙", "丙", "丁"]),
    kind=st.just(PartyKind.PERSON),
    words=st.lists(st.sampled_from(COMPARABLE), max_size=3),
    on=st.dates(date(2024, 1, 1), date(2026, 12, 31)),
    rank=st.sampled_from(Rank),
    unit=st.sampled_from(["柳溪镇", "青石镇", "县水利局"]),
    dimension=st.sampled_from([None, *Dimension]),
)
UNITS = st.builds(
    fake_party,
    who=st.none(),
    kind=st.just(PartyKind.UNIT),
    words=st.lists(st.sampled_from(COMPARABLE), max_size=2),
    on=st.dates(date(2024, 1, 1), date(2026, 12, 31)),
    rank=st.none(),
    unit=st.sampled_from(["柳溪镇", "青石镇"]),
    dimension=st.none(),
)


@given(st.lists(st.one_of(PEOPLE, UNITS), max_size=12, unique_by=lambda party: party.id), st.randoms())
def test_people_are_counted_once_measures_each_and_every_sum_agrees(parties, random):
    counted = tally(parties, BANDS)
    persons = [party for party in parties if party.kind is PartyKind.PERSON and held_measures(party)]

    assert counted.people == len({party.official_id for party in persons})
    assert counted.person_measures == sum(len(held_measures(party)) for party in persons)
    assert counted.talks + counted.person_measures + counted.unit_measures == sum(len(party.standing) for party in parties)
    assert counted.person_measures >= counted.people
    assert counted.by_measure.total == counted.person_measures
    assert counted.by_unit_measure.total == counted.unit_measures
    for breakdown in (counted.by_rank, counted.by_year, counted.by_unit, counted.by_dimension, counted.by_gravest):
        assert breakdown.total == counted.people
    assert tally(random.sample(parties, len(parties)), BANDS) == counted


def test_one_person_in_two_cases_is_one_person_with_two_measures(session):
    cases = [checked_case(session, Dimension.TERRITORIAL) for _ in range(2)]
    parties = [decisions.record_party(session, case, person("靳大山", "诫勉"), by=LI, at=NOON) for case in cases]

    counted = tally(parties, BANDS)

    assert (counted.people, counted.person_measures) == (1, 2)
    assert parties[0].official_id == parties[1].official_id


def test_being_summoned_for_a_talk_is_not_being_held_to_account(session):
    case = checked_case(session, Dimension.TERRITORIAL)
    talked = decisions.record_party(session, case, person("卢小河", "约谈"), by=LI, at=NOON)
    both = decisions.record_party(session, case, person("靳大山", "约谈", "诫勉"), by=LI, at=NOON)

    counted = tally([talked, both], BANDS)

    assert (counted.people, counted.person_measures, counted.talks) == (1, 1, 2)


def test_two_people_of_one_name_in_two_units_are_two(session):
    case = checked_case(session, Dimension.TERRITORIAL)
    one = decisions.record_party(session, case, person("王强", "诫勉"), by=LI, at=NOON)
    other = decisions.record_party(session, case, person("王强", "诫勉", unit_name="县水利局"), by=LI, at=NOON)

    assert one.official_id != other.official_id


def test_responsibility_follows_a_person_into_a_new_post(session):
    first = checked_case(session, Dimension.TERRITORIAL)
    then = decisions.record_party(session, first, person("王强", "诫勉", born_year=1975), by=LI, at=NOON)
    second = checked_case(session, Dimension.SECTOR)
    moved = person("王强", "免职", born_year=1975, unit_name="县水利局", office="局长", tenure=Tenure.THEN)
    now = decisions.record_party(session, second, moved, by=LI, at=NOON)

    assert then.official_id == now.official_id
    assert tally([then, now], BANDS).people == 1


# ---- printing ----


@pytest.mark.parametrize(
    ("name", "short"), [("靳大山", "靳某某"), ("邓平", "邓某"), ("欧阳小河", "欧阳某某"), ("司马光", "司马某"), ("李", "李某")]
)
def test_a_shortened_name_keeps_the_surname_only(name, short):
    assert decisions.shortened_name(name) == short


def test_until_naming_is_decided_only_the_office_is_printed(session):
    case = checked_case(session, Dimension.TERRITORIAL)
    party = decisions.record_party(session, case, person("靳大山", tenure=Tenure.THEN), by=LI, at=NOON)

    assert decisions.printed_name(party) == "时任柳溪镇人民政府环保办主任"
    decisions.decide_naming(session, party, Naming.SURNAME, rule="乡科级以下不写全名", reason="基层人员", by=LI, at=NOON)
    assert decisions.printed_name(party) == "时任柳溪镇人民政府环保办主任 靳某某"
    decisions.decide_naming(session, party, Naming.FULL, rule="县纪委通报惯例", reason="影响大", by=ZHAO, at=NOON)
    assert decisions.printed_name(party) == "时任柳溪镇人民政府环保办主任 靳大山"
    assert [line.naming for line in party.namings] == [Naming.SURNAME, Naming.FULL]


def test_naming_needs_a_rule_and_a_reason(session):
    case = checked_case(session, Dimension.TERRITORIAL)
    party = decisions.record_party(session, case, person(), by=LI, at=NOON)

    with pytest.raises(Mendable, match="按哪条规定"):
        decisions.decide_naming(session, party, Naming.FULL, rule="", reason="影响大", by=LI, at=NOON)


# ---- later changes ----


def decided(session):
    case = checked_case(session, Dimension.TERRITORIAL)
    party = decisions.record_party(session, case, person("靳大山", "诫勉", "调整岗位"), by=LI, at=NOON)
    worksheet.take_step(session, case, "confirm_decision", by=ZHAO, at=NOON)
    return case, party


def test_a_quashed_measure_is_counted_no_more_and_kept_in_the_record(session):
    _, party = decided(session)

    decisions.change_measure(
        session, party.measures[0], ChangeKind.QUASHED, on=date(2026, 11, 19), reason="复核改变", by=LI, at=NOON
    )

    assert [measure.word for measure in party.standing] == ["调整岗位"]
    assert len(party.measures) == 2
    assert tally([party], BANDS).person_measures == 1


def test_a_person_wholly_rehabilitated_is_not_counted(session):
    _, party = decided(session)
    for measure in list(party.measures):
        decisions.change_measure(
            session, measure, ChangeKind.REHABILITATED, on=date(2026, 11, 19), reason="查明无责", by=LI, at=NOON
        )

    assert tally([party], BANDS).people == 0


def test_a_change_says_what_takes_its_place(session):
    _, party = decided(session)
    with pytest.raises(Mendable, match="改成什么"):
        decisions.change_measure(
            session, party.measures[0], ChangeKind.CHANGED, on=date(2026, 11, 19), reason="复核", by=LI, at=NOON
        )

    replacement = decisions.MeasureGiven("通报批评")
    decisions.change_measure(
        session,
        party.measures[0],
        ChangeKind.CHANGED,
        on=date(2026, 11, 19),
        reason="复核",
        replaced_by=replacement,
        by=LI,
        at=NOON,
    )

    assert sorted(measure.word for measure in party.standing) == ["调整岗位", "通报批评"]
    with pytest.raises(Refusal, match="已经变更"):
        decisions.change_measure(
            session, party.measures[0], ChangeKind.QUASHED, on=date(2026, 11, 19), reason="再改", by=LI, at=NOON
        )


def test_confirmed_decisions_are_not_deleted(session):
    case, party = decided(session)

    with pytest.raises(Refusal, match="不能删除"):
        decisions.remove_party(session, case, party, by=LI, at=NOON)


def test_the_database_itself_keeps_the_log_of_changes(session):
    _, party = decided(session)
    change = decisions.change_measure(
        session, party.measures[0], ChangeKind.QUASHED, on=date(2026, 11, 19), reason="复核", by=LI, at=NOON
    )
    session.get_one(MeasureChange, change.id).reason = "改写历史"

    with pytest.raises(IntegrityError, match="append-only"):
        session.flush()
    session.rollback()


@pytest.mark.parametrize(
    ("said", "match"),
    [
        ({"name": ""}, "姓名"),
        ({"office": ""}, "职务"),
        ({"rank": None}, "职级"),
        ({"deciding_body": ""}, "决定机关"),
        ({"basis": " "}, "依据"),
        ({"subject": "polluter"}, "类别"),
        ({"measures": ()}, "处理方式"),
        ({"measures": (decisions.MeasureGiven("鞭打"),)}, "鞭打"),
        ({"decided_on": date(2030, 1, 1)}, "晚于今天"),
        ({"exemption_clause": "昌吉办法 第十四条（三）3"}, "理由"),
    ],
)
def test_a_decision_that_lacks_something_says_what(session, said, match):
    case = checked_case(session, Dimension.TERRITORIAL)

    with pytest.raises(Mendable, match=match):
        decisions.record_party(session, case, person(**said), by=LI, at=NOON)
    assert case.parties == []


def test_townships_and_departments_can_be_held_to_account_too(session):
    case = checked_case(session, Dimension.TERRITORIAL)
    unit = person("", "通报批评", kind=PartyKind.UNIT, subject="unit", office="", rank=None, tenure=None)
    party = decisions.record_party(session, case, unit, by=LI, at=NOON)

    counted = tally([party], BANDS)
    assert (counted.people, counted.units, counted.unit_measures) == (0, 1, 1)
    assert decisions.printed_name(party) == "柳溪镇人民政府"


def test_the_suggestion_of_the_engine_is_what_decisions_are_compared_with():
    facts = {"ruleset": "luoyang-2017", "facts": [], "dimensions": ["territorial", "sector"], "grade": "serious"}
    measures = assess(read(facts, rulebook()), rulebook()).measures

    found = decisions.compare(measures, subject="direct", dimension=Dimension.SECTOR, words=["免职"], bands=BANDS)

    assert found.against is not None
    assert found.against.row == "LYQ.S2"
