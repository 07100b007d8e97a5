"""The worker builds the site when it must, and not again and again."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from moderation.office import Office
from moderation.press import jobs, releases
from moderation.press.jobs import build_if_needed, last_failure
from moderation.press.paths import PressPaths
from moderation.press.publishing import Press
from moderation.press.releases import BuildFailed
from portal.core.publication_log import BadLog
from portal.site.shells import BadShell
from tests.conftest import NOON
from tests.moderation.press.conftest import Builder


@pytest.fixture
def press(paths: PressPaths, builder: Builder, monkeypatch: pytest.MonkeyPatch) -> Press:
    monkeypatch.setattr(releases, "build_site", builder)
    return Press(paths, followers=())


def rename_office(paths: PressPaths, name: str) -> None:
    paths.public_settings.write_text(json.dumps({"office_name": name}))


def test_a_site_is_built_when_there_is_none_and_once(paths: PressPaths, press: Press) -> None:
    assert build_if_needed(paths, press)
    live = paths.live()

    assert not build_if_needed(paths, press)
    assert paths.live() == live


def test_new_settings_are_built_in(paths: PressPaths, press: Press) -> None:
    build_if_needed(paths, press)
    rename_office(paths, "云岭县生态环境局")

    assert build_if_needed(paths, press)


def test_a_build_that_fails_is_told_and_not_repeated_until_something_changes(
    paths: PressPaths, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_if_needed(paths, press)
    live, tries = paths.live(), []

    def fail(_paths: PressPaths, **_rest: object) -> None:
        tries.append(1)
        raise BuildFailed("网站没有生成：模板坏了")

    rename_office(paths, "云岭县")
    with monkeypatch.context() as broken:
        broken.setattr(jobs, "full_build", fail)
        assert not build_if_needed(paths, press)
        assert not build_if_needed(paths, press)
    assert tries == [1]
    assert "模板坏了" in last_failure(paths)
    assert paths.live() == live

    rename_office(paths, "云岭县生态环境局")
    assert build_if_needed(paths, press)
    assert last_failure(paths) == ""


@pytest.mark.parametrize(
    "error", [BadLog("记录 notice/notice-1 与存证日志不符"), BadShell("no slots"), OSError(28, "No space left on device")]
)
def test_a_build_that_a_record_or_the_disk_stops_is_told_too_and_tried_again_later(
    empty_office: Office, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    paths = PressPaths(empty_office.data)

    def fail(_paths: PressPaths, **_rest: object) -> None:
        raise error

    moment = datetime.now(UTC)
    with monkeypatch.context() as broken:
        broken.setattr(jobs, "full_build", fail)
        jobs.keep_built(empty_office, moment)
    assert "线上仍是原来的版本" in last_failure(paths)
    assert str(error) in last_failure(paths)
    assert not jobs.needs_build(paths)

    jobs.keep_built(empty_office, moment + timedelta(seconds=jobs.PAUSE_S + 60))

    assert paths.live() is not None
    assert last_failure(paths) == ""


def test_a_later_build_runs_beside_the_worker(empty_office: Office) -> None:
    paths = PressPaths(empty_office.data)
    jobs.keep_built(empty_office, NOON)
    first = paths.live()
    assert first is not None
    paths.public_settings.parent.mkdir(exist_ok=True)
    rename_office(paths, "云岭县生态环境局")

    jobs.keep_built(empty_office, NOON)
    running = jobs._building[empty_office.data]
    jobs.keep_built(empty_office, NOON)
    assert jobs._building[empty_office.data] is running
    assert running.wait(60) == 0

    assert paths.live() != first
    jobs.keep_built(empty_office, NOON)
    assert empty_office.data not in jobs._building
