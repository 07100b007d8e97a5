"""Words that were corrected or withdrawn go from what the press keeps beside the live site as well.

Kept releases are for the way back, which lays out every list anew and applies what changed meanwhile. So they may lose
the changed records' pages and everything that could name them; nothing is lost that a rollback would have used.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from moderation.press import hand_over
from moderation.press.paths import PressPaths, lock, write_whole
from portal.core.public_record import KINDS
from portal.site.catalogue import Catalogue, Row
from portal.site.followers import Follower

SHARED = ("lists", "index.html", *(f"records/{kind}/index.html" for kind in KINDS))
"""Outputs that name records, follower's files apart; a rollback writes all of them."""

BIN = ".gone-"
"""Beside the releases: what no longer belongs to any and waits to be taken away."""


def forget_older_words(paths: PressPaths, catalogue: Catalogue, followers: Sequence[Follower]) -> None:
    """Takes older revisions out of kept releases. Hold the press lock; what is large is only moved, for ``empty_bin``.

    May be cut off anywhere and called again, as long as the bin is emptied then.
    """
    live = paths.live()
    for root in paths.releases.iterdir():
        note = paths.release_note(root.name)
        if root != live and note.exists():
            _forget_in(paths, root, note, catalogue, followers)


def keep_newer_words(paths: PressPaths, catalogue: Catalogue, since: int) -> None:
    """Takes older revisions out of the kept catalogue. ``since``: log entries that were looked at before."""
    if _changed(catalogue, since):
        hand_over.keep_catalogue(paths, catalogue)


def empty_bin(paths: PressPaths) -> None:
    """Takes away what was moved, and what killed processes left. Not under the press lock: of a large site that takes a minute."""
    take_away(paths.releases.glob(f"{BIN}*"))
    _drop_what_killed_ones_left(paths)


def _forget_in(paths: PressPaths, root: Path, note: Path, catalogue: Catalogue, followers: Sequence[Follower]) -> None:
    said = json.loads(note.read_bytes())
    changed = _changed(catalogue, max(said.get("late", said["size"]), said.get("forgotten", 0)))
    for row in changed:
        # What had changed before this release was left has no older words on its page, and a rollback would not write it again.
        if row.index >= said["size"]:
            shutil.rmtree(root / row.path, ignore_errors=True)
    if changed:
        _move(paths, [*(root / path for path in SHARED), *owned_files(root, followers)])
    write_whole(paths, note, json.dumps({**said, "forgotten": catalogue.size}).encode())


def _move(paths: PressPaths, found: Iterable[Path]) -> None:
    for number, path in enumerate(found):
        with suppress(FileNotFoundError):
            path.rename(paths.releases / f"{BIN}{os.getpid()}-{time.monotonic_ns()}-{number}")


def _changed(catalogue: Catalogue, since: int) -> list[Row]:
    """Records whose earlier revision is no longer public."""
    return [row for row in catalogue.rows.since(since) if row.revision > 1]


def owned_files(root: Path, followers: Sequence[Follower]) -> Iterable[Path]:
    """What followers wrote into a release."""
    for prefix in (prefix for follower in followers for prefix in follower.owns):
        yield from sorted(root.glob(f"{prefix}*" if not prefix.endswith("/") else prefix), reverse=True)


def take_away(found: Iterable[Path]) -> None:
    for path in found:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _drop_what_killed_ones_left(paths: PressPaths) -> None:
    """Half-written files of processes that are no more; unfinished releases, unless one is being built."""
    for half in paths.scratch.glob("*-*.half"):
        if not Path(f"/proc/{half.name.split('-')[0]}").exists() and Path("/proc/self").exists():
            half.unlink(missing_ok=True)
    with suppress(BlockingIOError), lock(paths, "build", wait=False):
        for left in paths.releases.glob(".building-*"):
            shutil.rmtree(left, ignore_errors=True)
