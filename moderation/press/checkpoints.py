"""Keeps the log's head of each day and sends it out by feed."""

from __future__ import annotations

from datetime import date, datetime

from moderation.office import Office
from moderation.press.paths import PressPaths, lock, write_whole
from portal.core.clock import day_of
from portal.site.checkpoints import FEED, FOLDER, feed


def keep_checkpoint_of_the_day(office: Office, at: datetime) -> None:
    """The worker's job, often: keeps today's first head, when the log has grown since the last one kept."""
    keep_checkpoint(PressPaths(office.data), day_of(at))


def keep_checkpoint(paths: PressPaths, day: date) -> bool:
    """True when the head was kept. A day's checkpoint is never replaced."""
    head = paths.log / "checkpoint"
    kept = paths.data_dir / FOLDER / day.isoformat()
    if kept.exists() or not head.exists():
        return False
    with lock(paths, "press"):
        notes = {path.name: path.read_bytes() for path in sorted(kept.parent.glob("*"))}
        note = head.read_bytes()
        if notes and notes[max(notes)] == note:
            return False
        write_whole(paths, kept, note)
        write_whole(paths, paths.data_dir / FEED, feed({**notes, kept.name: note}))
    return True
