"""Figures add up, say how they are counted, and give nothing away: not to a barred person, not by subtraction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import papers
from moderation.casework import review, screening
from moderation.casework.letters import LetterBatch, LetterMessage, MessageDirection
from moderation.demo.stage import Stage
from moderation.letter_statistics import briefs
from moderation.letter_statistics.figures import Figures, Scope, collect, scope_of_batch
from moderation.letter_statistics.public_counts import LEAST, hidden
from moderation.settings import public_settings
from portal.core.ids import new_id
from portal.core.vocabulary import PollutionType, Verdict
from tests.moderation.casework.office_work import WORKING, Work


@pytest.fixture
def work(stage: Stage) -> Iterator[Work]:
    with stage.office.office.transaction() as session:
        yield Work(stage, session)


def figures(work: Work, login: str = "xuncha") -> Figures:
    day = work.stage.at.date()
    return collect(work.session, Scope(day, day), work.who(login), work.at.date())


def a_day(work: Work) -> None:
    """One letter of each fate, two types on each."""
    both = replace(WORKING, types=(PollutionType.AIR, PollutionType.NOISE))
    work.settled()
    work.assigned("urban", "qingshi", working=both)
    declined = work.refusal_proposed()
    screening.decide_refusal(work.session, declined, agree=True, by=work.who("shenhe2"), at=work.at)
    lead, twin = work.accepted(), work.screened()
    screening.merge(work.session, twin, lead, by=work.who("shenhe"), at=work.at)
    for_now = work.reported()
    review.settle_for_now(work.session, for_now, "继续整改", "已查处。", key=work.key, by=work.who("zuzhang"), at=work.at)
    work.arrived()
    work.session.flush()


def test_every_letter_received_is_counted_once_and_parts_add_up(work: Work) -> None:
    a_day(work)

    found = figures(work)

    assert found.received == 7
    assert found.accepted == 4
    assert found.accepted + found.declined + found.transferred + found.merged + found.withdrawn + found.waiting == found.received
    assert (found.settled, found.settled_for_now) == (1, 1)
    assert found.verdicts == {Verdict.SUBSTANTIATED: 2}
    assert sum(found.refusal_reasons.values()) == 1


def test_types_and_regions_may_exceed_the_total_and_say_so(work: Work) -> None:
    a_day(work)

    found = figures(work)

    assert sum(found.types.values()) == found.received + 1
    assert found.joint == 1
    assert "超过 100%" in found.notes[0]
    assert {line.unit: line.letters for line in found.units}["青石镇人民政府"] == 1


def test_both_readings_of_the_rate_print_their_formula(work: Work) -> None:
    a_day(work)

    wide, strict, *_ = figures(work).rates

    assert (wide.part, strict.part, wide.of, strict.of) == (2, 1, 4, 4)
    assert wide.spoken == "50.0%（2 ÷ 4）"
    assert "阶段性办结" in wide.formula
    assert figures(work).rates[0].formula != figures(work).rates[1].formula


def test_late_closing_and_overdue_are_told_apart_and_extension_counts(work: Work) -> None:
    letter, open_ = work.reported(), work.handling()
    work.days_later((letter.due_on - work.at.date()).days + 1)
    review.settle(work.session, letter, "已办到位", "您反映的问题已查处。", key=work.key, by=work.who("zuzhang"), at=work.at)

    found = figures(work)

    assert (found.on_time, found.late, found.overdue) == (0, 1, 1)
    assert found.median_days == 61
    assert open_.closed_on is None


def test_silence_is_not_satisfaction(work: Work) -> None:
    for score in (5, 2, None):
        letter = work.settled()
        review.ask_satisfaction(work.session, letter, by=work.who("zuyuan"), at=work.at)
        if score:
            work.session.add(LetterMessage(id=new_id(), letter_id=letter.id, direction=MessageDirection.IN, kind="evaluation",
                                           position=9, on=work.at.date(), score=score))  # fmt: skip
    work.session.flush()

    satisfied, answered = figures(work).rates[-2:]

    assert (satisfied.part, satisfied.of) == (1, 2)
    assert (answered.part, answered.of) == (2, 3)


def test_a_reporter_asked_twice_is_counted_once_by_the_last_score(work: Work) -> None:
    letter = work.settled()
    review.ask_satisfaction(work.session, letter, by=work.who("zuyuan"), at=work.at)
    for position, score in ((8, 1), (9, 5)):
        work.session.add(LetterMessage(id=new_id(), letter_id=letter.id, direction=MessageDirection.IN, kind="evaluation",
                                       position=position, on=work.at.date(), score=score))  # fmt: skip
    work.session.flush()

    found = figures(work)

    assert found.scores == {5: 1}
    satisfied, answered = found.rates[-2:]
    assert (satisfied.part, satisfied.of) == (1, 1)
    assert (answered.part, answered.of) == (1, 1)


def test_a_barred_person_s_figures_lack_the_letter_everywhere(work: Work) -> None:
    work.settled()
    work.settled(must_not_know=("郑巡舟",))

    mine, full = figures(work), figures(work, "lingdao")

    assert (mine.received, full.received) == (1, 2)
    assert (mine.closed, full.closed) == (1, 2)
    assert sum(mine.types.values()) == 1
    assert sum(line.letters for line in mine.units) == 1


def test_a_batch_and_a_period_make_a_brief(work: Work) -> None:
    a_day(work)
    regions = public_settings(work.session).regions()
    letter = work.settled()
    batch = work.session.get_one(LetterBatch, letter.batch_id)
    of_batch = collect(work.session, scope_of_batch(batch), work.who("xuncha"), work.at.date())

    text = papers.plain_text(briefs.brief("信访件办理简报", figures(work), regions))

    assert "算法：办结 ÷ 受理" in text
    assert of_batch.received == 4
    assert papers.docx(briefs.brief("第 1 批简报", of_batch, regions))[:2] == b"PK"


def test_public_counts_hide_what_is_small(work: Work) -> None:
    a_day(work)

    text = papers.plain_text(briefs.public_paper("十一月", figures(work), public_settings(work.session).regions()))

    assert "不单列" in text
    assert "噪声；件数：1" not in text


_COUNTS = st.dictionaries(st.text("abcdefg", min_size=1, max_size=2), st.integers(0, 12), max_size=5)


@given(_COUNTS)
def test_no_subtraction_brings_a_hidden_count_back(counts: dict[str, int]) -> None:
    shown = hidden(counts)
    unknown = [name for name, count in shown.cells.items() if count is None]

    assert all(count == 0 or count >= LEAST for count in shown.cells.values() if count is not None)
    if shown.total is None or not unknown:
        return
    left = shown.total - sum(count for count in shown.cells.values() if count is not None)
    possible = [tried for tried in product(range(1, left + 1), repeat=len(unknown)) if sum(tried) == left] if left < 25 else None
    if possible is not None:
        assert all(len({tried[place] for tried in possible}) >= 2 for place in range(len(unknown)))
