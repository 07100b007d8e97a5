"""Earlier checkpoints, one a day, as files and as a feed: whoever keeps one can later prove that the log was rewritten.

``log/checkpoints/2026-11-20`` is the signed head of that day, unchanged for ever; ``log/checkpoints.atom`` carries them to
subscribers, whose feed readers keep them outside our reach.
"""

from __future__ import annotations

from collections.abc import Mapping

from portal.core.publication_log import Checkpoint
from portal.site.feeds import text

FOLDER = "log/checkpoints/"
FEED = "log/checkpoints.atom"
ENTRIES = 60


def feed(notes: Mapping[str, bytes]) -> bytes:
    """Atom (RFC 4287) of the latest days' checkpoints. ``notes``: day → signed note. The same notes give the same bytes."""
    days = sorted(notes, reverse=True)[:ENTRIES]
    origin = Checkpoint.parse(notes[days[0]])[0].origin if days else ""
    entries = "".join(_entry(origin, day, notes[day]) for day in days)
    changed = f"{days[0]}T00:00:00+08:00" if days else "1970-01-01T00:00:00Z"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh-Hans">\n'
        f"<id>tag:{text(_authority(origin))},2026:checkpoints</id>\n<title>存证检查点</title>\n<updated>{changed}</updated>\n"
        f"<author><name>{text(origin)}</name></author>\n{entries}</feed>\n"
    ).encode()


def _entry(origin: str, day: str, note: bytes) -> str:
    size = Checkpoint.parse(note)[0].size
    return (
        f"<entry>\n<id>tag:{text(_authority(origin))},2026:checkpoint-{day}</id>\n<title>{day} 检查点，共 {size} 条</title>\n"
        f'<updated>{day}T00:00:00+08:00</updated>\n<content type="text">{text(note.decode())}</content>\n</entry>\n'
    )


def _authority(origin: str) -> str:
    return origin.split("/", maxsplit=1)[0] or "disclosure.example"
