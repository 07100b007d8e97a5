"""Kill -9 at any moment leaves the old page or the new one, whole; the next publish makes the site what it should be."""

import contextlib
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from moderation.press import log_writer
from moderation.press.paths import PressPaths
from moderation.press.publishing import Press
from moderation.press.releases import PROJECT, full_build
from portal.core.public_record import PublicRecord
from portal.site import catalogue
from portal.site.verify import FolderSource, verify_site
from tests.effort import times
from tests.moderation.press.conftest import Builder
from tests.moderation.press.publish_forever import story
from tests.moderation.press.sites import differences, files_of


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "PAGE_ROWS", 2)


def publish_and_kill(paths: PressPaths, start: int, after: float) -> int:
    """Runs a publisher, kills it ``after`` seconds of work; returns how many publishes it had reported."""
    words = [sys.executable, "-m", "tests.moderation.press.publish_forever", str(paths.data_dir), str(start)]
    running = subprocess.Popen(words, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    lines = 0 if running.stdout.readline() == "" else 1
    time.sleep(after)
    running.kill()
    lines += len(running.stdout.readlines())
    running.stdout.close()
    running.wait()
    return lines


def test_a_killed_press_leaves_whole_pages_and_is_made_good(paths: PressPaths, builder: Builder) -> None:
    chance = random.Random(7)
    full_build(paths, press=Press(paths, followers=()), builder=builder)
    for round_number in range(times(4, 60)):
        reported = publish_and_kill(paths, round_number * 1000, chance.uniform(0.0, 0.25))
        site = paths.current.resolve()
        for path, data in files_of(site).items():
            if path.endswith(".html"):
                assert data.rstrip().endswith(b"</html>"), path
        Press(paths, followers=()).publish([next(story(f"after-{round_number}"))])
        assert verify_site(FolderSource(site)).faults == []
        published = len(list(paths.records.glob(f"notice/k-{round_number * 1000}*.json")))
        assert published or not reported
    grown = files_of(paths.current.resolve())
    full_build(paths, press=Press(paths, followers=()), builder=builder)
    assert differences(grown, files_of(paths.current.resolve())) == []


class Killed(BaseException):
    """Stands for a kill at one exact step; nothing may catch it and go on."""


@pytest.mark.parametrize("step", range(26))
def test_stopping_before_any_single_write_loses_nothing_and_doubles_nothing(
    paths: PressPaths, builder: Builder, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    full_build(paths, press=Press(paths, followers=()), builder=builder)
    press = Press(paths, followers=())
    first, second, third = story("k-1")
    press.publish([first, next(story("k-2"))])
    stop_at(monkeypatch, step)
    with contextlib.suppress(Killed):
        press.publish([second])
    monkeypatch.undo()

    fresh = Press(paths, followers=())
    fresh.publish([second])
    fresh.publish([third])

    assert verify_site(FolderSource(paths.current.resolve())).faults == []
    stored = PublicRecord.from_json(paths.record("notice", "k-1").read_bytes())
    assert stored == third


def stop_at(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Every file that is put in place goes through os.replace: the kill comes before the ``step``-th."""
    import os

    replace = os.replace
    count = iter(range(10_000))

    def counted(source: str | Path, target: str | Path) -> None:
        if next(count) == step:
            raise Killed
        replace(source, target)

    monkeypatch.setattr(os, "replace", counted)


def test_entries_of_an_append_that_was_never_signed_do_not_count(paths: PressPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    key = log_writer.signing_key(paths, "yunling.example/log")
    writer = log_writer.LogWriter(paths, key)
    writer.append([b"one", b"two"])
    monkeypatch.setattr(log_writer.LogWriter, "_sign", lambda _self: (_ for _ in ()).throw(Killed()))
    with pytest.raises(Killed):
        writer.append([f"lost {number}".encode() for number in range(300)])
    monkeypatch.undo()

    fresh = log_writer.LogWriter(paths, key)
    fresh.drop_strays()
    assert sorted(path.name for path in (paths.log / "tile").rglob("*") if path.is_file()) == ["2", "2"]
    assert fresh.size == 2
    assert fresh.append([b"three"]) == 2
    fresh.append([f"kept {number}".encode() for number in range(600)])

    again = log_writer.LogWriter(paths, key)
    assert (again.size, again.root) == (fresh.size, fresh.root)


def test_unfinished_tiles_that_a_kill_left_beside_full_ones_go_at_the_next_start(
    paths: PressPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise whoever verifies the site is told of hundreds of files without an origin."""
    key = log_writer.signing_key(paths, "yunling.example/log")
    writer = log_writer.LogWriter(paths, key)
    writer.append([b"one", b"two"])
    monkeypatch.setattr(log_writer.LogWriter, "_sweep", lambda *_: (_ for _ in ()).throw(Killed()))
    with pytest.raises(Killed):
        writer.append([f"kept {number}".encode() for number in range(600)])
    monkeypatch.undo()
    assert (paths.log / "tile" / "0" / "000.p").exists()

    log_writer.LogWriter(paths, key).drop_strays()

    assert not list((paths.log / "tile" / "0").rglob("000.p"))
    assert not list((paths.log / "tile" / "entries").rglob("000.p"))
    again = log_writer.LogWriter(paths, key)
    assert again.append([b"three"]) == 602
