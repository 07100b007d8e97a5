"""The head of each day is kept and sent out, and a site whose kept heads do not fit its log is found out."""

import xml.etree.ElementTree as ET
from datetime import date
from pathlib import Path

import pytest

from moderation.press.checkpoints import keep_checkpoint
from moderation.press.paths import PressPaths
from moderation.press.publishing import Press
from moderation.press.releases import full_build
from portal.site.verify import FolderSource, verify_site
from tests.moderation.press.conftest import Builder
from tests.site.records import one_of_each, record

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def site(paths: PressPaths, builder: Builder) -> Path:
    """A site with the heads of two days."""
    press = Press(paths, followers=())
    press.publish(one_of_each())
    full_build(paths, press=press, builder=builder)
    keep_checkpoint(paths, date(2026, 11, 20))
    press.publish([record("notice-9", "notice")])
    keep_checkpoint(paths, date(2026, 11, 21))
    return paths.current.resolve()


def test_a_subscriber_gets_each_days_head_whole(paths: PressPaths, site: Path) -> None:
    feed = ET.fromstring((site / "log/checkpoints.atom").read_bytes())

    contents = [entry.findtext(f"{ATOM}content") for entry in feed.iter(f"{ATOM}entry")]
    assert contents == [(site / f"log/checkpoints/2026-11-{day}").read_text() for day in (21, 20)]
    assert contents[0] == (paths.log / "checkpoint").read_text()


def test_a_days_head_is_kept_once_and_only_when_the_log_has_grown(paths: PressPaths, site: Path) -> None:
    assert not keep_checkpoint(paths, date(2026, 11, 21))
    assert not keep_checkpoint(paths, date(2026, 11, 22))


def test_the_kept_heads_are_part_of_the_check(site: Path) -> None:
    assert verify_site(FolderSource(site)).faults == []
    kept = site / "log/checkpoints/2026-11-20"
    kept.write_bytes(b"x" + kept.read_bytes()[1:])

    assert "log/checkpoints/2026-11-20" in [path for path, _ in verify_site(FolderSource(site)).faults]


def test_a_feed_that_says_something_else_is_found(site: Path) -> None:
    feed = site / "log/checkpoints.atom"
    feed.write_bytes(feed.read_bytes().replace("存证检查点".encode(), "检查点".encode()))

    assert "log/checkpoints.atom" in [path for path, _ in verify_site(FolderSource(site)).faults]
