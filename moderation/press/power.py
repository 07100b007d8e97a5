"""What a power cut can take from the live site, and how it is known afterwards.

The log, the hand-over folder and the notes of the press are on disk when a publish returns. Pages are not waited for
(ten times the cost on a slow disk): they can be made again. A mark, itself on disk, says from which log entry on pages
may be missing; it goes when the system has written everything out, and counts only after a restart of the machine.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from moderation.press.paths import PressPaths, lock, write_whole
from portal.core.publication_log import Checkpoint

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def mark(paths: PressPaths, size: int) -> None:
    """Before the first publish since pages were last written out: from entry ``size`` on they may be lost."""
    if not _mark(paths).exists():
        _write_mark(paths, size)


def _write_mark(paths: PressPaths, size: int) -> None:
    write_whole(paths, _mark(paths), json.dumps({"boot": boot(), "size": size}).encode())


def settle_meanwhile(paths: PressPaths) -> None:
    """The same as ``settle``, while publishing goes on: writing out can take seconds on a busy disk.

    What was published during it keeps a mark of its own. Pages that were lost already are left to the press.
    """
    if not _mark(paths).exists() or lost_since(paths) is not None:
        return
    with lock(paths, "press"):
        size = logged(paths)
    os.sync()
    with lock(paths, "press"):
        if logged(paths) == size:
            _mark(paths).unlink(missing_ok=True)
        else:
            _write_mark(paths, size)


def logged(paths: PressPaths) -> int:
    """Entries in the log, as its head says."""
    head = paths.log / "checkpoint"
    return Checkpoint.parse(head.read_bytes())[0].size if head.exists() else 0


def settle(paths: PressPaths) -> None:
    """Waits until the system has written everything out, then takes the mark away. Hold the press lock."""
    if _mark(paths).exists():
        os.sync()
        _mark(paths).unlink()


def lost_since(paths: PressPaths) -> int | None:
    """The log entry from which on pages may have been lost; None: the machine has not been restarted since."""
    with suppress(FileNotFoundError, ValueError):
        marked = json.loads(_mark(paths).read_bytes())
        if marked["boot"] != boot():
            return int(marked["size"])
    return None


def boot() -> str:
    """Different after each start of the machine; "" where the system does not say: then nothing counts as a restart."""
    with suppress(OSError):
        return BOOT_ID.read_text().strip()
    return ""


def _mark(paths: PressPaths) -> Path:
    return paths.press / "unsettled"
