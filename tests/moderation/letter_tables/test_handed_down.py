"""A table from the level above becomes letters once; what cannot be entered is named; what goes up reads back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import func, select

from moderation import papers
from moderation.casework import assignment, handling
from moderation.casework.letters import BatchOrigin, Letter, LetterBatch, LetterClaim, LetterText
from moderation.casework.machine import LetterState
from moderation.demo.stage import Stage
from moderation.letter_tables import handed_down, official, pack
from moderation.letter_tables.handed_down import Handover
from moderation.settings import public_settings
from portal.core.errors import Mendable
from portal.core.report_content import Identity
from tests.moderation.casework.office_work import STORY, Work

HEADS = ["序号", "受理编号", "交办问题基本情况", "行政区域", "污染类型", "办理期限"]
SAID = Handover(BatchOrigin.PROVINCE, "第三轮省级督察", 3, date(2026, 11, 20), date(2026, 11, 27))
ROWS = [
    ["1", "D3HA202611190012*", "1.料场扬尘。2.夜间噪声扰民。", "青石镇", "大气、噪声", ""],
    ["2", "X3HA202611190013", "河水发黑。", "柳溪镇", "水", "2026年12月1日"],
    ["3", "X3HA202611190014", "地点不明的气味。", "别的县", "怪味", ""],
]


@pytest.fixture
def work(stage: Stage) -> Iterator[Work]:
    with stage.office.office.transaction() as session:
        yield Work(stage, session)


def table(rows: list[list[str]] = ROWS) -> official.Reading:
    return official.read("\n".join(",".join(row) for row in [HEADS, *rows]).encode())


def entered(work: Work, said: Handover = SAID) -> handed_down.Entered:
    regions = public_settings(work.session).regions()
    return handed_down.enter(work.session, table(), said, regions, by=work.who("zuyuan"), at=work.at)


def by_number(work: Work, number: str) -> Letter:
    return work.session.scalars(select(Letter).where(Letter.upstream_number == number)).one()


def test_rows_become_letters_with_their_number_mark_and_due_day_and_twice_changes_nothing(work: Work) -> None:
    assert entered(work) == handed_down.Entered(2, 0, 1)
    assert entered(work) == handed_down.Entered(0, 2, 1)

    first, second = by_number(work, "D3HA202611190012"), by_number(work, "X3HA202611190013")
    assert first.state is LetterState.ACCEPTED
    assert first.key_letter
    assert (first.region_code, first.due_on) == ("990121100", date(2026, 11, 27))
    assert second.due_on == date(2026, 12, 1)
    claims = work.session.scalars(select(LetterClaim.text).where(LetterClaim.letter_id == first.id)).all()
    assert claims == ["料场扬尘。", "夜间噪声扰民。"]
    assert work.session.get_one(LetterBatch, first.batch_id).number == 3


def test_a_row_that_cannot_be_entered_says_why_and_a_default_region_mends_it(work: Work) -> None:
    regions = public_settings(work.session).regions()
    lines = handed_down.lines_of(work.session, table(), SAID, regions)
    assert "行政区域“别的县”认不出来" in lines[2].faults[0]

    mended = Handover(SAID.origin, SAID.round_name, 3, SAID.day, SAID.due_on, "990121")

    assert entered(work, mended) == handed_down.Entered(3, 0, 0)
    third = by_number(work, "X3HA202611190014")
    assert third.region_code == "990121"
    assert "怪味" in work.session.get_one(LetterText, third.id).note


def test_a_number_twice_in_one_table_is_entered_once(work: Work) -> None:
    regions = public_settings(work.session).regions()
    twice = table([ROWS[0], ROWS[0]])
    done = handed_down.enter(work.session, twice, SAID, regions, by=work.who("zuyuan"), at=work.at)

    assert done == handed_down.Entered(1, 0, 1)
    assert work.session.scalar(select(func.count()).select_from(Letter)) == 1


def test_our_own_letters_are_not_handed_down(work: Work) -> None:
    with pytest.raises(Mendable, match="上级"):
        entered(work, Handover(BatchOrigin.OWN, "", 1, SAID.day))


def test_the_pack_for_the_level_above_holds_what_the_unit_reported(work: Work) -> None:
    entered(work)
    letter = by_number(work, "D3HA202611190012")
    assignment.assign(work.session, letter, unit_ids=("urban", "bureau"), why="按职责", by=work.who("zuyuan"), at=work.at)
    handling.take_up(work.session, letter, by=work.who("chengguan"), at=work.at)
    work.report(letter, "chengguan")
    work.report(letter, "huanbao")
    batch = work.session.get_one(LetterBatch, letter.batch_id)

    rows = pack.rows_of_batch(work.session, batch, work.who("zuyuan"))
    back = official.read(official.as_xlsx("第3批", rows)).rows

    assert [row.get("number") for row in back] == ["D3HA202611190012*"]
    assert back[0].get("verdict") == "属实"
    assert "料堆未覆盖" in back[0].get("finding")


def test_a_case_file_carries_neither_original_nor_identity(work: Work) -> None:
    letter = work.reported(identity=Identity(name="田大山", phone="13800001234"))
    letter_text = work.session.get_one(LetterText, letter.id)
    letter_text.reply = STORY[:40]

    paper = pack.case_file(work.session, letter, key=work.key, by=work.who("zuyuan"), at=work.at)

    printed = papers.plain_text(paper)
    assert letter.spoken_number in printed
    assert "料堆未覆盖" in printed
    assert STORY[:12] not in printed
    assert "田大山" not in printed
    assert pack.WITHHELD in printed
    assert papers.docx(paper)[:2] == b"PK"
