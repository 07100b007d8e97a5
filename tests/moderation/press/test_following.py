"""Feeds and data sets of a large site are written beside the worker: nothing that is published waits for them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from moderation.press import following
from moderation.press.following import follow_beside, follow_late, follow_meanwhile
from moderation.press.paths import PressPaths
from moderation.press.publishing import Press
from moderation.press.releases import full_build
from tests.moderation.press.conftest import Builder
from tests.moderation.press.sites import files_of
from tests.site.records import one_of_each, record, salt_of


@pytest.fixture
def press(paths: PressPaths, builder: Builder) -> Press:
    """A press with one record more than its feeds and data sets hold."""
    made = Press(paths)
    made.publish(list(one_of_each()))
    full_build(paths, press=made, builder=builder)
    follow_late(made)
    made.publish([record("zj-new")])
    return made


def live(press: Press) -> Path:
    return press.paths.current.resolve()


def followed(press: Press) -> dict[str, bytes]:
    return {path: data for path, data in files_of(live(press)).items() if path.startswith(("feeds/", "datasets/"))}


def covered(press: Press) -> int:
    return int(json.loads((live(press) / "datasets" / "index.json").read_text())["log_size"])


def publish_while_writing(press: Press, monkeypatch: pytest.MonkeyPatch, *changes: Any) -> None:
    """Somebody publishes after the catalogue was read and before anything was written."""
    write = following._write

    def late(*args: Any) -> None:
        monkeypatch.undo()
        Press(press.paths).publish(list(changes))
        write(*args)

    monkeypatch.setattr(following, "_write", late)


def test_a_process_of_its_own_writes_the_same_files(press: Press) -> None:
    follow_beside(press.paths)
    assert following._running[press.paths.data_dir].wait(60) == 0
    beside = followed(press)

    (press.paths.press / "followers-due").touch()
    (press.paths.press / "followers-covered").unlink()
    follow_late(press)

    assert beside == followed(press)
    assert b"zj-new" in beside["datasets/rectification.jsonl"]
    follow_beside(press.paths)
    assert following._running[press.paths.data_dir].returncode == 0, "nothing is due: no other process is begun"


def test_what_is_published_meanwhile_is_not_held_up_and_follows_next(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_while_writing(press, monkeypatch, record("zj-meanwhile"))

    assert follow_meanwhile(Press(press.paths))

    assert b"zj-meanwhile" not in followed(press)["datasets/rectification.jsonl"]
    size = covered(press)
    assert follow_meanwhile(Press(press.paths))
    assert covered(press) == size + 1
    assert b"zj-meanwhile" in followed(press)["datasets/rectification.jsonl"]


def test_a_record_withdrawn_meanwhile_stands_in_none_of_them(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = record("zj-new")
    gone = fresh.withdrawn(reason="撤回", at=fresh.updated_at + timedelta(days=1), salt=salt_of(fresh.id, 2))
    publish_while_writing(press, monkeypatch, gone)

    assert follow_meanwhile(Press(press.paths))

    assert not [path for path, data in followed(press).items() if b"zj-new" in data]
    assert covered(press) == Press(press.paths).ready()[0].size


def test_a_release_that_went_live_meanwhile_is_followed_next_time(
    press: Press, builder: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = following._write

    def switch(*args: Any) -> None:
        monkeypatch.undo()
        write(*args)
        full_build(press.paths, press=Press(press.paths), builder=builder)
        (press.paths.press / "followers-due").touch()

    monkeypatch.setattr(following, "_write", switch)

    assert not follow_meanwhile(Press(press.paths))
    assert follow_meanwhile(Press(press.paths))
    assert b"zj-new" in followed(press)["datasets/rectification.jsonl"]
