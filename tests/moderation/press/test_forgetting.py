"""Words that were withdrawn or corrected are gone from the whole disk within the worker's minute, and the way back still works."""

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from moderation.press.followers import FOLLOWERS
from moderation.press.following import follow_late
from moderation.press.paths import PressPaths
from moderation.press.publishing import Press
from moderation.press.releases import PROJECT, full_build, rollback
from moderation.press.searching import compact_search
from portal.core.public_record import PublicRecord
from portal.site.verify import FolderSource, verify_site
from tests.moderation.press.conftest import Builder
from tests.moderation.press.sites import differences, files_of
from tests.site.records import one_of_each, rectification, salt_of

WORDS = "甲乙丙丁戊"


@pytest.fixture
def press(paths: PressPaths, builder: Builder) -> Press:
    """A press with three releases, the words in each."""
    made = Press(paths)
    made.publish([*one_of_each()[1:], marked()])
    for _ in range(3):
        full_build(paths, press=made, builder=builder)
        compact_search(made)
        follow_late(made)
    return made


def marked() -> PublicRecord:
    return replace(rectification(), title=f"{WORDS}标题", summary=f"{WORDS}摘要")


def withdrawn(old: PublicRecord) -> PublicRecord:
    moment = old.updated_at + timedelta(days=2)
    return old.withdrawn(reason="处罚决定已撤销", at=moment, salt=salt_of(old.id, old.revision + 1))


def corrected(old: PublicRecord) -> PublicRecord:
    moment = old.updated_at + timedelta(days=1)
    return old.revised(reason="改正", at=moment, salt=salt_of(old.id, old.revision + 1), title="改正的标题", summary="改正的摘要")


def still_there(paths: PressPaths) -> list[str]:
    """Every file below the data directory that holds the words, as text or as pairs of the search."""
    wanted = (WORDS.encode(), WORDS[:2].encode("utf-16-le"))
    files = (path for path in paths.data_dir.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(str(path.relative_to(paths.data_dir)) for path in files if any(word in path.read_bytes() for word in wanted))


def worker_minute(press: Press) -> None:
    follow_late(press)
    compact_search(press)


def test_withdrawn_words_are_gone_from_the_whole_disk(press: Press) -> None:
    assert len(still_there(press.paths)) > 30

    press.publish([withdrawn(marked())])
    worker_minute(press)

    assert still_there(press.paths) == []


def test_corrected_words_are_gone_from_the_whole_disk(press: Press) -> None:
    press.publish([corrected(marked())])
    worker_minute(press)

    assert still_there(press.paths) == []


def test_words_corrected_or_withdrawn_before_the_search_had_taken_them_in_are_gone_as_well(press: Press) -> None:
    late, other = (replace(marked(), id=name, salt=salt_of(name, 1)) for name in ("zj-late", "zj-other"))
    press.publish([late, other, corrected(marked())])
    press.publish([corrected(late), withdrawn(other)])
    worker_minute(press)

    assert still_there(press.paths) == []


def test_words_withdrawn_just_before_a_new_release_go_from_the_one_that_was_left(press: Press, builder: Builder) -> None:
    press.publish([withdrawn(marked())])
    full_build(press.paths, press=press, builder=builder)

    worker_minute(press)

    assert still_there(press.paths) == []


def test_the_way_back_works_after_words_were_forgotten(press: Press, builder: Builder) -> None:
    press.publish([withdrawn(marked())])
    press.publish([corrected(one_of_each()[1])])
    worker_minute(press)

    rollback(press.paths, press=press)

    live = press.paths.current.resolve()
    assert verify_site(FolderSource(live), FOLLOWERS).faults == []
    assert still_there(press.paths) == []
    pages = {path: data for path, data in files_of(live).items() if not path.startswith(("search/", "feeds/", "datasets/"))}
    full_build(press.paths, press=press, builder=builder)
    grown = files_of(press.paths.current.resolve())
    assert (
        differences(pages, {path: grown[path] for path in grown if not path.startswith(("search/", "feeds/", "datasets/"))}) == []
    )


def test_a_second_way_back_still_has_what_changed_before(press: Press, builder: Builder) -> None:
    press.publish([corrected(one_of_each()[1])])
    worker_minute(press)
    rollback(press.paths, press=press)
    press.publish([withdrawn(marked())])
    worker_minute(press)

    rollback(press.paths, press=press)

    assert verify_site(FolderSource(press.paths.current.resolve()), FOLLOWERS).faults == []
    assert still_there(press.paths) == []


def test_nothing_is_taken_from_kept_releases_when_nothing_was_changed(press: Press) -> None:
    kept = next(root for root in sorted(press.paths.releases.iterdir()) if root != press.paths.live())
    before = files_of(kept)

    press.publish([replace(rectification(), id="zj-new", salt=salt_of("zj-new", 1))])
    worker_minute(press)

    assert differences(before, files_of(kept)) == []


def test_what_a_killed_process_left_half_written_goes_too(press: Press) -> None:
    script = "import os, pathlib, sys; pathlib.Path(sys.argv[1], f'{os.getpid()}-1.half').write_text(sys.argv[2])"
    subprocess.run([sys.executable, "-c", script, str(press.paths.scratch), WORDS], check=True, cwd=PROJECT)
    (press.paths.releases / ".building-1").mkdir()
    (press.paths.releases / ".building-1" / "index.html").write_text(WORDS)

    press.publish([withdrawn(marked())])
    worker_minute(press)

    assert still_there(press.paths) == []
