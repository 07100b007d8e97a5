"""Feeds and datasets follow a publish within a minute: what has been logged since they were last written is taken in.

In the same minute words that are no longer public go from what is kept beside the site (moderation.press.forgetting).
"""

from __future__ import annotations

from collections.abc import Sequence

from moderation.press.forgetting import forget_older_words
from moderation.press.paths import lock
from moderation.press.publishing import Press, late_covered, note_late_covered, view_of
from portal.site.followers import Change, Follower, SiteView

MANY = 1_000
"""Changed records from which on the late followers are made anew."""


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
        covered = late_covered(paths)
        rows = catalogue.rows.since(covered)
        view = view_of(paths, live, catalogue, press.site_url())
        late = [follower for follower in press.followers if not follower.at_once]
        if len(rows) > MANY:
            _follow_anew(view, late)
        else:
            changes = [Change(None, row, view.read(row.kind, row.id)) for row in rows]
            for follower in late:
                follower.changed(view, changes)
        forget_older_words(paths, catalogue, press.followers, covered)
        note_late_covered(paths, catalogue.size)
        if due.stat().st_mtime_ns == seen:
            due.unlink()
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
