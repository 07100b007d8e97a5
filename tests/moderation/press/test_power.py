"""After a power cut the pages that had not reached the disk are made again by the first use of the press."""

import pytest

from moderation.press import power
from moderation.press.paths import PressPaths
from moderation.press.publishing import Press
from moderation.press.releases import full_build
from portal.site.verify import FolderSource, verify_site
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
