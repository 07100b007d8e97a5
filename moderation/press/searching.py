"""Makes the search base anew while the site stays live: when the delta has grown, or a withdrawn record is still in the shards."""

from __future__ import annotations

from collections.abc import Iterator

from moderation.press import hand_over
from moderation.press.paths import lock
from moderation.press.publishing import Press, view_of
from portal.core.public_record import PublicRecord
from portal.site import search
from portal.site.catalogue import Row


def compact_search(press: Press) -> bool:
    """True when a new base was made. The press is held only at the start and at the end; publishing goes on meanwhile."""
    paths, live = press.paths, press.paths.live()
    if live is None or search.read_index(live) is None or not search.needs_compaction(live):
        return False
    with lock(paths, "press"):
        _, catalogue = press.ready()
        size = catalogue.size
        rows = [catalogue.rows[catalogue.by_first[first]] for first in sorted(catalogue.by_first)]
    base, writer, numbers = search.make_base(live, size, _records(press, rows), len(rows))
    with lock(paths, "press"):
        _, catalogue = press.ready()
        if paths.live() != live:
            return False
        search.take_over(view_of(paths, live, catalogue, press.site_url()), base, writer, numbers, size)
    return True


def _records(press: Press, rows: list[Row]) -> Iterator[tuple[Row, PublicRecord]]:
    read = hand_over.reader(press.paths)
    for row in rows:
        if not row.withdrawn:
            # Read as it is now: a revision that came meanwhile stands in the delta as well, and the delta wins.
            yield row, PublicRecord.from_logged(read(row.kind, row.id))
