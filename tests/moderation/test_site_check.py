"""The site is looked at as inspectors do, and each kind of finding is found when it is there and not when it is not."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import time_machine

from moderation.demo.stage import Stage
from moderation.press.checkpoints import keep_checkpoint_of_the_day
from moderation.press.paths import PressPaths
from moderation.publication import pressing
from moderation.settings import PUBLIC, change_setting, public_settings
from moderation.site_check import Finding, check_site, site_check
from tests.conftest import NOON
from tests.console.conftest import stage, staged_data
from tests.site.records import one_of_each, record

__all__ = ["stage", "staged_data"]

TODAY = date(2026, 11, 20)
FRESH = date(2026, 5, 1)
"""A day on which no column of the sample records is stale."""


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


# ---- every kind of finding by the command and at the desk ----


def the_command(stage: Stage, capsys: pytest.CaptureFixture[str], *, today: date, as_json: bool = False) -> tuple[int, str]:
    with time_machine.travel(datetime(today.year, today.month, today.day, 4, tzinfo=UTC), tick=False):
        code = site_check(argparse.Namespace(data=stage.office.data, json=as_json))
    return code, capsys.readouterr().out


def marked(stage: Stage) -> None:
    """Sets what the footer must show."""
    with stage.office.office.transaction() as session:
        told = asdict(public_settings(session)) | {"icp_number": "演ICP备0号", "police_number": "演公网安备0号"}
        change_setting(session, PUBLIC, told, by=stage.cast["guanli"], at=NOON, clause="政府网站发展指引", confirmed=True)


def test_a_column_with_nothing_in_it_is_a_veto(stage: Stage) -> None:
    pressing.press_of(stage.office).publish([each for each in one_of_each() if each.kind != "letter-batch"])
    pressing.build_whole_site(stage.office, lambda what, done, total: None)

    assert [(each.where, each.grave) for each in found(stage, "empty")] == [("/records/letter-batch/", True)]


def test_the_command_ends_with_one_only_where_a_veto_item_is_found(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    built(stage)

    code, said = the_command(stage, capsys, today=FRESH)
    assert code == 0
    assert "页脚没有ICP 备案号" in said
    assert said.splitlines()[-1].endswith("其中单项否决 0 处。")

    code, said = the_command(stage, capsys, today=date(2027, 3, 1))
    assert code == 1
    assert "【否决】" in said

    assert the_command(stage, capsys, today=date(2027, 3, 1), as_json=True)[0] == 1


def test_the_json_of_the_command_names_kind_place_gravity_and_clause(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    live = built(stage)
    pressing.press_of(stage.office).publish([record("zj-slip", title="请各单位按装围挡")])
    (live / "about" / "index.html").write_text('<a href="../nowhere/">x</a>', encoding="utf-8")

    _, said = the_command(stage, capsys, today=date(2027, 3, 1), as_json=True)

    rows = json.loads(said)
    assert {row["kind"] for row in rows} == {"stale", "slip", "dead_link", "footer"}
    assert all(set(row) == {"kind", "what", "where", "grave", "clause"} for row in rows)
    assert [row["grave"] for row in rows] == sorted((row["grave"] for row in rows), reverse=True), "graver things first"


def test_the_command_says_that_nothing_was_found(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    built(stage)
    marked(stage)

    assert the_command(stage, capsys, today=FRESH) == (0, "没有发现问题。\n")


def test_the_page_at_the_desk_shows_the_same_and_leads_there(stage: Stage) -> None:
    from tests.console.desk_client import signed_in_client

    built(stage)
    pressing.press_of(stage.office).publish([record("zj-slip", title="请各单位按装围挡")])

    page = signed_in_client(stage, "nigao").get("/publication/health").text

    assert "按装" in page
    assert 'records/rectification/zj-slip/">/records/rectification/zj-slip/</a>' in page
    assert "页脚没有ICP 备案号" in page
