"""The site is looked at as inspectors do, and each kind of finding is found when it is there and not when it is not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from moderation.demo.stage import Stage
from moderation.press.checkpoints import keep_checkpoint_of_the_day
from moderation.press.paths import PressPaths
from moderation.publication import pressing
from moderation.site_check import Finding, check_site
from tests.conftest import NOON
from tests.console.conftest import stage, staged_data
from tests.site.records import one_of_each, record

__all__ = ["stage", "staged_data"]

TODAY = date(2026, 11, 20)


def found(stage: Stage, kind: str, today: date = TODAY) -> list[Finding]:
    return [each for each in check_site(stage.office, today=today) if each.kind == kind]


def built(stage: Stage) -> Path:
    pressing.press_of(stage.office).publish(one_of_each())
    pressing.build_whole_site(stage.office, lambda what, done, total: None)
    keep_checkpoint_of_the_day(stage.office, NOON)
    live = PressPaths(stage.office.data).live()
    assert live is not None
    return live


def test_a_site_that_was_never_built_is_said_so(stage: Stage) -> None:
    assert [each.kind for each in check_site(stage.office, today=TODAY)] == ["unbuilt"]


def test_empty_and_stale_columns_are_vetoes(stage: Stage) -> None:
    built(stage)

    assert not found(stage, "empty")
    assert [each.where for each in found(stage, "stale", date(2027, 3, 1)) if each.grave]
    assert not found(stage, "stale", date(2026, 5, 1))


def test_a_dead_link_and_a_slip_of_the_pen_are_named_with_their_page(stage: Stage) -> None:
    live = built(stage)
    pressing.press_of(stage.office).publish([record("zj-slip", title="请各单位按装围挡")])
    (live / "about").mkdir(exist_ok=True)
    (live / "about" / "index.html").write_text('<a href="../nowhere/">x</a> <a href="../records/notice/">y</a>', encoding="utf-8")

    dead = found(stage, "dead_link")

    assert ("/about/index.html", "链接 ../nowhere/ 打不开") in {(each.where, each.what) for each in dead}
    assert not [each for each in dead if "../records/notice/" in each.what]
    assert [each.where for each in found(stage, "slip") if "按装" in each.what] == ["/records/rectification/zj-slip/"]


def test_no_page_of_a_fresh_site_has_a_dead_link(stage: Stage) -> None:
    built(stage)

    assert found(stage, "dead_link") == []


def test_missing_footer_marks_are_named_and_set_ones_are_not(stage: Stage) -> None:
    built(stage)

    missing = {each.what for each in found(stage, "footer")}

    assert "页脚没有ICP 备案号" in missing
    assert "页脚没有主办单位" not in missing


def test_a_letter_past_its_day_without_an_answer_is_a_veto(stage: Stage) -> None:
    from tests.moderation.casework.office_work import Work

    built(stage)
    with stage.office.office.transaction() as session:
        Work(stage, session).assigned()

    assert not found(stage, "unanswered")
    late = found(stage, "unanswered", date(2027, 6, 1))
    assert [each.grave for each in late] == [True]
    assert NOON.year == 2026
