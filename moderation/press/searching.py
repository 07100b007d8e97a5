"""Makes the search base anew while the site stays live: when the delta has grown, or shards hold words no longer public."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from moderation.press import hand_over
from moderation.press.paths import PressPaths, lock
from moderation.press.publishing import Press, view_of
from portal.site import search, search_base
from portal.site.catalogue import Row


def compact_search(press: Press) -> bool:
    """True when a new base was made. The press is held only at the start and at the end; publishing goes on meanwhile.

    Nothing is done while another process is at it.
    """
    with suppress(BlockingIOError), lock(press.paths, "search", wait=False):
        return _compact(press)
    return False


def _compact(press: Press) -> bool:
    paths, live = press.paths, press.paths.live()
    if live is None or search.read_index(live) is None or not search.needs_compaction(live):
        return False
    press.warm()
    with lock(paths, "press"):
        _, catalogue = press.ready()
        size, old = catalogue.size, search.read_index(live)
        rows = catalogue.rows.snapshot()
    read = hand_over.reader(paths)

    def read_row(row: Row) -> bytes:
        # Read as it is now: a revision that came meanwhile stands in the delta as well, and the delta wins.
        return read(row.kind, row.id)

    # Beside the site, not in it: whoever looks at the site meets no half of a base.
    made = paths.scratch / "search-base"
    before = (old, live / "search" / old["base"]) if old else None
    index = search_base.make_base(made, rows, size, read_row, old=before)
    if paths.durable:
        os.sync()
    with lock(paths, "press"):
        _, catalogue = press.ready()
        if paths.live() != live:
            return False
        search.take_over(view_of(paths, live, catalogue, press.site_url()), index, made)
    return True


_running: dict[Path, subprocess.Popen[bytes]] = {}


def compact_search_beside(paths: PressPaths) -> None:
    """The same in a process of its own: it takes seconds of computing, and nothing that is published must wait for it.

    One at a time; one that was killed is begun again at the next call.
    """
    running, live = _running.get(paths.data_dir), paths.live()
    if (running is not None and running.poll() is None) or live is None or not search.needs_compaction(live):
        return
    command = [sys.executable, "-m", "moderation.press.searching", str(paths.data_dir)]
    _running[paths.data_dir] = subprocess.Popen(command, cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    os.nice(5)
    compact_search(Press(PressPaths(Path(sys.argv[1]))))
