"""The base of the search is made anew beside the worker: publishing goes on, one process at a time is at it."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest

from moderation.press import searching
from moderation.press.paths import PressPaths, lock
from moderation.press.publishing import Press
from moderation.press.releases import full_build
from moderation.press.searching import compact_search, compact_search_beside
from portal.site import search, search_base
from tests.moderation.press.conftest import Builder
from tests.site.records import one_of_each, record, salt_of

OLD = "甲乙丙丁戊"


@pytest.fixture
def press(paths: PressPaths, builder: Builder) -> Press:
    """A press whose base holds a title that was corrected since."""
    made, first = Press(paths), record("zj-old", title=f"{OLD}标题")
    made.publish([*one_of_each(), first])
    full_build(paths, press=made, builder=builder)
    assert compact_search(made)
    moment = first.updated_at + timedelta(days=1)
    made.publish([first.revised(reason="改正", at=moment, salt=salt_of("zj-old", 2), title="改正的标题")])
    return made


def in_the_base(press: Press) -> bool:
    live = press.paths.live()
    assert live is not None
    return any(OLD[:2].encode("utf-16-le") in path.read_bytes() for path in live.glob("search/base-*/*.bin"))


def test_a_correction_is_enough_for_a_new_base_and_publishing_goes_on_meanwhile(press: Press) -> None:
    assert in_the_base(press)
    compact_search_beside(press.paths)
    running = searching._running[press.paths.data_dir]
    begun = time.monotonic()
    press.publish([record("zj-meanwhile", title="期间发布")])
    waited = time.monotonic() - begun
    compact_search_beside(press.paths)
    assert searching._running[press.paths.data_dir] is running

    assert running.wait(60) == 0

    live = press.paths.live()
    assert live is not None
    assert waited < 1
    assert not in_the_base(press)
    delta = search.read_delta(live)
    assert not delta["gone"]
    assert "zj-meanwhile" in delta["records"] or (search.read_index(live) or {})["records"] == 8


def test_what_is_withdrawn_while_the_base_is_made_goes_with_the_next(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    first = one_of_each()[1]
    make = search_base.make_base

    def withdrawn_meanwhile(folder: Path, *args: object, **more: object) -> object:
        made = make(folder, *args, **more)  # type: ignore[arg-type]
        moment = first.updated_at + timedelta(days=1)
        Press(press.paths).publish([first.withdrawn(reason="撤回", at=moment, salt=salt_of(first.id, 2))])
        return made

    monkeypatch.setattr(search_base, "make_base", withdrawn_meanwhile)
    assert compact_search(press)
    monkeypatch.undo()
    live = press.paths.live()
    assert live is not None
    assert search.read_delta(live)["gone"]
    assert search.needs_compaction(live)

    assert compact_search(press)

    assert not search.needs_compaction(live)


def test_two_processes_never_make_one_base(press: Press) -> None:
    with lock(press.paths, "search"):
        assert not compact_search(press)
    assert compact_search(press)
