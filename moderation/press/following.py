"""Feeds and datasets follow a publish within a minute: what has been logged since they were last written is taken in.

In the same minute words that are no longer public go from what is kept beside the site (moderation.press.forgetting).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from moderation.press import power
from moderation.press.forgetting import empty_bin, forget_older_words, keep_newer_words
from moderation.press.paths import PressPaths, lock
from moderation.press.publishing import Press, late_covered, note_late_covered, view_of
from portal.core.publication_log import BadLog
from portal.site.catalogue import Catalogue
from portal.site.followers import Change, Follower, SiteView

MANY = 1_000
"""Changed records from which on the late followers are made anew."""

LARGE = 20_000
"""Log entries from which on the data sets take so long that publishing must not wait for them."""


def follow_late(press: Press) -> bool:
    """Brings the followers that may be late up to date. False: nothing was due.

    May be cut off anywhere: the mark goes only after every file is written, and a publish meanwhile sets it anew.
    """
    paths, live = press.paths, press.paths.live()
    if live is None or not _due(paths).exists():
        return False
    with lock(paths, "press"):
        seen = _due(paths).stat().st_mtime_ns
        _, catalogue = press.ready()
        covered, size = late_covered(paths), catalogue.size
        _write(press, live, catalogue, covered)
        keep_newer_words(paths, catalogue, covered)
        forget_older_words(paths, catalogue, press.followers)
    return _settle(paths, live, size, seen)


def _due(paths: PressPaths) -> Path:
    return paths.press / "followers-due"


def _write(press: Press, live: Path, catalogue: Catalogue, covered: int) -> None:
    rows = catalogue.rows.since(covered)
    view = view_of(press.paths, live, catalogue, press.site_url())
    late = [follower for follower in press.followers if not follower.at_once]
    if len(rows) > MANY:
        _follow_anew(view, late)
        return
    changes = [Change(None, row, view.read(row.kind, row.id)) for row in rows]
    for follower in late:
        follower.changed(view, changes)


def _settle(paths: PressPaths, live: Path, size: int, seen: int) -> bool:
    empty_bin(paths)
    with lock(paths, "press"):
        if paths.live() != live:
            return False
        note_late_covered(paths, size)
        with suppress(FileNotFoundError):
            if _due(paths).stat().st_mtime_ns == seen:
                _due(paths).unlink()
    return True


def _follow_anew(view: SiteView, late: Sequence[Follower]) -> None:
    """Every record once, one after another: a hundred thousand of them do not fit into the memory the press may use."""
    sinks = [follower.full(view) for follower in late]
    for row in view.catalogue.rows.in_order():
        record = view.read(row.kind, row.id)
        for sink in sinks:
            sink.take(row, record, record.canonical())
    for sink in sinks:
        sink.close()


# ---- a large site: beside the worker ----

_running: dict[Path, subprocess.Popen[bytes]] = {}


def follow_beside(paths: PressPaths) -> None:
    """The same: of a large site in a process of its own that holds the press only at the start and at the end.

    One at a time; one that was killed is begun again at the next call.
    """
    running = _running.get(paths.data_dir)
    if (running is not None and running.poll() is None) or paths.live() is None or not _due(paths).exists():
        return
    command = [sys.executable, "-m", "moderation.press.following", str(paths.data_dir)]
    _running[paths.data_dir] = subprocess.Popen(command, cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL)


def is_large(paths: PressPaths) -> bool:
    return power.logged(paths) >= LARGE


def follow_meanwhile(press: Press) -> bool:
    """As ``follow_late``, while others publish. False: nothing was due, or it has to be done again.

    A record that was published again meanwhile no longer is what this catalogue says: then the press is held after all.
    """
    paths, live = press.paths, press.paths.live()
    if live is None or not _due(paths).exists():
        return False
    press.warm()
    with lock(paths, "press"):
        seen = _due(paths).stat().st_mtime_ns
        _, catalogue = press.ready()
        covered = late_covered(paths)
    try:
        _write(press, live, catalogue, covered)
        keep_newer_words(paths, catalogue, covered)
    except (BadLog, FileNotFoundError):
        return follow_late(press)
    with lock(paths, "press"):
        if paths.live() != live:
            return False
        forget_older_words(paths, catalogue, press.followers)
    return _settle(paths, live, catalogue.size, seen)


if __name__ == "__main__":
    os.nice(5)
    follow_meanwhile(Press(PressPaths(Path(sys.argv[1]))))
