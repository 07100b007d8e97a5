"""Undoing: what nobody was told of yet goes back to where it stood, in the history, and nothing else moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import outbox
from moderation.casework import assignment, batches, clocks, handling, letter_lists, review, screening, status, undoing
from moderation.casework.letters import Letter, LetterDeadline, LetterEvent, LetterText, LetterType, RefusalKind
from moderation.casework.machine import LetterState
from moderation.casework.undo_notes import WINDOW, LetterUndo
from moderation.demo.stage import Stage
from moderation.outbox import Channel, Notice
from moderation.settings import change_setting
from portal.core.audit import verify_chain
from portal.core.errors import NotAllowed, NotThere, Overtaken, Refusal
from portal.core.vocabulary import PollutionType
from portal.core.workflow import SystemActor
from tests.moderation.casework.office_work import WORKING, Work

S = LetterState


@pytest.fixture
def work(stage: Stage) -> Iterator[Work]:
    with stage.office.office.transaction() as session:
        yield Work(stage, session)


def _stands(session: Session, letter: Letter) -> dict[str, object]:
    """Everything about a letter that a list, a page or a clock shows."""
    session.flush()
    text = session.get(LetterText, letter.id)
    types = session.scalars(select(LetterType.type).where(LetterType.letter_id == letter.id))
    clocks_now = {(row.clock, row.due_on, row.paused_on, row.arithmetic) for row in clocks.running(session, letter)}
    return {
        "state": letter.state, "unit": letter.unit_id, "batch": letter.batch_id, "assigned": letter.assigned_on,
        "due": letter.due_on, "first due": letter.first_due_on, "lead": letter.duplicate_of, "key": letter.key_letter,
        "severity": letter.severity, "act": letter.act, "main": letter.main_type, "types": set(types), "region": letter.region_code,
        "words": (text.summary, text.place, text.target, text.note, text.acts) if text else (),
        "claims": [(claim.text, claim.act) for claim in assignment.claims_of(session, letter)],
        "parts": {part.unit_id for part in assignment.assignments(session, letter)}, "clocks": clocks_now,
        "followers": set(session.scalars(select(Letter.id).where(Letter.duplicate_of == letter.id))),
    }  # fmt: skip


def _assigned(work: Work) -> tuple[Letter, Callable[[], object], str]:
    letter = work.accepted()
    return letter, lambda: _assign(work, letter, "urban"), "zuzhang"


def _assigned_again(work: Work) -> tuple[Letter, Callable[[], object], str]:
    letter = work.assigned("urban", "housing")
    work.days_later(1)
    assignment.return_to_group(work.session, letter, "不归我们", by=work.who("chengguan"), at=work.at)
    work.days_later(1)
    return letter, lambda: _assign(work, letter, "bureau"), "zuzhang"


def _assigned_reopened(work: Work) -> tuple[Letter, Callable[[], object], str]:
    letter = work.settled()
    review.ask_satisfaction(work.session, letter, by=work.who("zuzhang"), at=work.at)
    work.days_later(3)
    review.reopen(work.session, letter, "又犯了", by=work.who("zuzhang"), at=work.at)
    return letter, lambda: _assign(work, letter, "bureau"), "zuzhang"


def _merged(work: Work) -> tuple[Letter, Callable[[], object], str]:
    lead, letter, follower = work.accepted(), work.screened(), work.screened()
    work.days_later(1)
    by = work.who("shenhe")
    screening.merge(work.session, follower, letter, by=by, at=work.at)
    work.days_later(1)
    letter.number = "W2026-1122-0001"  # merging gives a number, which stays
    return letter, lambda: screening.merge(work.session, letter, lead, by=by, at=work.at), "shenhe"


def _proposed(work: Work) -> tuple[Letter, Callable[[], object], str]:
    letter = work.screened()
    propose = lambda: screening.propose_refusal(  # noqa: E731
        work.session, letter, kind=RefusalKind.DECLINE, template="too_vague", reply="缺少地点，请补充后再举报。", reason="情况不清",
        key=work.key, by=work.who("shenhe"), at=work.at,
    )  # fmt: skip
    return letter, propose, "shenhe"


def _sorted_anew(work: Work) -> tuple[Letter, Callable[[], object], str]:
    letter = work.screened(replace(WORKING, types=(PollutionType.NOISE, PollutionType.AIR)))
    other = replace(WORKING, summary="反映一家作坊夜间打磨。", key_letter=True, severity=3, types=(PollutionType.WATER,),
                    claims=(screening.Claim("夜间打磨", ""),))  # fmt: skip
    by = work.who("shenhe")
    return letter, lambda: screening.write_summary(work.session, letter, other, key=work.key, by=by, at=work.at), "shenhe"


def _assign(work: Work, letter: Letter, unit: str) -> None:
    assignment.assign(work.session, letter, unit_ids=(unit,), why="按职责", by=work.who("zuzhang"), at=work.at)


SCENES = (_assigned, _assigned_again, _assigned_reopened, _merged, _proposed, _sorted_anew)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_an_undone_act_leaves_the_letter_as_it_stood_and_two_lines_in_its_history(work: Work, scene) -> None:
    letter, act, login = scene(work)
    before = _stands(work.session, letter)
    act()
    assert _stands(work.session, letter) != before
    lines = len(work.session.scalars(select(LetterEvent).where(LetterEvent.letter_id == letter.id)).all())

    work.at += timedelta(minutes=3)
    (offer,) = undoing.offers(work.session, work.who(login), at=work.at, letter_id=letter.id)
    undoing.undo(work.session, offer.id, by=work.who(login), at=work.at)
    undoing.undo(work.session, offer.id, by=work.who(login), at=work.at)

    events = work.session.scalars(select(LetterEvent).where(LetterEvent.letter_id == letter.id).order_by(LetterEvent.id)).all()
    assert _stands(work.session, letter) == before
    assert len(events) == lines + 1
    assert events[-1].text.startswith("撤销")
    assert not undoing.offers(work.session, work.who(login), at=work.at, letter_id=letter.id)
    assert verify_chain(work.session).broken_at is None


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_what_was_undone_can_be_done_again(work: Work, scene) -> None:
    letter, act, login = scene(work)
    act()
    done = _stands(work.session, letter)
    (offer,) = undoing.offers(work.session, work.who(login), at=work.at, letter_id=letter.id)
    undoing.undo(work.session, offer.id, by=work.who(login), at=work.at)

    act()

    assert _stands(work.session, letter) == done


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_undoing_has_its_time_and_belongs_to_who_did_it(work: Work, scene) -> None:
    letter, act, login = scene(work)
    act()
    (offer,) = undoing.offers(work.session, work.who(login), at=work.at, letter_id=letter.id)
    other = work.who("shenhe2" if login == "shenhe" else "zuyuan")
    after = _stands(work.session, letter)

    with pytest.raises(NotAllowed):
        undoing.undo(work.session, offer.id, by=other, at=work.at)
    with pytest.raises(NotThere):
        undoing.undo(work.session, offer.id, by=work.who("guanli"), at=work.at)
    late = work.at + WINDOW + timedelta(seconds=1)
    assert not undoing.offers(work.session, work.who(login), at=late)
    with pytest.raises(Refusal, match="十分钟"):
        undoing.undo(work.session, offer.id, by=work.who(login), at=late)

    assert _stands(work.session, letter) == after


def test_an_assignment_stands_once_somebody_of_the_unit_has_read_the_letter(work: Work) -> None:
    letter = work.assigned()
    (offer,) = undoing.offers(work.session, work.who("zuzhang"), at=work.at)
    assert assignment.is_unread(work.session, letter, work.who("chengguan"))

    assignment.note_opened(work.session, letter, by=work.who("chengguan"), at=work.at)

    assert not undoing.offers(work.session, work.who("zuzhang"), at=work.at)
    with pytest.raises(Refusal, match="已经打开"):
        undoing.undo(work.session, offer.id, by=work.who("zuzhang"), at=work.at)


def test_an_act_somebody_has_built_on_is_not_undone(work: Work) -> None:
    letter = work.assigned()
    (offer,) = undoing.offers(work.session, work.who("zuzhang"), at=work.at)

    handling.take_up(work.session, letter, by=work.who("chengguan"), at=work.at)

    assert not undoing.offers(work.session, work.who("zuzhang"), at=work.at)
    with pytest.raises(Overtaken):
        undoing.undo(work.session, offer.id, by=work.who("zuzhang"), at=work.at)


def test_a_unit_no_longer_sees_what_was_taken_back_from_it(work: Work) -> None:
    letter = work.assigned()
    (offer,) = undoing.offers(work.session, work.who("zuzhang"), at=work.at)

    undoing.undo(work.session, offer.id, by=work.who("zuzhang"), at=work.at)

    with pytest.raises(NotThere):
        letter_lists.find(work.session, letter.id, work.who("chengguan"))
    assert not outbox.unread(work.session, work.who("chengguan"))
    assert not batches.batch_lines(work.session, work.who("zuzhang"))


def test_mail_about_an_assignment_waits_as_long_as_it_can_be_undone_and_then_is_not_sent(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        addresses = {"role:unit_officer:urban": ["urban@example.org"]}
        change_setting(session, outbox.ADDRESSES, addresses, by=SystemActor("test"), at=work.at)
        kept = work.accepted()
        taken_back = work.accepted()
        for letter in (kept, taken_back):
            _assign(work, letter, "urban")
        (offer,) = undoing.offers(session, work.who("zuzhang"), at=work.at, letter_id=taken_back.id)
        undoing.undo(session, offer.id, by=work.who("zuzhang"), at=work.at + timedelta(minutes=9))
        names = (f"/letters/{kept.id}", f"/letters/{taken_back.id}")
        at = work.at

    early, _ = outbox._claim(stage.office, at + WINDOW - timedelta(seconds=1))
    later, _ = outbox._claim(stage.office, at + WINDOW)

    assert not early
    assert [(notice.link, notice.channel) for notice in later] == [(names[0], Channel.MAIL)]
    with stage.office.office.reading() as session:
        held = session.scalars(select(Notice).where(Notice.link == names[1], Notice.channel == Channel.MAIL)).one()
        assert held.sent_at is None
        assert not outbox.stuck(session)


def test_the_receipt_tells_nothing_of_an_assignment_that_was_undone(work: Work) -> None:
    letter = work.assigned()
    (offer,) = undoing.offers(work.session, work.who("zuzhang"), at=work.at)
    undoing.undo(work.session, offer.id, by=work.who("zuzhang"), at=work.at)
    without = [line.text for line in status.snapshot(work.session, letter, at=work.at).history]

    _assign(work, letter, "bureau")

    again = [line.text for line in status.snapshot(work.session, letter, at=work.at).history]
    assert "已交给承办单位核查" not in without
    assert again == [*without, "已交给承办单位核查"]


def test_no_row_is_deleted_by_undoing(work: Work) -> None:
    letter = work.assigned()
    (offer,) = undoing.offers(work.session, work.who("zuzhang"), at=work.at)
    tables = (LetterEvent, LetterDeadline, assignment.LetterAssignment, LetterUndo)
    counts = [work.session.query(table).count() for table in tables]

    undoing.undo(work.session, offer.id, by=work.who("zuzhang"), at=work.at)

    assert all(now >= then for now, then in zip([work.session.query(table).count() for table in tables], counts, strict=True))
    ended = work.session.scalars(
        select(assignment.LetterAssignment).where(assignment.LetterAssignment.letter_id == letter.id)
    ).one()
    assert ended.ended_why == "撤销"
    assert letter.assigned_on is None
    assert isinstance(letter.due_on, date)
