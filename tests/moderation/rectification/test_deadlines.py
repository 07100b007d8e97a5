"""整改时限, read by the grammar and by nothing else."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.rectification.deadlines import KINDS, Deadline, Milestone, find_dates, read_deadline

CLEAR = [
    ("2026年12月31日", "date", date(2026, 12, 31), False),
    ("2026年4月底前", "date", date(2026, 4, 30), False),
    ("2028年2月底", "date", date(2028, 2, 29), False),
    ("2026年10月", "date", date(2026, 10, 31), False),
    ("2026年10月中旬", "date", date(2026, 10, 20), False),
    ("2026年年底前", "date", date(2026, 12, 31), False),
    ("2026年底前全面完成整改任务", "date", date(2026, 12, 31), False),
    ("2026年上半年", "date", date(2026, 6, 30), False),
    ("2026年第三季度末前", "date", date(2026, 9, 30), False),
    ("二〇二六年十二月底前", "date", date(2026, 12, 31), False),
    ("２０２６ 年 １２ 月 底 前", "date", date(2026, 12, 31), False),
    ("2026.12.31", "date", date(2026, 12, 31), False),
    ("2026-09-05前", "date", date(2026, 9, 5), False),
    ("立即整改，2026年12月底前完成", "date", date(2026, 12, 31), False),
    ("拟2026年10月底前完成，现已完成60%", "date", date(2026, 10, 31), False),
    ("立即整改，持续推进。", "immediate_ongoing", None, True),
    ("立行立改，长期坚持", "immediate_standing", None, True),
    ("已经完成，长期坚持", "done_standing", None, True),
    ("2026年底前，并长期坚持", "date_then_standing", date(2026, 12, 31), True),
    ("2026年5月底前完成招标任务", "milestone_only", None, False),
    ("2026年11月30日前完成施工，12月30日前完成验收", "dates", date(2026, 12, 30), False),
    ("2026年11月底前开工，次年3月底前完工", "dates", date(2027, 3, 31), False),
]
ASKED = [
    ("2026年8月前", [date(2026, 7, 31), date(2026, 8, 31)]),
    ("2027年前", [date(2026, 12, 31), date(2027, 12, 31)]),
    ("2026年第三季度前", [date(2026, 6, 30), date(2026, 9, 30)]),
    ("2026年10月中旬前", [date(2026, 10, 10), date(2026, 10, 20)]),
    ("8月底前", []),
    ("年底前", []),
    ("月底前", []),
    ("三个月内", []),
    ("20个工作日内", []),
    ("2026年2月30日前", []),
    ("2026年13月底前", []),
    ("2026年汛期前", []),
    ("2026年11月底前开工，3月底前完工", []),
    ("2026年12月底前（视天气）", []),
    ("立即整改", []),
    ("尽快", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "kind", "due", "ongoing"), CLEAR)
def test_a_clear_deadline_is_a_date_or_a_duty(text: str, kind: str, due: date | None, ongoing: bool) -> None:
    deadline = read_deadline(text)

    assert (deadline.kind, deadline.due, deadline.ongoing) == (kind, due, ongoing)
    assert deadline.questions == ()


@pytest.mark.parametrize(("text", "choices"), ASKED)
def test_an_ambiguous_deadline_is_asked_and_not_chosen(text: str, choices: list[date]) -> None:
    deadline = read_deadline(text)

    assert (deadline.kind, deadline.due) == ("unclear", None)
    assert deadline.questions
    assert list(deadline.questions[0].choices) == choices


def test_two_dates_are_two_steps_and_the_later_is_the_deadline() -> None:
    deadline = read_deadline("2026年11月30日前完成施工，12月30日前完成验收工作。")

    assert deadline.milestones == (
        Milestone(date(2026, 11, 30), "完成施工"),
        Milestone(date(2026, 12, 30), "完成验收工作"),
    )


def test_what_stands_before_a_date_belongs_to_it_when_asked_again() -> None:
    deadline = read_deadline("主体工程2026年11月30日前完成，验收2026年12月30日前完成")

    assert [step.text for step in deadline.milestones] == ["主体工程完成", "验收完成"]


@pytest.mark.parametrize(
    ("text", "due"),
    [("三个月内", date(2026, 10, 31)), ("10日内", date(2026, 8, 10)), ("两周内", date(2026, 8, 14)), ("1年内", date(2027, 7, 31))],
)
def test_a_span_counts_from_the_day_somebody_named(text: str, due: date) -> None:
    assert read_deadline(text, base=date(2026, 7, 31)).due == due


def test_this_year_and_next_year_need_a_base() -> None:
    assert read_deadline("今年底前").kind == "unclear"
    assert read_deadline("今年底前", base=date(2026, 7, 1)).due == date(2026, 12, 31)
    assert read_deadline("明年6月底前", base=date(2026, 7, 1)).due == date(2027, 6, 30)


def test_a_question_about_a_year_offers_what_the_base_suggests() -> None:
    (question,) = read_deadline("10月底前", base=date(2026, 7, 1)).questions

    assert question.choices == (date(2026, 10, 31),)


def test_how_far_the_work_is_stays_as_a_note() -> None:
    assert read_deadline("拟2026年10月底前完成，现已完成60%").notes == ("现已完成60%",)


def test_dates_in_prose_are_found_with_the_year_carried() -> None:
    found = find_dates("2026年9月底前停运，10月15日前拆除")

    assert [one.day for one in found] == [date(2026, 9, 30), date(2026, 10, 15)]


DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))
SIGNS = st.sampled_from(["前", "之前", "止", ""])


@given(DAYS, SIGNS, st.booleans())
def test_any_day_reads_back(day: date, sign: str, spaced: bool) -> None:
    gap = " " if spaced else ""
    text = f"{day.year}{gap}年{gap}{day.month}{gap}月{gap}{day.day}{gap}日{sign}"

    assert read_deadline(text) == Deadline(text, "date", day)


@given(st.lists(DAYS, min_size=2, max_size=4, unique=True).map(sorted), st.booleans())
def test_any_row_of_dates_reads_back(days: list[date], standing: bool) -> None:
    texts = [f"{d.year}年{d.month}月{d.day}日前完成第{'甲乙丙丁'[n]}步" for n, d in enumerate(days)]
    deadline = read_deadline("，".join(texts) + ("，长期坚持" if standing else ""))

    assert deadline.kind == "dates"
    assert deadline.due == days[-1]
    assert deadline.ongoing is standing
    assert deadline.milestones == tuple(Milestone(d, f"完成第{'甲乙丙丁'[n]}步") for n, d in enumerate(days))


@given(st.text(alphabet="2026年月日底前，。立即整改长期坚持持续推进完成一二十季度内半上 ：（）", max_size=30))
def test_no_text_breaks_the_grammar_and_unclear_always_asks(text: str) -> None:
    deadline = read_deadline(text)

    assert deadline.kind in KINDS
    assert (deadline.kind == "unclear") == bool(deadline.questions)
    assert (deadline.due is not None) == (deadline.kind in {"date", "dates", "date_then_standing"})
