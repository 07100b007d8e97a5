"""The life of a letter, step by step, as the office tells it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from moderation.casework import assignment, clocks, handling, letter_lists, messages, review, screening, status
from moderation.casework.guards import GUARDS, LETTER
from moderation.casework.letter_lists import Filter
from moderation.casework.letters import (
    BatchOrigin,
    Letter,
    LetterCount,
    LetterDeadline,
    LetterEvent,
    LetterFinding,
    MeasureKind,
    RefusalKind,
)
from moderation.casework.machine import DESK_OF, STEPS, Desk, LetterState, Track
from moderation.casework.review import OnSite
from moderation.casework.screening import Claim, WorkingSummary
from moderation.demo.stage import Stage
from portal.core.clock import day_of
from portal.core.errors import Mendable, NotAllowed, NotThere, Overtaken, Refusal
from portal.core.report_content import Identity
from portal.core.vocabulary import Verdict
from tests.moderation.casework.office_work import STORY, WORKING, Work

S = LetterState


@pytest.fixture
def work(stage: Stage) -> Iterator[Work]:
    with stage.office.office.transaction() as session:
        yield Work(stage, session)


def about(act: str) -> WorkingSummary:
    """The usual summary, of another act."""
    return replace(WORKING, claims=(Claim("反映的行为", act),))


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step.source.value}-{step.verb}")
def test_every_step_cites_a_clause_and_names_a_guard_that_exists(step) -> None:
    assert step.clause
    assert step.guard in GUARDS
    assert step.roles or step.by_system


def test_every_state_can_be_reached_and_has_a_desk() -> None:
    reached = {S.RECEIVED}
    while True:
        further = {step.target for step in STEPS if step.source in reached} - reached
        if not further:
            break
        reached |= further
    assert set(S) == reached
    assert set(DESK_OF) == set(S)


def test_a_plain_letter_goes_from_report_to_archive(work: Work) -> None:
    letter = work.settled()

    assert letter.state is S.SETTLED
    assert letter.verdict is Verdict.SUBSTANTIATED
    assert letter.due is None
    review.ask_satisfaction(work.session, letter, by=work.who("zuyuan"), at=work.at)
    review.archive(work.session, letter, "未作评价", by=work.who("zuyuan"), at=work.at)
    assert letter.state is S.ARCHIVED
    verbs = work.session.scalars(select(LetterEvent.verb).where(LetterEvent.letter_id == letter.id).order_by(LetterEvent.id)).all()
    expected = ["start_screening", "accept", "assign", "take_up", "report", "settle", "ask_satisfaction", "archive"]
    assert list(verbs) == expected


def test_accepting_gives_a_number_and_starts_the_handling_clock(work: Work) -> None:
    letter = work.accepted()

    assert letter.number is not None
    assert letter.number.startswith("W2026-1120-")
    assert [row.clock for row in clocks.running(work.session, letter)] == ["handling"]
    assert letter.due == date(2027, 1, 19)
    assert clocks.running(work.session, letter)[0].arithmetic == "受理日 2026-11-20 + 60 日"


def test_a_letter_without_summary_cannot_be_accepted(work: Work) -> None:
    letter = work.arrived()
    screening.start_screening(work.session, letter, by=work.who("shenhe"), at=work.at)

    with pytest.raises(Refusal, match="先写好工作摘要"):
        screening.accept(work.session, letter, by=work.who("shenhe"), at=work.at)

    assert letter.state is S.SCREENING


def test_a_summary_that_copies_twelve_characters_is_refused(work: Work) -> None:
    letter = work.arrived()
    screening.start_screening(work.session, letter, by=work.who("shenhe"), at=work.at)
    copied = replace(WORKING, summary=f"群众称{STORY[:14]}。")

    with pytest.raises(Mendable, match="12 个字与原文相同") as refused:
        screening.write_summary(work.session, letter, copied, key=work.key, by=work.who("shenhe"), at=work.at)

    assert refused.value.field == "summary"


def test_spaces_and_punctuation_do_not_hide_a_copied_run(work: Work) -> None:
    letter = work.arrived()
    screening.start_screening(work.session, letter, by=work.who("shenhe"), at=work.at)
    spaced = replace(WORKING, summary="料场，每天 夜里、十一点 以后，装卸 石子")

    with pytest.raises(Mendable, match="与原文相同"):
        screening.write_summary(work.session, letter, spaced, key=work.key, by=work.who("shenhe"), at=work.at)


def test_a_summary_may_name_the_place_as_it_was_given(work: Work) -> None:
    letter = work.arrived(place="青石镇东大路北段十二号石子料场院内", story=f"就在青石镇东大路北段十二号石子料场院内，{STORY}")
    screening.start_screening(work.session, letter, by=work.who("shenhe"), at=work.at)
    named = replace(WORKING, place="青石镇东大路北段十二号石子料场院内")

    screening.write_summary(work.session, letter, named, key=work.key, by=work.who("shenhe"), at=work.at)


def test_a_summary_that_names_the_reporter_is_refused_without_saying_who(work: Work) -> None:
    letter = work.arrived(identity=Identity(name="欧阳静宁", phone="139 0000 0000"))
    screening.start_screening(work.session, letter, by=work.who("shenhe"), at=work.at)

    for words in ("据欧阳静宁反映，料场扬尘。", "请联系13900000000核实。"):
        told = replace(WORKING, summary=words)
        with pytest.raises(Mendable, match="身份信息") as refused:
            screening.write_summary(work.session, letter, told, key=work.key, by=work.who("shenhe"), at=work.at)
        assert "欧阳" not in str(refused.value)


def test_a_refusal_waits_for_a_second_person_and_then_tells_the_reporter(work: Work) -> None:
    letter = work.refusal_proposed()
    assert letter.state is S.REFUSAL_PROPOSED

    with pytest.raises(Refusal, match="复核人不能是提议人"):
        screening.decide_refusal(work.session, letter, agree=True, by=work.who("shenhe"), at=work.at)
    screening.decide_refusal(work.session, letter, agree=True, by=work.who("shenhe2"), at=work.at)

    assert letter.state is S.NOT_ACCEPTED
    assert letter.due is None
    told = messages.messages_of(work.session, letter)[-1]
    assert "缺少地点" in told.text
    assert "依据" in told.text


def test_an_answer_with_an_open_slot_is_not_sent(work: Work) -> None:
    letter = work.screened()

    with pytest.raises(Mendable, match="没填的空"):
        screening.propose_refusal(
            work.session, letter, kind=RefusalKind.TRANSFER, template="other_authority", reply="归{渠道}处理", reason="不归我们",
            key=work.key, by=work.who("shenhe"), at=work.at,
        )  # fmt: skip


def test_a_letter_about_an_official_is_seen_by_the_discipline_liaison_alone(work: Work) -> None:
    letter = work.screened()
    screening.to_discipline(work.session, letter, "反映干部失职", by=work.who("shenhe"), at=work.at)

    assert letter_lists.find(work.session, letter.id, work.who("jijian")) is letter
    for login in ("shenhe", "zuzhang", "lingdao", "shenji", "duban", "guanli", "chengguan"):
        with pytest.raises(NotThere):
            letter_lists.find(work.session, letter.id, work.who(login))
    assert letter_lists.count_in(work.session, S, work.who("zuzhang")) == 0
    screening.hand_back(work.session, letter, "主要是环境问题", by=work.who("jijian"), at=work.at)
    assert letter_lists.find(work.session, letter.id, work.who("shenhe")) is letter


def test_waiting_for_a_supplement_stops_the_acceptance_clock(work: Work) -> None:
    letter = work.screened()
    due = letter.due
    screening.ask_supplement(work.session, letter, "请告诉我们是哪一段路。", by=work.who("shenhe"), at=work.at)
    work.days_later(4)

    screening.stop_waiting(work.session, letter, "地点已由巡查查明", by=work.who("shenhe"), at=work.at)

    assert due is not None
    assert letter.due is not None
    assert (letter.due - due).days == 4
    assert "补正停表 4 日" in clocks.running(work.session, letter)[0].arithmetic


def test_the_unit_complained_about_never_gets_the_letter(work: Work) -> None:
    letter = work.accepted(who="县城管局的渣土车")

    assert "urban" not in {unit.id for unit in assignment.may_handle(work.session, letter)}
    suggested = assignment.suggestion(work.session, letter)
    assert suggested.unit is not None
    assert suggested.unit.id != "urban"
    assert any("回避" in line for line in suggested.trace)
    with pytest.raises(Refusal, match="回避"):
        assignment.assign(work.session, letter, unit_ids=("urban",), why="", by=work.who("zuyuan"), at=work.at)


def test_the_town_the_reporter_fears_never_gets_the_letter(work: Work) -> None:
    letter = work.accepted(about("waste_dumping"), must_not_know=("村里和镇上的人",))

    suggested = assignment.suggestion(work.session, letter)

    assert suggested.unit is not None
    assert suggested.unit.id != "qingshi"
    assert "qingshi" not in {unit.id for unit in assignment.may_handle(work.session, letter)}
    with pytest.raises(NotThere):
        letter_lists.find(work.session, letter.id, work.who("qingshi"))


def test_where_no_unit_of_the_county_is_left_the_level_above_handles(work: Work) -> None:
    letter = work.accepted(about("sewage_discharge"), who="县生态环境局", must_not_know=("县生态环境局",))

    suggested = assignment.suggestion(work.session, letter)

    assert suggested.unit is not None
    assert suggested.unit.id == "city-bureau"


def test_a_person_named_in_the_report_sees_no_row_no_count_and_no_gap(work: Work) -> None:
    plain, naming = work.accepted(), work.accepted(story=f"找过陆远山也没用。{STORY}")
    member, lead = work.who("zuyuan"), work.who("zuzhang")

    assert {row.letter.id for row in letter_lists.letters_in(work.session, Filter(desk=Desk.QUEUE), member).rows} == {plain.id}
    assert letter_lists.count_in(work.session, (S.ACCEPTED,), member) == 1
    assert letter_lists.count_in(work.session, (S.ACCEPTED,), lead) == 2
    with pytest.raises(Refusal, match="没有这件信访件"):
        assignment.assign(work.session, naming, unit_ids=("urban",), why="", by=member, at=work.at)


def test_a_unit_sees_only_its_letters(work: Work) -> None:
    mine, other = work.assigned("urban"), work.assigned("housing")

    rows = letter_lists.letters_in(work.session, Filter(), work.who("chengguan")).rows

    assert [row.letter.id for row in rows] == [mine.id]
    assert letter_lists.count_in(work.session, (S.ASSIGNED,), work.who("chengguan")) == 1
    with pytest.raises(NotThere):
        letter_lists.find(work.session, other.id, work.who("chengguan"))


def test_a_unit_returns_a_letter_within_the_limit_and_the_clock_runs_on(work: Work) -> None:
    letter = work.assigned()
    handling_due = clocks.running_of(work.session, letter, "handling")
    assignment.return_to_group(work.session, letter, "道路归公路部门养护", by=work.who("chengguan"), at=work.at)

    assert letter.state is S.RETURN_DISPUTED
    running = clocks.running_of(work.session, letter, "handling")
    assert running is not None
    assert handling_due is not None
    assert running.id == handling_due.id
    with pytest.raises(NotThere):
        letter_lists.find(work.session, letter.id, work.who("chengguan"))


def test_after_two_returns_the_group_decides(work: Work) -> None:
    letter = work.assigned("urban")
    assignment.return_to_group(work.session, letter, "不归我们", by=work.who("chengguan"), at=work.at)
    assignment.assign(work.session, letter, unit_ids=("housing",), why="改派", by=work.who("zuyuan"), at=work.at)
    assignment.return_to_group(work.session, letter, "也不归我们", by=work.who("zhujian"), at=work.at)
    assignment.assign(work.session, letter, unit_ids=("urban",), why="职责清楚", by=work.who("zuyuan"), at=work.at)

    with pytest.raises(Refusal, match="由信访督办组决定"):
        assignment.return_to_group(work.session, letter, "还是不归我们", by=work.who("chengguan"), at=work.at)


def test_what_the_group_insists_on_cannot_be_returned(work: Work) -> None:
    letter = work.assigned()
    assignment.return_to_group(work.session, letter, "不归我们", by=work.who("chengguan"), at=work.at)

    assignment.insist(work.session, letter, "三定方案写明归城管", by=work.who("zuzhang"), at=work.at)

    assert letter.state is S.HANDLING
    assert letter_lists.find(work.session, letter.id, work.who("chengguan")) is letter


def test_a_return_after_the_limit_is_refused_with_the_day(work: Work) -> None:
    letter = work.assigned()
    work.days_later(10)

    with pytest.raises(Refusal, match="退回期限已过（11月27日）"):
        assignment.return_to_group(work.session, letter, "不归我们", by=work.who("chengguan"), at=work.at)


def test_a_letter_not_signed_for_counts_as_taken_up_after_the_limit(work: Work) -> None:
    letter = work.assigned()
    assert not handling.take_up_overdue(work.session, letter, at=work.at)
    work.days_later(10)

    assert handling.take_up_overdue(work.session, letter, at=work.at)
    assert not handling.take_up_overdue(work.session, letter, at=work.at)

    assert letter.state is S.HANDLING


def test_an_extension_is_asked_once_before_the_deadline_and_keeps_the_first_day(work: Work) -> None:
    letter = work.handling()
    first = letter.first_due_on
    handling.ask_extension(work.session, letter, "需要检测", by=work.who("chengguan"), at=work.at)
    handling.decide_extension(work.session, letter, agree=True, by=work.who("zuzhang"), at=work.at)

    assert letter.first_due_on == first
    assert first is not None
    assert letter.due is not None
    assert (letter.due - first).days == 30
    with pytest.raises(Refusal, match="已经延期过一次"):
        handling.ask_extension(work.session, letter, "还要", by=work.who("chengguan"), at=work.at)


def test_an_extension_after_the_deadline_is_refused(work: Work) -> None:
    letter = work.handling()
    work.days_later(90)

    with pytest.raises(Refusal, match="期限已过"):
        handling.ask_extension(work.session, letter, "忘了", by=work.who("chengguan"), at=work.at)


def test_claims_with_different_verdicts_make_the_letter_partly_substantiated(work: Work) -> None:
    letter = work.handling()
    first, second = work.findings(letter)
    mixed = (first, replace(second, verdict=Verdict.UNSUBSTANTIATED, measures=""))

    handling.report_findings(
        work.session,
        letter,
        mixed,
        (handling.Measure(MeasureKind.FINE, 20_000),),
        key=work.key,
        by=work.who("chengguan"),
        at=work.at,
    )

    assert letter.state is S.UNDER_REVIEW
    assert letter.verdict is Verdict.PARTLY_SUBSTANTIATED
    assert [(m.kind, m.number) for m in handling.measures_of(work.session, letter)] == [(MeasureKind.FINE, 20_000)]


def test_a_report_without_a_verdict_for_every_claim_is_refused(work: Work) -> None:
    letter = work.handling()
    first, second = work.findings(letter)

    with pytest.raises(Mendable, match="第 2 项还没有选结论"):
        handling.report_findings(
            work.session, letter, (first, replace(second, verdict=None)), (), key=work.key, by=work.who("chengguan"), at=work.at
        )

    assert letter.state is S.HANDLING


def test_a_joint_letter_goes_to_review_when_the_last_unit_has_reported(work: Work) -> None:
    letter = work.handling("urban", "housing")
    work.report(letter, "chengguan")
    assert letter.state is S.HANDLING

    work.report(letter, "zhujian")

    assert letter.state is S.UNDER_REVIEW


def test_staff_enter_the_stamped_answer_of_a_unit_without_accounts_and_do_not_review_it(work: Work) -> None:
    letter = work.assigned("bailu")
    handling.take_up(work.session, letter, by=work.who("zuyuan"), at=work.at)
    work.report(letter, "zuyuan")
    assert letter.state is S.UNDER_REVIEW

    with pytest.raises(Refusal, match="办理人不能审核"):
        review.settle(work.session, letter, "可以", "已查处。", key=work.key, by=work.who("zuyuan"), at=work.at)
    review.settle(work.session, letter, "可以", "已查处。", key=work.key, by=work.who("zuzhang"), at=work.at)


def test_a_letter_sent_back_is_counted_and_needs_every_verdict_again(work: Work) -> None:
    letter = work.reported()
    review.send_back(work.session, letter, "没有整改后照片", by=work.who("zuzhang"), at=work.at)

    assert letter.state is S.HANDLING
    assert letter.redos == 1
    assert letter.verdict is None
    work.report(letter, "chengguan")
    assert letter.state is S.UNDER_REVIEW
    rounds = work.session.scalars(select(LetterFinding.round).where(LetterFinding.letter_id == letter.id)).all()
    assert sorted(rounds) == [1, 1, 2, 2]


def test_a_key_letter_is_closed_only_after_the_groups_own_check(work: Work) -> None:
    letter = work.reported(working=replace(WORKING, key_letter=True))
    with pytest.raises(Refusal, match="现场核查"):
        review.settle(work.session, letter, "可以", "已查处。", key=work.key, by=work.who("zuzhang"), at=work.at)

    seen = OnSite({"seen": "是"}, "到场看过，已覆盖", passed=True)
    review.check_on_site(work.session, letter, seen, by=work.who("zuyuan"), at=work.at)
    review.settle(work.session, letter, "可以", "已查处。", key=work.key, by=work.who("zuzhang"), at=work.at)

    assert letter.state is S.SETTLED


def test_a_letter_reopened_is_handled_again_with_higher_severity(work: Work) -> None:
    letter = work.settled()
    review.ask_satisfaction(work.session, letter, by=work.who("zuyuan"), at=work.at)

    review.reopen(work.session, letter, "又开始扬尘", by=work.who("zuyuan"), at=work.at)

    assert letter.state is S.REOPENED
    assert letter.severity == 2
    assignment.assign(work.session, letter, unit_ids=("bureau",), why="改由环保", by=work.who("zuyuan"), at=work.at)
    assert letter.state is S.ASSIGNED


def test_a_merged_letter_keeps_its_receipt_and_can_be_taken_out_again(work: Work) -> None:
    lead, twin = work.accepted(), work.screened()
    screening.merge(work.session, twin, lead, by=work.who("shenhe"), at=work.at)

    assert twin.state is S.MERGED
    assert review.followers(work.session, lead) == (twin,)
    with pytest.raises(Refusal, match="已经并入"):
        screening.merge(work.session, work.screened(), twin, by=work.who("shenhe"), at=work.at)
    screening.unmerge(work.session, twin, "不是同一处", by=work.who("shenhe"), at=work.at)
    assert twin.state is S.SCREENING
    assert twin.due is not None


def test_a_letter_handed_down_keeps_its_number_and_cannot_be_refused(work: Work) -> None:
    row = assignment.HandedDown("D3HA202611200017*", WORKING, BatchOrigin.PROVINCE, "第二轮省级督察", 3, date(2026, 11, 20))
    letter = assignment.enter_handed_down(work.session, row, by=work.who("zuyuan"), at=work.at)

    assert assignment.enter_handed_down(work.session, row, by=work.who("zuyuan"), at=work.at) is letter
    assert letter.state is S.ACCEPTED
    assert letter.spoken_number == "D3HA202611200017*"
    assert letter.due == date(2026, 11, 27)
    with pytest.raises(Refusal):
        screening.merge(work.session, letter, work.accepted(), by=work.who("shenhe"), at=work.at)
    assignment.return_upward(work.session, letter, "不在本县", by=work.who("zuzhang"), at=work.at)
    assert letter.state is S.RETURNED_UPWARD


def test_letters_handed_down_are_reported_up_and_recognised_or_returned(work: Work) -> None:
    letters = []
    for number in ("X3HA0001", "X3HA0002"):
        row = assignment.HandedDown(number, WORKING, BatchOrigin.CENTRE, "", 1, date(2026, 11, 20))
        letter = assignment.enter_handed_down(work.session, row, by=work.who("zuyuan"), at=work.at)
        assignment.assign(work.session, letter, unit_ids=("urban",), why="", by=work.who("zuyuan"), at=work.at)
        handling.take_up(work.session, letter, by=work.who("chengguan"), at=work.at)
        work.report(letter, "chengguan")
        letters.append(letter)
    with pytest.raises(Refusal, match="须先上报"):
        review.settle(work.session, letters[0], "可以", "已查处。", key=work.key, by=work.who("zuzhang"), at=work.at)

    assert review.report_up(work.session, letters, by=work.who("zuzhang"), at=work.at) == 2
    review.answer_from_above(work.session, letters[0], recognised=True, by=work.who("zuzhang"), at=work.at)
    review.answer_from_above(work.session, letters[1], recognised=False, reason="材料不全", by=work.who("zuzhang"), at=work.at)

    assert [letter.state for letter in letters] == [S.SETTLED, S.HANDLING]
    assert letters[1].redos == 1


def test_the_second_of_two_people_is_told_what_happened(work: Work) -> None:
    letter = work.accepted()
    opened = letter.version
    assignment.assign(work.session, letter, unit_ids=("urban",), why="", by=work.who("zuyuan"), at=work.at)

    with pytest.raises(Overtaken, match="从“已受理”到“已分办”"):
        letter_lists.require_version(work.session, letter, opened)


def test_counters_of_the_database_add_up_to_the_letters(work: Work) -> None:
    work.accepted(), work.settled(), work.refusal_proposed(), work.reported("urban", "housing")
    work.session.flush()

    counted = {(row.state, row.unit_id): row.letters for row in work.session.scalars(select(LetterCount)) if row.letters}
    found: dict[tuple[str, str], int] = {}
    for letter in work.session.scalars(select(Letter)):
        found[letter.state.value, letter.unit_id] = found.get((letter.state.value, letter.unit_id), 0) + 1
    assert counted == found
    for desk in Desk:
        page = letter_lists.letters_in(work.session, Filter(desk=desk), work.who("zuzhang"))
        assert page.total == sum(letter_lists.counts_by_state(work.session, desk, work.who("zuzhang")).values())


@pytest.mark.parametrize("verb", ["accept", "propose_refusal", "merge"])
def test_a_unit_officer_cannot_screen(work: Work, verb: str) -> None:
    step = LETTER.step(S.SCREENING, verb)
    assert step is not None
    assert not step.roles & work.who("chengguan").roles
    letter = work.screened()
    with pytest.raises(NotAllowed):
        screening.accept(work.session, letter, by=work.who("chengguan"), at=work.at)


def test_history_is_append_only(work: Work) -> None:
    letter = work.accepted()
    with pytest.raises(Exception, match="append-only"):
        work.session.execute(LetterEvent.__table__.delete().where(LetterEvent.letter_id == letter.id))


def test_an_old_deadline_is_not_moved_by_a_new_rule(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    letter = work.accepted()
    before = letter.due
    shorter = tuple(replace(rule, days=5) if rule.code == "handling" else rule for rule in clocks.clock_rules())
    monkeypatch.setattr(clocks, "clock_rules", lambda: shorter)

    later = work.accepted()

    assert letter.due == before
    assert later.due is not None
    assert (later.due - day_of(work.at)).days == 5


ROUTES = (
    # track, whose letter, clock → days, working days, words of its clause
    (Track.REPORT, BatchOrigin.OWN, {"acceptance": (15, False, "部令15号"), "handling": (60, False, "部令15号"),
                                     "take_up": (5, True, "第二十三条")}),
    (Track.PETITION, BatchOrigin.OWN, {"acceptance": (15, False, "信访工作条例 第二十三条"),
                                       "handling": (60, False, "信访工作条例 第三十四条"), "take_up": (5, True, "第二十三条")}),
    (Track.REPORT, BatchOrigin.PROVINCE, {"handling": (7, False, "7 日内反馈"), "take_up": (1, True, "当日签收")}),
    (Track.REPORT, BatchOrigin.CENTRE, {"handling": (10, False, "10 日内反馈"), "take_up": (1, True, "当日签收")}),
)  # fmt: skip


@pytest.mark.parametrize(("track", "origin", "clocks_of"), ROUTES, ids=lambda value: getattr(value, "value", ""))
def test_each_route_has_its_own_deadlines_with_their_clause(
    work: Work, track: Track, origin: BatchOrigin, clocks_of: dict[str, tuple[int, bool, str]]
) -> None:
    if origin is BatchOrigin.OWN:
        letter = work.accepted(replace(WORKING, track=track))
    else:
        row = assignment.HandedDown("D3HA202611200017", replace(WORKING, track=track), origin, "第二轮", 3, day_of(work.at))
        letter = assignment.enter_handed_down(work.session, row, by=work.who("zuyuan"), at=work.at)
    assignment.assign(work.session, letter, unit_ids=("urban",), why="按职责", by=work.who("zuzhang"), at=work.at)

    set_ = work.session.scalars(select(LetterDeadline).where(LetterDeadline.letter_id == letter.id)).all()
    found = {row.clock: row for row in set_}
    # Before acceptance nobody has said yet which track it is: that clock is the report's, of the same length.
    acceptance = found.pop("acceptance", None)
    assert acceptance is None or acceptance.days == clocks_of["acceptance"][0]
    assert set(found) == set(clocks_of) - {"acceptance"}
    for code, row in found.items():
        days, workdays, clause = clocks_of[code]
        assert (row.days, row.workdays) == (days, workdays), code
        assert clause in row.clause
        if not workdays:
            assert row.due_on == day_of(work.at) + timedelta(days=days)
        assert str(days) in row.arithmetic


def test_who_petitions_is_told_until_when_to_ask_the_level_above_and_who_reports_is_not(work: Work) -> None:
    petition, report = work.settled(working=replace(WORKING, track=Track.PETITION)), work.settled()
    until = day_of(work.at) + timedelta(days=30)

    def dates(letter: Letter) -> list[tuple[date, str]]:
        shown = status.snapshot(work.session, letter, at=work.at).next_dates
        return [(each.on, each.computed) for each in shown if "复查" in each.what]

    ((on, sum_),) = dates(petition)
    assert on == until
    assert "答复日" in sum_
    assert "第三十五条" in sum_
    assert dates(report) == []
    review.ask_satisfaction(work.session, petition, by=work.who("zuzhang"), at=work.at)
    review.archive(work.session, petition, "没有评价", by=work.who("zuzhang"), at=work.at)
    assert len(dates(petition)) == 1
    review.reopen(work.session, petition, "上级复查认为没有办到位", by=work.who("zuzhang"), at=work.at)
    assert dates(petition) == []
