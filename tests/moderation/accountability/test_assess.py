"""The rules against their clauses: one minimal case a row, then what must hold for every case."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.accountability.assess import GRADES, Assessment, assess
from moderation.accountability.bands import strictness
from moderation.accountability.facts import read
from portal.core.accountability_rules import rulebook

BOOK = rulebook()
LUOYANG = "luoyang-2017"


def suggest(facts: list[dict[str, Any]] | None = None, *, ruleset: str = LUOYANG, **frame: Any) -> Assessment:
    return assess(read({"ruleset": ruleset, "facts": facts or []} | frame, BOOK), BOOK)


def notice(by: str, times: int = 1, **said: Any) -> dict[str, Any]:
    return {"kind": "notice", "by": by, "times": times} | said


def exposure(problem: str, source: str, times: int = 1, **said: Any) -> dict[str, Any]:
    return {"kind": "exposure", "problem": problem, "source": source, "times": times, "verified": True} | said


def asked(assessment: Assessment, row: str) -> dict[str, tuple[str, ...]]:
    """Who is asked how, for one row."""
    return {found.measure.subject: found.measure.words for found in assessment.measures if found.row == row}


LAST_TWICE = {"kind": "assessment_last_place", "consecutive": 2, "medium": "air"}
MISSED = exposure("general", "public_report", grid_missed=True)
SUSPENDED = ("停职检查", "调整职务", "党政纪处分")
REMOVED = ("责令辞职", "降职", "免职", "党政纪处分")
EVERY_SEAT = ("territorial", "sector", "supervision")

# row, the least that must be said, who is asked how, and the clause in our own words.
LEAST: list[tuple[str, dict[str, Any], dict[str, tuple[str, ...]], str]] = [
    ("LY6.1", {"general": True, "grade": "minor"}, {"responsible": ("通报", "诫勉")}, "第六条（一）: 轻的，通报或诫勉"),
    ("LY6.2", {"general": True, "grade": "serious"}, {"responsible": ("组织处理", "党政纪处分")}, "第六条（二）: 重的，二者取其一"),
    ("LY6.3", {"general": True, "grade": "grave"}, {"responsible": ("组织处理", "党政纪处分")}, "第六条（三）: 严重的，两样都要"),
    ("LY6.4", {"general": True, "suspected_crime": True}, {"responsible": ("移送司法机关",)}, "第六条（四）: 犯罪嫌疑移送"),
    (
        "LY7.1",
        {"facts": [LAST_TWICE]},
        {"deputy_in_charge": ("约谈",), "unit": ("媒体通报批评",)},
        "第七条（一）: 两次排末，约谈并上媒体",
    ),
    (
        "LY7.2",
        {"facts": [{"kind": "annual_last_place"}]},
        {"principal": ("诫勉", "公开检查")},
        "第七条（二）: 全年排末，诫勉并公开检查",
    ),
    ("LY7.3", {"facts": [{"kind": "other_7", "reason": "弄丢考核数据"}]}, {}, "第七条（三）: 其他，由人定"),
    ("LY8.1", {"facts": [notice("municipal_office", rectification_notice=True)]}, {"responsible": ("通报批评",)}, "第八条（一）"),
    ("LY8.2", {"facts": [notice("municipal_team")]}, {"direct": ("诫勉",), "deputy_in_charge": ("通报",)}, "第八条（二）"),
    (
        "LY8.3",
        {"facts": [notice("provincial_or_above")]},
        {"direct": ("组织处理", "党政纪处分"), "deputy_in_charge": ("诫勉",), "principal": ("通报批评",)},
        "第八条（三）",
    ),
    ("LY8.4", {"facts": [{"kind": "other_8", "reason": "拒绝督查进厂"}]}, {}, "第八条（四）: 其他，由人定"),
    ("LY9.1", {"facts": [MISSED]}, {"grid_worker": ("通报批评", "诫勉")}, "第九条（一）: 网格员没发现没上报"),
    (
        "LY9.2",
        {"facts": [exposure("prominent", "central_media")]},
        {"deputy_in_charge": ("停职检查",), "principal": ("诫勉",)},
        "第九条（二）",
    ),
    (
        "LY9.3",
        {"facts": [exposure("prominent", "provincial_case", 2)]},
        {"deputy_in_charge": ("诫勉",), "principal": ("通报批评",)},
        "第九条（三）",
    ),
    (
        "LY9.4",
        {"facts": [exposure("prominent", "municipal_media", 3)]},
        {"deputy_in_charge": ("诫勉",), "principal": ("通报批评",)},
        "第九条（四）",
    ),
    ("LY9.5", {"facts": [{"kind": "other_9", "reason": "网络视频反映"}]}, {}, "第九条（五）: 其他，由人定"),
    ("LYQ.P1", {"dimensions": ["polluter"], "grade": "minor"}, {"polluter": ("责令立即整改", "依法从重处罚")}, "通知三（一）"),
    (
        "LYQ.P2",
        {"dimensions": ["polluter"], "grade": "serious"},
        {"polluter": ("责令立即整改", "顶格处罚", "媒体通报曝光")},
        "通知三（二）",
    ),
    (
        "LYQ.P3",
        {"dimensions": ["polluter"], "grade": "grave"},
        {"polluter": ("责令立即整改", "顶格处罚", "媒体通报曝光", "黑名单管理")},
        "通知三（三）: 再加黑名单",
    ),
    ("LYQ.P4", {"dimensions": ["polluter"], "suspected_crime": True}, {"polluter": ("移交司法机关",)}, "通知三末段: 不论轻重"),
]
for letter, seat, (first, second, third), part in (
    ("T", "territorial", ("direct", "deputy_in_charge", "principal"), "一"),
    ("S", "sector", ("direct", "deputy_in_charge", "principal"), "二"),
    ("V", "supervision", ("supervision_direct", "supervision_lead", "county_supervision_deputy"), "四"),
):
    LEAST += [
        (f"LYQ.{letter}1", {"dimensions": [seat], "grade": "minor"}, {first: ("诫勉",)}, f"通知{part}（一）"),
        (f"LYQ.{letter}2", {"dimensions": [seat], "grade": "serious"}, {first: SUSPENDED, second: ("诫勉",)}, f"通知{part}（二）"),
        (
            f"LYQ.{letter}3",
            {"dimensions": [seat], "grade": "grave"},
            {first: REMOVED, second: SUSPENDED, third: ("诫勉",)},
            f"通知{part}（三）",
        ),
    ]


@pytest.mark.parametrize(("row", "frame", "who", "clause"), LEAST, ids=[case[0] for case in LEAST])
def test_the_least_that_meets_a_luoyang_row_asks_exactly_whom_its_clause_names(row, frame, who, clause):
    answer = suggest(**frame)

    assert answer.rows == (row,), clause
    assert asked(answer, row) == who, clause


ADJUSTING = {
    "LY10.1": ("obstruction", "heavier"),
    "LY10.2": ("fraud", "heavier"),
    "LY10.3": ("retaliation", "heavier"),
    "LY10.4": ("repeat_offender", "heavier"),
    "LY10.5": ("grave_consequence", "heavier"),
    "LY10.6": ("other_heavier", "heavier"),
    "LY11.1": ("active_reduction", "lighter_allowed"),
    "LY11.2": ("cooperation_and_ownership", "lighter_allowed"),
    "LY11.3": ("other_lighter", "lighter_allowed"),
}


@pytest.mark.parametrize("row", ADJUSTING)
def test_circumstances_of_articles_10_and_11_count_only_beside_articles_7_to_9(row):
    word, kind = ADJUSTING[row]

    beside = suggest([notice("municipal_team")], circumstances=[word])
    alone = suggest(dimensions=["territorial"], grade="serious", circumstances=[word], general=True)

    assert [(found.kind, found.row) for found in beside.adjustments] == [(kind, row)]
    assert alone.adjustments == ()
    assert any(row in note for note in alone.notes)


BY_KIND = [
    (ruleset.id, row.id)
    for ruleset in BOOK.rulesets.values()
    for row in ruleset.rows
    if row.triggers and row.triggers[0].kind == row.id and not row.with_articles
]


@pytest.mark.parametrize(("ruleset", "row"), BY_KIND)
def test_rows_of_the_other_places_are_met_by_naming_them(ruleset, row):
    answer = suggest([{"kind": row}], ruleset=ruleset)

    assert answer.rows == (row,)
    assert answer.measures or any("由人写明理由" in note for note in answer.notes)


CONDITIONS = [
    # 第六条（一）: 不达标，并且（突出 或 明显恶化）
    ("changji-2016", "CJ6.1", {"below_function_zone": True}, False),
    ("changji-2016", "CJ6.1", {"problems_prominent": True, "clearly_worsening": True}, False),
    ("changji-2016", "CJ6.1", {"below_function_zone": True, "clearly_worsening": True}, True),
    # 第六条（三）: 严重失职并且恶劣影响；或者（已有敏感问题 + 不重视或处置不当 + 群体性事件）
    ("changji-2016", "CJ6.3", {"grave_dereliction": True}, False),
    ("changji-2016", "CJ6.3", {"grave_dereliction": True, "vile_effect": True}, True),
    ("changji-2016", "CJ6.3", {"existing_sensitive_issue": True, "mishandled": True}, False),
    ("changji-2016", "CJ6.3", {"existing_sensitive_issue": True, "mishandled": True, "mass_incident": True}, True),
    ("changji-2016", "CJ6.3", {"grave_dereliction": True, "mass_incident": True}, False),
    # 第六条（四）: 严重违法事件导致限批或停拨
    ("changji-2016", "CJ6.4", {"funds_stopped": True}, False),
    ("changji-2016", "CJ6.4", {"violation_event": True, "funds_stopped": True}, True),
    # 第六条（六）: 还要情节严重
    ("changji-2016", "CJ6.6", {"not_carried_out": True}, False),
    ("changji-2016", "CJ6.6", {"not_carried_out": True, "serious_circumstances": True}, True),
    # 第十六条: 执行不力和严重后果缺一不可
    ("qinhuangdao", "QH16", {"duties_badly_carried_out": True, "grave_consequence": True}, False),
    ("qinhuangdao", "QH16", {"listed_supervision": True, "grave_consequence": True}, False),
    ("qinhuangdao", "QH16", {"duties_badly_carried_out": True, "listed_supervision": True, "grave_consequence": True}, True),
    # 第十八条（五）: 国家媒体曝光还要有严重后果；（十）: 资金问题还要有不良影响；（四）: 任何一项即可
    ("qinhuangdao", "QH18.5", {"national_media": True}, False),
    ("qinhuangdao", "QH18.5", {"national_media": True, "grave_consequence": True}, True),
    ("qinhuangdao", "QH18.10", {"spending_stalled": True}, False),
    ("qinhuangdao", "QH18.10", {"spending_stalled": True, "bad_effect": True}, True),
    ("qinhuangdao", "QH18.4", {"summoned_twice_by_city": True}, True),
    ("qinhuangdao", "QH18.4", {"summoned_twice_by_city": False}, False),
    # 七（一）（三）: 推诿要造成损害；事故要重大并且影响恶劣
    ("lishui", "LS7.1.1", {"passed_around": True}, False),
    ("lishui", "LS7.1.1", {"passed_around": True, "damage_done": True}, True),
    ("lishui", "LS7.1.3", {"concealed": True}, False),
    ("lishui", "LS7.1.3", {"concealed": True, "mass_incident": True}, True),
    ("lishui", "LS7.3.1", {"major_accident": True}, False),
    ("lishui", "LS7.3.1", {"major_accident": True, "vile_effect": True}, True),
]


@pytest.mark.parametrize(("ruleset", "row", "said", "met"), CONDITIONS)
def test_a_row_that_needs_two_things_is_not_met_by_one(ruleset, row, said, met):
    answer = suggest([{"kind": row} | said], ruleset=ruleset)

    assert (row in answer.rows) is met
    assert met or any(row in note for note in answer.notes)


def test_the_effects_of_changji_article_12_wait_for_the_investigation():
    before = suggest([{"kind": "CJ6.2"}], ruleset="changji-2016")
    after = suggest([{"kind": "CJ6.2"}, {"kind": "CJ12"}], ruleset="changji-2016")
    without_situation = suggest([{"kind": "CJ12"}], ruleset="changji-2016")

    assert before.rows == ("CJ6.2",)
    assert any("第十二条" in note for note in before.notes)
    assert after.rows == ("CJ6.2", "CJ12")
    assert asked(after, "CJ12")["deputy_in_charge"] == ("不得提拔重用", "不得评先评优")
    assert without_situation.rows == ()


@pytest.mark.parametrize("number", range(1, 8))
def test_changji_is_stricter_only_when_grave_and_deliberate(number):
    word = f"CJ14.1.{number}"
    event = [{"kind": "CJ6.5"}]

    half = suggest(event, ruleset="changji-2016", circumstances=[word, "serious_circumstances"])
    whole = suggest(event, ruleset="changji-2016", circumstances=[word, "serious_circumstances", "deliberate"])

    assert half.adjustments == ()
    assert [(found.kind, found.row) for found in whole.adjustments] == [("heavier", word)]


@pytest.mark.parametrize("number", range(1, 6))
def test_changji_may_exempt_people_who_did_their_duty(number):
    answer = suggest([{"kind": "CJ6.5"}], ruleset="changji-2016", circumstances=[f"CJ14.3.{number}"])

    assert [(found.kind, found.row) for found in answer.adjustments] == [("exempt_or_lighter_allowed", f"CJ14.3.{number}")]


def test_acts_before_the_changji_rules_follow_the_rules_of_their_time():
    answer = suggest([{"kind": "CJ6.2", "year": 2015}], ruleset="changji-2016")

    assert answer.rows == ()
    assert any("下发前" in note for note in answer.notes)


@pytest.mark.parametrize(
    ("ruleset", "row"), [("changji-2016", "CJ13.crime"), ("qinhuangdao", "QH20.crime"), ("lishui", "LS7.2.crime")]
)
def test_a_suspected_crime_goes_to_justice_everywhere(ruleset, row):
    assert suggest(ruleset=ruleset, suspected_crime=True).rows == (row,)


def test_every_row_of_every_ruleset_is_reached_by_a_test():
    reached = {row for row, *_ in LEAST} | set(ADJUSTING) | {row for _, row in BY_KIND} | {"CJ12"}
    reached |= {f"CJ14.1.{n}" for n in range(1, 8)} | {f"CJ14.3.{n}" for n in range(1, 6)}
    reached |= {"CJ13.crime", "QH20.crime", "LS7.2.crime"}

    assert reached == {row.id for ruleset in BOOK.rulesets.values() for row in ruleset.rows}


# ---- 第七条 ----


def test_two_last_places_in_different_media_are_not_two_in_one():
    once_each = [{"kind": "assessment_last_place", "consecutive": 1, "medium": medium} for medium in ("air", "water")]

    assert suggest(once_each).rows == ()


def test_rows_of_article_7_stand_side_by_side():
    assert suggest([LAST_TWICE, {"kind": "annual_last_place"}]).rows == ("LY7.1", "LY7.2")


def test_open_readings_of_article_7_are_said():
    answer = suggest([LAST_TWICE, {"kind": "annual_last_place"}])

    assert [text[:5] for text in answer.interpretations] == ["LY7.1", "LY7.2"]


# ---- 第八条 ----


def test_notices_on_different_issues_stand_alone():
    assert suggest([notice("municipal_office", 5)]).rows == ()
    assert suggest([notice("municipal_office", 5, rectification_notice=True)]).rows == ("LY8.1",)


def test_two_notices_on_one_issue_need_no_rectification_notice():
    assert suggest([notice("municipal_office", 2, same_or_similar=True)]).rows == ("LY8.2",)


def test_one_year_is_added_and_different_years_are_not():
    def half(year: int) -> dict[str, Any]:
        return notice("municipal_office", 1, same_or_similar=True, year=year)

    assert suggest([half(2019), half(2019)]).rows == ("LY8.2",)
    apart = suggest([half(2018), half(2019)])
    assert apart.rows == ()
    assert any("不同年份" in note for note in apart.notes)


def test_two_notices_by_either_team_reach_8_3_and_one_of_each_says_that_it_is_a_reading():
    both = suggest([notice("provincial_team", 1, year=2019), notice("municipal_team", 1, year=2019)])

    assert suggest([notice("provincial_team", 2)]).rows == ("LY8.3",)
    assert suggest([notice("municipal_team", 2)]).rows == ("LY8.3",)
    assert both.rows == ("LY8.3",)
    assert any("合并" in text for text in both.interpretations)


def test_only_the_strictest_row_of_article_8_is_suggested_and_the_note_says_it_is_our_convention():
    answer = suggest([notice("municipal_office", 2, same_or_similar=True, rectification_notice=True)])

    assert answer.rows == ("LY8.2",)
    assert any("LY8.1" in note and "约定" in note for note in answer.notes)


def test_one_notice_by_the_provincial_team_names_the_overlap():
    answer = suggest([notice("provincial_team")])

    assert answer.rows == ("LY8.2",)
    assert any("LY8.2" in text for text in answer.interpretations)


# ---- 第九条 ----


def test_what_is_not_verified_matches_nothing():
    answer = suggest([exposure("prominent", "central_media", 9, verified=False), {**MISSED, "verified": False}])

    assert answer.rows == ()
    assert sum("没有查实" in note for note in answer.notes) == 2


@pytest.mark.parametrize(
    ("source", "needed", "row"),
    [
        ("ministry_case", 1, "LY9.2"),
        ("central_media", 1, "LY9.2"),
        ("provincial_case", 2, "LY9.3"),
        ("provincial_media", 2, "LY9.3"),
        ("municipal_case", 2, "LY9.4"),
        ("municipal_media", 3, "LY9.4"),
    ],
)
def test_a_prominent_problem_needs_its_number_within_one_year(source, needed, row):
    enough = suggest([exposure("prominent", source, needed, year=2018)])
    short = suggest([exposure("prominent", source, needed - 1, year=2018), exposure("prominent", source, needed - 1, year=2019)])

    assert enough.rows == (row,)
    assert short.rows == ()


def test_a_provincial_case_and_a_provincial_exposure_are_counted_apart():
    assert suggest([exposure("prominent", "provincial_case"), exposure("prominent", "provincial_media")]).rows == ()


def test_a_general_problem_that_the_grid_worker_had_reported_asks_nobody():
    assert suggest([exposure("general", "media", 3, grid_missed=False)]).rows == ()


def test_articles_8_and_9_stand_side_by_side():
    assert suggest([notice("municipal_team"), exposure("prominent", "central_media")]).rows == ("LY8.2", "LY9.2")


# ---- 通知: grade, step up, polluter ----


@pytest.mark.parametrize(
    ("signs", "impact", "grade"),
    [
        (["rectified_in_time"], "none", "minor"),
        (["rectified_in_time"], "small", "minor"),
        (["slow", "unrectified"], "larger", "serious"),
        (["repeatedly_unrectified"], "major", "grave"),
        (["recurring"], "major", "grave"),
        (["regional"], "major", "grave"),
        (["slow", "unrectified", "recurring"], "major", "grave"),
        (["slow"], "larger", None),
        (["slow", "unrectified"], "major", None),
        (["recurring"], "larger", None),
        (["rectified_in_time"], None, None),
        ([], "major", None),
    ],
)
def test_the_grade_is_presumed_only_where_part_five_says_so(signs, impact, grade):
    answer = suggest(signs=signs, impact=impact, dimensions=list(EVERY_SEAT))

    assert answer.grade == grade
    assert bool(answer.rows) is (grade is not None)


def test_without_a_grade_the_note_names_what_the_nearest_grade_lacks():
    answer = suggest(signs=["slow"], impact="larger", dimensions=["territorial"])

    assert (answer.grade, answer.effective_grade, answer.rows) == (None, None, ())
    assert any("unrectified" in note and "serious" in note for note in answer.notes)


def test_a_grade_given_by_a_person_sets_the_signs_aside():
    answer = suggest(grade="minor", signs=["recurring"], impact="major", dimensions=["sector"])

    assert answer.grade == "minor"
    assert answer.rows == ("LYQ.S1",)


def test_being_named_from_above_moves_the_notice_one_grade_and_never_beyond_grave():
    lifted = [suggest(grade=grade, dimensions=["territorial"], named_from_above=True) for grade in GRADES]

    assert [(answer.grade, answer.effective_grade) for answer in lifted] == [
        ("minor", "serious"),
        ("serious", "grave"),
        ("grave", "grave"),
    ]
    assert [answer.rows for answer in lifted] == [("LYQ.T2",), ("LYQ.T3",), ("LYQ.T3",)]


def test_being_named_from_above_is_an_adjustment_for_the_rules_and_says_that_a_step_is_open():
    answer = suggest([notice("municipal_team")], named_from_above=True, general=True, grade="minor")

    assert answer.rows == ("LY6.1", "LY8.2")
    assert [(found.kind, found.row) for found in answer.adjustments] == [("one_step_up", "LY6.1"), ("one_step_up", "LY8.2")]
    assert any("一个档次" in text for text in answer.interpretations)


def test_state_owned_polluters_also_answer_in_person():
    answer = suggest(grade="serious", dimensions=["polluter"], state_owned=True)

    assert "国有企事业单位负责人及相关责任人追责" in answer.as_json()["measures"][0]["all_of"]


def test_removing_principals_directly_is_allowed_but_never_suggested():
    answer = suggest(grade="grave", dimensions=["territorial"])

    assert any("allowed" in note for note in answer.notes)
    assert asked(answer, "LYQ.T3")["principal"] == ("诫勉",)


def test_article_6_is_used_only_when_asked_for():
    assert suggest(grade="grave").rows == ()
    assert suggest(general=True).rows == ()


def test_grave_cases_owe_both_kinds_of_measure():
    measure = suggest(general=True, grade="grave").as_json()["measures"][0]

    assert measure["all_of"] == ["组织处理", "党政纪处分"]
    assert "any_of" not in measure


def test_the_answer_has_its_keys_in_their_order():
    answer = suggest([notice("municipal_team")]).as_json()

    assert list(answer) == ["ruleset", "grade", "effective_grade", "rows", "measures", "adjustments", "interpretations", "notes"]
    assert list(answer["measures"][0]) == ["row", "dimension", "subject", "any_of", "or_stricter", "clause"]


def test_the_trace_names_row_clause_and_the_facts_that_met_it():
    line = suggest([notice("municipal_team", 1, year=2019)]).as_json(trace=True)["trace"][0]

    assert line == {
        "row": "LY8.2",
        "clause": "办法 第八条（二）",
        "outcome": "suggested",
        "because": ["notice(by=municipal_team, times=1, year=2019)"],
    }


def test_unused_words_are_said_to_be_without_effect():
    answer = suggest([{"kind": "QH18.6"}], ruleset="qinhuangdao", dimensions=["territorial"], named_from_above=True)

    assert [name for name in ("dimensions", "named_from_above") if any(name in note for note in answer.notes)] == [
        "dimensions",
        "named_from_above",
    ]


# ---- what must hold for every case ----

YEARS = st.sampled_from([None, 2018, 2019])


@st.composite
def luoyang_facts(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(
        st.sampled_from(["assessment_last_place", "annual_last_place", "notice", "exposure", "other_7", "other_8", "other_9"])
    )
    declared = BOOK.rulesets[LUOYANG].kinds[kind].fields
    fact: dict[str, Any] = {"kind": kind}
    for name, field in declared.items():
        match field.type:
            case "word":
                fact[name] = draw(st.sampled_from(sorted(field.words)))
            case "count":
                fact[name] = draw(st.integers(0, 3))
            case "flag":
                fact[name] = draw(st.booleans())
            case "year":
                fact[name] = draw(YEARS)
            case _:
                fact[name] = "有理由"
    return fact


CASES = st.fixed_dictionaries(
    {
        "ruleset": st.just(LUOYANG),
        "facts": st.lists(luoyang_facts(), max_size=5),
        "dimensions": st.lists(st.sampled_from(sorted(BOOK.words.dimensions)), unique=True),
        "signs": st.lists(st.sampled_from(sorted(BOOK.words.signs)), unique=True),
        "impact": st.sampled_from([None, *BOOK.words.impacts]),
        "grade": st.sampled_from([None, *GRADES]),
        "named_from_above": st.booleans(),
        "circumstances": st.lists(st.sampled_from(sorted(BOOK.rulesets[LUOYANG].circumstances)), unique=True),
        "state_owned": st.booleans(),
        "suspected_crime": st.booleans(),
        "general": st.booleans(),
    }
)


def answer_to(case: dict[str, Any]) -> Assessment:
    return assess(read(case, BOOK), BOOK)


def highest(answer: Assessment) -> tuple[int, int]:
    return strictness([found.measure for found in answer.measures], BOOK.words.bands)


@given(CASES, st.randoms())
def test_the_order_in_which_things_are_said_never_matters(case, random):
    shuffled = {
        key: random.sample(value, len(value)) if isinstance(value, list) else value
        for key, value in random.sample(sorted(case.items()), len(case))
    }

    assert answer_to(shuffled).as_json(trace=True) == answer_to(case).as_json(trace=True)


@given(CASES, luoyang_facts())
def test_one_more_fact_never_lowers_the_highest_band(case, fact):
    more = case | {"facts": [*case["facts"], fact]}

    assert highest(answer_to(more)) >= highest(answer_to(case))


GRAVER_FLAGS = ("verified", "grid_missed", "same_or_similar", "rectification_notice")


@given(CASES, st.data())
def test_a_graver_fact_never_lowers_the_highest_band(case, data):
    facts = [dict(fact) for fact in case["facts"]]
    if not facts:
        return
    fact = data.draw(st.sampled_from(facts))
    ways = [name for name in (*GRAVER_FLAGS, "times", "consecutive") if name in fact]
    if not ways:
        return
    way = data.draw(st.sampled_from(ways))
    fact[way] = True if way in GRAVER_FLAGS else fact[way] + data.draw(st.integers(1, 3))

    assert highest(answer_to(case | {"facts": facts})) >= highest(answer_to(case))


@given(CASES)
def test_a_graver_grade_never_lowers_the_highest_band(case):
    bands = [highest(answer_to(case | {"grade": grade})) for grade in GRADES]

    assert bands == sorted(bands)


@given(CASES)
def test_being_named_from_above_never_lowers_the_highest_band(case):
    plain, lifted = (answer_to(case | {"named_from_above": named}) for named in (False, True))

    assert highest(lifted) >= highest(plain)


@given(CASES)
def test_a_further_failing_seat_only_adds_rows(case):
    fewer, more = answer_to(case | {"dimensions": case["dimensions"][:-1]}), answer_to(case)

    assert set(fewer.rows) <= set(more.rows)


@given(CASES)
def test_inside_articles_8_and_9_never_more_than_one_row_stands(case):
    rows = answer_to(case).rows

    assert sum(row.startswith("LY8.") for row in rows) <= 1
    assert sum(row.startswith("LY9.") for row in rows) <= 1
