"""Feeds and datasets follow a publish within a minute: what has been logged since they were last written is taken in.

In the same minute words that are no longer public go from what is kept beside the site (moderation.press.forgetting).
"""

from __future__ import annotations

from moderation.press import hand_over
from moderation.press.forgetting import forget_older_words
from moderation.press.paths import lock, write_whole
from moderation.press.publishing import Press, late_covered, view_of
from portal.site.followers import Change
from portal.site.outputs import read_logged


def follow_late(press: Press) -> bool:
    """Brings the followers that may be late up to date. False: nothing was due.

    May be cut off anywhere: the mark goes only after every file is written, and a publish meanwhile sets it anew.
    """
    paths, due = press.paths, press.paths.press / "followers-due"
    live = paths.live()
    if live is None or not due.exists():
        return False
    with lock(paths, "press"):
        seen = due.stat().st_mtime_ns
        _, catalogue = press.ready()
        read = hand_over.reader(paths)
        covered = late_covered(paths)
        rows = [row for row in catalogue.rows.values() if row.index >= covered]
        changes = [Change(None, row, read_logged(row, read)) for row in sorted(rows, key=lambda row: row.index)]
        view = view_of(paths, live, catalogue, press.site_url())
        for follower in press.followers:
            if not follower.at_once:
                follower.changed(view, changes)
        forget_older_words(paths, catalogue, press.followers, covered)
        write_whole(paths, paths.press / "followers-covered", f"{catalogue.size}\n".encode())
        if due.stat().st_mtime_ns == seen:
            due.unlink()
    return True
