"""The ladder rises by dates, once; each step leaves a paper and tells those who may know; people lower it and end it in writing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from moderation.casework import review
from moderation.casework.handling import Measure
from moderation.casework.letters import Letter, MeasureKind
from moderation.casework.machine import LetterState
from moderation.demo.stage import Stage
from moderation.outbox import Notice
from moderation.supervision import ladder, samples, subjects
from moderation.supervision.machine import STEPS, AskedState, Ground, PaperKind, Rung, SubjectKind
from moderation.supervision.tables import Sample, SampleItem, SampleKind, Supervision, SupervisionEvent, SupervisionPaper
from portal.core.errors import Mendable, NotAllowed, NotThere, Refusal
from portal.core.vocabulary import Role
from tests.moderation.casework.office_work import Work


@pytest.fixture
def work(stage: Stage) -> Iterator[Work]:
    with stage.office.office.transaction() as session:
        yield Work(stage, session)


def due_at(work: Work, letter: Letter, days: int) -> datetime:
    """The moment ``days`` after the letter's day due."""
    return work.at + timedelta(days=(letter.due_on - work.at.date()).days + days)


def raised(work: Work, letter: Letter, days: int) -> SupervisionPaper | None:
    return ladder.raise_one(work.session, SubjectKind.LETTER, letter.id, at=due_at(work, letter, days))


def row(work: Work, letter: Letter) -> Supervision:
    return work.session.scalars(select(Supervision).where(Supervision.subject_id == letter.id)).one()


def addresses(work: Work) -> set[str]:
    return set(work.session.scalars(select(Notice.address)))


def test_the_timer_raises_rung_by_rung_and_never_twice(work: Work) -> None:
    letter = work.handling()
    limits = subjects.thresholds_for(subjects.find(work.session, SubjectKind.LETTER, letter.id))  # type: ignore[arg-type]
    seen = []
    for day in range(limits.warn - 2, limits.supervise + 3):
        for _again in range(2):
            paper = raised(work, letter, day)
            if paper is not None:
                seen.append((day, paper.kind))

    assert seen == [
        (limits.warn, PaperKind.WARNING), (limits.urge, PaperKind.URGING), (limits.supervise, PaperKind.SUPERVISION)
    ]  # fmt: skip
    assert row(work, letter).state is Rung.SUPERVISED
    assert work.session.scalar(select(func.count()).select_from(SupervisionEvent)) == 3


def test_a_worker_that_slept_for_weeks_writes_one_paper_for_the_rung_it_finds(work: Work) -> None:
    letter = work.handling()

    paper = raised(work, letter, 40)

    assert paper is not None
    assert paper.kind is PaperKind.SUPERVISION
    assert "逾期 40 天" in paper.words


def told(work: Work) -> set[str]:
    """Whom the ladder told; the letter's own steps tell their people too."""
    found = work.session.scalars(select(Notice.address).where(Notice.sentence.in_(ladder.SENTENCE_OF.values())))
    return set(found)


def test_the_unit_is_told_and_supervision_also_the_lead_and_the_inspectors(work: Work) -> None:
    letter = work.handling()
    raised(work, letter, 1)
    assert told(work) == {"role:unit_officer:urban"}

    raised(work, letter, 6)

    assert told(work) == {"role:unit_officer:urban", "role:group_lead:", "role:supervision_inspector:"}


def test_nobody_who_must_not_know_is_told_or_finds_it(work: Work) -> None:
    letter = work.handling(must_not_know=("严正清",))
    raised(work, letter, 6)

    assert work.who("duban").id not in addresses(work)
    assert not any(address.startswith("role:") for address in addresses(work))
    assert work.who("zuzhang").id in addresses(work)
    with pytest.raises(NotThere):
        ladder.find(work.session, row(work, letter).id, work.who("duban"))


def test_the_group_lowers_one_rung_with_a_reason_and_the_days_count_anew(work: Work) -> None:
    letter = work.handling()
    raised(work, letter, 6)
    supervised, at = row(work, letter), due_at(work, letter, 6)
    with pytest.raises(Refusal, match="理由"):
        ladder.step(work.session, supervised, "lower", by=work.who("zuyuan"), at=at)

    ladder.step(work.session, supervised, "lower", text="已进场整改", by=work.who("zuyuan"), at=at)

    assert supervised.state is Rung.URGED
    assert raised(work, letter, 7) is None
    again = raised(work, letter, 12)
    assert again is not None
    assert again.kind is PaperKind.SUPERVISION
    assert again.serial == 2


def test_a_letter_that_no_longer_waits_for_its_unit_leaves_the_ladder_by_itself(work: Work) -> None:
    letter = work.handling()
    raised(work, letter, 1)
    assert ladder.clear(work.session, row(work, letter), at=work.at) is False
    work.report(letter, "chengguan")

    assert ladder.clear(work.session, row(work, letter), at=work.at) is True
    assert row(work, letter).state is Rung.NORMAL
    assert ladder.clear(work.session, row(work, letter), at=work.at) is False


def inspected(work: Work, letter: Letter) -> Supervision:
    subject = subjects.find(work.session, SubjectKind.LETTER, letter.id)
    assert subject is not None
    found = ladder.row_of(work.session, subject, at=work.at)
    ladder.inspect(work.session, found, Ground.SHORT, "三次退回仍未到现场", by=work.who("duban"), at=work.at)
    return found


def test_an_inspection_ends_only_by_the_inspectors_in_writing(work: Work) -> None:
    letter = work.handling()
    found = inspected(work, letter)
    work.report(letter, "chengguan")
    assert ladder.clear(work.session, found, at=work.at) is False
    assert raised(work, letter, 40) is None
    for login in ("zuyuan", "zuzhang", "xuncha", "lingdao"):
        with pytest.raises(NotAllowed):
            ladder.step(work.session, found, "conclude", text="可以了", by=work.who(login), at=work.at)
    with pytest.raises(Refusal, match="书面结论"):
        ladder.step(work.session, found, "conclude", by=work.who("duban"), at=work.at)

    ladder.step(work.session, found, "demand", text="对分管负责人予以约谈", by=work.who("duban"), at=work.at)
    ladder.step(work.session, found, "conclude", text="机制已理顺，人员已约谈", by=work.who("duban"), at=work.at)

    kinds = work.session.scalars(select(SupervisionPaper.kind).order_by(SupervisionPaper.on, SupervisionPaper.id)).all()
    assert set(kinds) == {PaperKind.INSPECTION, PaperKind.DEMAND, PaperKind.CONCLUSION}
    assert found.state is Rung.NORMAL


def test_both_other_groups_may_request_an_inspection_once_and_it_is_taken_or_declined(work: Work) -> None:
    letter, other = work.handling(), work.handling()
    rows = []
    for each in (letter, other):
        subject = subjects.find(work.session, SubjectKind.LETTER, each.id)
        assert subject is not None
        rows.append(ladder.row_of(work.session, subject, at=work.at))
    with pytest.raises(NotAllowed):
        ladder.request(work.session, rows[0], Ground.LATE, "拖延", by=work.who("lingdao"), at=work.at)
    first = ladder.request(work.session, rows[0], Ground.LATE, "拖延", by=work.who("zuyuan"), at=work.at)
    with pytest.raises(Refusal, match="已经有一份"):
        ladder.request(work.session, rows[0], Ground.LATE, "拖延", by=work.who("xuncha"), at=work.at)
    second = ladder.request(work.session, rows[1], Ground.MECHANISM, "无人牵头", by=work.who("xuncha"), at=work.at)

    ladder.inspect(work.session, rows[0], Ground.LATE, "查办理过程", by=work.who("duban"), at=work.at)
    ladder.decline(work.session, second, "已由县政府督查室处理", by=work.who("duban"), at=work.at)

    assert (first.state, second.state) == (AskedState.TAKEN, AskedState.DECLINED)


def test_a_unit_decides_nothing_about_its_own_supervision(work: Work) -> None:
    for step in STEPS:
        assert Role.UNIT_OFFICER not in step.roles


def test_listed_supervision_is_recorded_with_its_release(work: Work) -> None:
    found = inspected(work, work.handling())
    today = work.at.date()
    with pytest.raises(Mendable, match="谁决定的"):
        ladder.list_publicly(work.session, found, what="料场", why="逾期", by_whom="", document_number="", from_on=today,
                             until_on=None, by=work.who("duban"), at=work.at)  # fmt: skip
    listed = ladder.list_publicly(work.session, found, what="料场扬尘", why="多次逾期", by_whom="省生态环境厅",
                                  document_number="省环督〔2026〕8号", from_on=today, until_on=today + timedelta(days=90),
                                  by=work.who("duban"), at=work.at)  # fmt: skip
    with pytest.raises(Mendable, match="依据"):
        ladder.delist(work.session, listed, "", on=today, by=work.who("duban"), at=work.at)

    ladder.delist(work.session, listed, "验收意见 2026-3", on=today, by=work.who("duban"), at=work.at)

    assert listed.released_on == today


def test_the_worker_runs_the_ladder_over_the_whole_office(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        letter_id, late = (letter := work.handling()).id, due_at(work, letter, 6)
    for _again in range(2):
        ladder.run(stage.office, late)
    with stage.office.office.reading() as session:
        assert [found.subject_id for found in session.scalars(select(Supervision))] == [letter_id]
        assert session.scalar(select(func.count()).select_from(SupervisionPaper)) == 1


# ---- samples and figures ----


def drawn(work: Work, kind: SampleKind, size: int = 2) -> Sample:
    day = work.at.date()
    return samples.draw(work.session, kind, day, day, size, key_only=False, by=work.who("duban"), at=work.at)


def test_a_sample_can_be_drawn_again_from_its_seed(work: Work) -> None:
    letters = [work.settled() for _each in range(5)]

    made = drawn(work, SampleKind.SPOT_CHECK)

    chosen = [letter.id for _item, letter in samples.items_of(work.session, made, work.who("duban"))]
    assert chosen == samples.drawn([letter.id for letter in letters], made.seed, 2)
    assert made.population == 5


def test_a_look_back_that_fails_reopens_the_letter(work: Work) -> None:
    letter = work.settled()
    review.ask_satisfaction(work.session, letter, by=work.who("zuyuan"), at=work.at)
    made = drawn(work, SampleKind.LOOK_BACK)
    item = work.session.get_one(SampleItem, (made.id, letter.id))
    with pytest.raises(Mendable):
        samples.note(work.session, item, passed=False, text="", by=work.who("duban"), at=work.at)

    samples.note(work.session, item, passed=False, text="料堆又没有盖", by=work.who("duban"), at=work.at)

    assert letter.state is LetterState.REOPENED
    with pytest.raises(Refusal):
        samples.note(work.session, item, passed=True, text="改主意", by=work.who("duban"), at=work.at)


def test_the_inspectors_check_the_number_of_people_held_accountable(work: Work) -> None:
    letter = work.handling()
    work.report(letter, "chengguan", (Measure(MeasureKind.ACCOUNTABILITY, 3), Measure(MeasureKind.FINE, 20000)))
    assert [(line.reported, line.check) for line in samples.figures(work.session, work.who("duban"))] == [(3, None)]
    with pytest.raises(Mendable, match="差在哪里"):
        samples.check_figure(work.session, letter, 1, "", by=work.who("duban"), at=work.at)

    samples.check_figure(work.session, letter, 1, "两人只是谈话，没有文件", by=work.who("duban"), at=work.at)

    (line,) = samples.figures(work.session, work.who("duban"))
    assert line.check is not None
    assert (line.check.reported, line.check.found) == (3, 1)
    assert "role:group_lead:" in addresses(work)


def test_a_check_of_a_round_that_was_sent_back_is_past_and_the_next_report_is_asked_about(work: Work) -> None:
    letter, duban = work.handling(), work.who("duban")
    work.report(letter, "chengguan", (Measure(MeasureKind.ACCOUNTABILITY, 3),))
    review.send_back(work.session, letter, "没有整改", by=work.who("zuzhang"), at=work.at)
    assert samples.figures(work.session, duban) == ()

    work.report(letter, "chengguan", (Measure(MeasureKind.ACCOUNTABILITY, 2),))

    assert [(line.reported, line.check) for line in samples.figures(work.session, duban)] == [(2, None)]


def test_every_step_cites_where_it_stands() -> None:
    for step in STEPS:
        assert step.clause
        assert step.guard
