"""Sitemaps, feeds and datasets say what is public, name the log position, and forget what was withdrawn."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from moderation.press import following
from moderation.press.following import follow_late
from moderation.press.paths import PressPaths
from moderation.press.publishing import Press, late_covered
from moderation.press.releases import full_build
from portal.core.public_record import PublicRecord
from portal.core.public_settings import PublicSettings, write_public_settings
from tests.moderation.press.conftest import builder, hand_written, paths
from tests.moderation.press.sites import differences, files_of
from tests.site.records import at, one_of_each, record, salt_of

__all__ = ["builder", "hand_written", "paths"]

SITE = "https://yunling.example/"


@pytest.fixture
def press(paths: PressPaths, builder: Callable[[PressPaths, Path], None]) -> Press:
    write_public_settings(paths.public_settings, PublicSettings(site_url=SITE))
    made = Press(paths)
    made.publish(one_of_each())
    full_build(paths, press=made, builder=builder)
    return made


def live(press: Press) -> Path:
    found = press.paths.live()
    assert found is not None
    return found


def withdrawn(made: PublicRecord) -> PublicRecord:
    return made.withdrawn(reason="处罚决定已撤销", at=at(date(2026, 11, 21)), salt=salt_of(made.id, 2))


def test_every_public_record_stands_in_exactly_one_sitemap_and_a_withdrawn_one_in_none(press: Press) -> None:
    gone = one_of_each()[2]
    press.publish([withdrawn(gone)])

    index = ElementTree.parse(live(press) / "sitemap.xml")
    places = [element.text or "" for element in index.iter() if element.tag.endswith("loc")]
    found: list[str] = []
    for place in places:
        tree = ElementTree.parse(live(press) / place.removeprefix(SITE))
        found += [element.text or "" for element in tree.iter() if element.tag.endswith("}loc")]

    records = [address for address in found if "/records/" in address]
    assert sorted(records) == sorted(f"{SITE}{made.path}" for made in one_of_each() if made.id != gone.id)
    assert f"{SITE}verify/" in found
    robots = (live(press) / "robots.txt").read_text().splitlines()
    assert "Allow: /r/$" in robots
    assert "Disallow: /r/" in robots


def test_finders_of_faults_are_told_whom_to_tell_and_until_when_that_holds(press: Press) -> None:
    press.publish([record("zj-later", day=date(2027, 2, 3))])

    fields = [line.split(": ", 1) for line in (live(press) / ".well-known" / "security.txt").read_text().splitlines()]

    assert dict(fields)["Contact"] == f"{SITE}about/"
    assert dict(fields)["Expires"] == "2028-02-01T00:00:00+08:00"
    assert [name for name, _ in fields].count("Expires") == 1


def test_feeds_are_well_formed_name_the_log_and_drop_what_was_withdrawn(press: Press) -> None:
    gone = one_of_each()[2]
    press.publish([withdrawn(gone)])

    assert follow_late(press)
    assert not follow_late(press)

    assert gone.region.code not in {made.region.code for made in one_of_each() if made.id != gone.id}
    assert not (live(press) / "feeds" / "region" / gone.region.code / "atom.xml").exists()
    for folder in ("all", gone.kind, "region/410399"):
        atom = ElementTree.parse(live(press) / "feeds" / folder / "atom.xml")
        ElementTree.parse(live(press) / "feeds" / folder / "rss.xml")
        feed = json.loads((live(press) / "feeds" / folder / "feed.json").read_text(encoding="utf-8"))
        assert gone.title not in (live(press) / "feeds" / folder / "atom.xml").read_text(encoding="utf-8")
        assert [element.text for element in atom.iter() if element.tag.endswith("}size")] == [str(feed["_log_size"])]
        assert feed["_log_size"] == press.log_size()


def test_datasets_hold_every_public_record_whole_and_no_withdrawn_word(press: Press) -> None:
    gone = one_of_each()[2]
    press.publish([withdrawn(gone)])
    follow_late(press)
    folder = live(press) / "datasets"

    lines = [line for path in folder.glob("*.jsonl") for line in path.read_bytes().splitlines(keepends=True)]

    assert {PublicRecord.from_json(line).id for line in lines} == {made.id for made in one_of_each()} - {gone.id}
    assert all(gone.title.encode() not in path.read_bytes() for path in folder.iterdir())
    index = json.loads((folder / "index.json").read_text())
    assert index["log_size"] == press.log_size()
    letters = list(csv.reader(io.StringIO((folder / "letters.csv").read_text(encoding="utf-8-sig"))))
    assert len(letters) == 1 + sum(len(made.letters) for made in one_of_each())


def test_a_cell_that_a_spreadsheet_would_run_stays_text(press: Press) -> None:
    press.publish([record("zj-evil", title="=HYPERLINK(1)")])
    follow_late(press)

    rows = (live(press) / "datasets" / "rectification.csv").read_text(encoding="utf-8-sig")

    assert "'=HYPERLINK(1)" in rows
    assert ",=HYPERLINK" not in rows


def _owned(press: Press) -> dict[str, bytes]:
    """What followers wrote, without the log position: a full build is itself an entry of the log."""
    position = re.compile(rb'(log_size": |<log:size>)\d+')
    owned = ("feeds/", "datasets/", "sitemap", "robots", ".well-known/")
    return {path: position.sub(rb"\1", data) for path, data in files_of(live(press)).items() if path.startswith(owned)}


def test_late_followers_end_where_a_full_build_would(press: Press, builder: Callable[[PressPaths, Path], None]) -> None:
    press.publish([record(f"zj-more-{number}") for number in range(7)])
    press.publish([withdrawn(one_of_each()[0])])
    follow_late(press)
    followed = _owned(press)

    full_build(press.paths, press=press, builder=builder)

    assert differences(followed, _owned(press)) == []


def test_followers_that_lost_their_place_are_made_anew_and_end_the_same(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    press.publish([record(f"zj-more-{number}") for number in range(7)])
    follow_late(press)
    followed = _owned(press)

    monkeypatch.setattr(following, "MANY", 3)
    (press.paths.press / "followers-covered").unlink()
    (press.paths.press / "followers-due").touch()
    assert follow_late(press)

    assert differences(followed, _owned(press)) == []


def test_a_fresh_release_need_not_be_followed_from_the_beginning(press: Press) -> None:
    assert late_covered(press.paths) >= len(one_of_each())
