"""After a round every letter is re-checked item by item; the end comes when nothing is left, and hides nobody's letter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text

from moderation.casework import assignment, barring, handling, review
from moderation.casework.handling import Measure
from moderation.casework.letters import BatchOrigin, Letter, MeasureKind
from moderation.casework.machine import LetterState
from moderation.demo.stage import Stage
from moderation.supervision import rechecks
from moderation.supervision.recheck_tables import ItemKind, Outcome, Recheck, RecheckResult
from moderation.supervision.rechecks import Found
from portal.core.clock import day_of
from portal.core.errors import Mendable, NotAllowed, NotThere, Refusal
from tests.moderation.casework.office_work import WORKING, Work

S = LetterState


@pytest.fixture
def work(stage: Stage) -> Iterator[Work]:
    with stage.office.office.transaction() as session:
        yield Work(stage, session)


def _begun(work: Work, origin: BatchOrigin = BatchOrigin.OWN, name: str = "") -> Recheck:
    """Opened two weeks on, for everything since the first day."""
    first = day_of(work.at)
    work.days_later(14)
    return rechecks.begin(work.session, origin, name, first, first + timedelta(days=13), by=work.who("zuzhang"), at=work.at)


def _all_right(work: Work, recheck: Recheck, letter: Letter, login: str = "duban") -> None:
    found = {item.key: Found(Outcome.RIGHT) for item in rechecks.items_of(work.session, recheck, letter)}
    rechecks.check(work.session, recheck, letter, found, by=work.who(login), at=work.at)


def test_every_letter_of_a_round_is_listed_with_everything_that_is_recorded_of_it(work: Work) -> None:
    letter = work.handling()
    work.report(letter, "chengguan", (Measure(MeasureKind.FINE, 20000), Measure(MeasureKind.TALK, 2)))
    review.settle_for_now(work.session, letter, "先罚后改", "您反映的扬尘已立案，整改在进行。", key=work.key,
                          by=work.who("zuzhang"), at=work.at)  # fmt: skip
    (task_id,) = review.linked(work.session, letter, "task")

    recheck = _begun(work)

    items = rechecks.items_of(work.session, recheck, letter)
    assert [item.kind for item in items] == [
        ItemKind.CLAIM, ItemKind.CLAIM, ItemKind.MEASURE, ItemKind.MEASURE, ItemKind.TASK, ItemKind.REPLY, ItemKind.PUBLICATION
    ]  # fmt: skip
    said = [item.said for item in items]
    assert said[0] == "夜间装卸扬尘，未遮盖。属实。责令当日覆盖，加装喷淋，立案处罚。"
    assert said[2:] == ["罚款（元） · 20000", "约谈（人） · 2", task_id, "您反映的扬尘已立案，整改在进行。", "没有公开"]
    assert rechecks.counts(work.session, recheck, work.who("zuzhang")) == rechecks.Counts(1, 1, 0, 0)


def test_a_letter_is_done_when_every_item_was_looked_at_and_each_finding_says_who_and_when(work: Work) -> None:
    letter = work.settled()
    recheck = _begun(work)
    first, *others = rechecks.items_of(work.session, recheck, letter)

    row = rechecks.check(work.session, recheck, letter, {first.key: Found(Outcome.WRONG, "罚款数少写了一个零")},
                         by=work.who("duban"), at=work.at)  # fmt: skip
    assert row.done_round is None
    work.days_later(1)
    rest = {item.key: Found(Outcome.RIGHT) for item in others}
    rechecks.check(work.session, recheck, letter, rest, by=work.who("zuyuan"), at=work.at)

    assert row.done_round == letter.round
    found = [item.result for item in rechecks.items_of(work.session, recheck, letter)]
    assert [(each.by, day_of(each.at)) for each in found if each][:2] == [
        (work.who("duban").id, day_of(work.at) - timedelta(days=1)), (work.who("zuyuan").id, day_of(work.at))
    ]  # fmt: skip
    assert rechecks.counts(work.session, recheck, work.who("duban")).left == 0


def test_the_end_is_written_only_when_every_letter_is_done(work: Work) -> None:
    done, left = work.settled(), work.settled()
    recheck = _begun(work)
    _all_right(work, recheck, done)

    with pytest.raises(Refusal, match="还有 1 件"):
        rechecks.end(work.session, recheck, "全部到位", by=work.who("zuzhang"), at=work.at)
    _all_right(work, recheck, left)
    with pytest.raises(Mendable):
        rechecks.end(work.session, recheck, "  ", by=work.who("zuzhang"), at=work.at)
    with pytest.raises(NotAllowed):
        rechecks.end(work.session, recheck, "全部到位", by=work.who("zuyuan"), at=work.at)
    rechecks.end(work.session, recheck, "全部到位", by=work.who("zuzhang"), at=work.at)

    assert [each.text for each in rechecks.ends_of(work.session, recheck)] == ["全部到位"]


def test_what_is_not_done_is_handled_again_and_looked_at_again(work: Work) -> None:
    letter = work.settled()
    review.ask_satisfaction(work.session, letter, by=work.who("zuzhang"), at=work.at)
    recheck = _begun(work)
    first, *_ = rechecks.items_of(work.session, recheck, letter)

    rechecks.check(
        work.session, recheck, letter, {first.key: Found(Outcome.UNDONE, "喷淋没有装")}, by=work.who("duban"), at=work.at
    )

    assert letter.state is S.REOPENED
    assert rechecks.counts(work.session, recheck, work.who("zuzhang")) == rechecks.Counts(1, 1, 1, 1)
    with pytest.raises(Refusal, match="还没有办结"):
        _all_right(work, recheck, letter)
    assignment.assign(work.session, letter, unit_ids=("urban",), why="重办", by=work.who("zuzhang"), at=work.at)
    handling.take_up(work.session, letter, by=work.who("chengguan"), at=work.at)
    work.report(letter, "chengguan")
    review.settle(work.session, letter, "装好了", "喷淋已装好。", key=work.key, by=work.who("zuzhang"), at=work.at)
    assert all(item.result is None for item in rechecks.items_of(work.session, recheck, letter))
    _all_right(work, recheck, letter)

    assert rechecks.counts(work.session, recheck, work.who("zuzhang")) == rechecks.Counts(1, 0, 0, 0)


def test_a_letter_just_closed_is_reopened_by_the_timer_once_its_state_allows(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        letter = work.settled()
        recheck = _begun(work)
        (first, *_) = rechecks.items_of(session, recheck, letter)
        found = {first.key: Found(Outcome.UNDONE, "喷淋没有装")}
        rechecks.check(session, recheck, letter, found, by=work.who("duban"), at=work.at)
        assert letter.state is S.SETTLED
        review.ask_those_settled(session, at=work.at)
        letter_id, recheck_id, at = letter.id, recheck.id, work.at

    rechecks.run(stage.office, at)
    rechecks.run(stage.office, at)

    with stage.office.office.reading() as session:
        letter = session.get_one(Letter, letter_id)
        assert (letter.state, letter.round) == (S.REOPENED, 2)
        assert rechecks.counts(session, rechecks.find(session, recheck_id), stage.cast["zuzhang"]).left == 1


def test_who_handled_a_letter_does_not_re_check_it_and_a_unit_not_at_all(work: Work) -> None:
    letter = work.settled()
    recheck = _begun(work)

    with pytest.raises(NotAllowed):
        _all_right(work, recheck, letter, "chengguan")
    with pytest.raises(NotAllowed):
        _all_right(work, recheck, letter, "lingdao")
    paper = work.assigned("bailu")
    handling.take_up(work.session, paper, by=work.who("zuyuan"), at=work.at)
    work.report(paper, "zuyuan")
    review.settle(work.session, paper, "可以", "已查处。", key=work.key, by=work.who("zuzhang"), at=work.at)
    again = rechecks.begin(work.session, BatchOrigin.OWN, "", day_of(work.at), day_of(work.at), by=work.who("zuzhang"),
                           at=work.at + timedelta(days=1))  # fmt: skip
    with pytest.raises(Refusal, match="办理人"):
        _all_right(work, again, paper, "zuyuan")


def test_who_must_not_know_of_a_letter_meets_no_row_no_number_and_no_hindrance(work: Work) -> None:
    seen, hidden = work.settled(), work.accepted(must_not_know=("周行简",))
    assignment.assign(work.session, hidden, unit_ids=("urban",), why="按职责", by=work.who("zuyuan"), at=work.at)
    handling.take_up(work.session, hidden, by=work.who("chengguan"), at=work.at)
    work.report(hidden, "chengguan")
    review.settle(work.session, hidden, "可以", "已查处。", key=work.key, by=work.who("zuyuan"), at=work.at)
    recheck = _begun(work)
    lead, other = work.who("zuzhang"), work.who("duban")
    row = assignment.HandedDown("D3GS202611200003", WORKING, BatchOrigin.CENTRE, "第三轮", None, day_of(work.at))
    secret = assignment.enter_handed_down(work.session, row, by=work.who("zuyuan"), at=work.at)
    barring.enter(work.session, secret, staff_id=lead.id, reason="涉及本人", by=work.who("zuyuan"), at=work.at)
    assert rechecks.rounds_known(work.session, lead) == ((BatchOrigin.OWN, ""),)
    assert rechecks.rounds_known(work.session, other) == ((BatchOrigin.CENTRE, "第三轮"), (BatchOrigin.OWN, ""))
    assert [each.id for _row, each in rechecks.lines(work.session, recheck, lead, done=False)] == [seen.id]
    assert rechecks.counts(work.session, recheck, lead) == rechecks.Counts(1, 1, 0, 0)

    _all_right(work, recheck, seen)
    rechecks.end(work.session, recheck, "全部到位", by=lead, at=work.at)

    assert rechecks.counts(work.session, recheck, other).left == 1
    with pytest.raises(Refusal, match="还有 1 件"):
        rechecks.end(work.session, recheck, "全部到位", by=other, at=work.at)
    _all_right(work, recheck, hidden)
    rechecks.end(work.session, recheck, "全部到位", by=other, at=work.at)


def test_a_round_of_the_level_above_holds_the_letters_of_its_batches_also_those_that_come_late(stage: Stage) -> None:
    def handed_down(work: Work, number: str, name: str) -> Letter:
        row = assignment.HandedDown(number, WORKING, BatchOrigin.PROVINCE, name, None, day_of(work.at))
        return assignment.enter_handed_down(work.session, row, by=work.who("zuyuan"), at=work.at)

    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        first = handed_down(work, "D3GS202611200001", "第三轮")
        handed_down(work, "D2GS202611200009", "第二轮")
        work.settled()
        recheck = _begun(work, BatchOrigin.PROVINCE, "第三轮")
        assert [each.id for _row, each in rechecks.lines(session, recheck, work.who("zuyuan"), done=False)] == [first.id]
        work.days_later(-14)
        late = handed_down(work, "D3GS202611200002", "第三轮").id
        work.days_later(15)
        recheck_id, at = recheck.id, work.at

    rechecks.run(stage.office, at)

    with stage.office.office.reading() as session:
        recheck = rechecks.find(session, recheck_id)
        rows = rechecks.lines(session, recheck, stage.cast["zuyuan"], done=False)
        assert {each.id for _row, each in rows} == {first.id, late}
        assert rechecks.counts(session, recheck, stage.cast["zuyuan"]).open == 2


def test_a_round_is_re_checked_once_and_only_when_it_is_over(work: Work) -> None:
    work.settled()
    today = day_of(work.at)
    with pytest.raises(Mendable, match="还没有结束"):
        rechecks.begin(work.session, BatchOrigin.OWN, "", today, today, by=work.who("zuzhang"), at=work.at)
    with pytest.raises(NotAllowed):
        rechecks.begin(work.session, BatchOrigin.OWN, "", today, today, by=work.who("zuyuan"), at=work.at)
    recheck = _begun(work)
    with pytest.raises(Refusal, match="已经在复核"):
        rechecks.begin(work.session, BatchOrigin.OWN, "", recheck.first_on, recheck.last_on, by=work.who("duban"), at=work.at)
    with pytest.raises(Mendable, match="没有已受理"):
        rechecks.begin(work.session, BatchOrigin.OWN, "", date(2020, 1, 1), date(2020, 1, 2), by=work.who("duban"), at=work.at)


def test_an_item_that_is_not_there_or_needs_words_is_refused(work: Work) -> None:
    letter, outside = work.settled(), work.screened()
    recheck = _begun(work)
    (first, *_) = rechecks.items_of(work.session, recheck, letter)
    by, at = work.who("duban"), work.at

    with pytest.raises(Mendable, match="第 1 项"):
        rechecks.check(work.session, recheck, letter, {first.key: Found(Outcome.UNDONE)}, by=by, at=at)
    with pytest.raises(Mendable, match="已有变化"):
        rechecks.check(work.session, recheck, letter, {"claim:x": Found(Outcome.RIGHT)}, by=by, at=at)
    with pytest.raises(NotThere):
        rechecks.check(work.session, recheck, outside, {first.key: Found(Outcome.RIGHT)}, by=by, at=at)
    assert not work.session.scalars(select(RecheckResult)).all()


def test_what_was_found_is_append_only(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        letter = work.settled()
        recheck = _begun(work)
        _all_right(work, recheck, letter)

    with pytest.raises(Exception, match="append"), stage.office.office.transaction() as session:
        session.execute(text("UPDATE letter_recheck_result SET outcome = 'wrong'"))


def test_a_letter_handled_again_for_another_reason_is_left_again_and_the_menu_counts_it(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        letter, hidden = work.settled(), work.accepted(must_not_know=("周行简",))
        recheck = _begun(work)
        assert rechecks.left_anywhere(session, work.who("zuzhang")) == 1
        assert rechecks.left_anywhere(session, work.who("duban")) == 2
        _all_right(work, recheck, letter)
        assert rechecks.left_anywhere(session, work.who("zuzhang")) == 0
        review.ask_satisfaction(session, letter, by=work.who("zuyuan"), at=work.at)
        review.reopen(session, letter, "举报人不满意，属实", by=work.who("zuyuan"), at=work.at)
        assert hidden.id
        at = work.at

    rechecks.run(stage.office, at)

    with stage.office.office.reading() as session:
        assert rechecks.left_anywhere(session, stage.cast["zuzhang"]) == 1
