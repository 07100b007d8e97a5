"""After a power cut the pages that had not reached the disk are made again by the first use of the press."""

import os

import pytest

from moderation.office import Office
from moderation.press import power
from moderation.press.jobs import keep_built
from moderation.press.paths import PressPaths
from moderation.press.publishing import Press
from moderation.press.releases import full_build
from portal.site.verify import FolderSource, verify_site
from tests.conftest import NOON
from tests.moderation.press.conftest import Builder
from tests.site.records import one_of_each, record


def test_pages_lost_in_a_power_cut_are_made_again(paths: PressPaths, builder: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    press = Press(paths, followers=())
    press.publish(one_of_each())
    full_build(paths, press=press, builder=builder)
    power.settle(paths)
    press.publish([record("notice-9", "notice")])
    site = paths.current.resolve()
    for lost in ("records/notice/notice-9/index.html", "lists/notice/2026/1/index.html", "index.html"):
        (site / lost).write_bytes(b"")
    monkeypatch.setattr(power, "boot", lambda: "another start of the machine")

    Press(paths, followers=()).publish([])

    assert verify_site(FolderSource(site)).faults == []
    assert power.lost_since(paths) is None


def test_without_a_restart_nothing_is_made_again(paths: PressPaths, builder: Builder) -> None:
    press = Press(paths, followers=())
    full_build(paths, press=press, builder=builder)
    press.publish([record("notice-9", "notice")])

    assert power.lost_since(paths) is None


def test_the_mark_goes_when_everything_is_written_out(paths: PressPaths) -> None:
    power.mark(paths, 7)
    assert (paths.press / "unsettled").exists()

    power.settle(paths)

    assert not (paths.press / "unsettled").exists()


def test_what_is_published_while_pages_are_written_out_keeps_its_mark(
    paths: PressPaths, builder: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    press = Press(paths, followers=())
    full_build(paths, press=press, builder=builder)
    press.publish([record("notice-8", "notice")])
    written_out = press.log_size()
    monkeypatch.setattr(os, "sync", lambda: press.publish([record("notice-9", "notice")]))

    power.settle_meanwhile(paths)

    monkeypatch.setattr(power, "boot", lambda: "another start of the machine")
    assert power.lost_since(paths) == written_out


def test_after_a_power_cut_the_worker_makes_lost_pages_again_although_nobody_publishes(
    empty_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = PressPaths(empty_office.data)
    keep_built(empty_office, NOON)
    Press(paths).publish([record("notice-9", "notice")])
    page = paths.current / "records/notice/notice-9/index.html"
    whole = page.read_bytes()
    page.write_bytes(b"")
    monkeypatch.setattr(power, "boot", lambda: "another start of the machine")

    keep_built(empty_office, NOON)

    assert page.read_bytes() == whole
    assert power.lost_since(paths) is None
