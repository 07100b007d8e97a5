"""Seven hundred identical letters are one letter with a count; nobody's receipt is lost, and real neighbours are read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from moderation.casework import arrival
from moderation.casework.letters import Letter
from moderation.casework.machine import LetterState
from moderation.demo.stage import Stage
from moderation.unsealing import make_keys, public_side_folder
from portal.core import reports
from portal.core.intake_keys import load_intake_keys
from portal.core.report_content import ReportContent
from tests.effort import times
from tests.moderation.casework.office_work import CONTENT, NOBODY

WORDS = "购物返利加群联系管理员，每天签到领红包，转发到三个群再领一次，名额有限先到先得。"


@pytest.fixture
def office(stage: Stage) -> Stage:
    make_keys(stage.office)
    return stage


def arrive(stage: Stage, contents: list[ReportContent]) -> None:
    keys = load_intake_keys(public_side_folder(stage.office))
    for content in contents:
        sealed = reports.seal_report(content, NOBODY, nonce=reports.new_nonce(), keys=keys, at=stage.at)
        with stage.office.intake.transaction() as intake:
            reports.submit_report(intake, sealed, at=stage.at)
    for _ in range(len(contents) // 40 + 2):
        arrival.pull(stage.office, stage.at)


def states(stage: Stage) -> dict[LetterState, int]:
    with stage.office.office.reading() as session:
        return {row[0]: row[1] for row in session.execute(select(Letter.state, func.count()).group_by(Letter.state))}


def test_a_flood_is_one_letter_with_a_count(office: Stage) -> None:
    count = times(60, 700)

    arrive(office, [replace(CONTENT, story=WORDS)] * count)

    assert states(office) == {LetterState.RECEIVED: 1, LetterState.MERGED: count - 1}
    with office.office.office.reading() as session:
        leads = session.scalars(select(Letter.duplicate_of).where(Letter.duplicate_of.is_not(None)).distinct()).all()
    assert len(leads) == 1


def test_three_neighbours_with_one_text_are_each_read(office: Stage) -> None:
    arrive(office, [replace(CONTENT, story=WORDS)] * 3)

    assert states(office) == {LetterState.RECEIVED: 3}


def test_the_same_words_about_other_places_are_other_letters(office: Stage) -> None:
    arrive(office, [replace(CONTENT, story=WORDS, place=f"第{number}条街") for number in "一二三四五六"])

    assert states(office) == {LetterState.RECEIVED: 6}
